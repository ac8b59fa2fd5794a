import re
import time
from datetime import UTC, date, datetime, timedelta

import pytest

from newsletter.collect.identity import key_for
from newsletter.collect.kinds.calendar import parse
from newsletter.collect.kinds.calendar.entries import read_groups
from newsletter.collect.problems import ProblemLog
from newsletter.domain.content import (
    Event,
    EventStatus,
    Harvest,
    Language,
    Precision,
    Problem,
    ProblemGrade,
    SourceId,
    SourceKind,
)
from newsletter.errors import SourceError
from tests.collect.samples import FETCHED, HELSINKI, a_snapshot, a_source

ID = SourceId("esimerkki")
SOURCE = a_source(SourceKind.CALENDAR)
MORNING = "DTSTART;TZID=Europe/Helsinki:20171205T090000"
NINE = datetime(2017, 12, 5, 9, 0, tzinfo=HELSINKI)


def vevent(*lines: str, uid: str | None = "1@kunta.example", title: str = "Tilaisuus") -> str:
    """Give an entry of a calendar."""
    head = ["BEGIN:VEVENT", *([f"UID:{uid}"] if uid else []), "DTSTAMP:20171101T000000Z", f"SUMMARY:{title}"]
    return "\r\n".join([*head, *lines, "END:VEVENT", ""])


def calendar(*parts: str) -> str:
    """Give a calendar of entries."""
    return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//kunta//FI\r\n" + "".join(parts) + "END:VCALENDAR\r\n"


def one_item(*, title: str, text: str, day: date) -> str:
    """Give a calendar of one entry."""
    return calendar(vevent(f"DTSTART;VALUE=DATE:{day:%Y%m%d}", f"DESCRIPTION:{text}", title=title))


def read(*parts: str) -> Harvest:
    """Parse a calendar of the sample source."""
    return parse(a_snapshot(calendar(*parts)), SOURCE)


def only(*lines: str) -> Event:
    """Parse a calendar of one entry."""
    (event,) = read(vevent(*lines)).events
    return event


def messages(harvest: Harvest) -> list[tuple[str | None, str]]:
    """Give which entries have problems, and which."""
    return [(problem.item, problem.message) for problem in harvest.problems]


def test_entry_becomes_an_event() -> None:
    """Everything an entry says to everybody is kept; attendees and alarms are not."""
    harvest = read(
        vevent(
            MORNING,
            "DTEND;TZID=Europe/Helsinki:20171205T150000",
            "LOCATION:Kaupungintalo\\, Salo",
            "URL:https://kunta.example/paiva?utm_source=ics",
            "DESCRIPTION:Ohjelmassa on <b>kolme</b> puhetta.<br>Kahvi on tarjolla\\, to",
            " ki.",
            "ORGANIZER;CN=Aino Kallio:mailto:aino@kunta.example",
            "ATTENDEE;CN=Eero Salo:mailto:eero@kunta.example",
            "CATEGORIES:hankinnat,kaupungit",
            "CATEGORIES:hankinnat",
            "BEGIN:VALARM",
            "ACTION:EMAIL",
            "SUMMARY:Muistutus",
            "ATTENDEE:mailto:eero@kunta.example",
            "TRIGGER:-PT1H",
            "END:VALARM",
            title="Hankintap&auml;iv&auml; &#8211; Salo",
        )
    )
    title = "Hankintapäivä – Salo"
    assert harvest == Harvest(
        source_id=ID,
        events=(
            Event(
                key=key_for(ID, "1@kunta.example", title),
                source_id=ID,
                identity="1@kunta.example",
                title=title,
                start=NINE,
                end=datetime(2017, 12, 5, 15, 0, tzinfo=HELSINKI),
                precision=Precision.TIME,
                place="Kaupungintalo, Salo",
                url="https://kunta.example/paiva",
                organiser="Aino Kallio",
                language=Language("fi"),
                summary="Ohjelmassa on kolme puhetta. Kahvi on tarjolla, toki.",
                tags=("hankinnat", "kaupungit"),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("lines", "start", "end"),
    [
        (["DTSTART;VALUE=DATE:20180516", "DTEND;VALUE=DATE:20180518"], date(2018, 5, 16), date(2018, 5, 17)),
        (["DTSTART;VALUE=DATE:20180516", "DTEND;VALUE=DATE:20180517"], date(2018, 5, 16), None),
        (["DTSTART;VALUE=DATE:20180516", "DTEND;VALUE=DATE:20180516"], date(2018, 5, 16), None),
        (["DTSTART;VALUE=DATE:20180516"], date(2018, 5, 16), None),
        (["DTSTART;VALUE=DATE:20180516", "DURATION:P3D"], date(2018, 5, 16), date(2018, 5, 18)),
        (["DTSTART;VALUE=DATE:20180516", "DTEND:20180518T090000Z"], date(2018, 5, 16), date(2018, 5, 18)),
        ([MORNING, "DTEND;TZID=Europe/Helsinki:20171205T090000"], NINE, None),
        ([MORNING, "DURATION:PT90M"], NINE, NINE + timedelta(minutes=90)),
        ([MORNING, "DTEND;VALUE=DATE:20171206"], NINE, datetime(2017, 12, 6, tzinfo=HELSINKI)),
        ([MORNING], NINE, None),
        (["DTSTART:20171205T070000Z"], NINE, None),
        (["DTSTART;TZID=FLE Standard Time:20171205T090000"], NINE, None),
        (["DTSTART;TZID=/kunta.example/Europe/Helsinki:20171205T090000"], NINE, None),
        (["DTSTART;TZID=Europe/Helsinki:20180325T033000"], datetime(2018, 3, 25, 4, 30, tzinfo=HELSINKI), None),
    ],
)
def test_times_are_inclusive_days_or_moments_here(
    lines: list[str], start: date | datetime, end: date | datetime | None
) -> None:
    """An all-day end is the last day; an end that says nothing is none; moments are on the Finnish clock."""
    event = only(*lines)
    assert (event.start, event.end) == (start, end)
    assert event.precision == (Precision.TIME if isinstance(start, datetime) else Precision.DAY)


def test_last_moment_of_duration_counts_real_hours_over_the_change_of_clocks() -> None:
    """Two hours stay two hours on the night when the clock is turned back."""
    event = only("DTSTART;TZID=Europe/Helsinki:20171029T023000", "DURATION:PT2H")
    assert event.end is not None
    assert event.end.isoformat() == "2017-10-29T03:30:00+02:00"


@pytest.mark.parametrize("zone", ["", ";TZID=Helsinki"])
def test_time_without_a_known_zone_is_the_sources_and_said_once(zone: str) -> None:
    """No time is silently read as UTC, and forty such entries give one warning."""
    harvest = read(*(vevent(f"DTSTART{zone}:20171205T090000", uid=name) for name in ("a", "b")))
    assert [event.start for event in harvest.events] == [NINE, NINE]
    assert messages(harvest) == [
        ("a", "2 entries have times without a known zone; they were read as times of Europe/Helsinki.")
    ]


def test_zone_that_the_calendar_brings_is_used_and_not_remembered() -> None:
    """A program's own name for a zone means what its calendar says, and nothing in another calendar."""
    zone = (
        "BEGIN:VTIMEZONE\r\nTZID:Oma\r\nBEGIN:STANDARD\r\nDTSTART:20161030T040000\r\nTZOFFSETFROM:+0300\r\n"
        "TZOFFSETTO:+0500\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    )
    entry = vevent("DTSTART;TZID=Oma:20171205T090000")
    assert read(zone, entry).events[0].start == datetime(2017, 12, 5, 4, 0, tzinfo=UTC)
    assert read(entry).events[0].start == NINE


def test_zone_whose_rules_never_end_is_not_read() -> None:
    """A zone that changes every second holds nobody up."""
    zone = (
        "BEGIN:VTIMEZONE\r\nTZID:Oma\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0300\r\n"
        "TZOFFSETTO:+0500\r\nRRULE:FREQ=SECONDLY\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    )
    assert read(zone, vevent("DTSTART;TZID=Oma:20171205T090000")).events[0].start == NINE


@pytest.mark.parametrize(
    ("written", "status"),
    [
        ("CANCELLED", EventStatus.CANCELLED),
        ("tentative", EventStatus.TENTATIVE),
        ("CONFIRMED", EventStatus.CONFIRMED),
        ("NEEDS-ACTION", EventStatus.CONFIRMED),
    ],
)
def test_status_is_kept(written: str, status: EventStatus) -> None:
    """A cancelled event is kept, so that it can be taken out of an issue."""
    assert only(MORNING, f"STATUS:{written}").status == status


@pytest.mark.parametrize("grade", ["PRIVATE", "confidential"])
def test_private_entry_is_left_out_with_a_note(grade: str) -> None:
    """What is not for everybody is not mailed, and its title is not told."""
    harvest = read(vevent(MORNING, f"CLASS:{grade}", title="Lääkäri"), vevent(MORNING, uid="2"))
    assert [event.identity for event in harvest.events] == ["2"]
    assert harvest.problems == (
        Problem(source_id=ID, grade=ProblemGrade.NOTE, message="A private entry was left out.", item="1@kunta.example"),
    )


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([], "it has no start (DTSTART)"),
        (["DTSTART:2017-12-05"], "its DTSTART cannot be read"),
        ([MORNING, MORNING], "it has DTSTART more than once"),
        (["DTSTART;VALUE=DATE:00010101"], "its DTSTART is no sensible date"),
        (["DTSTART;VALUE=DATE:00000101"], "its DTSTART cannot be read"),
        (["DTSTART;VALUE=DATE:99991231", "DTEND;VALUE=DATE:99991231"], "its DTSTART is no sensible date"),
        ([MORNING, "DTEND:tänään"], "its DTEND cannot be read"),
        ([MORNING, "DURATION:pitkä"], "its DURATION cannot be read"),
        ([MORNING, "RRULE:FREQ=FOO"], "its RRULE cannot be read"),
        ([MORNING, "RRULE:FREQ=DAILY;INTERVAL=0"], "its INTERVAL is not between 1 and 1000"),
        ([MORNING, "RRULE:FREQ=SECONDLY"], "it repeats SECONDLY; only DAILY, WEEKLY, MONTHLY and YEARLY are read"),
        ([MORNING, "RRULE:FREQ=DAILY;COUNT=3", "EXRULE:FREQ=DAILY"], "it uses EXRULE, which is not read"),
        ([MORNING, "RRULE:FREQ=DAILY;BYMONTH=13"], "its series cannot be read (IllegalMonthError)"),
        ([MORNING, "RRULE:FREQ=DAILY;BYHOUR=25"], "its series cannot be read (BadRuleStringFormat)"),
        ([MORNING, "DURATION:P99999999D"], "its DURATION is no sensible length"),
        ([MORNING, "RECURRENCE-ID;VALUE=TEXT:x"], "its RECURRENCE-ID cannot be read"),
        ([MORNING, "SUMMARY;X=1: "], None),
    ],
)
def test_bad_entry_is_named_and_the_others_are_read(lines: list[str], reason: str | None) -> None:
    """One entry never costs a calendar."""
    harvest = read(vevent(*lines, uid="huono"), vevent(MORNING, uid="hyvä"))
    names = ["huono", "hyvä"] if reason is None else ["hyvä"]
    assert [event.identity for event in harvest.events] == names
    assert messages(harvest) == ([] if reason is None else [("huono", f"The entry was left out: {reason}.")])


def test_entry_without_a_title_is_named() -> None:
    """There is nothing to print."""
    assert messages(read(vevent(MORNING, title=""))) == [
        ("1@kunta.example", "The entry was left out: it has no title (SUMMARY).")
    ]


def test_line_that_is_no_line_costs_itself() -> None:
    """A stray line in an entry is left out with a warning."""
    harvest = read(vevent(MORNING, "tämä rivi on eksynyt"))
    assert len(harvest.events) == 1
    assert messages(harvest) == [("1@kunta.example", "A line of the entry cannot be read and was left out.")]


def test_end_before_the_start_is_left_out() -> None:
    """An event that ends before it begins is printed without an end."""
    harvest = read(vevent(MORNING, "DTEND;TZID=Europe/Helsinki:20171205T080000"))
    assert (harvest.events[0].end, messages(harvest)) == (
        None,
        [("Tilaisuus", "The entry ends before it begins; its end was left out.")],
    )


def test_event_of_years_is_taken_with_a_warning() -> None:
    """Somebody probably wrote a wrong year."""
    harvest = read(vevent("DTSTART;VALUE=DATE:20171205", "DTEND;VALUE=DATE:20271205"))
    assert harvest.events[0].end == date(2027, 12, 4)
    assert messages(harvest) == [("Tilaisuus", "The entry lasts more than 366 days.")]


@pytest.mark.parametrize(
    ("lines", "place", "url"),
    [
        (["LOCATION:https://kokous.example/abc"], None, "https://kokous.example/abc"),
        (["LOCATION:https://kokous.example/abc", "URL:https://kunta.example/"], None, "https://kunta.example/"),
        (["LOCATION:Verkossa"], "Verkossa", None),
    ],
)
def test_place_is_words_and_the_address_a_link(lines: list[str], place: str | None, url: str | None) -> None:
    """A meeting's address written as its place is a link."""
    event = only(MORNING, *lines)
    assert (event.place, event.url) == (place, url)


def test_link_nobody_should_open_is_reported() -> None:
    """An entry does not lose its link without a word."""
    harvest = read(vevent(MORNING, "URL:http://192.168.0.1/"))
    assert (harvest.events[0].url, messages(harvest)) == (
        None,
        [("Tilaisuus", "The entry's link is no public web address and was left out.")],
    )


def test_organiser_is_a_name_and_never_an_address() -> None:
    """Nobody's mail address gets into an item by way of a name."""
    assert only(MORNING, "ORGANIZER;CN=aino@kunta.example:mailto:aino@kunta.example").organiser is None


@pytest.mark.parametrize(("named", "language"), [("sv-FI", "sv"), ("de", "fi")])
def test_language_of_the_title_is_the_events(named: str, language: str) -> None:
    """A Swedish title in a Finnish calendar is a Swedish event."""
    entry = vevent(MORNING).replace("SUMMARY:", f"SUMMARY;LANGUAGE={named}:")
    assert read(entry).events[0].language == language


def test_series_with_an_end_is_given_whole() -> None:
    """Every occurrence is an event of its own: removed ones are gone, moved and cancelled ones are as they are now."""
    harvest = read(
        vevent(
            MORNING,
            "DTEND;TZID=Europe/Helsinki:20171205T100000",
            "RRULE:FREQ=WEEKLY;COUNT=5",
            "EXDATE;TZID=Europe/Helsinki:20171212T090000",
            "RDATE;TZID=Europe/Helsinki:20171207T090000",
        ),
        vevent("RECURRENCE-ID;TZID=Europe/Helsinki:20171219T090000", "DTSTART:20171220T070000Z", title="Siirretty"),
        vevent(
            "RECURRENCE-ID;TZID=Europe/Helsinki:20171226T090000", MORNING.replace("1205", "1226"), "STATUS:CANCELLED"
        ),
    )
    assert [(event.identity, event.title, event.start, event.status.value) for event in harvest.events] == [
        (f"1@kunta.example {recurrence}", title, datetime(*start, tzinfo=HELSINKI), status)
        for recurrence, title, start, status in [
            ("2017-12-05T07:00:00+00:00", "Tilaisuus", (2017, 12, 5, 9), "confirmed"),
            ("2017-12-07T07:00:00+00:00", "Tilaisuus", (2017, 12, 7, 9), "confirmed"),
            ("2017-12-19T07:00:00+00:00", "Siirretty", (2017, 12, 20, 9), "confirmed"),
            ("2017-12-26T07:00:00+00:00", "Tilaisuus", (2017, 12, 26, 9), "cancelled"),
            ("2018-01-02T07:00:00+00:00", "Tilaisuus", (2018, 1, 2, 9), "confirmed"),
        ]
    ]
    assert len({event.key for event in harvest.events}) == 5
    assert harvest.problems == ()


def test_series_of_days_is_a_series_of_days() -> None:
    """An all-day series gives days, each with its own inclusive end."""
    lines = ["DTSTART;VALUE=DATE:20171205", "DTEND;VALUE=DATE:20171207", "RRULE:FREQ=YEARLY;UNTIL=20191231"]
    days = [date(2017, 12, 5), date(2018, 12, 5), date(2019, 12, 5)]
    assert [(event.identity, event.start, event.end) for event in read(vevent(*lines)).events] == [
        (f"1@kunta.example {day}", day, day + timedelta(days=1)) for day in days
    ]


def test_clock_time_of_a_series_stays_over_the_change_to_summer_time() -> None:
    """Nine o'clock in Helsinki stays nine; a series in UTC stays in UTC."""
    lines = ["RRULE:FREQ=MONTHLY;COUNT=5"]
    local = read(vevent(MORNING, *lines)).events[-1].start
    in_utc = read(vevent("DTSTART:20171205T070000Z", *lines)).events[-1].start
    assert (local.isoformat(), in_utc.isoformat()) == ("2018-04-05T09:00:00+03:00", "2018-04-05T10:00:00+03:00")


def test_floating_series_is_one_of_the_sources_zone() -> None:
    """A series without a zone is read like an event without one."""
    events = read(vevent("DTSTART:20171205T090000", "RRULE:FREQ=DAILY;UNTIL=20171206T235959Z")).events
    assert [event.start for event in events] == [NINE, NINE + timedelta(days=1)]


def test_changed_occurrence_without_its_series_is_an_event() -> None:
    """An export of one week may hold only what was moved."""
    (event,) = read(vevent("RECURRENCE-ID:20171204T070000Z", MORNING)).events
    assert (event.identity, event.start) == ("1@kunta.example 2017-12-04T07:00:00+00:00", NINE)


def test_change_of_this_and_all_that_follow_keeps_occurrences_apart() -> None:
    """RANGE=THISANDFUTURE moves the rest of a series; each keeps a name of its own."""
    events = read(
        vevent("DTSTART:20171205T070000Z", "RRULE:FREQ=DAILY;COUNT=4"),
        vevent("RECURRENCE-ID;RANGE=THISANDFUTURE:20171206T070000Z", "DTSTART:20171206T080000Z"),
    ).events
    assert [event.start.isoformat()[:16] for event in events] == [
        "2017-12-05T09:00",
        "2017-12-06T10:00",
        "2017-12-07T10:00",
        "2017-12-08T10:00",
    ]
    assert len({event.identity for event in events}) == 4


def test_endless_series_is_given_around_the_fetch() -> None:
    """400 days back and 400 ahead, counted from the fetch and not from today."""
    harvest = read(vevent("DTSTART:20100105T070000Z", "RRULE:FREQ=WEEKLY"))
    starts = [event.start for event in harvest.events]
    assert len(starts) == 115
    assert FETCHED - timedelta(days=400) <= min(starts) < max(starts) <= FETCHED + timedelta(days=400)
    assert messages(harvest) == [("1@kunta.example", "Of this series only the occurrences around today were taken.")]


def test_endless_series_without_a_zone_is_given_too() -> None:
    """A floating series without end is one of the source's zone, like any other."""
    harvest = read(vevent("DTSTART:20171106T090000", "RRULE:FREQ=MONTHLY"))
    assert len(harvest.events) == 14
    assert harvest.events[0].start == datetime(2017, 11, 6, 9, 0, tzinfo=HELSINKI)


def test_series_of_exactly_200_is_given_whole() -> None:
    """The limit is what is allowed, also when it lies far from today."""
    harvest = read(vevent("DTSTART:20000105T070000Z", "RRULE:FREQ=YEARLY;COUNT=200"))
    assert (len(harvest.events), harvest.events[-1].start.year, harvest.problems) == (200, 2199, ())


@pytest.mark.parametrize("rule", ["FREQ=DAILY", "FREQ=DAILY;COUNT=100000", "FREQ=DAILY;BYHOUR=1,2,3;COUNT=9000"])
def test_series_of_thousands_is_cut_to_the_200_nearest(rule: str) -> None:
    """A daily series leaves room for everything else."""
    events = read(vevent("DTSTART:20100105T070000Z", f"RRULE:{rule}")).events
    distances = [abs(event.start - FETCHED) for event in events]
    assert len(events) == 200
    assert max(distances) < timedelta(days=101)
    assert [event.start for event in events] == sorted(event.start for event in events)


def test_entries_that_share_a_uid_are_both_taken() -> None:
    """Different events under one UID are both shown, and the same one twice is one."""
    other = "DTSTART:20180105T070000Z"
    harvest = read(
        vevent(MORNING, "SEQUENCE:2", "LOCATION:Vanha paikka"),
        vevent(MORNING, "SEQUENCE:2", "LOCATION:Uusi paikka"),
        vevent(other, "SEQUENCE:x"),
    )
    assert sorted((event.start.isoformat()[:10], event.place or "") for event in harvest.events) == [
        ("2017-12-05", "Uusi paikka"),
        ("2018-01-05", ""),
    ]
    assert len({event.identity for event in harvest.events}) == 2
    assert messages(harvest)[0] == (
        "1@kunta.example",
        "Several entries share this UID; each different one was taken.",
    )


def test_higher_revision_replaces_a_lower_one_of_its_occurrence() -> None:
    """An event that was moved stands once, as its newest revision has it; so does one occurrence of a series."""
    moved = vevent("DTSTART:20171206T090000", "SEQUENCE:2"), vevent(MORNING, "SEQUENCE:1"), vevent(MORNING)
    weekly = vevent(MORNING, "RRULE:FREQ=WEEKLY;COUNT=2", "SEQUENCE:3", uid="kerho")
    second = [
        vevent("RECURRENCE-ID:20171212T090000", f"DTSTART:20171213T{hour}0000", f"SEQUENCE:{number}", uid="kerho")
        for number, hour in ((5, 11), (4, 10))
    ]
    harvest = read(*moved, weekly, *second)
    starts = [event.start.isoformat()[:13] for event in harvest.events]
    assert (starts, harvest.events[0].sequence) == (["2017-12-06T09", "2017-12-05T09", "2017-12-13T11"], 2)
    told = "An older revision (SEQUENCE) of the entry was left out."
    assert messages(harvest)[:2] == [("1@kunta.example", told), ("kerho", told)]


def test_entry_without_a_uid_is_known_by_start_and_title() -> None:
    """Programs that forget the UID get a name that stays."""
    (event,) = read(vevent(MORNING, uid=None)).events
    assert event.identity == "20171205T090000 Tilaisuus"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (calendar(vevent(MORNING), vevent(MORNING, uid="kesken"))[: -len("END:VEVENT\r\nEND:VCALENDAR\r\n")], 10),
        (calendar(vevent(MORNING, uid="kesken").replace("END:VEVENT\r\n", ""), vevent(MORNING)), 4),
    ],
)
def test_cut_calendar_gives_its_whole_entries(text: str, line: int) -> None:
    """A file that broke off, or an entry that never ends, costs one entry."""
    harvest = parse(a_snapshot(text), SOURCE)
    assert [event.identity for event in harvest.events] == ["1@kunta.example"]
    assert messages(harvest) == [("kesken", "The entry has no end (END:VEVENT).")]
    assert harvest.problems[0].line == line


def test_two_calendars_in_one_file_are_read_as_one() -> None:
    """Some programs glue calendars together."""
    text = calendar(vevent(MORNING)) + calendar(vevent(MORNING, uid="2"))
    assert [event.identity for event in parse(a_snapshot(text), SOURCE).events] == ["1@kunta.example", "2"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_letters_come_out_right_in_every_encoding(encoding: str) -> None:
    """Latin letters do not turn into question marks."""
    text = calendar(vevent(MORNING, title="Äijälän pajapäivä"))
    assert parse(a_snapshot(text.encode(encoding)), SOURCE).events[0].title == "Äijälän pajapäivä"


def test_letter_that_was_folded_in_two_is_one_letter() -> None:
    """RFC 5545 lets a program fold a line in the middle of a letter."""
    body = (
        calendar(vevent(MORNING, title="Pajapäivä"))
        .encode()
        .replace(b"P\xc3\xa4", b"x")
        .replace(b"p\xc3\xa4iv", b"p\xc3\r\n \xa4iv")
    )
    assert parse(a_snapshot(body), SOURCE).events[0].title == "Pajapäivä"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("<!DOCTYPE html><html>Kirjaudu</html>", "gave a web page (HTML) instead of a calendar."),
        ("Huolto", "gave something else instead of a calendar."),
        (b"\x81\x8d\x00\xff", "is no text."),
    ],
)
def test_what_is_no_calendar_is_refused_with_its_name(body: str | bytes, message: str) -> None:
    """A login page instead of a calendar is a fault of the source."""
    with pytest.raises(SourceError, match=re.escape(message)) as caught:
        parse(a_snapshot(body), SOURCE)
    assert caught.value.hint


def test_of_too_many_entries_those_that_ended_long_ago_go_first() -> None:
    """A calendar of decades does not take the whole store, and loses nothing that is still to come."""
    old = [vevent("DTSTART:20010203T090000Z", uid=f"vanha {number}") for number in range(2)]
    series = vevent("DTSTART:20010203T090000Z", "RRULE:FREQ=YEARLY;UNTIL=20030203T090000Z", uid="sarja")
    text = calendar(*old, series, *(vevent(MORNING, uid=str(number)) for number in range(3))).replace("\r\n", "\n")
    problems = ProblemLog(SOURCE.id)
    groups = read_groups(text, problems, around=date(2017, 11, 20), most=3)
    assert [group.identity for group in groups] == ["sarja", "0", "1"]
    assert [problem.message for problem in problems.found] == [
        "Only 3 of 6 entries were read; what ended long ago was left out first."
    ]
    assert problems.is_cut


def test_hostile_calendar_is_read_in_seconds() -> None:
    """No rule, however it is made, holds up the reading of the others."""
    rules = [
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=SECONDLY;COUNT=3",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYSECOND=" + ",".join(map(str, range(60))) + ";BYMINUTE=" + ",".join(map(str, range(60))),
        "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6",
        "FREQ=DAILY;BYDAY=XX",
    ]
    entries = [vevent(MORNING, f"RRULE:{rule}", uid=str(number)) for number, rule in enumerate(rules)]
    begun = time.process_time()
    harvest = read(*entries, vevent(MORNING, uid="hyvä"))
    # The month's sixth Monday never comes; what remains of that series is the start itself.
    assert [event.identity for event in harvest.events] == ["4 2017-12-05T07:00:00+00:00", "hyvä"]
    assert time.process_time() - begun < 5


@pytest.mark.parametrize("rule", ["RRULE:", "RRULE: ;", "rrule;X-A=1:"])
def test_empty_rule_is_no_rule(rule: str) -> None:
    """`RRULE:` with nothing behind it repeats nothing."""
    harvest = read(vevent(MORNING, rule))
    assert (len(harvest.events), harvest.events[0].identity) == (1, "1@kunta.example")


def test_half_a_character_of_a_calendar_costs_nothing_but_itself() -> None:
    """References to two halves are the character, as in a feed."""
    text = calendar(vevent(MORNING)).replace("SUMMARY:Tilaisuus", "SUMMARY:&#xD83D;&#xDE00; Juhla &#xD83D;")
    assert [event.title for event in parse(a_snapshot(text), SOURCE).events] == ["😀 Juhla"]


@pytest.mark.parametrize("rule", ["DTSTART:xx", "RRULE:FREQ=SECONDLY"])
def test_time_zone_that_cannot_be_read_costs_itself(rule: str) -> None:
    """A broken or endless VTIMEZONE is told with its line, and the events are read all the same."""
    zone = f"BEGIN:VTIMEZONE\r\nTZID:Oma\r\nBEGIN:STANDARD\r\n{rule}\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    text = calendar(vevent(MORNING)).replace("BEGIN:VEVENT", f"{zone}BEGIN:VEVENT", 1)
    harvest = parse(a_snapshot(text), SOURCE)
    assert [event.title for event in harvest.events] == ["Tilaisuus"]
    told = harvest.problems[0]
    assert told.message == "A time zone of the calendar (VTIMEZONE) cannot be read and was left out."
    assert text.splitlines()[(told.line or 0) - 1] == "BEGIN:VTIMEZONE"
