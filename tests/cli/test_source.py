"""`newsletter source`: what a person sees of the sources."""

import json
from pathlib import Path

from tests.cli.conftest import Run
from tests.collect.looking.test_discover import CALENDAR, FEED, LINK, PAGE
from tests.fakes.web_server import serving, whole

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
    assert "There is no file 'nope' here, and it is no address." in run("source", "add", "nope").err
    assert "cannot be the id of a source" in run("source", "add", "content/feed.xml", "--key", "Oma lähde").err
    assert "It is source 'kumppanit' already." in run("source", "add", "content/feed.xml", "--dry-run").out
