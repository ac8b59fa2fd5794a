"""Who got it: `issue report --people`, `issue resolve` and `subscriber show` after a lost answer."""

import json
from pathlib import Path

import pytest

from newsletter import open_newsletter
from newsletter.cli.issue.sending_pages import way_on
from newsletter.domain.delivery import InDoubt
from newsletter.domain.mailing import Verdict
from tests.cli.conftest import Run
from tests.fakes.mailer import ScriptedMailer, by_address, each

READER = "niilo.haapala@example.net"


@pytest.fixture
def doubtful(real: Path) -> Path:
    """Give a publication in which one reader was turned down and all others are in doubt."""
    answer = by_address({READER: Verdict.REJECTED}, otherwise=Verdict.UNKNOWN, reason="the answer was lost")
    mailer = ScriptedMailer([answer] * 9)
    with open_newsletter(real / "newsletter.toml", mailer=mailer) as newsletter:
        for _ in range(3):  # each run stops after three calls in doubt
            newsletter.deliveries.send("2017-11", by="Aino")
    return real


def test_people_in_doubt_are_named_and_written_for_one_reader_alone(doubtful: Path, run: Run) -> None:
    """The terminal names them, a file holds them under 0600, and one that is there already is kept."""
    shown = run("issue", "report", "2017-11", "--people", "unknown")
    batch = shown.out.splitlines()[1].split()[2]
    written = run("issue", "report", "2017-11", "--people", "unknown", "--csv", "doubt.csv")
    again = run("issue", "report", "2017-11", "--people", "unknown", "--csv", "doubt.csv")
    of_batch = run("issue", "report", "2017-11", "--people", "unknown", "--batch", batch, "--json")
    rejected = run("issue", "report", "2017-11", "--people", "rejected", "--csv")
    file = doubtful / "doubt.csv"
    rows = file.read_text("utf-8-sig").splitlines()

    assert shown.err.splitlines()[0] == "20 people of the sending of issue 2017-11: unknown."
    assert (len(shown.out.splitlines()), len(rows), f"{file.stat().st_mode:o}") == (21, 21, "100600")
    assert "20 people of issue 2017-11, unknown" in written.out
    assert (again.code, "it is kept" in again.err) == (2, True)
    assert {one["batch_id"] for one in json.loads(of_batch.out)} == {int(batch)}
    assert [line.split(";")[4] for line in rejected.out.splitlines()] == ["address", READER]


def test_status_names_the_doubt_and_its_way_out(doubtful: Path, run: Run) -> None:
    """Where only doubt is left, sending again is no advice."""
    status, report = run("status"), run("issue", "report", "2017-11")

    assert "20 people are in doubt: they may have got it, and most often did." in status.out
    assert status.err.splitlines()[-1] == "Next: newsletter issue resolve 2017-11 --leave"
    assert "newsletter issue send" not in report.out


def test_sending_again_is_advised_only_where_it_changes_something() -> None:
    """After lost answers `issue send` names the people and the decision; the rest of the queue goes on."""
    nobody, some, only = InDoubt(), InDoubt(people=2), InDoubt(people=2, is_all=True)

    advice = [way_on("2017-11", doubt) for doubt in (nobody, some, only)]

    assert ["issue send 2017-11` goes on" in told for told in advice] == [True, True, False]
    assert ["--people unknown" in told for told in advice] == [False, True, True]


def test_whoever_was_left_can_be_sent_to_again_by_name(doubtful: Path, run: Run) -> None:
    """Leaving is no dead end: a named reader, or a list, goes out again, once the label is given."""
    run("issue", "report", "2017-11", "--people", "unknown", "--csv", "doubt.csv")
    left = run("issue", "resolve", "2017-11", "--leave")
    two = [line.split(";")[4] for line in (doubtful / "doubt.csv").read_text("utf-8-sig").splitlines()[1:3]]
    (doubtful / "two.txt").write_text("\n".join(two), "utf-8")
    unasked = run("issue", "resolve", "2017-11", "--resend", "--person", two[0])
    stranger = run("issue", "resolve", "2017-11", "--resend", "--person", READER, "--confirm", "2017-11")
    queued = run("issue", "resolve", "2017-11", "--resend", "--list", "two.txt", "--confirm", "2017-11")
    with open_newsletter(doubtful / "newsletter.toml", mailer=(mailer := ScriptedMailer())) as newsletter:
        done = newsletter.deliveries.send("2017-11", by="Aino")

    assert "20 people are left as decided; they stay unknown." in left.out
    assert "newsletter issue resolve 2017-11 --resend --person ADDRESS" in left.err
    assert (unasked.code, stranger.code, queued.code) == (2, 2, 0)
    assert "1 person is not in doubt" in stranger.err
    assert "2 people, in doubt since" in queued.err
    assert sorted(mailer.handed_over) == sorted(two)
    assert {str(state): count for state, count in done.balance.states.items()} == {
        "accepted": 2, "unknown": 18, "rejected": 1,
    }  # fmt: skip


def test_did_aino_get_it(doubtful: Path, run: Run) -> None:
    """One command says of a person what became of each issue, when, and in whose words."""
    with open_newsletter(doubtful / "newsletter.toml", mailer=ScriptedMailer([each(Verdict.ACCEPTED)])) as newsletter:
        newsletter.deliveries.send("2017-11", by="Aino", rehearse=True)

    told = run("subscriber", "show", READER)
    lines = [line.split() for line in told.out.splitlines() if line.startswith("  2017-11")]
    as_json = json.loads(run("subscriber", "show", READER, "--json").out)

    assert [line[1].strip(",") for line in lines] == ["rejected", "accepted"]
    assert "the answer was lost" in told.out
    assert ("rehearsal," in lines[0], "rehearsal," in lines[1]) == (False, True)
    assert [one["state"] for one in as_json["deliveries"]] == ["rejected", "accepted"]
