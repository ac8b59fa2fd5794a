"""One writer for many: together where that works, alone where it must be."""

import threading
from collections.abc import Sequence

import pytest

from newsletter.errors import StorageError
from newsletter.service.group_commit import PAUSE_SECONDS, GroupCommit, Lane

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
    commit = GroupCommit(size_max=3)
    lane = commit.lane(desk.write)
    first = lane.submit(["a"])
    assert desk.is_busy.wait(WAIT_SECONDS)
    others = [lane.submit(parcel) for parcel in (["b"], ["c", "d"], ["e"], ["f"])]
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
    commit = GroupCommit()
    lane = commit.lane(desk.write)
    first = lane.submit(["a"])
    assert desk.is_busy.wait(WAIT_SECONDS)
    good, bad = lane.submit(["b"]), lane.submit(["bad"])
    desk.may_go_on.set()

    assert (first.result(WAIT_SECONDS), good.result(WAIT_SECONDS)) == (None, None)
    with pytest.raises(StorageError, match="disk is full"):
        bad.result(WAIT_SECONDS)
    commit.close()
    assert desk.written == [["a"], ["b", "bad"], ["b"], ["bad"]]


def test_the_writer_lets_go_between_two_groups() -> None:
    """After each group it waits a moment, in which somebody else can write."""
    steps: list[object] = []
    commit = GroupCommit(size_max=1, sleep=steps.append)
    lane: Lane[str] = commit.lane(steps.append)
    lane.submit(["a", "b"])
    lane.submit(["c"])
    commit.close()

    assert steps == [["a", "b"], PAUSE_SECONDS, ["c"], PAUSE_SECONDS]


def test_the_writer_lets_go_between_parcels_tried_alone() -> None:
    """A group that fails is no reason to keep everybody else waiting."""
    desk, pauses = IssueView(fails_on="bad"), list[float]()
    commit = GroupCommit(sleep=pauses.append)
    lane = commit.lane(desk.write)
    first = lane.submit(["a"])
    assert desk.is_busy.wait(WAIT_SECONDS)
    good, bad = lane.submit(["b"]), lane.submit(["bad"])
    desk.may_go_on.set()
    for one in (first, good, bad):
        one.exception(WAIT_SECONDS)
    commit.close()

    assert desk.written == [["a"], ["b", "bad"], ["b"], ["bad"]]
    assert pauses == [PAUSE_SECONDS] * 4


def test_closing_writes_what_was_handed_in() -> None:
    """Nothing that was handed in is forgotten at the end."""
    desk = IssueView()
    commit = GroupCommit()
    lane = commit.lane(desk.write)
    desk.may_go_on.set()
    parcels = [lane.submit([str(number)]) for number in range(5)]

    commit.close()

    assert all(parcel.done() for parcel in parcels)
    assert [item for group in desk.written for item in group] == ["0", "1", "2", "3", "4"]


def test_an_earlier_lane_goes_first() -> None:
    """What a reader wants is written before what a provider tells, however much of that waits."""
    desk = IssueView()
    commit = GroupCommit(size_max=2)
    wishes, news = commit.lane(desk.write), commit.lane(desk.write)
    news.submit(["first"])
    assert desk.is_busy.wait(WAIT_SECONDS)
    for parcel in (["a", "b"], ["c"]):
        news.submit(parcel)
    wishes.submit(["leave"])
    desk.may_go_on.set()
    commit.close()

    assert desk.written == [["first"], ["leave"], ["a", "b"], ["c"]]


def test_a_full_lane_takes_no_more_and_the_others_do() -> None:
    """More than may wait is refused at once, in words, and nothing of it is kept."""
    desk = IssueView()
    commit = GroupCommit(waiting_max=2)
    wishes, news = commit.lane(desk.write), commit.lane(desk.write)
    news.submit(["written now"])
    assert desk.is_busy.wait(WAIT_SECONDS)
    for parcel in (["a"], ["b"]):
        news.submit(parcel)

    with pytest.raises(StorageError, match="Too much waits"):
        news.submit(["c"])
    kept = wishes.submit(["leave"])
    desk.may_go_on.set()
    commit.close()

    assert kept.result(WAIT_SECONDS) is None
    assert [item for group in desk.written for item in group] == ["written now", "leave", "a", "b"]
