import icalendar
import pytest

from newsletter.collect.kinds.calendar.series import is_recurring, refusal


def an_event(rule: str) -> icalendar.Event:
    """Give an entry with a rule."""
    event = icalendar.Event.from_ical(
        f"BEGIN:VEVENT\r\nUID:1\r\nDTSTART:20171205T090000Z\r\nRRULE:{rule}\r\nEND:VEVENT\r\n"
    )
    assert isinstance(event, icalendar.Event)
    return event


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY",
        "FREQ=DAILY;BYHOUR=9,12,15",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH;UNTIL=20180601T000000Z",
        "FREQ=WEEKLY;BYDAY=MO,TU,WE;BYSETPOS=-1",
        "FREQ=MONTHLY;BYDAY=2TU",
        "FREQ=MONTHLY;BYMONTHDAY=-1",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
        "FREQ=YEARLY;BYMONTH=2,3;BYMONTHDAY=30",
        "FREQ=YEARLY;BYWEEKNO=46;BYDAY=FR",
    ],
)
def test_rule_that_people_make_is_let_in(rule: str) -> None:
    """Calendar programs' ordinary rules are read."""
    event = an_event(rule)
    assert is_recurring(event)
    assert refusal(event) is None


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("FREQ=MINUTELY", "it repeats MINUTELY; only DAILY, WEEKLY, MONTHLY and YEARLY are read"),
        ("COUNT=3", "it repeats NONE; only DAILY, WEEKLY, MONTHLY and YEARLY are read"),
        ("FREQ=DAILY;INTERVAL=0", "its INTERVAL is not between 1 and 1000"),
        ("FREQ=DAILY;INTERVAL=1001", "its INTERVAL is not between 1 and 1000"),
        ("FREQ=DAILY;BYHOUR=1,2,3,4,5;BYMINUTE=0,10,20,30,40", "it repeats more than 24 times a day"),
        ("FREQ=DAILY;BYYEARDAY=1;BYMONTH=5", "BYYEARDAY and BYWEEKNO do not go with DAILY"),
        ("FREQ=MONTHLY;BYWEEKNO=1", "BYYEARDAY and BYWEEKNO do not go with MONTHLY"),
        ("FREQ=WEEKLY;BYDAY=MO;BYSETPOS=3", "its BYSETPOS is outside the days it counts"),
        ("FREQ=DAILY;BYSETPOS=-2", "its BYSETPOS is outside the days it counts"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "no month has the day it names"),
        ("FREQ=YEARLY;BYMONTH=4,6;BYMONTHDAY=31", "no month has the day it names"),
        ("FREQ=MONTHLY;BYMONTHDAY=-32", "no month has the day it names"),
    ],
)
def test_rule_without_end_or_sense_is_kept_out(rule: str, reason: str) -> None:
    """What would never end, explode or search for a day that does not exist is refused, and the reason is told."""
    assert refusal(an_event(rule)) == reason
