"""What came back by mail, as a project manager saves it and has it read."""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from newsletter import open_newsletter
from newsletter.audience.tokens import unsubscribe_token
from newsletter.domain.audience import AddressHash
from tests.cli.conftest import Run
from tests.conftest import MORNING
from tests.fakes.clock import FakeClock
from tests.fakes.mailer import ScriptedMailer
from tests.track.mailbox.samples import sample

pytestmark = pytest.mark.sqlite

AINO = "aino.salmela@example.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """A publication that has sent one issue, and its mailbox."""

    folder: Path
    key: str
    token: str

    def save(self, name: str, *, address: str = AINO, key: str | None = None, token: str | None = None) -> Path:
        """Save a mail; give its file."""
        path = self.folder / f"{name}.eml"
        path.write_bytes(sample(name, key=key or self.key, address=address, token=token or self.token).raw)
        return path


@pytest.fixture
def office(real: Path) -> Office:
    """Give the office, and the delivery and the token of one of its readers."""
    clock, mailer = FakeClock(MORNING), ScriptedMailer()
    with open_newsletter(real / "newsletter.toml", clock=clock, mailer=mailer) as newsletter:
        newsletter.database.adopt(by="Aino")
        newsletter.deliveries.send("2017-11", by="Aino")
        own_key = newsletter.resources.keys.current
    with closing(sqlite3.connect(real / "newsletter.db")) as connection:
        key, whose = connection.execute(
            "SELECT key, address_hash FROM delivery JOIN subscriber USING (address_hash) WHERE address = ?", (AINO,)
        ).fetchone()
    return Office(folder=real, key=key, token=unsubscribe_token(AddressHash(whose), own_key))


def _state(run: Run) -> tuple[str, str | None, str]:
    """Give Aino's status, why she is suppressed, and what became of her mail."""
    person = json.loads(run("subscriber", "show", AINO, "--json").out)
    suppression = person["suppression"]
    return (
        person["subscriber"]["status"],
        suppression and suppression["reason"],
        person["deliveries"][-1]["state"],
    )


def test_a_hard_bounce_is_shown_and_then_follows(office: Office, run: Run) -> None:
    """The mail, its reader, its issue and the server's words first; then the address is barred, once."""
    file = office.save("postfix-no-such-user")

    shown = run("subscriber", "mailbox", str(file), "--dry-run")
    before = _state(run)
    taken = run("subscriber", "mailbox", str(file), str(file), "--yes")
    again = run("subscriber", "mailbox", str(file))

    assert (shown.code, [line.split()[:5] for line in shown.out.splitlines()]) == (
        0,
        [
            ["MAIL", "WHAT", "READER", "ISSUE", "SUBJECT"],
            ["postfix-no-such-user.eml:1", "bounced", "hard", AINO, "2017-11"],
        ],
    )
    assert before == ("active", None, "accepted")
    assert "0 people left, 1 address suppressed, 1 delivery settled." in taken.out
    assert _state(run) == ("active", "hard bounce", "bounced hard")
    assert (again.code, "bounced hard (known)" in again.out) == (0, True)
    assert "0 people left, 0 addresses suppressed, 0 deliveries settled." in again.out


def test_a_token_lets_its_reader_leave(office: Office, run: Run) -> None:
    """Whoever sends it, for a mail program may write from another address; again changes nothing."""
    file = office.save("leaves")

    taken = run("subscriber", "mailbox", str(file), "--yes")
    again = run("subscriber", "mailbox", str(file))

    assert "1 person left" in taken.out
    assert _state(run)[:2] == ("unsubscribed", "unsubscribed")
    assert ("leaves (known)" in again.out, "0 people left" in again.out) == (True, True)


def test_nothing_follows_from_any_other_mail(office: Office, run: Run) -> None:
    """What machines, readers and strangers write is listed, and changes nothing."""
    names = ["wishes", "away-fi", "receipt", "answer-that-quotes", "forged-report-by-a-person", "report-without-key"]

    read = run("subscriber", "mailbox", *(str(office.save(name)) for name in names))

    assert (read.code, [line.split()[0] for line in read.out.splitlines()[1:7]]) == (
        0,
        [f"{name}.eml:1" for name in names],
    )
    assert "0 people left, 0 addresses suppressed, 0 deliveries settled." in read.out
    assert _state(run) == ("active", None, "accepted")


def test_a_forged_report_or_token_changes_nothing(office: Office, run: Run) -> None:
    """The delivery's key must be ours, the address must be the one we wrote to, the token must be signed by us."""
    forged = [
        office.save("postfix-no-such-user", key="0" * 32),
        office.save("exchange-text-fi", address="toinen@example.com"),
        office.save("leaves", token=f"u.Q3kZ.{'s' * 43}.{'g' * 22}"),
    ]

    read = run("subscriber", "mailbox", *map(str, forged), "--json")

    verdicts = json.loads(read.out)
    assert [(one["meaning"], one["is_new"], one["person"]) for one in verdicts] == [("not ours", False, None)] * 3
    assert [one["reason"].split()[0:4] for one in verdicts] == [
        ["It", "is", "about", "no"],
        ["It", "names", "another", "address"],
        ["Its", "token", "is", "none"],
    ]
    assert _state(run) == ("active", None, "accepted")


def test_what_follows_is_asked_first(office: Office, run: Run) -> None:
    """Where nobody can be asked it says how to agree, and nothing was changed."""
    refused = run("subscriber", "mailbox", str(office.save("exchange-report-fi")))

    assert (refused.code, "--yes" in refused.err, _state(run)) == (2, True, ("active", None, "accepted"))


def test_mails_of_many_files_are_read_together(office: Office, run: Run) -> None:
    """An mbox and single mails: each has its place, a soft bounce bars nobody, and the strongest report counts."""
    mails = [office.save(name).read_bytes() for name in ("postfix-delayed", "postfix-full")]
    rule = b"From MAILER-DAEMON Tue Nov 28 09:00:00 2017\n"
    mbox = office.folder / "Saapuneet"
    mbox.write_bytes(b"".join(rule + mail + b"\n" for mail in mails))

    taken = run("subscriber", "mailbox", str(mbox), str(office.save("away-sv")), "--yes")

    assert [line.split()[0] for line in taken.out.splitlines()[1:4]] == ["Saapuneet:1", "Saapuneet:2", "away-sv.eml:1"]
    assert _state(run) == ("active", None, "bounced soft")


def test_a_file_that_is_not_read_is_told_before_anything_follows(office: Office, run: Run) -> None:
    """Outlook's own kind of file is refused with what to save instead."""
    outlook = office.folder / "viesti.msg"
    outlook.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")

    refused = run("subscriber", "mailbox", str(office.save("leaves")), str(outlook), "--yes")
    missing = run("subscriber", "mailbox", "none.eml")

    assert (refused.code, refused.first_error) == (1, "Error: viesti.msg is a file of Outlook's own kind.")
    assert (missing.code, missing.first_error) == (1, "Error: none.eml cannot be read: No such file or directory.")
    assert _state(run)[0] == "active"


def test_status_asks_for_the_mailbox_before_the_next_issue(office: Office, run: Run) -> None:
    """After a sending and before the next it is asked for, until it was read; a dry run does not count."""
    after_sending = run("status").out
    (office.folder / "issues/2017-12").mkdir()
    text = (office.folder / "issues/2017-11/issue.toml").read_text(encoding="utf-8")
    (office.folder / "issues/2017-12/issue.toml").write_text(text.replace('"2017-11"', '"2017-12"'), encoding="utf-8")

    asked = run("status")
    file = str(office.save("away-en"))
    run("subscriber", "mailbox", file, "--dry-run")
    still = json.loads(run("status", "--json").out)
    run("subscriber", "mailbox", file)
    done = json.loads(run("status", "--json").out)

    question = "Was the mailbox read since the sending of 2017-11-24?"
    assert (question in after_sending, question in asked.out) == (False, True)
    assert "newsletter subscriber mailbox FILE..." in asked.out
    assert (still["mailbox_unread_since"], done["mailbox_unread_since"]) == ("2017-11-24", None)
