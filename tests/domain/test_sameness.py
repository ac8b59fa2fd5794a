from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.domain.content import Article, Event, EventStatus, ItemKey, Language, SegmentId, SourceId
from newsletter.domain.issue import IssueLabel
from newsletter.domain.sameness import Pair, Verdict, call_by, groups, merge, pair_of
from newsletter.domain.told import Kept, Memory, SentItem

NOW = datetime(2017, 11, 20, 9, 0, tzinfo=UTC)
FI, SV = Language("fi"), Language("sv")
A, B = ItemKey("a"), ItemKey("b")
ARTICLE = Article(key=A, source_id=SourceId("kunta"), identity="1", title="Otsikko", language=FI)
OTHER = replace(ARTICLE, key=B, source_id=SourceId("muu"), identity="2", title="Otsikko toisin")
EVENT = Event(key=A, source_id=SourceId("kunta"), identity="1", title="Messut", start=date(2017, 12, 5), language=FI)
TOGETHER = dict.fromkeys((A, B), frozenset((A, B)))


def kept(item: Article | Event, *, days: int = 0, gone: bool = False) -> Kept:
    """Give a record that was first seen some days later, and may be gone."""
    seen = NOW + timedelta(days=days)
    one = Kept(item=item, first_seen=seen, changed_at=seen)
    return replace(one, last_seen=seen, missed_at=NOW + timedelta(days=9)) if gone else one


def test_merged_item_keeps_the_first_key_all_sources_and_the_fuller_words() -> None:
    """The earliest record gives key and title, the others fill in what it lacks, and nothing they say is lost."""
    short = replace(ARTICLE, body_html="<p>Lyhyt.</p>", segments=(SegmentId("managers"),))
    full = replace(
        OTHER,
        url="https://muu.example/1",
        author="Aino",
        published=date(2017, 11, 17),
        body_html="<p>Pitkä <a href='https://x.example/'>teksti</a>.</p>",
        links=("https://x.example/",),
        segments=(SegmentId("advisers"),),
    )
    (one,) = merge([kept(full, days=1), kept(short)], TOGETHER)
    both = (SegmentId("managers"), SegmentId("advisers"))
    assert one.item == replace(full, key=A, source_id=short.source_id, identity="1", title="Otsikko", segments=both)
    assert [record.source_id for record in one.records] == ["kunta", "muu"]
    assert one.first_seen == NOW


def test_corrected_article_speaks_with_its_new_words_under_its_old_key() -> None:
    """What its source no longer has fills gaps at most: a longer text that was withdrawn does not come back."""
    old = replace(ARTICLE, body_html="<p>Pitkä ja väärä teksti.</p>", author="Aino")
    new = replace(ARTICLE, key=B, identity="2", title="Oikaistu", body_html="<p>Oikea.</p>")
    (one,) = merge([kept(old, gone=True), kept(new, days=9)], TOGETHER)
    assert one.item == replace(new, key=A, author="Aino")
    assert one.missed_at is None


def test_higher_revision_of_an_event_has_the_word() -> None:
    """The calendar with the higher SEQUENCE says when, and one that calls it off is heard unless it is older."""
    moved = replace(EVENT, key=B, source_id=SourceId("muu"), start=date(2017, 12, 6), sequence=2)
    (one,) = merge([kept(EVENT), kept(moved, days=1)], TOGETHER)
    assert (one.item.key, one.item) == (A, replace(moved, key=A))

    off = replace(EVENT, key=B, source_id=SourceId("muu"), status=EventStatus.CANCELLED)
    statuses = [
        merge([kept(first), kept(off, days=1)], TOGETHER)[0].item for first in (EVENT, replace(EVENT, sequence=1))
    ]
    assert [one.status for one in statuses if isinstance(one, Event)] == ["cancelled", "confirmed"]


def test_records_in_two_languages_are_translations_of_each_other() -> None:
    """An item in two languages stays two for the editor's eyes, each of which names the other."""
    merged = merge([kept(ARTICLE), kept(replace(OTHER, language=SV), days=1)], TOGETHER)
    assert [(one.item.key, one.item.alternates) for one in merged] == [(A, (B,)), (B, (A,))]
    assert [one.item.alternates for one in call_by(merged, [ItemKey("x")])] == [(B,), (A,)]


def test_merged_item_is_known_by_whatever_key_an_issue_has() -> None:
    """A file that holds a record's key, or a sent issue that carried it, is not told of a second item."""
    merged = merge([kept(ARTICLE), kept(OTHER, days=1)], TOGETHER)
    carried = SentItem(label=IssueLabel("2017-10"), fingerprint=None)
    assert [one.item.key for one in call_by(merged, [B])] == [B]
    assert Memory(sent={B: carried}).knowing(merged).sent == {A: carried, B: carried}


names = st.sampled_from([ItemKey(name) for name in "abcdef"])
some_pairs = st.lists(
    st.builds(
        lambda keys, verdict, by: pair_of(keys[0], keys[1], verdict, "x", is_by_person=by),
        st.lists(names, min_size=2, max_size=2, unique=True),
        st.sampled_from([Verdict.SAME, Verdict.TWO, Verdict.OFFERED]),
        st.booleans(),
    ),
    max_size=10,
    unique_by=lambda pair: pair.keys,
)


@settings(max_examples=25)
@given(some_pairs)
def test_two_that_are_two_never_meet_by_way_of_a_third(pairs: list[Pair]) -> None:
    """Groups do not overlap, hold nobody who is apart, and every join that hurts nobody is made."""
    together = groups(pairs)
    assert all(together[key] == group for group in together.values() for key in group)
    assert not any(pair.verdict is Verdict.TWO and pair.keys <= group for pair in pairs for group in together.values())
    if not any(pair.verdict is Verdict.TWO for pair in pairs):
        assert all(pair.keys <= together[pair.first] for pair in pairs if pair.verdict is Verdict.SAME)
