"""The departures file: lines are only added, one that was torn is passed by, and a mark tells how far it was read."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.audience.departures import append_changes, departures_path, mark_of, read_changes
from newsletter.domain.audience import AddressHash, SuppressionAction, SuppressionReason
from newsletter.domain.departures import FileMark, NotedChange
from newsletter.errors import StorageError

NOW = datetime(2017, 11, 24, 7, 0, tzinfo=UTC)

CHANGES = st.builds(
    NotedChange,
    at=st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - Hypothesis adds the zone
    action=st.sampled_from(SuppressionAction),
    address_hash=st.binary(min_size=32, max_size=32).map(lambda octets: AddressHash(octets.hex())),
    reason=st.sampled_from(SuppressionReason),
)


def change(number: int, action: SuppressionAction = SuppressionAction.ADDED) -> NotedChange:
    """Make one change, each of another address."""
    at = NOW + timedelta(minutes=number)
    address_hash = AddressHash(f"{number:064x}")
    return NotedChange(at=at, action=action, address_hash=address_hash, reason=SuppressionReason.HARD_BOUNCE)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give where the file would be."""
    return departures_path(tmp_path / "newsletter.key")


def test_the_file_lies_beside_the_key_and_is_its_owners_alone(path: Path) -> None:
    """A line holds the moment, what was done, the hash and the reason, and nobody else can read it."""
    append_changes(path, [change(1)])

    assert path.name == "newsletter.departures"
    assert path.read_text() == f"2017-11-24T07:01:00.000000+00:00 added {1:064x} hard bounce\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@given(changes=st.lists(CHANGES, max_size=8), more=st.lists(CHANGES, max_size=8))
def test_what_is_added_is_read_again_in_order(
    changes: list[NotedChange], more: list[NotedChange], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """All of it from the beginning, and from a mark what was added since."""
    path = tmp_path_factory.mktemp("noted") / "newsletter.departures"
    append_changes(path, changes)
    mark = mark_of(path)
    append_changes(path, more)

    assert read_changes(path).changes == (*changes, *more)
    assert read_changes(path, after=mark).changes == tuple(more)
    assert mark_of(path, mark.size_bytes) == mark


@pytest.mark.parametrize("cut", range(1, 110, 9))
def test_a_torn_last_line_is_told_and_the_next_one_is_whole(cut: int, path: Path) -> None:
    """A power cut in the middle of a line costs that line, wherever it cut; what is added after it is read."""
    append_changes(path, [change(1), change(2)])
    path.write_bytes(path.read_bytes()[:-cut])
    torn = read_changes(path)

    append_changes(path, [change(3)])

    assert (torn.changes, torn.unreadable) == ((change(1),), (2,))
    again = read_changes(path)
    # A line that lacks its end alone is whole once it has one.
    assert again.changes == ((change(1), change(2), change(3)) if cut == 1 else (change(1), change(3)))
    assert again.unreadable == (() if cut == 1 else (2,))


def test_another_a_shorter_and_a_missing_file_have_another_mark(path: Path) -> None:
    """Whoever remembers a mark notices that the file is not the one it was."""
    append_changes(path, [change(1), change(2)])
    mark = mark_of(path)
    path.write_bytes(path.read_bytes().replace(b"hard bounce", b"unsubscribe"))
    other = mark_of(path)
    path.write_bytes(path.read_bytes()[:-40])
    shorter = mark_of(path, mark.size_bytes)
    path.unlink()

    assert mark not in (other, shorter, mark_of(path))
    assert mark_of(path) == FileMark(size_bytes=0, tail="")
    assert read_changes(path).changes == ()


def test_a_file_that_cannot_be_written_fails_in_words(path: Path) -> None:
    """Nothing goes on when a departure cannot be noted, and the message says why it is noted."""
    path.mkdir()

    for step in (lambda: append_changes(path, [change(1)]), lambda: mark_of(path), lambda: read_changes(path)):
        with pytest.raises(StorageError, match=r"newsletter\.departures cannot be used: Is a directory") as caught:
            step()
        assert "a backup put back forgets nobody" in (caught.value.hint or "")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "2017-11-24 added x",
        f"2017-11-24T07:00:00 added {1:064x} manual",
        f"2017-11-24T07:00:00+00:00 added {1:064x} x",
    ],
)
def test_what_is_no_line_is_counted_and_passed_by(line: str, path: Path) -> None:
    """Somebody wrote into the file by hand: the other lines count, and the number of the bad one is told."""
    append_changes(path, [change(1)])
    with path.open("a") as file:
        file.write(f"{line}\n")
    append_changes(path, [change(2)])

    noted = read_changes(path)

    assert noted.changes == (change(1), change(2))
    assert noted.unreadable == ((2,) if line else ())
