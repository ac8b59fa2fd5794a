import io
import pickle

import pytest

from newsletter.collect import contained, parse
from newsletter.domain.content import Harvest, SourceKind
from newsletter.errors import Fault, SourceError
from tests.collect.samples import a_snapshot, a_source

SOURCE = a_source(SourceKind.FEED)
FEED = "<rss version='2.0'><channel><item><title>{}</title><author>{}</author></item></channel></rss>"


def test_child_gives_what_we_would_have_read() -> None:
    """A process of its own changes nothing about the harvest."""
    snapshot = a_snapshot(FEED.format("Kylä kasvaa", "Aino Kallio"))
    assert contained.parse(snapshot, SOURCE) == parse(snapshot, SOURCE)


def test_refusal_comes_back_whole() -> None:
    """Message and hint of a fault survive the way from the child."""
    with pytest.raises(SourceError) as caught:
        contained.parse(a_snapshot("<html>"), SOURCE)
    assert caught.value.message == "Source 'esimerkki' gave a web page (HTML) instead of a feed."
    assert caught.value.hint == "Open its address in a browser: has it moved, or does it ask for a login?"


def test_content_that_holds_up_its_reader_costs_one_source() -> None:
    """A child that does not finish is killed, and the source is named."""
    endless = "a" * 399 + "<!-- -->"
    with pytest.raises(SourceError, match="'esimerkki' cannot be read: reading it takes longer than 1 s"):
        contained.parse(a_snapshot(FEED.format("x", endless * 400)), SOURCE, limit_seconds=1.4)


def test_child_that_dies_costs_one_source() -> None:
    """An item that no reader of ours expects ends the child, and not us."""
    snapshot = a_snapshot(FEED.format("x", "y"))
    with pytest.raises(SourceError, match="too much memory, or breaks the reader"):
        contained.parse(snapshot, a_source("no such kind"))  # type: ignore[arg-type]


def ask(body: str) -> Harvest | SourceError:
    """Ask as the parent does, without a process."""
    reply = io.BytesIO()
    contained.answer(io.BytesIO(pickle.dumps((a_snapshot(body), SOURCE))), reply)
    result = pickle.loads(reply.getvalue())  # noqa: S301 - written just now
    assert isinstance(result, Harvest | SourceError)
    return result


def test_answer_is_a_harvest_or_a_fault() -> None:
    """The child always says which of the two it was."""
    assert ask(FEED.format("Kylä", "x")) == parse(a_snapshot(FEED.format("Kylä", "x")), SOURCE)
    error = ask("[1]")
    assert isinstance(error, SourceError)
    assert error.message == "Source 'esimerkki' gave JSON; only RSS and Atom are read."


def test_faults_travel_with_the_error() -> None:
    """Every single reason comes back from the child."""
    error = ask(FEED.format("", ""))
    assert isinstance(error, SourceError)
    assert error.faults == (Fault(message="An entry has neither a title nor text."),)
