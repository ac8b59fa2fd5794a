"""Signing in with a token, and what is said of Microsoft 365's refusals."""

import base64
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from newsletter.domain.mailing import read_pace
from newsletter.errors import ConfigurationError
from newsletter.mailers.smtp import SmtpTable
from newsletter.mailers.smtp.advice import ADVICE
from newsletter.mailers.smtp.mailer import Smtp
from tests.fakes.smtp import Answer, FakeSmtp
from tests.mailers.samples import a_batch, a_recipient, verdicts

MAILBOX = "uutiskirje@seutu.example"
OLD, NEW = "eyJ0eXAi.OLD-token", "eyJ0eXAi.NEW-token"


class TakesTokens:
    """What a server does that knows which token is good.

    Attributes:
        good: The one.
        asked: Who signed in with which, in order.
    """

    def __init__(self, good: str) -> None:
        self.good = good
        self.asked: list[tuple[str, str]] = []

    def __call__(self, phase: str, argument: str) -> str | None:
        """Check what is said at AUTH; say why not first, as Google and Microsoft do."""
        if phase != "auth":
            return None
        mechanism, _, said = argument.partition(" ")
        user, bearer, *rest = base64.b64decode(said).decode().split("\x01")
        self.asked.append((user, bearer))
        is_good = (mechanism, bearer, rest) == ("XOAUTH2", f"auth=Bearer {self.good}", ["", ""])
        return None if is_good else "334 " + base64.b64encode(b'{"status":"401"}').decode()


def a_server(answer: Answer) -> FakeSmtp:
    """Give a server that knows tokens."""
    return FakeSmtp(answer, extensions=("PIPELINING", "AUTH LOGIN XOAUTH2"))


@pytest.fixture
def a_mailer(tmp_path: Path) -> Callable[..., Smtp]:
    """Give a way to open a mailer by its table."""

    def make(server: FakeSmtp, **keys: object) -> Smtp:
        table = SmtpTable.model_validate(
            {"host": "127.0.0.1", "port": server.port, "security": "none", "connections": 1, "user_name": MAILBOX}
            | keys
        )
        return table.open(tmp_path, {})

    return make


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    """Give a file with a token, for its owner alone."""
    path = tmp_path / "smtp.token"
    path.touch(mode=stat.S_IRUSR | stat.S_IWUSR)
    path.write_text(f"{OLD}\n", "ascii")
    return path


@pytest.fixture
def token_command(tmp_path: Path) -> list[str]:
    """Give a command that prints the old token at first, and then the new one."""
    program = f"import pathlib; p = pathlib.Path('asked'); print({NEW!r} if p.exists() else {OLD!r}); p.touch()"
    return [sys.executable, "-I", "-c", program]


def test_a_token_of_a_file_opens_the_mailbox(a_mailer: Callable[..., Smtp], token_file: Path) -> None:
    """Mailbox and token are said as XOAUTH2 wants them, and the mail goes out."""
    takes = TakesTokens(OLD)
    with a_server(takes) as server:
        answer = a_mailer(server, token_file=token_file.name).submit(a_batch(a_recipient(1)))

    assert (verdicts(answer), takes.asked) == ("a", [(f"user={MAILBOX}", f"auth=Bearer {OLD}")])


def test_a_token_that_expires_in_the_midst_is_renewed(
    a_mailer: Callable[..., Smtp], token_command: list[str], token_file: Path
) -> None:
    """The command is asked once for several calls, and again when the server refuses what it gave; a file is reread."""
    takes = TakesTokens(OLD)
    with a_server(takes) as server:
        of_command = a_mailer(server, token_command=token_command)
        of_file = a_mailer(server, token_file=token_file.name)
        before = [verdicts(of_command.submit(a_batch(a_recipient(1)))) for _ in range(2)]
        before.append(verdicts(of_file.submit(a_batch(a_recipient(1)))))
        takes.good = NEW
        token_file.write_text(NEW, "ascii")
        after = [verdicts(one.submit(a_batch(a_recipient(1)))) for one in (of_command, of_file)]

    assert (before, after) == (["a", "a", "a"], ["a", "a"])
    assert [bearer.split()[-1] for _, bearer in takes.asked] == [OLD, OLD, OLD, OLD, NEW, NEW]


def test_a_token_that_nothing_renews_stops(a_mailer: Callable[..., Smtp], token_file: Path) -> None:
    """The same one again would be refused again: a person is told what has to run, and the token is not."""
    with a_server(TakesTokens(NEW)) as server:
        answer = a_mailer(server, token_file=token_file.name).submit(a_batch(a_recipient(1)))

    assert verdicts(answer) == "f"
    assert answer.stop_reason == (
        "The SMTP server refuses the token, and there is no newer one. Whatever renews it must run again: see"
        " token_file or token_command in [mailer.smtp]."
    )


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("print('not logged in'); raise SystemExit(3)", "token_command ended with 3 and gave no token."),
        ("print('two words')", "is not one word of plain letters, digits and marks."),
        ("pass", "is not one word of plain letters, digits and marks."),
    ],
)
def test_a_command_that_gives_none_stops_with_what_to_do(
    a_mailer: Callable[..., Smtp], program: str, said: str
) -> None:
    """How it ended is said; what it printed may be a secret and is not."""
    with a_server(TakesTokens(NEW)) as server:
        command = [sys.executable, "-I", "-c", program]
        answer = a_mailer(server, token_command=command).submit(a_batch(a_recipient(1)))

    assert answer.stop_reason is not None
    assert (said in answer.stop_reason, "logged in" in answer.stop_reason) == (True, False)


def test_a_command_that_is_not_there_stops(a_mailer: Callable[..., Smtp]) -> None:
    """A program that cannot be found is named by its key."""
    with a_server(TakesTokens(NEW)) as server:
        answer = a_mailer(server, token_command=["./no-such-program"]).submit(a_batch(a_recipient(1)))

    assert (answer.stop_reason or "").startswith("token_command cannot be run: No such file or directory.")


def test_a_server_without_tokens_is_told_apart(a_mailer: Callable[..., Smtp], token_file: Path) -> None:
    """A server that offers passwords only gets neither."""
    with FakeSmtp(extensions=("AUTH LOGIN",)) as server:
        answer = a_mailer(server, token_file=token_file.name).submit(a_batch(a_recipient(1)))

    assert (answer.stop_reason or "").endswith("or a way to log in that we know.")
    assert [line for line in server.said[0] if line.startswith("AUTH")] == []


def test_a_token_file_open_to_others_is_refused_before_anything_is_sent(
    a_mailer: Callable[..., Smtp], token_file: Path
) -> None:
    """A token is a secret as a password is."""
    token_file.chmod(0o644)
    with a_server(TakesTokens(OLD)) as server, pytest.raises(ConfigurationError, match="open to others"):
        a_mailer(server, token_file=token_file.name)


@pytest.mark.parametrize(
    ("phase", "reply", "code", "stops"),
    [
        ("auth's end", "535 5.7.30 Basic authentication is not supported for Client Submission.", "5.7.30", True),
        (
            "auth's end",
            "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.",
            "5.7.139",
            True,
        ),
        ("mail", "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded", "4.3.2", False),
        ("dot", "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded", "4.3.2", False),
        ("dot", "550 5.7.60 SMTP; Client does not have permissions to send as this sender", "5.7.60", False),
        ("mail", "432 4.3.2 System not accepting network messages", "", False),
    ],
)
def test_refusals_of_microsoft_365_say_what_to_ask_for(
    a_mailer: Callable[..., Smtp], token_file: Path, phase: str, reply: str, code: str, *, stops: bool
) -> None:
    """Each refusal that only the IT department can lift ends with what to ask it."""
    refusing = TakesTokens(NEW if phase.startswith("auth") else OLD)

    def answer(now: str, argument: str) -> str | None:
        return reply if now == phase else refusing(now, argument)

    with a_server(answer) as server:
        answered = a_mailer(server, token_file=token_file.name).submit(a_batch(a_recipient(1)))

    said = answered.stop_reason or answered.outcomes[0].reason
    assert (said.endswith(ADVICE.get(code, "messages")), answered.stop_reason is not None) == (True, stops)


def test_microsoft_365_begins_within_its_limits() -> None:
    """Its limits are known: 25 a minute over two connections, unless the file says otherwise."""
    office = SmtpTable(host="SMTP.office365.com")
    own = SmtpTable(host="smtp.office365.com", connections=1, pace="10/min")
    other = SmtpTable(host="smtp.example.org")

    assert [(one.connections, one.own_pace) for one in (office, own, other)] == [
        (2, read_pace("25/min")),
        (1, read_pace("10/min")),
        (4, None),
    ]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"token_file": "a"}, "Whoever signs in has a user_name"),
        ({"user_name": "a", "token_file": "a", "token_command": ["b"]}, "Name one of"),
        ({"user_name": "a", "password_file": "a", "token_command": ["b"]}, "Name one of"),
        ({"user_name": "a", "token_command": []}, "at least 1 item"),
    ],
)
def test_whoever_signs_in_does_so_in_one_way(keys: dict[str, object], said: str) -> None:
    """Two secrets, or one for nobody, are a mistake of the file."""
    with pytest.raises(ValidationError, match=said):
        SmtpTable.model_validate({"host": "smtp.example.org"} | keys)
