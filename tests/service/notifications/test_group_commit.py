"""One writer for many: together where that works, alone where it must be."""

import threading
from collections.abc import Sequence

import pytest

from newsletter.errors import StorageError
from newsletter.service.notifications.group_commit import PAUSE_SECONDS, GroupCommit

WAIT_SECONDS = 10


class IssueView:
    """Something that writes, and can be held up at its first write.

    Attributes:
        written: What each write was given.
    """

    def __init__(self, *, fails_on: str = "") -> None:
        self.written: list[list[str]] = []
        self.is_busy, self.may_go_on = threading.Event(), threading.Event()
        self._fails_on = fails_on

    def write(self, items: Sequence[str]) -> None:
        """Write, or refuse."""
        self.is_busy.set()
        assert self.may_go_on.wait(WAIT_SECONDS)
        self.written.append(list(items))
        if self._fails_on in items:
            raise StorageError("The disk is full.")


def test_what_waits_is_written_together() -> None:
    """While one group is written the next one gathers, up to its size."""
    desk = IssueView()
    commit = GroupCommit(desk.write, size_max=3)
    first = commit.submit(["a"])
    assert desk.is_busy.wait(WAIT_SECONDS)
    others = [commit.submit(parcel) for parcel in (["b"], ["c", "d"], ["e"], ["f"])]
    is_early = any(one.done() for one in (first, *others))
    desk.may_go_on.set()

    for one in (first, *others):
        assert one.result(WAIT_SECONDS) is None
    commit.close()

    assert not is_early
    assert desk.written == [["a"], ["b", "c", "d"], ["e", "f"]]


def test_only_the_parcel_that_cannot_be_written_fails() -> None:
    """A group that fails is written parcel by parcel, and each waiter gets its own answer."""
    desk = IssueView(fails_on="bad")
    commit = GroupCommit(desk.write)
    first = commit.submit(["a"])
    assert desk.is_busy.wait(WAIT_SECONDS)
    good, bad = commit.submit(["b"]), commit.submit(["bad"])
    desk.may_go_on.set()

    assert (first.result(WAIT_SECONDS), good.result(WAIT_SECONDS)) == (None, None)
    with pytest.raises(StorageError, match="disk is full"):
        bad.result(WAIT_SECONDS)
    commit.close()
    assert desk.written == [["a"], ["b", "bad"], ["b"], ["bad"]]


def test_the_writer_lets_go_between_two_groups() -> None:
    """After each group it waits a moment, in which somebody else can write."""
    steps: list[object] = []
    commit = GroupCommit[str](steps.append, size_max=1, sleep=steps.append)
    commit.submit(["a", "b"])
    commit.submit(["c"])
    commit.close()

    assert steps == [["a", "b"], PAUSE_SECONDS, ["c"], PAUSE_SECONDS]


def test_the_writer_lets_go_between_parcels_tried_alone() -> None:
    """A group that fails is no reason to keep everybody else waiting."""
    desk, pauses = IssueView(fails_on="bad"), list[float]()
    commit = GroupCommit(desk.write, sleep=pauses.append)
    first = commit.submit(["a"])
    assert desk.is_busy.wait(WAIT_SECONDS)
    good, bad = commit.submit(["b"]), commit.submit(["bad"])
    desk.may_go_on.set()
    for one in (first, good, bad):
        one.exception(WAIT_SECONDS)
    commit.close()

    assert desk.written == [["a"], ["b", "bad"], ["b"], ["bad"]]
    assert pauses == [PAUSE_SECONDS] * 4


def test_closing_writes_what_was_handed_in() -> None:
    """Nothing that was handed in is forgotten at the end."""
    desk = IssueView()
    commit = GroupCommit(desk.write)
    desk.may_go_on.set()
    parcels = [commit.submit([str(number)]) for number in range(5)]

    commit.close()

    assert all(parcel.done() for parcel in parcels)
    assert [item for group in desk.written for item in group] == ["0", "1", "2", "3", "4"]
