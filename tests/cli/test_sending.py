"""What `newsletter issue send` asks, and what it shows while it sends."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import insert, select

from newsletter import open_newsletter
from newsletter.cli.session import SendProgress
from newsletter.domain.mailing import BatchOutcome, OutgoingBatch, Verdict, read_pace
from newsletter.send.dispatch import Progress
from newsletter.storage.tables import approval, sending
from tests.cli.conftest import Run
from tests.fakes.clock import FakeClock
from tests.fakes.mailer import ScriptedMailer, each


def at(accepted: int, *, refusal: str = "", wait_seconds: float = 0.0) -> Progress:
    """Give a moment of a sending to ten people."""
    return Progress(
        accepted=accepted,
        rejected=0,
        unknown=0,
        remaining=10 - accepted,
        seconds=2.0,
        refusal=refusal,
        wait_seconds=wait_seconds,
    )


def test_a_terminal_shows_one_line_and_what_comes_after_stands_below(capsys: pytest.CaptureFixture[str]) -> None:
    """The line is drawn over itself, and ended also when the sending stops before its end."""
    with SendProgress(is_quiet=False, is_terminal=True) as show:
        show(at(2))
        show(at(4))

    assert capsys.readouterr().err == (
        "\r2 accepted, 0 rejected, 8 to go (1 a second, 8 s left)   "
        "\r4 accepted, 0 rejected, 6 to go (2 a second, 3 s left)   \n"
    )


def test_why_nobody_is_taken_is_said_once_also_off_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """A sending that waits says for how long and what for: each time where that is long, else once."""
    with SendProgress(is_quiet=False, is_terminal=False) as show:
        for refusal, wait_seconds in (*[("Connection refused.", 2.0)] * 2, ("Too busy.", 2.0), ("Too busy.", 60.0)):
            show(at(0, refusal=refusal, wait_seconds=wait_seconds))
        show(at(1))

    assert capsys.readouterr().err == (
        "Not taken now: Connection refused. Waiting 2 s, then trying again.\n"
        "Not taken now: Too busy. Waiting 2 s, then trying again.\n"
        "Not taken now: Too busy. Waiting 60 s, then trying again.\n"
    )


def test_what_holds_a_sending_up_is_said_below_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A database that is not free is named, whether anybody watches the line or not."""
    with SendProgress(is_quiet=False, is_terminal=True) as show:
        show(at(2))
        show.waits_for("newsletter.db is locked by another program.")

    assert capsys.readouterr().err.splitlines()[-1] == (
        "newsletter.db is locked by another program. Waiting until it is free; Ctrl-C stops between two batches."
    )


def test_quiet_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    """With --quiet nothing is shown."""
    with SendProgress(is_quiet=True, is_terminal=True) as show:
        show(at(0, refusal="Too busy."))
        show.waits_for("newsletter.db is locked by another program.")

    assert capsys.readouterr().err == ""


def test_a_much_larger_audience_needs_a_yes(approved: Path, run: Run) -> None:
    """Off a terminal nobody can be asked: without --yes nothing is sent, and the hint names it."""
    with open_newsletter(approved / "newsletter.toml") as newsletter, newsletter.resources.database.write() as writer:
        writer.execute(
            insert(sending).values(
                label="2017-10",
                approval_hash=select(approval.c.hash).scalar_subquery(),
                mailer="smtp",
                is_rehearsal=False,
                state="finished",
                started_at=datetime(2017, 10, 24, tzinfo=UTC),
                finished_at=datetime(2017, 10, 24, tzinfo=UTC),
                candidates=0,
            )
        )

    asked = run("issue", "send", "2017-11", "--confirm", "2017-11")
    told = run("issue", "send", "2017-11", "--confirm", "2017-11", "--yes")

    assert (asked.code, asked.err.splitlines()[-1], told.code) == (2, "What to do: Say yes with --yes.", 0)


def test_a_limit_and_a_pause_that_were_asked_for_are_no_failure(approved: Path, run: Run) -> None:
    """Whoever wants some to go first, or pauses by hand, gets what was asked for: 0, and how to go on."""
    limited = run("issue", "send", "2017-11", "--limit", "1", "--confirm", "2017-11")

    def pause_by_hand(_progress: Progress) -> None:
        run("issue", "pause", "2017-11", "--reason", "the subject is wrong")

    with open_newsletter(approved / "newsletter.toml") as newsletter:
        paused = newsletter.deliveries.send("2017-11", by="Aino", progress=pause_by_hand, limit=1)
    told = [line for line in limited.err.splitlines() if "not finished" in line]

    assert (limited.code, told) == (0, ["Issue 2017-11 is not finished, as you asked: limit reached."])
    assert limited.err.splitlines()[-1] == "Next: newsletter issue send 2017-11"
    assert (paused.sending.pause_reason, paused.is_as_asked) == ("paused by hand: the subject is wrong", True)


def test_a_pace_is_told_with_the_time_it_takes(approved: Path, run: Run) -> None:
    """Whoever sends slowly sees beforehand how long it lasts; what is no pace is refused with three that are."""
    told = run("issue", "send", "2017-11", "--dry-run", "--pace", "1/h")
    wrong = run("issue", "send", "2017-11", "--dry-run", "--pace", "slowly")

    assert told.out.splitlines()[-1] == "At most 1/h over 1 connection: 21 people take about 21 h 0 min."
    assert (wrong.code, "Write a pace such as 25/min, 5/s or 1000/h" in wrong.err) == (2, True)


def test_a_forecast_is_counted_only_for_whoever_sees_it(approved: Path, run: Run) -> None:
    """Quiet and sure, nobody waits for a count that is not shown; a question about the audience still needs it."""
    with open_newsletter(approved / "newsletter.toml") as newsletter:
        uncounted = newsletter.deliveries.outlook("2017-11", is_counted=False)
    asked = run("--quiet", "issue", "send", "2017-11", "--dry-run", "--yes")
    sure = run("--quiet", "issue", "send", "2017-11", "--limit", "1", "--confirm", "2017-11", "--yes")

    assert (uncounted.audience, uncounted.people, uncounted.questions) == (None, 0, ())
    assert (asked.code, "advisers.fi" in asked.out) == (0, True)
    assert (sure.code, "advisers.fi" in sure.out) == (0, False)


def test_as_many_calls_are_in_flight_as_the_mailer_takes(real: Path) -> None:
    """Connections and pace of the configuration reach the sender: two calls meet, in small batches."""
    together = Barrier(2, timeout=20)

    def meet(batch: OutgoingBatch) -> BatchOutcome:
        together.wait()
        return each(Verdict.ACCEPTED)(batch)

    mailer = ScriptedMailer([meet, meet])
    mailer.capabilities = replace(mailer.capabilities, calls_max=2, pace=read_pace("1/s"))
    with open_newsletter(real / "newsletter.toml", clock=FakeClock(), mailer=mailer) as newsletter:
        done = newsletter.deliveries.send("2017-11", by="Aino")
        told = newsletter.deliveries.readiness()

    assert max(len(call.recipients) for call in mailer.calls) == 8
    assert told == ("scripted, to real readers, at most 1/s over 1 connection: 1,000 people take about 17 min.", None)
    assert done.sending.finished_at is not None


def test_a_test_through_the_outbox_names_its_files(drafted: Path, run: Run) -> None:
    """Each address has its line, with the file that any mail program opens; nobody believes that it has left."""
    ran = run("issue", "test", "2017-11", "--to", "aino@example.org", "--to", "eero@example.org")

    *lines, last = ran.out.splitlines()
    files = [line.partition(": ")[2] for line in lines]
    assert [line.partition(": ")[0] for line in lines] == [
        "advisers.fi for aino@example.org",
        "advisers.fi for eero@example.org",
    ]
    assert [(drafted / file).is_file() for file in files] == [True, True]
    assert last == "No mail has left this machine. A test counts nowhere: the issue still waits to be sent."


def test_a_rehearsal_that_is_over_says_where_its_mails_are(approved: Path, run: Run) -> None:
    """Why it ended is said only while somebody is left; that no mail has left is said always."""
    begun = run("issue", "send", "2017-11", "--limit", "20", "--confirm", "2017-11")
    done = run("issue", "send", "2017-11", "--confirm", "2017-11")

    where = "No mail has left this machine: they are in outbox/2017-11."
    assert begun.code == 0
    assert begun.out.splitlines()[-2:] == [
        "Rehearsal of issue 2017-11 (limit reached): 1 queued, 20 accepted.",
        where,
    ]
    assert done.out.splitlines()[-2:] == ["Rehearsal of issue 2017-11: 21 accepted.", where]


def test_doctor_names_the_examples_that_a_real_sending_would_be_refused_for(publication: Path, run: Run) -> None:
    """The outbox takes everything, which says nothing of the sender; a publication with its own has no such line."""
    told = "Before a real sending: [sender] address and [links] unsubscribe_address are examples that lead nowhere."
    before = run("doctor")
    path = publication / "newsletter.toml"
    path.write_text(path.read_text("utf-8").replace("@seutu.example", "@seutuohjelma.fi"), "utf-8")
    after = run("doctor")

    assert (before.code, told in before.out) == (0, True)
    assert (after.code, "Before a real sending" in after.out) == (0, False)
