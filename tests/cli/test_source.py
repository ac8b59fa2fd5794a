"""`newsletter source`: what a person sees of the sources."""

import json
import re
from pathlib import Path

from tests.cli.conftest import Run
from tests.collect.looking.test_discover import CALENDAR, FEED, LINK, PAGE
from tests.fakes.web_server import serving, whole

DATED = FEED.replace(b"<item><title>Vanha</title><guid>2</guid></item>", b"")
ANSWERS = {
    b"/": PAGE % (LINK + b'<link rel="alternate" type="text/calendar" href="/k.ics">'),
    b"/syote.xml": FEED,
    b"/k.ics": CALENDAR,
}


def _answer(request: bytes) -> bytes:
    return whole(ANSWERS[request.split()[1]])


def test_a_page_that_names_several_waits_for_a_word(publication: Path, run: Run) -> None:
    """What each holds is said, and nobody is there to be asked."""
    before = (publication / "newsletter.toml").read_bytes()
    with serving(_answer) as server:
        address = f"http://127.0.0.1:{server.port}/"
        both = run("source", "add", "--allow-private-hosts", address)
    assert f"1. {address}syote.xml: feed, 2 items; the newest of 2017-11-17: Haku on auki" in both.out
    assert f"2. {address}k.ics: calendar, 2 items" in both.out
    assert (both.code, f"newsletter source add {address}syote.xml" in both.err) == (2, True)
    assert (publication / "newsletter.toml").read_bytes() == before


def test_a_source_is_added_once_and_every_byte_stays(publication: Path, run: Run) -> None:
    """A second time, and under a key that is taken, it is refused; what the file says of it is what was shown."""
    path = publication / "newsletter.toml"
    before = path.read_bytes()
    (publication / "oma.xml").write_bytes(FEED)
    tried = run("source", "add", "oma.xml", "--key", "kunta", "--dry-run", "--json")
    assert path.read_bytes() == before
    added = run("source", "add", "oma.xml", "--key", "kunta")
    written = path.read_bytes()
    again = run("source", "add", "oma.xml")
    taken = run("source", "add", "oma.xml", "--key", "kunta")
    assert json.loads(tried.out)[0]["entry"] == {"id": "kunta", "kind": "feed", "path": "oma.xml", "language": "fi"}
    assert "Source 'kunta' stands in newsletter.toml now." in added.err
    table = b'\n[[source]]\nid = "kunta"\nkind = "feed"\npath = "oma.xml"\nlanguage = "fi"\n'
    assert written.replace(table, b"", 1) == before
    assert (again.code, "is source 'kunta' already; nothing was written" in again.err) == (2, True)
    assert (taken.code, "--key kunta-2" in taken.err) == (2, True)
    assert path.read_bytes() == written


def test_what_is_no_place_is_told(publication: Path, run: Run) -> None:
    """A misspelt file is no address; a key that the file would not take is refused before anything is fetched."""
    assert publication.is_dir()
    for nothing in ("nope", "", " "):
        assert f"There is no file {nothing!r} here, and it is no address." in run("source", "add", nothing).err
    assert "Error: 'http://[::1' is no address." in run("source", "add", "http://[::1").err
    assert "cannot be the id of a source" in run("source", "add", "content/feed.xml", "--key", "Oma lähde").err
    (publication.parent / "muualla.xml").write_bytes(FEED)
    assert run("source", "add", str(publication.parent / "muualla.xml")).code == 0
    assert f"{publication.parent / 'muualla.xml'} is there." in run("doctor").out
    assert "It is source 'kumppanit' already." in run("source", "add", "content/feed.xml", "--dry-run").out


def test_a_source_that_is_not_what_it_was_is_told_wherever_one_looks(publication: Path, run: Run) -> None:
    """A look keeps nothing and names it; after collecting, status says it with the copy that is used instead."""
    path, feed = publication / "newsletter.toml", publication / "oma.xml"
    text = path.read_text(encoding="utf-8")
    # The sample's own sources would cost a second and say nothing here.
    path.write_text(re.sub(r"(?m)^\[\[source\]\].*$", "[[source]]\nenabled = false", text), encoding="utf-8")
    feed.write_bytes(DATED)
    run("source", "add", "oma.xml", "--key", "kunta")
    assert run("source", "check").out == "Source 'kunta': 1 item, as it should be.\n"
    assert "0 collected" in run("status").out
    run("collect")
    assert "kunta" not in run("status").out
    path.write_text(path.read_text("utf-8").replace('path = "oma', 'speaks_every = 30\npath = "oma'), encoding="utf-8")
    feed.write_bytes(DATED.replace(b"<pubDate>2017-11-17</pubDate>", b"").replace(b">1</g", b">3</g"))
    looked = run("source", "check")
    assert looked.code == 3
    assert "Source 'kunta': None of its articles has a date any more." in looked.out
    assert "it should speak every 30 days" in run("status").out
    feed.write_bytes(CALENDAR)
    run("collect")
    told = run("status").out
    assert "Source 'kunta' gave a calendar instead of a feed.\n" in told
    assert "Source 'kunta': What was collected on " in told
    assert "Source 'kunta': What was collected on " in run("issue", "new", "2017-11").out
    assert json.loads(run("source", "check", "--json").out)[0]["breaches"][0]["source_id"] == "kunta"
