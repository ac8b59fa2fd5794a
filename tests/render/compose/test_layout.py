"""What stands together in an edition, and how much of it."""

from dataclasses import replace
from datetime import date, datetime

from newsletter.domain.content import ItemKey
from newsletter.domain.issue import EditionSection, IssueItem, ItemForm
from newsletter.render.compose.layout import laid_out
from tests.render.samples import EN, FI, HELSINKI, ITEMS, PUBLICATION, SV

NEWS, EVENTS = PUBLICATION.sections
ARTICLE, EVENT = ITEMS[0], ITEMS[10]


def named(item: IssueItem, key: str, **changes: object) -> IssueItem:
    """Give an item under another key, with changes."""
    return replace(item, key=ItemKey(key), **changes)  # type: ignore[arg-type]  # the tests name the fields


def shown(*items: IssueItem, language: object = FI) -> list[tuple[str, list[str]]]:
    """Lay articles and events out, and give the titles and keys of the sections."""
    sections = [
        EditionSection(section=section, title=title, items=own)
        for section, title in ((NEWS, "Uutisia"), (EVENTS, "Tapahtumia"))
        if (own := tuple(item for item in items if item.section == section.id))
    ]
    return [
        (section.title, [f"{item.key}+{len(item.repeats)}" if item.repeats else item.key for item in section.items])
        for section in laid_out(sections, language)  # type: ignore[arg-type]  # a language of the samples
    ]


def test_dates_of_one_event_are_one_entry() -> None:
    """Same words and place are one event at its first date; another place, link or lead is another event."""
    later = datetime(2017, 12, 5, 9, tzinfo=HELSINKI)
    items = (
        named(EVENT, "a"),
        named(EVENT, "muu", title="Muu"),
        named(EVENT, "b", start=later, end=None, line=9),
        named(EVENT, "muualla", start=later, place="Salo"),
        named(EVENT, "c", start=date(2017, 12, 12)),
    )

    assert shown(*items) == [("Tapahtumia", ["a+2", "muu", "muualla"])]


def test_an_event_without_a_date_and_an_article_repeat_nothing() -> None:
    """Two articles of the same words are two, and the checks say so."""
    items = (named(ARTICLE, "a"), named(ARTICLE, "b"), named(EVENT, "c", start=None), named(EVENT, "d", start=None))

    assert shown(*items) == [("Uutisia", ["a", "b"]), ("Tapahtumia", ["c", "d"])]


def test_what_is_in_other_languages_comes_last_under_its_language() -> None:
    """A reader meets all that is in his or her language first; sections of nothing else are gone."""
    items = (named(ARTICLE, "suomeksi"), named(ARTICLE, "ruotsiksi", language=SV), named(EVENT, "tapahtuma"))

    assert shown(*items, language=SV) == [("Uutisia", ["ruotsiksi"]), ("På finska", ["suomeksi", "tapahtuma"])]


def test_an_edition_of_nothing_in_its_language_keeps_its_sections() -> None:
    """Where nothing is translated there is nothing to put first."""
    items = (named(ARTICLE, "a"), named(EVENT, "b"))

    assert shown(*items, language=EN) == [("Uutisia", ["a"]), ("Tapahtumia", ["b"])]


def test_the_form_of_each_item_is_decided() -> None:
    """The editor's word counts; else the first article is whole, and others are cut where a link leads on."""
    items = (
        named(ARTICLE, "ensin"),
        named(ARTICLE, "linkki"),
        named(ARTICLE, "ilman", link=None),
        named(ARTICLE, "otsikko", form=ItemForm.TITLE),
        named(ARTICLE, "koko", form=ItemForm.WHOLE),
    )
    sections = [EditionSection(section=NEWS, title="", items=items)]
    events = [EditionSection(section=EVENTS, title="", items=(EVENT,))]

    assert [item.form for item in laid_out(sections, FI)[0].items] == ["whole", "lead", "whole", "title", "whole"]
    assert [item.form for item in laid_out(events, FI)[0].items] == ["lead"]
