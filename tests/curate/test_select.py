"""What is picked for whom, and why."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.curate.select import section_for, select
from newsletter.domain.content import (
    ANY_TOPIC,
    Article,
    EventStatus,
    Item,
    ItemKey,
    Precision,
    SectionId,
    SegmentId,
    SourceId,
    TopicGrade,
    TopicHit,
    TopicId,
    fingerprint,
)
from newsletter.domain.issue import IssueLabel
from newsletter.domain.pick import Cause, Offer, Pick, PickGrade
from newsletter.domain.publication import Section, SectionKind
from newsletter.domain.sameness import Verdict, pair_of
from newsletter.domain.told import SentItem
from tests.curate.samples import (
    ADVISERS,
    EVENTS,
    MANAGERS,
    MONEY,
    NEWS,
    ZONE,
    article,
    choice,
    event,
    publication,
    segment,
)

ABOUT_SERVICES = article("palvelut", "Yrityspalvelut kiertoon")
ABOUT_MONEY = article("raha", "Rahoitusta haettavana")
ABOUT_NOTHING = article("muu", "Kesäterveiset")


def decided(items: list[Item], **facts: object) -> dict[tuple[str, str], str]:
    """Give each decision as `picked: reason` or `left out: reason`, by item and segment."""
    picks = select(items, choice(**facts))  # type: ignore[arg-type]
    return {(pick.key, pick.segment_id): f"{pick.grade}: {pick.reason}" for pick in picks}


def test_picks_by_topic_and_says_which_words() -> None:
    """A segment gets what is about one of its topics; the reason names topic, words and title."""
    assert decided([ABOUT_SERVICES, ABOUT_MONEY, ABOUT_NOTHING]) == {
        ("palvelut", "advisers"): "picked: topic palvelut: Yrityspalvelut (title)",
        ("palvelut", "managers"): "left out: about palvelut, no topic of this segment",
        ("raha", "advisers"): "picked: topic rahoitus: Rahoitusta (title)",
        ("raha", "managers"): "picked: topic rahoitus: Rahoitusta (title)",
        ("muu", "advisers"): "left out: about no topic",
        ("muu", "managers"): "left out: about no topic",
    }


def test_a_pick_carries_section_and_topics() -> None:
    """A pick says where the item goes and what was found; what is left out has no section."""
    found = (TopicHit(topic_id=TopicId("palvelut"), grade=TopicGrade.PRIMARY, words=("Yrityspalvelut",)),)
    assert select([ABOUT_SERVICES], choice()) == (
        Pick(
            key=ABOUT_SERVICES.key,
            segment_id=ADVISERS,
            grade=PickGrade.PICKED,
            section=NEWS,
            reason="topic palvelut: Yrityspalvelut (title)",
            topics=found,
        ),
        Pick(
            key=ABOUT_SERVICES.key,
            segment_id=MANAGERS,
            grade=PickGrade.LEFT_OUT,
            reason="about palvelut, no topic of this segment",
            topics=found,
            offer=Offer.NO_TOPIC,
            cause=Cause.OTHER_TOPIC,
        ),
    )


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (
            {"body_html": "<p>Hankinta. Hankintoja ja hankinta, hankinnat, hankinnan, hankintana.</p>"},
            "picked: topic hankinnat: Hankinta, hankinta, hankinnat, hankinnan, …",
        ),
        ({"body_html": "<p>Telakan alihankinta, alihankinta, alihankinta.</p>"}, "left out: about no topic"),
        (
            {"body_html": "<p>Hankinta mainitaan.</p>"},
            "left out: about no topic; mentions hankinnat: Hankinta",
        ),
        (
            {"body_html": "<p>Neuvonta, neuvonta, neuvonta ja hankinta.</p>"},
            "left out: about palvelut, no topic of this segment; mentions hankinnat: hankinta",
        ),
        ({"summary": "Hankinta, hankinta ja hankinta."}, "picked: topic hankinnat: Hankinta, hankinta"),
        (
            {"summary": "Hankinta ja hankinta.", "tags": ("hankinnat",)},
            "picked: topic hankinnat: Hankinta, hankinta, hankinnat",
        ),
        ({"topics": (TopicId("hankinnat"),)}, "picked: topic hankinnat: named by the item or its source"),
        ({"topics": (TopicId("tuntematon"),)}, "left out: about no topic"),
        ({"segments": (MANAGERS,)}, "picked: named by the item or its source"),
        ({"segments": (ADVISERS,), "topics": (TopicId("hankinnat"),)}, "left out: meant for advisers only"),
        ({"segments": (SegmentId("poistettu"),)}, "left out: about no topic"),
        ({"published": None}, "left out: no date of publication"),
        ({"published": date(2017, 10, 13)}, "left out: published 13.10.2017, outside 2017-11"),
        ({"published": datetime(2017, 11, 30, 22, 30, tzinfo=UTC)}, "left out: published 1.12.2017, outside 2017-11"),
        (
            {"published": datetime(2017, 10, 31, 22, 30, tzinfo=UTC), "segments": (MANAGERS,)},
            "picked: named by the item or its source",
        ),
        ({"published": date(2017, 10, 13), "segments": (MANAGERS,)}, "left out: published 13.10.2017, outside 2017-11"),
    ],
)
def test_an_article_for_the_managers(facts: dict[str, object], expected: str) -> None:
    """Named segments beat topics both ways; dates beat both; a word of a longer claim and a mention pick nothing."""
    reasons = decided([replace(ABOUT_NOTHING, **facts)])  # type: ignore[arg-type]
    assert reasons["muu", "managers"] == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, "picked: named by the item or its source"),
        ({"status": EventStatus.TENTATIVE}, "picked: named by the item or its source, tentative"),
        ({"status": EventStatus.CANCELLED}, "left out: cancelled"),
        ({"status": EventStatus.POSTPONED}, "left out: postponed"),
        ({"precision": Precision.MONTH}, "left out: its day is not known yet"),
        ({"precision": Precision.SEASON}, "left out: its day is not known yet"),
        ({"start": date(2017, 11, 24)}, "picked: named by the item or its source"),
        ({"start": date(2017, 11, 20), "end": date(2017, 11, 24)}, "picked: named by the item or its source"),
        ({"start": date(2017, 11, 20), "end": date(2017, 11, 23)}, "left out: over by 24.11.2017"),
        ({"start": date(2018, 1, 22)}, "picked: named by the item or its source"),
        ({"start": date(2018, 1, 23)}, "left out: starts 23.1.2018, later than 60 days ahead"),
        ({"start": datetime(2018, 1, 22, 22, 0, tzinfo=UTC)}, "left out: starts 23.1.2018, later than 60 days ahead"),
        ({"segments": (), "topics": ()}, "left out: about no topic"),
    ],
)
def test_an_event_for_the_managers(facts: dict[str, object], expected: str) -> None:
    """An event is picked while it overlaps the days ahead of the sending, and will take place on a known day."""
    item = replace(event("tapahtuma", "Kesäpäivä", segments=(MANAGERS,)), **facts)  # type: ignore[arg-type]
    assert decided([item])["tapahtuma", "managers"] == expected


def test_what_was_really_sent_is_not_picked_again() -> None:
    """An item of an earlier issue is left out, also when it changed; the issue's own sending says nothing."""
    sent = {
        ABOUT_MONEY.key: SentItem(label=IssueLabel("2017-10"), fingerprint=fingerprint(ABOUT_MONEY)),
        ABOUT_SERVICES.key: SentItem(label=IssueLabel("2017-W44"), fingerprint="other"),
        ABOUT_NOTHING.key: SentItem(label=IssueLabel("2017-11"), fingerprint="other"),
        ItemKey("oma"): SentItem(label=IssueLabel("2017-09"), fingerprint=None),
    }
    own = article("oma", "Toimituksen oma")
    reasons = decided([ABOUT_MONEY, ABOUT_SERVICES, ABOUT_NOTHING, own], sent=sent)
    assert {key: reason for key, reason in reasons.items() if key[1] == ADVISERS} == {
        ("raha", "advisers"): "left out: sent in 2017-10",
        ("palvelut", "advisers"): "left out: sent in 2017-W44, updated since",
        ("muu", "advisers"): "left out: about no topic",
        ("oma", "advisers"): "left out: sent in 2017-09",
    }


FROZEN = datetime(2017, 10, 26, 9, 0, tzinfo=UTC)
PICKED = "picked: topic rahoitus: Rahoitusta (title)"


@pytest.mark.parametrize(
    ("published", "seen", "expected"),
    [
        (date(2017, 10, 27), FROZEN + timedelta(days=1), f"{PICKED}, late: published 27.10.2017"),
        (date(2017, 10, 10), FROZEN + timedelta(days=1), f"{PICKED}, late: published 10.10.2017"),
        (date(2017, 10, 9), FROZEN + timedelta(days=1), "left out: published 9.10.2017, outside 2017-11"),
        (date(2017, 10, 27), FROZEN, "left out: published 27.10.2017, outside 2017-11"),
        (date(2017, 12, 1), FROZEN + timedelta(days=1), "left out: published 1.12.2017, outside 2017-11"),
        (date(2017, 11, 17), FROZEN + timedelta(days=1), PICKED),
    ],
)
def test_what_came_too_late_for_its_own_issue_is_picked(published: date, seen: datetime, expected: str) -> None:
    """An article of at most 45 days that was first seen after the last issue was made falls between no two issues."""
    late = replace(ABOUT_MONEY, published=published)
    reasons = decided([late], offered_until=FROZEN, first_seen={late.key: seen})
    assert reasons["raha", "managers"] == expected


def test_nothing_is_late_where_no_issue_was_sent_or_one_carried_it() -> None:
    """Before the first sending there is nothing to fall between, and what was carried has not."""
    late = replace(ABOUT_MONEY, published=date(2017, 10, 27))
    seen = {late.key: FROZEN + timedelta(days=1)}
    sent = {late.key: SentItem(label=IssueLabel("2017-10"), fingerprint=fingerprint(late))}
    assert decided([late], first_seen=seen)["raha", "managers"] == "left out: published 27.10.2017, outside 2017-11"
    carried = decided([late], first_seen=seen, offered_until=FROZEN, sent=sent)
    assert carried["raha", "managers"] == "left out: sent in 2017-10"


def test_an_event_stands_in_each_issue_until_it_is_past() -> None:
    """That it was told before is no obstacle, unless the publication tells events once."""
    fair = event("messut", "Rahoitusmessut", date(2017, 12, 5))
    sent = {fair.key: SentItem(label=IssueLabel("2017-10"), fingerprint=fingerprint(fair))}
    assert decided([fair], sent=sent)["messut", "managers"] == "picked: topic rahoitus: Rahoitusmessut (title)"
    once = publication(events_once=True)
    assert decided([fair], sent=sent, issued_by=once)["messut", "managers"] == "left out: sent in 2017-10"


@pytest.mark.parametrize(
    ("item", "is_near"),
    [
        (article("a", "Syksy", date(2017, 9, 17)), True),
        (article("a", "Syksy", date(2017, 9, 16)), False),
        (article("a", "Syksy", date(2018, 1, 14)), True),
        (article("a", "Syksy", date(2018, 1, 15)), False),
        (event("a", "Syksy", date(2017, 11, 1)), True),
        (event("a", "Syksy", date(2017, 10, 31)), False),
        (event("a", "Syksy", date(2018, 3, 8)), True),
        (event("a", "Syksy", date(2018, 3, 9)), False),
    ],
)
def test_items_far_away_are_not_mentioned(item: Item, is_near: bool) -> None:  # noqa: FBT001 - a table's column
    """What lies weeks from the period and from the days ahead gets no pick at all."""
    assert bool(select([item], choice())) == is_near


def test_a_segment_without_topics_gets_everything() -> None:
    """No topics means every item; no section of that kind means none."""
    everybody = [segment(ADVISERS, 1)]
    assert decided([ABOUT_NOTHING, event("e", "Kesäpäivä")], segments=everybody) == {
        ("muu", "advisers"): "picked: this segment gets every topic",
        ("e", "advisers"): "picked: this segment gets every topic",
    }
    articles_only = publication(sections=(Section(id=NEWS, kind=SectionKind.ARTICLES, titles={}),))
    assert decided([event("e", "Kesäpäivä")], segments=everybody, issued_by=articles_only) == {
        ("e", "advisers"): "left out: no section of events takes it",
    }


def test_a_segment_gets_its_sections_only() -> None:
    """An item of a section that the segment does not get is left out, also when it names the segment."""
    news_only = [segment(ADVISERS, 1, "rahoitus", sections=(NEWS,))]
    named = replace(ABOUT_MONEY, key=ItemKey("nimetty"), segments=(ADVISERS,))
    fitting = replace(ABOUT_NOTHING, segments=(ADVISERS,))
    reason = "left out: belongs to the section raha, which this segment does not get"
    assert decided([ABOUT_MONEY, named, fitting], segments=news_only) == {
        ("muu", "advisers"): "picked: named by the item or its source",
        ("nimetty", "advisers"): reason,
        ("raha", "advisers"): reason,
    }


@pytest.mark.parametrize(
    ("item", "sections", "expected"),
    [
        (ABOUT_MONEY, None, MONEY),
        (ABOUT_SERVICES, None, NEWS),
        (event("e", "Kesäpäivä"), None, EVENTS),
        (ABOUT_NOTHING, [(MONEY, SectionKind.ARTICLES, ("rahoitus",))], MONEY),
        (event("e", "Kesäpäivä"), [(MONEY, SectionKind.ARTICLES, ())], MONEY),
    ],
)
def test_section_for_gives_a_place_to_anything(
    item: Item, sections: list[tuple[SectionId, SectionKind, tuple[str, ...]]] | None, expected: SectionId
) -> None:
    """The first fitting section takes an item; where none fits, the first of its kind, else the first."""
    made = publication()
    if sections is not None:
        made = publication(
            sections=tuple(
                Section(id=name, kind=kind, titles={}, topics=tuple(map(TopicId, topics)))
                for name, kind, topics in sections
            )
        )
    assert section_for(item, choice(issued_by=made)) == expected


READING_ORDER: list[Item] = [
    article("raha-uusi", "Rahoitus auki", date(2017, 11, 20)),
    article("raha-vanha", "Rahoitus kiinni", date(2017, 11, 2)),
    article("b-sama-paiva", "Neuvonta alkaa", datetime(2017, 11, 10, 12, 0, tzinfo=ZONE)),
    article("c-aamulla", "Neuvonta jatkuu", datetime(2017, 11, 10, 8, 0, tzinfo=ZONE)),
    article("d-nimetty", "Terveiset", date(2017, 11, 1), segments=(ADVISERS,)),
    article("a-muu", "Terveiset", date(2017, 11, 24)),
    event("z-eka", "Päivä", date(2017, 11, 25)),
    event("a-toka", "Päivä", datetime(2017, 11, 25, 9, 0, tzinfo=ZONE)),
    event("b-toka", "Päivä", datetime(2017, 11, 25, 9, 0, tzinfo=ZONE)),
]


@given(st.permutations(READING_ORDER))
def test_reading_order_does_not_depend_on_the_order_of_collection(items: list[Item]) -> None:
    """Sections first; then topical articles, newest first, before others; events by start; equals by key."""
    picks = select(items, choice(segments=[segment(ADVISERS, 1)]))
    assert [pick.key for pick in picks] == [item.key for item in READING_ORDER]


def test_segments_are_answered_by_rank() -> None:
    """The first segment's picks come first, and in each what is picked before what is left out."""
    picks = select([ABOUT_NOTHING, ABOUT_SERVICES, ABOUT_MONEY], choice())
    assert [(pick.segment_id, pick.key, pick.grade) for pick in picks] == [
        (ADVISERS, "raha", PickGrade.PICKED),
        (ADVISERS, "palvelut", PickGrade.PICKED),
        (ADVISERS, "muu", PickGrade.LEFT_OUT),
        (MANAGERS, "raha", PickGrade.PICKED),
        (MANAGERS, "muu", PickGrade.LEFT_OUT),
        (MANAGERS, "palvelut", PickGrade.LEFT_OUT),
    ]


def test_keywords_are_those_of_the_items_language() -> None:
    """An item in a language without keywords is about nothing."""
    swedish: Article = replace(ABOUT_MONEY, language="sv")  # type: ignore[arg-type]
    assert decided([swedish])["raha", "advisers"] == "left out: about no topic"


def test_what_the_editor_wrote_by_hand_is_in() -> None:
    """Where no segment would get it by its topics, all do; what it says of itself still counts, and its date too."""
    hand = SourceId("kansio")
    items: list[Item] = [
        article("oma", "Kesäterveiset", source_id=hand),
        article("aihe", "Rahoitusta haettavana", source_id=hand),
        article("nimetty", "Terveiset", topics=(TopicId("hankinnat"),), source_id=hand),
        article("vanha", "Kevätterveiset", date(2017, 4, 1), source_id=hand),
        article("muu", "Kesäterveiset"),
    ]
    said = decided(items, by_hand=frozenset({hand}))
    assert {pair: why for pair, why in said.items() if pair[1] == "advisers"} == {
        ("oma", "advisers"): "picked: written by hand",
        ("aihe", "advisers"): "picked: topic rahoitus: Rahoitusta (title)",
        ("nimetty", "advisers"): "left out: about hankinnat, no topic of this segment",
        ("muu", "advisers"): "left out: about no topic",
    }


def test_of_two_that_may_be_one_the_older_is_told() -> None:
    """The second is offered, with the reason, until somebody settles it; one that is not picked stands in no way."""
    items: list[Item] = [
        article("raha", "Rahoitusta haettavana"),
        article("raha-2", "Rahoitusta haettavana nyt"),
        article("raha-vanha", "Rahoitusta haettavana", date(2017, 10, 1)),
    ]
    likely = [
        pair_of(items[0].key, items[1].key, Verdict.OFFERED, "the same day and nearly the same words"),
        pair_of(items[0].key, items[2].key, Verdict.OFFERED, "the same title"),
        pair_of(items[0].key, ItemKey("gone"), Verdict.OFFERED, "the same title"),
    ]
    seen = {items[0].key: datetime(2017, 11, 3, tzinfo=UTC), items[1].key: datetime(2017, 11, 2, tzinfo=UTC)}
    made = select(items, choice(likely=likely, first_seen=seen))
    picks = {pick.key: pick for pick in made if pick.segment_id == ADVISERS}
    assert picks[items[1].key].grade is PickGrade.PICKED
    assert (picks[items[0].key].offer, picks[items[0].key].cause, picks[items[0].key].reason) == (
        Offer.DUPLICATE,
        Cause.DUPLICATE,
        "may be the same as raha-2: the same day and nearly the same words",
    )
    told = {items[0].key: SentItem(label=IssueLabel("2017-10"), fingerprint=fingerprint(items[0]))}
    after = decided(items, likely=likely, sent=told)
    assert after["raha-2", "advisers"] == "left out: may be the same as raha: the same day and nearly the same words"


def test_what_a_special_issue_told_others_is_offered() -> None:
    """Who is in both segments would read it twice, so it is the person's word; a month's own issue told everybody."""
    item = article("raha", "Rahoitusta haettavana")
    told = SentItem(label=IssueLabel("2017-11-kutsu"), fingerprint=fingerprint(item), segments=frozenset({MANAGERS}))
    special = {pick.segment_id: pick for pick in select([item], choice(sent={item.key: told}))}
    others = special[ADVISERS]
    assert (others.offer, others.reason) == (Offer.OTHERS, "sent in 2017-11-kutsu to managers only")
    assert (special[MANAGERS].offer, special[MANAGERS].reason) == (Offer.OUTSIDE, "sent in 2017-11-kutsu")
    month = decided([item], sent={item.key: replace(told, label=IssueLabel("2017-10"))})
    assert month["raha", "advisers"] == "left out: sent in 2017-10"


def test_an_event_that_is_gone_from_its_source_is_left_out() -> None:
    """Its day is ahead and nobody says that it will be held: taking it is the editor's word."""
    paja = event("paja", "Paja", segments=(MANAGERS,))
    gone = replace(choice(), gone={paja.key: datetime(2017, 11, 19, 23, 0, tzinfo=UTC)})
    reasons = {pick.reason for pick in select([paja], gone)}
    assert reasons == {"gone from its source since 20.11.2017"}


def test_a_segment_and_a_section_may_take_what_is_about_no_topic() -> None:
    """Beside its topics it gets what is about none, and not what is about another; a mere mention is about none."""
    segments = [segment(ADVISERS, 1, "palvelut", "any"), segment(MANAGERS, 2, "rahoitus")]
    rest = Section(id=SectionId("muut"), kind=SectionKind.ARTICLES, titles={}, topics=(ANY_TOPIC,))
    money = Section(id=MONEY, kind=SectionKind.ARTICLES, titles={}, topics=(TopicId("rahoitus"), TopicId("palvelut")))
    made_with = choice(segments=segments, issued_by=publication(sections=(money, rest)))
    made = select([ABOUT_SERVICES, ABOUT_MONEY, ABOUT_NOTHING], made_with)
    picked = [pick for pick in made if pick.grade is PickGrade.PICKED]
    assert {(pick.key, pick.segment_id): (pick.section, pick.reason) for pick in picked} == {
        ("palvelut", "advisers"): (MONEY, "topic palvelut: Yrityspalvelut (title)"),
        ("muu", "advisers"): ("muut", "about no topic, which this segment takes"),
        ("raha", "managers"): (MONEY, "topic rahoitus: Rahoitusta (title)"),
    }
