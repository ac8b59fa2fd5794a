"""The words of an issue before the editor's first change."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from newsletter.curate.draft import Draft, issue_item, make_draft
from newsletter.curate.select import Choice, select
from newsletter.domain.content import Item, ItemKey, Language, fingerprint
from newsletter.domain.issue import EditionWords, IssueItem, IssueLabel, ItemKind, ItemMark, ItemVariant
from newsletter.domain.told import SentItem, Version
from tests.curate.samples import (
    ADVISERS,
    DAY,
    EN,
    EVENTS,
    FI,
    MANAGERS,
    MONEY,
    NEWS,
    SV,
    ZONE,
    article,
    choice,
    event,
    publication,
    segment,
)

SHARED = article("raha", "Rahoitusta haettavana", body_html="<p>Haku alkaa. Se on auki.</p><p>Lisää tulee.</p>")
FOR_ADVISERS = article("palvelut", "Yrityspalvelut kiertoon", date(2017, 11, 20), url="https://example.org/a")
FOR_NOBODY = article("muu", "Kesä\x07terveiset\n")
MEETING = event("tapaaminen", "Rahoituspäivä", datetime(2017, 12, 5, 7, 0, tzinfo=UTC))
GREETING = "Tähän numeroon on koottu tuoreimmat kuulumiset. Antoisia lukuhetkiä!"
GREETING_WITH_EVENTS = (
    "Tähän numeroon on koottu tuoreimmat kuulumiset ja lähiviikkojen tapahtumat. Antoisia lukuhetkiä!"
)


def markdown_of(html: str) -> str:
    """Stand in for the converter: a mark for each paragraph shows that it was asked."""
    return html.replace("<p>", "§ ").replace("</p>", "\n\n").replace("<br>", "\n").strip()


def drafted(items: Sequence[Item], made_with: Choice) -> Draft:
    """Give the draft that follows from the choice."""
    return make_draft(select(items, made_with), items, made_with, markdown_of=markdown_of)


def test_a_draft_holds_what_was_picked_and_why() -> None:
    """Picked items get their words and orders by rank; what nobody gets is named; all reasons come along."""
    items: list[Item] = [SHARED, FOR_ADVISERS, FOR_NOBODY, MEETING]
    made_with = choice()
    assert drafted(items, made_with) == Draft(
        label=IssueLabel("2017-11"),
        date=DAY,
        items={
            SHARED.key: issue_item(SHARED, made_with, section=MONEY, markdown_of=markdown_of),
            FOR_ADVISERS.key: issue_item(FOR_ADVISERS, made_with, section=NEWS, markdown_of=markdown_of),
            MEETING.key: issue_item(MEETING, made_with, section=EVENTS, markdown_of=markdown_of),
        },
        order={
            ADVISERS: (SHARED.key, FOR_ADVISERS.key, MEETING.key),
            MANAGERS: (SHARED.key, MEETING.key),
        },
        words={
            FI: EditionWords(
                subject="Seutukirje marraskuu 2017: Rahoitusta haettavana",
                preheader="Kuulumisia kaupungeista",
                greeting=GREETING_WITH_EVENTS,
            )
        },
        picks=select(items, made_with),
        left_out={FOR_NOBODY.key: "Kesä terveiset"},
    )


def test_nothing_to_pick_is_an_empty_draft() -> None:
    """An issue without items still has its segments, and words that promise nothing."""
    assert drafted([], choice()) == Draft(
        label=IssueLabel("2017-11"),
        date=DAY,
        items={},
        order={ADVISERS: (), MANAGERS: ()},
        words={
            FI: EditionWords(
                subject="Seutukirje marraskuu 2017", preheader="Kuulumisia kaupungeista", greeting=GREETING
            )
        },
    )


@pytest.mark.parametrize(
    ("label", "language", "expected"),
    [
        ("2017-11", FI, "Seutukirje marraskuu 2017"),
        ("2017-11", SV, "Regionbrevet november 2017"),
        ("2017-11", EN, "Town letter November 2017"),
        ("2017-W46", FI, "Seutukirje viikko 46/2017"),
        ("2017-W06", SV, "Regionbrevet vecka 6/2017"),
        ("2017-W46", EN, "Town letter week 46/2017"),
        ("2017-Q4", FI, "Seutukirje 4. neljännes 2017"),
        ("2017-Q4", SV, "Regionbrevet kvartal 4/2017"),
        ("2017-Q4", EN, "Town letter quarter 4/2017"),
    ],
)
def test_the_subject_names_publication_and_period(label: str, language: Language, expected: str) -> None:
    """Each language names month, week or quarter in its own way."""
    made_with = choice(label=label, issued_by=publication(languages=(language,)))
    assert drafted([], made_with).words[language].subject == expected


def test_subject_and_preheader_promise_only_what_all_get() -> None:
    """Titles come from articles in the edition's language that every segment has; the subject's comes once."""
    items: list[Item] = [
        article("a", "Rahoitus yksi", date(2017, 11, 20)),
        article("b", "Rahoitus kaksi", date(2017, 11, 19)),
        article("c", "Rahoitus kolme", date(2017, 11, 18)),
        article("d", "Rahoitus ruotsiksi", date(2017, 11, 21), language=SV, segments=(ADVISERS, MANAGERS)),
        article("e", "Neuvonta", date(2017, 11, 22)),
        MEETING,
    ]
    assert drafted(items, choice()).words[FI] == EditionWords(
        subject="Seutukirje marraskuu 2017: Rahoitus yksi",
        preheader="Rahoitus kaksi · Rahoitus kolme",
        greeting=GREETING_WITH_EVENTS,
    )


@pytest.mark.parametrize(
    ("titles", "subject", "preheader"),
    [
        (("x" * 43,), f"Seutukirje marraskuu 2017: {'x' * 43}", "Kuulumisia kaupungeista"),
        (("x" * 44,), "Seutukirje marraskuu 2017", "x" * 44),
        (("x" * 44, "y"), "Seutukirje marraskuu 2017: y", "x" * 44),
        (("x" * 44, "y", "z"), "Seutukirje marraskuu 2017: y", f"{'x' * 44} · z"),
    ],
)
def test_a_title_stands_in_the_subject_whole_or_not_at_all(
    titles: tuple[str, ...], subject: str, preheader: str
) -> None:
    """The first title that fits into 70 characters beside the name is taken, else none; nothing is cut."""
    items = [
        article(f"a{day}", title, date(2017, 11, 20 - day), segments=(ADVISERS, MANAGERS))
        for day, title in enumerate(titles)
    ]
    words = drafted(items, choice()).words[FI]
    assert (words.subject, words.preheader) == (subject, preheader)


def test_translations_come_as_variants_and_name_the_issue_in_their_language() -> None:
    """A translation keeps what it says otherwise; the edition in its language is named after its title."""
    link = "https://example.org/fi"
    original = article("a", "Rahoitus", url=link, segments=(ADVISERS, MANAGERS), summary="Haku alkaa.")
    linked = article("b", "Finansiering", language=SV, url="https://example.org/sv", summary="Ansök nu.")
    whole = article("c", "Financing", language=EN, body_html="<p>Apply now.</p>")
    meeting = event("d", "Päivä", place="Forssa", url=link, segments=(ADVISERS, MANAGERS))
    dag = event("e", "Dag", language=SV, place="Forssa, stadshuset", url=link)
    made_with = choice(issued_by=publication(languages=(FI, SV, EN)))
    picks = select((original, meeting), made_with)

    draft = make_draft(
        picks,
        (original, meeting),
        made_with,
        markdown_of=markdown_of,
        translations={original.key: {SV: linked, EN: whole}, meeting.key: {SV: dag}},
    )

    assert {key: item.variants for key, item in draft.items.items()} == {
        "a": {
            SV: ItemVariant(title="Finansiering", lead="Ansök nu.", link="https://example.org/sv"),
            EN: ItemVariant(title="Financing", lead="Apply now.", body="§ Apply now.", link=""),
        },
        "d": {SV: ItemVariant(title="Dag", lead="", place="Forssa, stadshuset")},
    }
    assert [words.subject for words in draft.words.values()] == [
        "Seutukirje marraskuu 2017: Rahoitus",
        "Regionbrevet november 2017: Finansiering",
        "Town letter November 2017: Financing",
    ]


def test_the_greeting_promises_events_only_where_all_have_some() -> None:
    """One segment without an event is enough to leave events out of the words that all read."""
    items: list[Item] = [SHARED, event("e", "Neuvontapäivä")]
    assert drafted(items, choice()).words[FI].greeting == GREETING
    assert drafted(items, choice(segments=[segment(ADVISERS, 1)])).words[FI].greeting == GREETING_WITH_EVENTS


def test_an_article_without_a_link_brings_its_text() -> None:
    """The whole text comes as Markdown only where no link leads to it; the day is the zone's."""
    item = article(
        "raha",
        " Rahoitusta\thaettavana ",
        datetime(2017, 11, 16, 22, 30, tzinfo=UTC),
        author="Aino Niemi",
        body_html="<p>Haku alkaa.\r\nNyt.</p>",
    )
    assert issue_item(item, choice(), markdown_of=markdown_of) == IssueItem(
        key=ItemKey("raha"),
        kind=ItemKind.ARTICLE,
        title="Rahoitusta haettavana",
        lead="Haku alkaa. Nyt.",
        body="§ Haku alkaa.\nNyt.",
        section=MONEY,
        language=FI,
        author="Aino Niemi",
        published=date(2017, 11, 17),
        source_id="sivu",
        fingerprint=fingerprint(item),
    )


def test_an_article_with_a_link_brings_its_lead_only() -> None:
    """A link spares the text."""
    linked = article("a", "Neuvonta", url="https://example.org/a", body_html="<p>Koko juttu on tässä.</p>")
    made = issue_item(linked, choice(), markdown_of=markdown_of)
    assert (made.link, made.lead, made.body) == ("https://example.org/a", "Koko juttu on tässä.", "")


def test_an_event_brings_its_time_in_the_zone() -> None:
    """Moments are told in the zone, days as days; a summary that is longer than the lead comes whole."""
    item = event(
        "e",
        "Rahoituspäivä",
        datetime(2017, 12, 5, 7, 0, tzinfo=UTC),
        end=datetime(2017, 12, 5, 13, 0, tzinfo=UTC),
        place="Sali & piha,\nForssa",
        summary="Ohjelma on tässä.\n\n• kahvi\n• puhe <1>",
    )
    assert issue_item(item, choice(), markdown_of=markdown_of) == IssueItem(
        key=ItemKey("e"),
        kind=ItemKind.EVENT,
        title="Rahoituspäivä",
        lead="Ohjelma on tässä.",
        body="§ Ohjelma on tässä.\n\n§ • kahvi\n• puhe &lt;1&gt;",
        section=EVENTS,
        language=FI,
        start=datetime(2017, 12, 5, 9, 0, tzinfo=ZONE),
        end=datetime(2017, 12, 5, 15, 0, tzinfo=ZONE),
        place="Sali & piha, Forssa",
        source_id="kalenteri",
        fingerprint=fingerprint(item),
    )


@pytest.mark.parametrize(
    ("summary", "url", "expected"),
    [
        ("Lyhyt kuvaus.", None, ""),
        ("Alku.\n\n• lista", "https://example.org/e", ""),
        ("", None, ""),
    ],
)
def test_an_event_says_nothing_twice(summary: str, url: str | None, expected: str) -> None:
    """A summary that the lead says whole, or that a link leads to, does not come again as text."""
    item = event("e", "Päivä", summary=summary, url=url)
    assert issue_item(item, choice(), markdown_of=markdown_of).body == expected


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (date(2017, 12, 6), date(2017, 12, 6)),
        (date(2017, 12, 5), date(2017, 12, 5)),
        (date(2017, 12, 4), None),
    ],
)
def test_an_end_before_the_start_is_dropped(end: date, expected: date | None) -> None:
    """A source's impossible end is not printed."""
    assert issue_item(event("e", "Päivä", end=end), choice(), markdown_of=markdown_of).end == expected


def test_an_item_without_a_title_is_called_by_its_key() -> None:
    """A title of nothing visible still leaves something to click and to edit."""
    assert issue_item(article("avain", "\x00"), choice(), markdown_of=markdown_of).title == "avain"
    assert issue_item(event("avain", " "), choice(), markdown_of=markdown_of).title == "avain"


TOLD = Version(title="Rahoituspäivä", start=datetime(2017, 12, 5, 9, 0, tzinfo=ZONE), place="Forssa")


@pytest.mark.parametrize(
    ("sent", "place", "expected"),
    [
        ({}, "Forssa", ItemMark.NEW),
        ({"label": "2017-10", "version": TOLD}, "Forssa", None),
        ({"label": "2017-10", "version": TOLD}, "Salo", ItemMark.MOVED),
        ({"label": "2017-10", "version": replace(TOLD, start=date(2017, 12, 5))}, "Forssa", ItemMark.MOVED),
        ({"label": "2017-10", "version": replace(TOLD, title="Raha")}, "Forssa", None),
        ({"label": "2017-10", "version": None}, "Salo", None),
        ({"label": "2017-11", "version": TOLD}, "Salo", None),
    ],
)
def test_an_event_is_marked_by_what_readers_were_told(
    sent: dict[str, Any], place: str, expected: ItemMark | None
) -> None:
    """Who has the earlier issues sees which event is new, and which is at another time or place than was told."""
    told = {MEETING.key: SentItem(**{"fingerprint": None} | sent)} if sent else {}
    made_with = choice(offered_until=datetime(2017, 10, 26, tzinfo=UTC), sent=told)
    assert issue_item(replace(MEETING, place=place), made_with, markdown_of=markdown_of).mark == expected


def test_nothing_is_new_in_the_first_issue() -> None:
    """Where readers have no issue yet, a mark on every event would say nothing."""
    assert issue_item(MEETING, choice(), markdown_of=markdown_of).mark is None


def test_a_special_issue_starts_with_its_own_subject() -> None:
    """Nothing is promised that a person has not put in."""
    words = drafted([], choice(label="2017-11-kutsu-juhlaan")).words[FI]
    assert words == EditionWords(subject="Seutukirje: Kutsu juhlaan", preheader="", greeting="")
