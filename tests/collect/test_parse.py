from dataclasses import replace
from pathlib import Path

import pytest

from newsletter.collect import parse
from newsletter.collect.archive import pack
from newsletter.domain.content import Problem, ProblemGrade, SourceId, SourceKind
from newsletter.errors import SourceError
from tests.collect.samples import a_snapshot, a_source

CONTENT = Path(__file__).parents[2] / "content"
RSS = "<rss version='2.0'><channel>{}</channel></rss>"


@pytest.mark.parametrize(
    ("kind", "body", "titles"),
    [
        (SourceKind.TEXT, "1.2.2017\n\nTeksti\n\nSisältö.", ["Teksti"]),
        (SourceKind.FEED, RSS.format("<item><title>Syöte</title></item>"), ["Syöte"]),
        (
            SourceKind.CALENDAR,
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nSUMMARY:Kalenteri\nDTSTART:20171205T090000Z\nEND:VEVENT\nEND:VCALENDAR",
            ["Kalenteri"],
        ),
        (SourceKind.FOLDER, pack({"a.md": b"---\ntitle: Kansio\n---\n"}), ["Kansio"]),
    ],
)
def test_every_kind_of_source_is_read_by_its_own_reader(kind: SourceKind, body: str | bytes, titles: list[str]) -> None:
    """The kind of a source decides how its bytes are read."""
    assert [item.title for item in parse(a_snapshot(body), a_source(kind)).items] == titles


@pytest.mark.parametrize("kind", SourceKind)
@pytest.mark.parametrize("body", ["", " \n\t"])
def test_empty_answer_is_a_fault(kind: SourceKind, body: str) -> None:
    """Status 200 with nothing in it is no empty month."""
    with pytest.raises(SourceError, match="Source 'esimerkki' is empty") as caught:
        parse(a_snapshot(body), a_source(kind))
    assert caught.value.hint


def test_source_without_a_usable_item_is_a_fault_that_tells_all() -> None:
    """When everything was left out, the reasons come with the fault."""
    files = pack({"a.md": b"ei mitaan", "b.md": b"---\nkind: event\ntitle: B\n---\n"})
    with pytest.raises(SourceError) as caught:
        parse(a_snapshot(files), a_source(SourceKind.FOLDER))
    assert caught.value.message == "Source 'esimerkki' holds no item that can be used."
    assert [(fault.key, fault.message) for fault in caught.value.faults] == [
        ("a.md", "The file has no front matter."),
        ("b.md", "An event needs a start."),
    ]
    assert all(fault.hint for fault in caught.value.faults)


def test_calendar_without_entries_is_a_fault() -> None:
    """A calendar that fell silent is reported."""
    with pytest.raises(SourceError, match="holds no item that can be used"):
        parse(a_snapshot("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"), a_source(SourceKind.CALENDAR))


def test_same_item_twice_is_taken_once() -> None:
    """Identities are unique in a harvest, and nothing vanishes without a word."""
    page = "1.2.2017\n\nSama\n\nEnsimmäinen.\n\n1.2.2017\n\nSama\n\nToinen.\n"
    harvest = parse(a_snapshot(page), a_source(SourceKind.TEXT))
    assert [article.body_html for article in harvest.articles] == ["<p>Ensimmäinen.</p>"]
    assert harvest.problems == (
        Problem(
            source_id=SourceId("esimerkki"),
            grade=ProblemGrade.FAILED,
            message="The source has this item twice; the first one was taken.",
            item="Sama",
        ),
    )


def test_no_more_than_2000_items_are_taken() -> None:
    """A page of all articles ever written does not fill the store."""
    page = "".join(f"1.2.2017\n\nJuttu {number}\n\nTeksti.\n\n" for number in range(2_002))
    harvest = parse(a_snapshot(page), a_source(SourceKind.TEXT))
    assert len(harvest.articles) == 2_000
    assert [problem.message for problem in harvest.problems] == [
        "Only the first 2000 items were taken; 2 were left out."
    ]


def test_same_snapshot_gives_the_same_harvest() -> None:
    """Reading has no clock and no memory."""
    snapshot, source = a_snapshot((CONTENT / "calendar.ics").read_bytes()), a_source(SourceKind.CALENDAR)
    assert parse(snapshot, source) == parse(replace(snapshot), source)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("seutu-sivu.txt", SourceKind.TEXT), ("feed.xml", SourceKind.FEED), ("calendar.ics", SourceKind.CALENDAR)],
)
def test_sample_publication_is_read_without_a_warning(name: str, kind: SourceKind) -> None:
    """What we ship as an example is one."""
    harvest = parse(a_snapshot((CONTENT / name).read_bytes()), a_source(kind))
    assert harvest.items
    assert [problem for problem in harvest.problems if problem.grade is ProblemGrade.FAILED] == []
