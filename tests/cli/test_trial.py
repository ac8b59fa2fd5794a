"""A trial, as a person tries it: sent for real to our own SendGrid, and to nobody else whatever is changed."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from newsletter import open_newsletter
from newsletter.errors import ConfigurationError
from newsletter.mailers.sendgrid import STAND_IN_KEY
from newsletter.mailers.sendgrid.fake import FakeSendGrid
from newsletter.storage.database import TRIAL_APPLICATION_ID
from tests.cli.conftest import Run
from tests.conftest import MORNING
from tests.fakes.mailer import ScriptedMailer

pytestmark = pytest.mark.sqlite

REAL, TRIAL = ("trial = false ", 'kind = "outbox"'), ("trial = true ", 'kind = "sendgrid"')
SAID = "TRIAL: our own SendGrid takes its mails, and nobody is mailed."


def _change(folder: Path, *changes: tuple[str, str]) -> None:
    path = folder / "newsletter.toml"
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")


def _make_trial(folder: Path) -> None:
    """Make what `init --trial` would have made of a sample whose issue is approved by now."""
    _change(folder, *zip(REAL, TRIAL, strict=True))
    with closing(sqlite3.connect(folder / "newsletter.db")) as connection:
        connection.execute(f"PRAGMA application_id = {TRIAL_APPLICATION_ID}")


@pytest.fixture
def trial(approved: Path) -> Path:
    """Stand in a trial whose issue is approved."""
    _make_trial(approved)
    return approved


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSendGrid]:
    """Be the SendGrid that `serve --fake-sendgrid` is; a real account's key lies in the environment."""
    with FakeSendGrid(api_key=STAND_IN_KEY, clock=lambda: MORNING) as fake:
        monkeypatch.setenv("NEWSLETTER_SENDGRID_URL", fake.host)
        monkeypatch.setenv("NEWSLETTER_SENDGRID_API_KEY", "SG.a-real-account")
        yield fake


def test_init_makes_a_trial_for_good(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database says that it is one, the configuration agrees, and every screen tells."""
    made = run("init", str(tmp_path / "kokeilu"), "--trial")
    monkeypatch.chdir(tmp_path / "kokeilu")
    status, as_json = run("status"), run("-q", "status", "--json")

    with closing(sqlite3.connect("newsletter.db")) as connection:
        header = connection.execute("PRAGMA application_id").fetchone()[0]
    assert (made.code, made.out.splitlines()[0], header) == (0, SAID, TRIAL_APPLICATION_ID)
    assert (status.out[:27], SAID in status.err) == ("A trial: nobody is mailed. ", True)
    assert (json.loads(as_json.out)["is_trial"], SAID in as_json.err) == (True, True)


def test_a_folder_with_a_database_becomes_no_trial(tmp_path: Path, run: Run) -> None:
    """What is in it was not made for a trial: nothing is written."""
    (tmp_path / "newsletter.db").touch()

    made = run("init", str(tmp_path), "--trial")

    assert (made.code, "holds newsletter.db already" in made.err, len(list(tmp_path.iterdir()))) == (2, True, 1)


def test_a_trial_is_sent_for_real_to_our_own_sendgrid(trial: Path, run: Run, fake: FakeSendGrid) -> None:
    """It counts as sent, under every guard, though its sender is an example; the account's key goes nowhere."""
    outlook = run("issue", "send", "2017-11", "--dry-run")
    sent = run("issue", "send", "2017-11", "--confirm", "2017-11")
    again = run("issue", "send", "2017-11", "--confirm", "2017-11")
    report, as_json = run("issue", "report", "2017-11"), run("issue", "report", "2017-11", "--json")
    page = run("issue", "report", "2017-11", "--html", "report.html")

    assert "Issue 2017-11 through sendgrid: TRIAL, nobody is mailed." in outlook.out
    assert "`newsletter serve --fake-sendgrid`, which has to run" in outlook.out
    assert (sent.code, "Trial sending of issue 2017-11: 21 accepted." in sent.out) == (0, True)
    assert (again.code, "Issue 2017-11 was sent on" in again.err, len(fake.mails)) == (1, True, 21)
    assert report.out.startswith("Issue 2017-11: trial sending through sendgrid, finished (nobody is mailed)\n")
    assert [(one["is_trial"], one["is_rehearsal"]) for one in json.loads(as_json.out)] == [(True, False)]
    assert (page.code, "This is a trial: nobody is mailed." in Path("report.html").read_text("utf-8")) == (0, True)
    assert (trial / "issues/2017-11/issue.sent").exists()


def test_an_answer_that_is_lost_is_tried_by_an_address(whole_approved: Path, run: Run, fake: FakeSendGrid) -> None:
    """Whose address begins with `lost` brings the call into doubt, and no other call; a person settles it."""
    _make_trial(whole_approved)
    reader = ("lost.maija@example.com", "--language", "en", "--attribute", "role=kaupunginjohtaja")
    assert run("subscriber", "add", *reader, "--consent", "Kokeilu.").code == 0

    sent = run("issue", "send", "2017-11", "--confirm", "2017-11")
    left = run("issue", "resolve", "2017-11", "--leave")

    assert (sent.code, "2 unknown" in sent.out, len(fake.mails)) == (4, True, 22)
    assert (left.code, "2 people are left as decided" in left.out) == (0, True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('kind = "sendgrid"', 'kind = "outbox"'), "no mailer but our own SendGrid ever takes its mails"),
        (
            ('kind = "sendgrid"', 'kind = "smtp"\nsmtp = { host = "127.0.0.1", port = 1, security = "none" }'),
            "no mailer but our own SendGrid ever takes its mails",
        ),
        (("trial = true ", "trial = false "), "newsletter.db is a trial's database"),
    ],
)
def test_no_other_mailer_takes_a_trials_mails(trial: Path, run: Run, change: tuple[str, str], said: str) -> None:
    """Whatever the configuration says, sending is refused in words and nobody is handed over."""
    _change(trial, change)

    sent = run("issue", "send", "2017-11", "--confirm", "2017-11")

    assert (sent.code, said in sent.first_error, "What to do: " in sent.err) == (2, True, True)


def test_a_programs_own_mailer_takes_no_trials_mails(trial: Path) -> None:
    """Also not by the library."""
    mailer = ScriptedMailer()
    with (
        open_newsletter(trial / "newsletter.toml", mailer=mailer) as newsletter,
        pytest.raises(ConfigurationError, match="This is a trial"),
    ):
        newsletter.deliveries.send("2017-11", by="Aino")

    assert mailer.calls == []


def test_a_real_database_becomes_no_trials(approved: Path, run: Run) -> None:
    """Every command refuses it, and nothing in it is changed."""
    _change(approved, ("trial = false ", "trial = true "))
    before = (approved / "newsletter.db").read_bytes()

    said = [run("status"), run("db", "migrate"), run("db", "backup")]

    assert [(one.code, one.first_error[:47]) for one in said] == [
        (2, "Error: newsletter.db is no trial's database, an")
    ] * 3
    assert (approved / "newsletter.db").read_bytes() == before


def test_neither_is_put_in_the_others_place(approved: Path, tmp_path: Path, run: Run) -> None:
    """A backup of a trial is no backup of a real publication, nor the other way round; the database stays."""
    other = shutil.copytree(approved, tmp_path / "other")
    _make_trial(other)
    assert run("-c", str(other / "newsletter.toml"), "db", "backup", "trial.db").code == 0
    assert run("db", "backup", "real.db").code == 0
    before = [(folder / "newsletter.db").read_bytes() for folder in (approved, other)]

    into_real = run("db", "restore", "trial.db", "--yes")
    into_trial = run("-c", str(other / "newsletter.toml"), "db", "restore", "real.db", "--yes")

    assert (into_real.code, into_real.first_error[7:]) == (
        1,
        "trial.db is a backup of a trial, and this is a real publication: neither ever becomes the other.",
    )
    assert (into_trial.code, into_trial.first_error[7:]) == (
        1,
        "real.db is a backup of a real publication, and this is a trial: neither ever becomes the other.",
    )
    assert [(folder / "newsletter.db").read_bytes() for folder in (approved, other)] == before


def test_a_trial_on_a_server_is_refused(trial: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What makes a trial a trial stands in the header of its file: it is not copied to a server either."""
    server = "postgresql://nobody@127.0.0.1:1/none"
    copied = run("db", "copy", server)
    monkeypatch.setenv("NEWSLETTER_DATABASE_URL", server)
    said = run("status")

    told = "A trial lives in a SQLite file of its own"
    assert [(one.code, told in one.first_error) for one in (copied, said)] == [(2, True)] * 2
    assert trial.exists()


def test_a_copy_of_a_trial_is_one(trial: Path, run: Run) -> None:
    """`db copy` into another file makes a trial's database again."""
    assert run("db", "copy", f"sqlite:///{trial / 'other.db'}").code == 0

    with closing(sqlite3.connect("other.db")) as connection:
        assert connection.execute("PRAGMA application_id").fetchone()[0] == TRIAL_APPLICATION_ID
