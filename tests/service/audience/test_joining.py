"""Joining in two steps."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from newsletter import open_newsletter
from newsletter.audience.tokens import TokenPurpose, make_token
from newsletter.domain.audience import Consent, Ground, SubscriberStatus, SuppressionReason
from newsletter.domain.content import Language
from newsletter.domain.joining import Asked, Wording
from newsletter.domain.wants import Cadence, WantsEdit
from newsletter.errors import UsageError
from newsletter.service.audience.joining import Joiner
from newsletter.wiring import Newsletter
from tests.conftest import MORNING
from tests.fakes.clock import FakeClock
from tests.grounds import ASKED

AINO = "aino@example.com"
FI, SV = Language("fi"), Language("sv")
WORDING = Wording(text="Tilaan SEUTU-uutiskirjeen sähköpostiini.", language=FI, form="front page")
EXPIRED, LEFT = "This link has expired", "This address has left"


@pytest.fixture
def clock() -> FakeClock:
    """Give the morning."""
    return FakeClock(MORNING)


@pytest.fixture
def newsletter(publication: Path, clock: FakeClock) -> Iterator[Newsletter]:
    """Open an empty publication."""
    with open_newsletter(publication / "newsletter.toml", clock=clock) as newsletter:
        yield newsletter


def ask(newsletter: Newsletter, *, language: Language = FI, name: str = "", wants: WantsEdit | None = None) -> str:
    """Ask to join, and give the token of the mail."""
    made = newsletter.joining.request_joining(AINO.upper(), WORDING, language=language, name=name, wants=wants)
    assert (made.asked, made.address.lower()) == (Asked.TO_CONFIRM, AINO)
    assert made.token is not None
    return made.token


def status(newsletter: Newsletter) -> SubscriberStatus | None:
    """Give the person's status, or None where nobody is known."""
    found = newsletter.people.find(AINO)
    return None if found is None else found.status


def test_who_confirms_joins_with_the_proof_of_both_steps(newsletter: Newsletter, clock: FakeClock) -> None:
    """Pending until then; the consent has the wording of the form, both moments and who recorded it."""
    token = ask(newsletter, language=SV, name="  Aino\tMäkelä ", wants=WantsEdit(cadence=Cadence.THIRD))
    before, seen = status(newsletter), newsletter.joining.joiner(token)
    clock.jump(timedelta(days=6, hours=23))
    joined = newsletter.joining.confirm(token)

    person = newsletter.people.person(AINO)
    assert (before, seen.has_joined, joined) == (
        SubscriberStatus.PENDING,
        False,
        Joiner(masked_address="A…@e….com", language=SV, wording=WORDING.text, has_joined=True),
    )
    one = person.subscriber
    assert (one.status, one.name, one.language) == (SubscriberStatus.ACTIVE, "Aino Mäkelä", SV)
    assert one.wants.cadence is Cadence.THIRD
    assert person.consents == (
        Consent(
            at=clock.now(),
            source="form front page",
            wording=WORDING.text,
            ground=Ground.CONSENT,
            requested_at=MORNING,
        ),
    )
    (proof,) = person.consents
    assert (proof.recorded_by, proof.recorded_at, proof.language, proof.version) == ("the person", clock.now(), FI, 1)


def test_a_joined_emoji_in_a_name_is_no_control_character(newsletter: Newsletter) -> None:
    """Whoever is added by hand or by a list may have one too."""
    newsletter.joining.confirm(ask(newsletter, name="Aino \U0001f469\u200d\U0001f33e"))
    joined = newsletter.people.find(AINO)
    assert joined is not None
    assert joined.name == "Aino \U0001f469\u200d\U0001f33e"


def test_confirming_again_makes_no_second_consent(newsletter: Newsletter) -> None:
    """By the same link or by that of another mail, however late."""
    first, second = ask(newsletter), ask(newsletter)
    said = [newsletter.joining.confirm(one).has_joined for one in (first, first, second)]
    assert said == [True, True, True]
    assert len(newsletter.people.person(AINO).consents) == 1


def test_who_does_not_confirm_is_removed_whole(newsletter: Newsletter, clock: FakeClock) -> None:
    """After seven days nothing is kept of the person, not even a hash; the link is refused from that moment on."""
    token = ask(newsletter)
    clock.jump(timedelta(days=7))
    with pytest.raises(UsageError, match=EXPIRED):
        newsletter.joining.confirm(token)
    assert newsletter.joining.remove_unconfirmed() == 1
    assert (status(newsletter), newsletter.suppressions.counts()) == (None, {})
    with pytest.raises(UsageError, match=EXPIRED):
        newsletter.joining.joiner(token)


def test_a_later_request_keeps_the_person(newsletter: Newsletter, clock: FakeClock) -> None:
    """The first link is over and the second one still works."""
    first = ask(newsletter)
    clock.jump(timedelta(days=5))
    second = ask(newsletter)
    clock.jump(timedelta(days=3))
    assert newsletter.joining.remove_unconfirmed() == 0
    with pytest.raises(UsageError, match=EXPIRED):
        newsletter.joining.confirm(first)
    assert newsletter.joining.confirm(second).has_joined


def test_who_had_left_comes_back_by_confirming(newsletter: Newsletter, clock: FakeClock) -> None:
    """Until then he has left, and what a stranger wrote into the form changed nothing of him."""
    newsletter.people.add(AINO, name="Aino", basis=ASKED)
    newsletter.people.unsubscribe(AINO)
    clock.jump(timedelta(days=1))
    token = ask(newsletter, language=SV, name="A stranger")
    before = newsletter.people.find(AINO)
    assert before is not None
    assert (before.status, before.name, before.language) == (SubscriberStatus.UNSUBSCRIBED, "Aino", FI)
    newsletter.joining.confirm(token)
    assert (status(newsletter), newsletter.suppressions.counts()) == (SubscriberStatus.ACTIVE, {})
    assert len(newsletter.people.person(AINO).consents) == 2


def test_who_had_left_and_does_not_confirm_stays_known_as_having_left(newsletter: Newsletter, clock: FakeClock) -> None:
    """Only people of whom nothing else is known are removed."""
    newsletter.people.add(AINO, basis=ASKED)
    newsletter.people.unsubscribe(AINO)
    ask(newsletter)
    clock.jump(timedelta(days=8))
    assert newsletter.joining.remove_unconfirmed() == 0
    assert status(newsletter) is SubscriberStatus.UNSUBSCRIBED


def test_who_was_brought_in_pending_stays_with_all_that_is_known(
    newsletter: Newsletter, clock: FakeClock, tmp_path: Path
) -> None:
    """A form on which a stranger wrote the address takes nobody out whom a list had brought in."""
    people = tmp_path / "people.csv"
    people.write_text(f"email,name,status,role\n{AINO},Aino,pending,adviser\n", encoding="utf-8")
    newsletter.lists.import_file(people, basis=ASKED)
    ask(newsletter)
    clock.jump(timedelta(days=8))

    assert newsletter.joining.remove_unconfirmed() == 0
    person = newsletter.people.find(AINO)
    assert person is not None
    assert (person.name, dict(person.attributes)) == ("Aino", {"role": "adviser"})


@pytest.mark.parametrize("is_confirmed", [True, False])
def test_a_link_brings_nobody_back_who_left_after_it(
    newsletter: Newsletter,
    clock: FakeClock,
    is_confirmed: bool,  # noqa: FBT001
) -> None:
    """Leaving counts over an older link, whether it was used before or not."""
    token = ask(newsletter)
    if is_confirmed:
        newsletter.joining.confirm(token)
    clock.jump(timedelta(minutes=1))
    newsletter.people.unsubscribe(AINO)
    with pytest.raises(UsageError, match=LEFT):
        newsletter.joining.confirm(token)
    assert status(newsletter) is SubscriberStatus.UNSUBSCRIBED


@pytest.mark.parametrize("reason", [one for one in SuppressionReason if one is not SuppressionReason.UNSUBSCRIBED])
def test_a_form_lifts_nothing_but_leaving(newsletter: Newsletter, reason: SuppressionReason) -> None:
    """To an address that bounced, complained, was erased or barred no mail goes, and nothing is kept."""
    with newsletter.resources.people(is_writing=True) as store:
        store.suppress(store.hash_of(AINO), reason, MORNING, "test")
    made = newsletter.joining.request_joining(AINO, WORDING, language=FI)
    assert (made.asked, made.token, status(newsletter)) == (Asked.BARRED, None, None)


def test_a_victim_gets_three_mails_a_day(newsletter: Newsletter, clock: FakeClock) -> None:
    """However often somebody writes the address into the form."""
    for _ in range(3):
        ask(newsletter)
    fourth = newsletter.joining.request_joining(AINO, WORDING, language=FI)
    clock.jump(timedelta(days=1))
    assert (fourth.asked, fourth.token) == (Asked.TOO_OFTEN, None)
    assert ask(newsletter)


def test_a_subscriber_stays_as_he_is(newsletter: Newsletter) -> None:
    """Nothing of him is changed by a form, and no link is made."""
    newsletter.people.add(AINO, name="Aino", basis=ASKED)
    made = newsletter.joining.request_joining(AINO, WORDING, language=SV, name="A stranger")
    found = newsletter.people.find(AINO)
    assert found is not None
    assert (made.asked, made.token, found.name, found.language) == (Asked.ALREADY, None, "Aino", FI)


@pytest.mark.parametrize(
    ("address", "name", "wording", "topics"),
    [
        ("no address", "", "Tilaan.", ()),
        (AINO, "x" * 101, "Tilaan.", ()),
        (AINO, "a\0b", "Tilaan.", ()),
        (AINO, "", " ", ()),
        (AINO, "", "Tilaan.", ("none",)),
    ],
)
def test_what_cannot_be_asked_for_keeps_nothing(
    newsletter: Newsletter, address: str, name: str, wording: str, topics: tuple[str, ...]
) -> None:
    """An address, a name, a wording or a topic that is none is refused in words."""
    said = Wording(text=wording, language=FI, form="test")
    with pytest.raises(UsageError):
        newsletter.joining.request_joining(address, said, language=FI, name=name, wants=WantsEdit(topics=topics))
    assert list(newsletter.people.everybody()) == []


def test_only_our_own_link_confirms(newsletter: Newsletter) -> None:
    """A token for something else, a changed one, and one of another key are refused without a hint."""
    token = ask(newsletter)
    purpose, key_id, key, signature = token.split(".")
    forged = [
        make_token(TokenPurpose.PREFERENCES, key, newsletter.resources.keys.current),
        make_token(TokenPurpose.CONFIRM, key, b"another" * 5),
        f"{purpose}.{key_id}.{key[::-1]}.{signature}",
        key,
    ]
    for one in forged:
        with pytest.raises(UsageError, match="This is not a valid token"):
            newsletter.joining.confirm(one)
    assert status(newsletter) is SubscriberStatus.PENDING


def test_a_link_works_after_the_key_was_changed(newsletter: Newsletter) -> None:
    """Whoever asked the day before a rotation can still confirm."""
    token = ask(newsletter)
    newsletter.keys.rotate(by="Aino")
    assert newsletter.joining.confirm(token).has_joined
    assert isinstance(newsletter.people.person(AINO).consents[0].requested_at, datetime)
