import threading
from collections import Counter

import pytest

from newsletter.collect.fetching.side_by_side import AT_ONCE, AT_ONE_HOST, side_by_side


def test_work_at_different_hosts_is_done_at_one_time() -> None:
    """Eight that wait for each other come through, and a ninth is not held up by them."""
    meeting = threading.Barrier(8, timeout=20)
    work = [(meeting.wait, f"host {number}") for number in range(8)]
    results = list(side_by_side([*work, (lambda: 99, "host 9")]))
    assert sorted(results) == [0, 1, 2, 3, 4, 5, 6, 7, 99]


def test_no_host_and_no_machine_gets_more_than_its_share() -> None:
    """A server is asked by a few at a time, however many sources it has, and all come in the end."""
    lock, now, most = threading.Lock(), Counter[str](), Counter[str]()

    def visit(host: str) -> str:
        with lock:
            now.update([host, "all"])
            most[host], most["all"] = max(most[host], now[host]), max(most["all"], now["all"])
        threading.Event().wait(0.001)
        with lock:
            now.subtract([host, "all"])
        return host

    hosts = ["a"] * 30 + [f"b{number}" for number in range(40)]
    done = list(side_by_side([(lambda host=host: visit(host), host) for host in hosts]))  # type: ignore[misc]
    assert sorted(done) == sorted(hosts)
    assert most["a"] <= AT_ONE_HOST
    assert most["all"] <= AT_ONCE


def test_long_wait_is_told() -> None:
    """Nothing for a while is said, as often as it is so."""
    go, told = threading.Event(), []

    def hear() -> None:
        told.append("waits")
        if len(told) > 1:
            go.set()

    assert list(side_by_side([(lambda: go.wait(20), "a")], on_wait=hear, wait_seconds=0.001)) == [True]
    assert told[:2] == ["waits", "waits"]


def test_fault_of_ours_is_raised_where_it_is_waited_for() -> None:
    """What nobody expected in a thread is no silence."""
    with pytest.raises(ZeroDivisionError):
        list(side_by_side([(lambda: 1 // 0, "a")]))
