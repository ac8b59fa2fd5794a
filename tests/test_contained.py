import os
import pickle
import signal
import stat
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from operator import mul
from pathlib import Path

import pytest

from newsletter.contained import Contained, ContainedError, answered
from newsletter.errors import Place, TemplateError

MEBIBYTE = 2**20
REPOSITORY = Path(__file__).parent.parent


@pytest.fixture
def contained() -> Iterator[Contained]:
    """Give a child with small limits, and end it."""
    made = Contained(preload=["newsletter.errors"], limit_seconds=2, growth_bytes=60 * MEBIBYTE)
    yield made
    made.close()


def asked(contained: Contained, function: object, *args: object) -> object:
    """Give the answer, or the reason why there is none."""
    try:
        return contained.call(function, *args)  # type: ignore[arg-type]  # tests ask for whatever they like
    except ContainedError as error:
        return error.reason


def test_questions_are_answered_by_one_process(contained: Contained) -> None:
    """The child is another process than ours, and the same for every question that it survives."""
    first, second = asked(contained, os.getpid), asked(contained, os.getpid)

    assert first == second
    assert first != os.getpid()


@pytest.mark.parametrize(
    ("function", "args", "reason"),
    [
        (os._exit, (3,), "ended the process that worked on it (exit code 3)"),
        (os.abort, (), "ended the process that worked on it (SIGABRT)"),
        (mul, ("x", 80 * MEBIBYTE), "took more than 60 MiB of memory"),
    ],
)
def test_what_ends_the_child_is_told_and_the_next_question_answered(
    contained: Contained, function: object, args: tuple[object, ...], reason: str
) -> None:
    """Whatever one question does, it is told in words, and the next one finds a child."""
    assert [asked(contained, function, *args), asked(contained, mul, 6, 7)] == [reason, 42]


def test_question_that_takes_too_long_is_ended() -> None:
    """After the limit the child is killed, however it is busy."""
    contained = Contained(preload=[], limit_seconds=0.2, growth_bytes=60 * MEBIBYTE)
    asked(contained, os.getpid)
    started = time.monotonic()

    assert asked(contained, pow, 7, 10**9) == "took longer than 0.2 s"
    assert time.monotonic() - started < 1.5
    contained.close()


def test_child_that_stops_in_the_middle_of_an_answer_is_ended() -> None:
    """The limit holds while an answer is under way, too."""
    contained = Contained(preload=[], limit_seconds=0.3, growth_bytes=60 * MEBIBYTE)

    assert asked(contained, _begin_an_answer) == "took longer than 0.3 s"
    contained.close()


def _begin_an_answer() -> None:
    """Announce, in the child, an answer of a thousand bytes, and write none of them."""
    for descriptor in range(3, 100):
        with suppress(OSError):
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                os.write(descriptor, struct.pack("!i", 1000))
    time.sleep(60)


def test_child_that_does_not_read_the_question_is_ended() -> None:
    """The limit holds while a question is under way, too."""
    contained = Contained(preload=[], limit_seconds=0.3, growth_bytes=60 * MEBIBYTE)
    os.kill(contained.call(os.getpid), signal.SIGSTOP)

    assert asked(contained, len, "x" * MEBIBYTE) == "took longer than 0.3 s"
    contained.close()


def test_child_that_dies_between_two_questions_is_replaced(contained: Contained) -> None:
    """A child that the system killed while nobody asked costs no answer."""
    process_id = contained.call(os.getpid)
    os.kill(process_id, signal.SIGKILL)
    os.waitid(os.P_PID, process_id, os.WEXITED | os.WNOWAIT)

    assert asked(contained, mul, 6, 7) == 42


def test_long_questions_and_answers_are_whole(contained: Contained) -> None:
    """What is longer than a pipe arrives whole, in both directions."""
    text = "äö" * MEBIBYTE

    assert asked(contained, str, text) == text


def test_answer_that_would_fill_our_own_memory_is_refused() -> None:
    """The limit on an answer keeps the child's excess from becoming ours."""
    contained = Contained(preload=[], limit_seconds=5, growth_bytes=300 * MEBIBYTE)

    assert asked(contained, mul, b"x", 51_000_000) == "came to more than 50 MB"
    contained.close()


def test_child_that_kept_much_memory_is_replaced(contained: Contained) -> None:
    """An answer starts with a child that has its memory before it."""
    before = contained.call(os.getpid)
    contained.call(sys.path.__class__, [b"x" * (8 * MEBIBYTE)])
    contained.call(_keep)

    assert contained.call(os.getpid) != before


def _keep() -> int:
    """Take memory in the child and keep it."""
    vars(sys)["kept"] = b"x" * (30 * MEBIBYTE)
    return os.getpid()


def test_exception_of_the_function_is_raised_here(contained: Contained) -> None:
    """Our own errors travel whole: message, place and hint."""
    with pytest.raises(TemplateError) as caught:
        contained.call(_fail)

    error = caught.value
    assert (error.message, error.hint, error.place) == ("Ei.", "Korjaa.", Place(path=Path("a.mjml.j2"), line=3))


def _fail() -> None:
    """Raise one of our errors."""
    raise TemplateError("Ei.", hint="Korjaa.", place=Place(path=Path("a.mjml.j2"), line=3))


class UnreadableError(Exception):
    """An exception that can be pickled and not be read again."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(one)
        self.two = two


def raise_unreadable() -> None:
    """Raise it."""
    raise UnreadableError("a", "b")


def test_exception_that_cannot_travel_is_told_in_words() -> None:
    """An exception that cannot be read again on our side is no riddle there."""
    answer = answered(pickle.dumps((raise_unreadable, (), {})), 0)
    is_raised, error = pickle.loads(answer)  # noqa: S301 - written on the line above

    assert (is_raised, error.reason) == (True, "failed: UnreadableError: a")


def test_threads_take_turns(contained: Contained) -> None:
    """Each of many threads gets the answer to its own question."""
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: contained.call(mul, number, 2), range(50)))

    assert answers == [number * 2 for number in range(50)]


def test_child_sees_no_secret(contained: Contained, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment, where keys are, stays with us."""
    monkeypatch.setenv("SENDGRID_API_KEY", "avain")

    assert contained.call(os.getenv, "SENDGRID_API_KEY") is None


def test_child_prints_nowhere(contained: Contained) -> None:
    """Whatever a library prints gets into no answer."""
    assert [asked(contained, print, "x"), asked(contained, mul, 6, 7)] == [None, 42]


FORKING = """
import os
from newsletter.contained import Contained

contained = Contained(preload=[], limit_seconds=5, growth_bytes=2**26)
ours = contained.call(os.getpid)
if not (forked := os.fork()):
    theirs = contained.call(os.getpid)
    contained.close()
    os._exit(0 if theirs != ours else 1)
_, ended = os.waitpid(forked, 0)
print(ended, contained.call(os.getpid) == ours)
"""


def test_forked_process_has_a_child_of_its_own() -> None:
    """Two processes never read answers from one child."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORKING], capture_output=True, text=True, check=True, cwd=REPOSITORY
    )

    assert done.stdout == "0 True\n"


def test_no_child_is_left_behind() -> None:
    """A program that ends without a word leaves no process."""
    program = (
        "import os; from newsletter.contained import Contained;"
        "print(Contained(preload=[], limit_seconds=5, growth_bytes=2**26).call(os.getpid))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=REPOSITORY)

    assert done.stderr == ""
    with pytest.raises(ProcessLookupError):
        os.kill(int(done.stdout), 0)
