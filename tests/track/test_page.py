"""The report as a page that stands alone."""

import re
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from lxml import html

from newsletter.domain.delivery import Balance, DeliveryState, ReasonCount, SendingId, SendingState
from newsletter.domain.notification import TimelinePoint
from newsletter.track.page import as_html
from newsletter.track.report import Report, ReportRow
from tests.send.samples import NOW
from tests.track.test_report import DOUBT, a_report, an_account

ZONE = ZoneInfo("Europe/Helsinki")
FINISHED = a_report(an_account())
IN_DOUBT = a_report(an_account(state=SendingState.RUNNING, last=DeliveryState.UNKNOWN, unknown=(DOUBT,)))
TIMELINE = (
    TimelinePoint(at=NOW, state=DeliveryState.ACCEPTED, deliveries=8),
    TimelinePoint(at=NOW + timedelta(minutes=4), state=DeliveryState.DELIVERED, deliveries=3),
)


def page_of(*reports: Report, timeline: tuple[TimelinePoint, ...] = ()) -> html.HtmlElement:
    """Write a page and read it as a browser would."""
    return html.document_fromstring(
        as_html(reports, {report.sending.id: timeline for report in reports}, name="Seudun uutiset", zone=ZONE)
    )


def table_of(page: html.HtmlElement, caption: str) -> list[list[str]]:
    """Give the cells of a table, headings first."""
    [table] = [one for one in page.iter("table") if one.findtext("caption") == caption]
    return [[cell.text_content() for cell in row] for row in table.iter("tr")]


def test_the_page_names_what_it_is_about() -> None:
    """Title, heading, kind, mailer, state and moments in the publication's zone."""
    page = page_of(FINISHED)

    assert page.findtext(".//title") == "Seudun uutiset 2017-11: report"
    assert page.findtext(".//h1") == "Seudun uutiset: report of issue 2017-11"
    assert page.findtext(".//h2") == "Sending through smtp: finished"
    assert page.findtext(".//article/p") == "Began 2017-11-14 11:00 EET, ended 2017-11-14 11:05 EET."


def test_the_sums_can_be_added_up() -> None:
    """Both balances stand in full; a wrong one cannot be overlooked."""
    [_, sums] = page_of(FINISHED).xpath("//article/p")
    wrong = page_of(replace(FINISHED, balance=replace(FINISHED.balance, planned=10)))

    assert sums.text_content() == (
        "10 people known = 9 planned + 1 pending.9 planned = 3 delivered + 5 accepted + 1 rejected.The report balances."
    )
    assert "The report DOES NOT BALANCE." in wrong.text_content()


def test_the_tables_hold_every_number() -> None:
    """By segment and by edition, with the columns that somebody has."""
    page = page_of(IN_DOUBT)

    assert table_of(page, "By segment") == [
        ["", "planned", "delivered", "accepted", "unknown"],
        ["Yritysneuvojat", "7", "3", "3", "1"],
        ["Kaupunginjohtajat", "3", "0", "2", "1"],
    ]
    assert table_of(page, "By edition")[1:] == [
        ["advisers.fi", "6", "3", "3", "0"],
        ["advisers+managers.fi", "1", "0", "0", "1"],
        ["managers.fi", "2", "0", "2", "0"],
    ]


def test_doubt_stands_with_what_to_do() -> None:
    """The batch, how many, since when, why, and the command that decides about it."""
    page = page_of(IN_DOUBT)

    assert table_of(page, "In doubt")[1] == [
        "7", "advisers+managers.fi", "1", "2017-11-14 11:00 EET", "no answer in 30 s",
    ]  # fmt: skip
    assert [command.text for command in page.iter("code")] == ["newsletter issue resolve 2017-11 --leave"]
    assert page_of(FINISHED).xpath("//*[@class='advice']") == []


def test_both_plots_stand_in_the_page() -> None:
    """Each drawing has its caption, and its title and numbers in words; no two have the same key."""
    again = replace(FINISHED, sending=replace(FINISHED.sending, id=SendingId(2), is_rehearsal=True))
    page = page_of(FINISHED, again, timeline=TIMELINE)

    assert [caption.text for caption in page.iter("figcaption")] == ["Deliveries over time", "Outcomes by segment"] * 2
    assert page.xpath("string((//desc)[1])") == (
        "accepted by the mailer: 8 from 2017-11-14 11:00 to 2017-11-14 11:00; "
        "delivered, as the provider tells: 3 from 2017-11-14 11:04 to 2017-11-14 11:04"
    )
    assert page.xpath("string((//desc)[2])") == (
        "Yritysneuvojat: 3 delivered, 3 accepted, 1 rejected; Kaupunginjohtajat: 2 accepted, 1 rejected"
    )
    identifiers = page.xpath("//@id")
    assert len(identifiers) == len(set(identifiers)) == 8
    assert [heading.text for heading in page.iter("h2")][1] == "Rehearsal through smtp: finished"


def test_nothing_is_drawn_of_nothing() -> None:
    """Before the first hand-over there is no line, and without planned people neither bar nor table."""
    nobody = Balance(candidates=0, excluded={}, planned=0, states={})
    page = page_of(replace(IN_DOUBT, balance=nobody, segments=(), editions=(), reasons=(), unknown=(), advice=()))

    assert [list(page.iter(tag)) for tag in ("figure", "table")] == [[], []]
    assert "0 planned = 0." in page.text_content()
    assert page.findtext(".//h2") == "Sending through smtp: under way"


@pytest.mark.parametrize(
    "said", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "javascript:alert(1)", "\x1b[31mred\u202e"]
)
def test_what_strangers_say_is_inert(said: str) -> None:
    """Markup, addresses of scripts and signs that turn text around are shown, not obeyed (H10)."""
    report = replace(
        FINISHED,
        segments=(ReportRow(name=said, states={DeliveryState.REJECTED: 1}),),
        reasons=(ReasonCount(state=DeliveryState.REJECTED, reason=said, deliveries=1),),
    )
    page = page_of(report)

    assert table_of(page, "Reasons")[1][2] == "".join(one if one.isprintable() else " " for one in said)
    assert [list(page.iter(tag)) for tag in ("script", "img", "a")] == [[], [], []]


def test_the_page_loads_and_runs_nothing() -> None:
    """It can be sent to whoever asks, and opened without a network."""
    written = as_html([FINISHED], {SendingId(1): TIMELINE}, name="Seudun uutiset", zone=ZONE)
    page = html.document_fromstring(written)

    assert page.xpath("//meta[@http-equiv]/@content") == ["default-src 'none'; style-src 'unsafe-inline'"]
    assert page.xpath("//@src | //@href | //@*[starts-with(name(), 'on')]") == []
    assert re.findall(r"https?://|url\(|@import", written) == []
    assert "@media print" in written
