"""Events that change between picking, approving and sending."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from newsletter import open_newsletter
from newsletter.domain.changes import Change
from newsletter.domain.content import ItemKey
from newsletter.domain.issue import ItemKind
from newsletter.errors import ChecksFailed, StateError
from newsletter.wiring import Newsletter
from tests.conftest import MORNING
from tests.fakes.clock import FakeClock
from tests.fakes.mailer import ScriptedMailer
from tests.grounds import ASKED

EVENTS = {"Paja": "20171205", "Messut": "20171208", "Iltama": "20171215"}


def calendar(**events: str) -> str:
    """Write a calendar of events by title, each with its lines after the title."""
    entries = "".join(
        f"BEGIN:VEVENT\r\nUID:{title}\r\nSUMMARY:{title}\r\nLOCATION:Salo\r\nCATEGORIES:kaikille\r\n{lines}\r\nEND:VEVENT\r\n"
        for title, lines in events.items()
    )
    return f"BEGIN:VCALENDAR\r\n{entries}END:VCALENDAR\r\n"


def on(day: str) -> str:
    """Write the day of an event."""
    return f"DTSTART;VALUE=DATE:{day}"


HELD = {title: on(day) for title, day in EVENTS.items()}


@pytest.fixture
def clock() -> FakeClock:
    """Give the morning of the day before the sending."""
    return FakeClock(MORNING - timedelta(days=1))


@pytest.fixture
def newsletter(laid_out: Path, tmp_path: Path, clock: FakeClock) -> Iterator[Newsletter]:
    """Give a publication whose only source is a calendar of three events for the managers, and their issue's draft."""
    folder = tmp_path / "seutu"
    shutil.copytree(laid_out, folder)
    path = folder / "newsletter.toml"
    text = path.read_text(encoding="utf-8").replace("@seutu.example", "@seutuohjelma.fi")
    text = text.replace('languages = ["fi", "sv", "en"]', 'languages = ["fi"]')
    head, _, rest = text.partition("\n[[source]]")
    topics = rest[rest.index("\n[[topic]]") :]
    source = '\n[[source]]\nid = "kalenteri"\nkind = "calendar"\npath = "content/calendar.ics"\nlanguage = "fi"\n'
    path.write_text(f'{head}{source}segments = ["managers", "advisers"]\n\n{topics}', encoding="utf-8")
    with open_newsletter(path, clock=clock, mailer=ScriptedMailer()) as opened:
        opened.lists.import_file(folder / "subscribers/example.csv", basis=ASKED)
        collect(opened, **HELD)
        opened.issues.new("2017-11", planned=date(2017, 11, 24))
        yield opened


def collect(newsletter: Newsletter, **events: str) -> None:
    """Let the calendar say something else, and look at it."""
    path = newsletter.settings.root / "content/calendar.ics"
    path.write_text(calendar(**events), encoding="utf-8")
    newsletter.items.collect()


def codes(newsletter: Newsletter) -> list[str]:
    """Give the codes of what is found about events and their source."""
    return [one.code for one in newsletter.issues.event_news(newsletter.shelf.read("2017-11")).findings]


def test_what_became_of_events_is_found_without_a_network(newsletter: Newsletter, clock: FakeClock) -> None:
    """One moved, one renamed and cancelled, one gone: each is a finding, and the cancelled one stands in the way."""
    assert codes(newsletter) == []
    clock.sleep(3600)

    collect(newsletter, Paja=on("20171206"), Messut=f"{HELD['Messut']}\r\nSTATUS:CANCELLED")

    assert sorted(codes(newsletter)) == ["event-cancelled", "event-gone", "event-moved"]
    with pytest.raises(ChecksFailed, match="stands in the way"):
        newsletter.issues.approve("2017-11", by="Aino")


def test_an_answer_that_lost_most_makes_nothing_gone(newsletter: Newsletter, clock: FakeClock) -> None:
    """It is a finding about the source; and four days later so is the age of the look."""
    collect(newsletter, Paja=HELD["Paja"])
    assert codes(newsletter) == ["source-in-doubt"]
    clock.sleep(4 * 86_400)
    assert codes(newsletter) == ["source-look-old", "source-in-doubt"]
    collect(newsletter, **HELD)
    assert codes(newsletter) == []


def test_articles_of_a_source_that_failed_are_its_last_good_copy_and_that_is_told(newsletter: Newsletter) -> None:
    """Articles do not go stale, so nothing is said of their source while it answers."""
    issue = newsletter.shelf.read("2017-11")
    items = {key: replace(item, kind=ItemKind.ARTICLE, start=None) for key, item in issue.items.items()}
    articles = replace(issue, items=items)
    assert newsletter.issues.event_news(articles).findings == ()
    (newsletter.settings.root / "content/calendar.ics").write_text("rikki", encoding="utf-8")
    newsletter.items.collect()
    assert [one.code for one in newsletter.issues.event_news(articles).findings] == ["source-in-doubt"]


def test_a_look_that_another_database_had_does_not_count(newsletter: Newsletter, clock: FakeClock) -> None:
    """Where a backup was put back, what it holds is as old as its content, whatever the file of looks says."""
    clock.sleep(9 * 86_400)
    newsletter.items.collect()
    assert codes(newsletter) == []
    path = newsletter.settings.root / "newsletter.looks"
    looks = json.loads(path.read_text(encoding="utf-8"))
    looks["kalenteri"]["content_from"] = clock.now().isoformat()
    path.write_text(json.dumps(looks), encoding="utf-8")
    assert codes(newsletter) == ["source-look-old"]


def test_an_event_that_changed_after_the_approval_stops_a_sending_before_its_first_claim(
    newsletter: Newsletter, clock: FakeClock
) -> None:
    """Nothing is sent until each is accepted as it was approved; a sending under way goes on."""
    newsletter.issues.approve("2017-11", by="Aino")
    clock.sleep(3600)
    collect(newsletter, **HELD | {"Paja": on("20171206")})
    (changed,) = newsletter.deliveries.outlook("2017-11").changed
    assert (changed.change, changed.old, changed.new) == (Change.MOVED, "2017-12-05, Salo", "2017-12-06, Salo")
    with pytest.raises(StateError, match="changed after it was approved") as refused:
        newsletter.deliveries.send("2017-11", by="Aino")
    assert [str(fault) for fault in refused.value.faults] == [str(changed)]
    assert newsletter.shelf.summary("2017-11").sending is None

    newsletter.deliveries.send("2017-11", by="Aino", limit=1, accept_changed=[changed.key])
    clock.sleep(3600)
    collect(newsletter, **HELD | {"Paja": on("20171207")})
    assert newsletter.deliveries.outlook("2017-11").changed == ()
    done = newsletter.deliveries.send("2017-11", by="Aino")
    assert done.sending.finished_at is not None


def test_what_was_known_at_the_approval_is_not_asked_again(newsletter: Newsletter, clock: FakeClock) -> None:
    """Approving with a warning is the person's word; only what comes after it is news."""
    clock.sleep(3600)
    collect(newsletter, **HELD | {"Paja": on("20171206")})
    clock.sleep(3600)
    newsletter.issues.approve("2017-11", by="Aino")
    assert newsletter.deliveries.outlook("2017-11").changed == ()


def test_a_real_sending_that_is_late_names_the_events_that_are_over(newsletter: Newsletter, clock: FakeClock) -> None:
    """What was coming on the planned day and has been is told before anybody says yes."""
    newsletter.issues.approve("2017-11", by="Aino")
    clock.sleep(13 * 86_400)
    paja = next(ItemKey(key) for key in newsletter.shelf.read("2017-11").items if key.startswith("paja"))
    assert [(one.key, one.change) for one in newsletter.deliveries.outlook("2017-11").over] == [(paja, Change.PAST)]
    assert newsletter.deliveries.outlook("2017-11", rehearse=True).over == ()
