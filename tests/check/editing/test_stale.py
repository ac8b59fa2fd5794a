"""Events that are no longer as the issue says."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from newsletter.check import apply_waivers, check_events
from newsletter.domain.changes import Known, Look, past_on
from newsletter.domain.content import Answer, Event, EventStatus, SourceId, fingerprint
from newsletter.domain.issue import Issue, Severity, Waiver, count_in_the_way
from newsletter.domain.told import Kept
from tests.check.samples import EVENT, EVENT_PLACE, ISSUE, PUBLICATION

NOW = datetime(2017, 11, 24, 9, 0, tzinfo=UTC)
DAYS = "2017-12-11 – 2017-12-12"
BEFORE = NOW - timedelta(days=9)
SOURCE = SourceId("kalenteri")
HELD = Event(
    key=EVENT.key,
    source_id=SOURCE,
    identity="1",
    title=EVENT.title,
    start=date(2017, 12, 11),
    end=date(2017, 12, 12),
    place="Forssa",
    language=EVENT.language,
)


def issue(**changes: object) -> Issue:
    """Give the sample issue with its event as it was picked, and what the editor changed of it."""
    picked = replace(EVENT, source_id=SOURCE, fingerprint=fingerprint(HELD), **changes)  # type: ignore[arg-type]
    return replace(ISSUE, items={**ISSUE.items, EVENT.key: picked})


def found(event: Event, missed_at: datetime | None = None, **edited: object) -> list[tuple[str, Mapping[str, str]]]:
    """Give the findings, as codes and facts, of an event as it is known now."""
    last_seen = None if missed_at is None else BEFORE
    kept = Kept(item=event, first_seen=BEFORE, changed_at=NOW, last_seen=last_seen, missed_at=missed_at)
    known = Known(now=NOW, items={EVENT.key: kept})
    return [(one.code, one.facts) for one in check_events(issue(**edited), known, PUBLICATION)]


def test_an_event_that_is_as_it_was_picked_is_no_news() -> None:
    """Also where the editor wrote another title or place: nothing changed at its source."""
    assert found(HELD) == []
    assert found(HELD, title="Hankintapäivä", place="Forssa, kirjasto", start=date(2017, 12, 10)) == []
    assert found(replace(HELD, summary="Toisin.")) == []


@pytest.mark.parametrize(
    ("change", "code", "old", "new"),
    [
        ({"start": date(2017, 12, 13), "end": None}, "event-moved", f"{DAYS}, Forssa", "2017-12-13, Forssa"),
        ({"place": "Salo"}, "event-moved", f"{DAYS}, Forssa", f"{DAYS}, Salo"),
        ({"title": "Ostopäivä"}, "event-renamed", EVENT.title, "Ostopäivä"),
        ({"status": EventStatus.CANCELLED, "place": "x"}, "event-cancelled", "confirmed", "cancelled"),
        ({"status": EventStatus.POSTPONED}, "event-cancelled", "confirmed", "postponed"),
    ],
)
def test_what_changed_at_its_source_is_told_with_the_old_and_the_new(
    change: dict[str, object], code: str, old: str, new: str
) -> None:
    """A moved, renamed or cancelled event is one finding that says what the issue says and what is known now."""
    assert found(replace(HELD, **change)) == [(code, {"title": EVENT.title, "old": old, "new": new})]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("missed_at", "expected"),
    [
        (NOW, [("event-gone", {"title": EVENT.title, "old": "2017-11-15", "new": "2017-11-24"})]),
        (datetime(2017, 12, 11, 9, 0, tzinfo=UTC), []),
    ],
)
def test_an_event_is_gone_when_it_is_missed_before_its_day(
    missed_at: datetime, expected: list[tuple[str, Mapping[str, str]]]
) -> None:
    """A calendar that drops what is over has cancelled nothing."""
    assert found(HELD, missed_at) == expected


def test_a_cancelled_event_stands_in_the_way_until_it_is_waived() -> None:
    """It is an error with its place, and the editor's to accept with a reason."""
    kept = Kept(item=replace(HELD, status=EventStatus.CANCELLED), first_seen=BEFORE, changed_at=NOW)
    (finding,) = check_events(issue(), Known(now=NOW, items={EVENT.key: kept}), PUBLICATION)
    waived = apply_waivers([finding], [Waiver(code="event-cancelled", reason="Kerrotaan peruutuksesta.")])
    assert (finding.severity, finding.place) == (Severity.ERROR, EVENT_PLACE)
    assert (count_in_the_way([finding]), count_in_the_way(waived)) == (1, 0)


@pytest.mark.parametrize(
    ("looked_at", "answer", "expected"),
    [
        (NOW - timedelta(days=3), Answer.WHOLE, []),
        (NOW - timedelta(days=3, minutes=1), Answer.WHOLE, [("source-look-old", {"source": SOURCE, "days": "3"})]),
        (NOW + timedelta(days=9), Answer.WHOLE, []),
        (None, None, [("source-never-seen", {"source": SOURCE})]),
        (NOW, Answer.CUT, [("source-in-doubt", {"source": SOURCE})]),
        (NOW, Answer.SHRUNK, [("source-in-doubt", {"source": SOURCE})]),
        (NOW, Answer.FAILED, [("source-in-doubt", {"source": SOURCE})]),
    ],
)
def test_the_age_of_the_last_look_is_told(
    looked_at: datetime | None, answer: Answer | None, expected: list[tuple[str, dict[str, str]]]
) -> None:
    """Events whose source was not looked at for three days, never, or without a whole answer are in doubt."""
    known = Known(now=NOW, looks=(Look(source_id=SOURCE, looked_at=looked_at, answer=answer),))
    assert [(one.code, one.facts) for one in check_events(issue(), known, PUBLICATION)] == expected


def test_a_database_that_cannot_be_read_is_told() -> None:
    """What was not compared is not taken for right in silence."""
    assert [one.code for one in check_events(issue(), None, PUBLICATION)] == ["not-compared"]


def test_an_issue_that_goes_out_late_has_events_that_are_over() -> None:
    """What was coming on the planned day and is over on the real one is named with both."""
    zone = PUBLICATION.zone
    assert past_on(issue(), NOW, zone) == ()
    assert past_on(issue(), datetime(2017, 12, 12, 9, 0, tzinfo=UTC), zone) == ()
    (change,) = past_on(issue(), datetime(2017, 12, 13, 9, 0, tzinfo=UTC), zone)
    assert (change.key, change.change, change.new) == (EVENT.key, "past", "over by 2017-12-13")
