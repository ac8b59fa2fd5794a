import pytest

from newsletter.domain.content import Language, SegmentId
from newsletter.domain.issue import EditionKey
from newsletter.web.messages.readers import Readers
from newsletter.web.preview.studio import Studio

ADVISERS = EditionKey(segments=(SegmentId("advisers"),), language=Language("fi"))
BOTH = EditionKey(segments=(SegmentId("advisers"), SegmentId("managers")), language=Language("fi"))


def test_the_readers_of_an_edition_are_those_a_sending_would_reach(unchanged: Studio) -> None:
    """Segments, language and suppression choose them as they choose the audience."""
    audiences = unchanged.newsletter.audience.edition_audiences()

    counted = {key: len(unchanged.newsletter.audience.readers(key)) for key in audiences if key.segments}

    assert counted == {key: audience.readers for key, audience in audiences.items() if key.segments}


def test_a_suppressed_person_is_no_reader(studio: Studio) -> None:
    """Whoever must never be mailed is not shown a mail either."""
    person = studio.newsletter.audience.readers(ADVISERS)[0]
    studio.newsletter.suppressions.suppress(person.address, note="asked by telephone")

    assert person not in studio.newsletter.audience.readers(ADVISERS)


def test_readers_come_page_by_page(unchanged: Studio) -> None:
    """A million readers never stand in memory."""
    audience = unchanged.newsletter.audience
    everybody = audience.readers(ADVISERS)

    first = audience.readers(ADVISERS, limit=4)
    then = audience.readers(ADVISERS, after=first[-1].id, limit=100)

    assert first + then == everybody


def test_a_reader_is_named_by_nothing_that_tells_who_it_is(unchanged: Studio) -> None:
    """The name in an address holds no address and no number, and is another one in every run."""
    newsletter = unchanged.newsletter
    once, again = (Readers(audience=lambda: newsletter.audience, people=lambda: newsletter.people) for _ in range(2))
    first, other = once.page(ADVISERS)[0], again.page(ADVISERS)[0]

    assert (first.address, len(first.id)) == (other.address, 20)
    assert first.id != other.id
    assert (once.find(first.id, "fi"), once.find(other.id, "fi")) == (first, None)


@pytest.mark.parametrize(
    ("language", "name"), [("fi", "Aino Esimerkki"), ("sv", "Astrid Exempel"), ("de", "Alex Sample")]
)
def test_sample_people_need_no_database(unchanged: Studio, language: str, name: str) -> None:
    """One has a name and one has none, so that both greetings are seen."""
    named, nameless = unchanged.readers.samples(language)

    assert (named.name, nameless.name, named.address) == (name, "", "reader@example.com")
    assert unchanged.readers.find("nameless", language) == nameless


def test_a_reader_is_found_by_address_and_by_part_of_a_name(unchanged: Studio) -> None:
    """An address finds its holder exactly, words find whoever has them, and strangers are nobody."""
    person = unchanged.readers.page(ADVISERS)[2]

    assert unchanged.readers.search(ADVISERS, f" {person.address.upper()} ") == (person,)
    assert person in unchanged.readers.search(ADVISERS, person.name[:5].lower())
    assert unchanged.readers.search(BOTH, person.address) == ()
    assert unchanged.readers.search(ADVISERS, "nobody@example.com") == ()
    assert unchanged.readers.search(ADVISERS, "not an address @") == ()
    assert unchanged.readers.search(ADVISERS, "qqqq") == ()


def test_the_next_page_begins_after_the_last_reader(unchanged: Studio) -> None:
    """The opaque name of a reader is enough to go on from."""
    page = unchanged.readers.page(ADVISERS)

    assert unchanged.readers.page(ADVISERS, after=page[3].id) == page[4:]


def test_without_a_database_there_are_only_sample_people(studio: Studio) -> None:
    """The preview works from the files alone."""
    path = studio.newsletter.resources.unchecked_database.path
    assert path is not None
    path.unlink()

    assert studio.readers.page(ADVISERS) == ()
