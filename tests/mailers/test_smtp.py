import base64
import signal
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from newsletter.domain.mailing import BatchOutcome, Capabilities, Outcome, OutgoingBatch, Verdict
from newsletter.errors import ConfigurationError
from newsletter.mailers.batch_outcome import prepare_batch
from newsletter.mailers.smtp import SmtpTable
from newsletter.mailers.smtp.connection import Access
from newsletter.mailers.smtp.mailer import Smtp
from tests.fakes.smtp import CUT, DROP, HANG, TRICKLE, Answer, FakeSmtp
from tests.mailers.samples import MESSAGE, a_batch, a_recipient, delivery_key, verdicts

LOST = "The connection to the SMTP server was lost before the mail was written."
DOUBT = "The SMTP server gave no clear answer after the mail was written."


def a_mailer(server: FakeSmtp, *, connections: int = 1, timeout_seconds: float = 5, verdict_seconds: float = 5) -> Smtp:
    """Give a mailer for the fake."""
    return Smtp(
        Access(
            server=SmtpTable(host="127.0.0.1", port=server.port, security="none", connections=connections),
            timeout_seconds=timeout_seconds,
            verdict_seconds=verdict_seconds,
        )
    )


def at(phase: str, reply: str, argument: str = "") -> Answer:
    """Script one phase, for one reader or for all."""
    return lambda now, said: reply if now == phase and argument in said else None


def once(phase: str, reply: str, place: int = 1) -> Answer:
    """Script one phase, at the n-th time only."""
    count = 0

    def answer(now: str, _argument: str) -> str | None:
        nonlocal count
        count += now == phase
        return reply if now == phase and count == place else None

    return answer


@pytest.mark.parametrize("extensions", [(), ("PIPELINING",), ("SIZE",), ("PIPELINING", "SIZE 100000")])
def test_each_reader_gets_the_mail_byte_for_byte(extensions: tuple[str, ...]) -> None:
    """Whatever the server offers, each mail arrives as it was built, to one recipient, in its own exchange."""
    batch = a_batch(a_recipient(1), a_recipient(2))
    with FakeSmtp(extensions=extensions) as server:
        answer = a_mailer(server).submit(batch)

    prepared = prepare_batch(batch)
    assert (answer, [(taken.sender, taken.recipient, taken.mail) for taken in server.taken]) == (
        BatchOutcome(
            outcomes=tuple(
                Outcome(delivery_key=delivery_key(number), verdict=Verdict.ACCEPTED, provider_id="FAKE1")
                for number in (1, 2)
            )
        ),
        [
            ("uutiskirje@seutu.example", recipient.address, prepared.fill(recipient))
            for recipient in (a_recipient(1), a_recipient(2))
        ],
    )


def test_what_is_said_to_the_server() -> None:
    """With pipelining and sizes offered: one greeting, three commands per mail, and a polite end."""
    batch = a_batch(a_recipient(1))
    with FakeSmtp() as server:
        a_mailer(server).submit(batch)

    size = len(prepare_batch(batch).fill(a_recipient(1)))
    assert server.said == [
        [
            "ehlo seutu.example",
            f"MAIL FROM:<uutiskirje@seutu.example> SIZE={size}",
            "RCPT TO:<reader1@yritys.example>",
            "DATA",
            "quit",
        ]
    ]


def test_a_line_that_begins_with_a_dot_survives() -> None:
    """A lone dot in the text ends no mail and starts no other: all of it arrives in one."""
    message = replace(MESSAGE, text=f"{MESSAGE.text}\n.\n..\n.loppu\nQUIT\n")
    batch = a_batch(a_recipient(1), message=message)
    with FakeSmtp() as server:
        answer = a_mailer(server).submit(batch)

    assert (verdicts(answer), [taken.mail for taken in server.taken]) == (
        "a",
        [prepare_batch(batch).fill(a_recipient(1))],
    )


def test_an_id_is_taken_only_from_a_server_that_gives_one() -> None:
    """A last answer without a queue id is as good."""
    with FakeSmtp(at("dot", "250 thanks")) as server:
        answer = a_mailer(server).submit(a_batch(a_recipient(1)))

    assert answer.outcomes == (Outcome(delivery_key=delivery_key(1), verdict=Verdict.ACCEPTED),)


@pytest.mark.parametrize("extensions", [(), ("PIPELINING",)])
@pytest.mark.parametrize(
    ("script", "expected", "reason"),
    [
        (at("rcpt", "550 5.1.1 <bertil@kunta.example>: unknown", "bertil"), "araa", "550: 5.1.1 <(hidden)>: unknown"),
        (at("rcpt", "450 4.2.1 greylisted", "bertil"), "afaa", "450: 4.2.1 greylisted"),
        (at("data", "554 5.7.1 not you", "bertil"), "araa", "554: 5.7.1 not you"),
        (at("data", "451 4.3.0 later", "bertil"), "afaa", "451: 4.3.0 later"),
        (at("dot", "554 5.7.1 spam https://x.example/T", "bertil"), "araa", "554: 5.7.1 spam (hidden)"),
        (at("dot", "452 4.2.2 full", "bertil"), "afaa", "452: 4.2.2 full"),
    ],
)
def test_one_refused_recipient_leaves_the_others(
    script: Answer, expected: str, reason: str, extensions: tuple[str, ...]
) -> None:
    """4xx goes back to the queue and 5xx is for good, in every phase, with the server's words but no address."""
    with FakeSmtp(script, extensions=extensions) as server:
        answer = a_mailer(server).submit(a_batch())

    assert (verdicts(answer), answer.outcomes[1].reason, len(server.taken), len(server.said)) == (
        expected,
        f"The SMTP server answered {reason}",
        3,
        1,
    )


def test_a_permission_to_write_to_nobody_is_ended_with_a_dot() -> None:
    """A server that refuses the only recipient and says "go ahead" all the same gets an empty mail, and goes on."""

    def answer(phase: str, argument: str) -> str | None:
        if phase == "rcpt" and "bertil" in argument:
            return "550 unknown"
        return "354 go ahead" if phase == "data" else None

    with FakeSmtp(answer) as server:
        outcome = a_mailer(server).submit(a_batch())

    assert (verdicts(outcome), len(server.taken), len(server.said)) == ("araa", 3, 1)


SENDER_REFUSED = "The SMTP server refuses the sender or the message. The SMTP server answered 550: 5.7.1 no"


@pytest.mark.parametrize(
    ("script", "expected", "reason", "stop_reason"),
    [
        (at("connect", "554 go away"), "ffff", "", "The SMTP server answered 554: go away"),
        (at("connect", "421 too busy"), "ffff", "The SMTP server answered 421: too busy", None),
        (at("connect", DROP), "ffff", "The SMTP server cannot be reached: it closed the connection.", None),
        (at("mail", "550 5.7.1 no"), "ffff", "", SENDER_REFUSED),
        (at("mail", "451 4.3.2 later"), "ffff", "The SMTP server answered 451: 4.3.2 later", None),
        (at("mail", DROP), "ffff", LOST, None),
        (at("rcpt", DROP), "ffff", LOST, None),
        (at("data", DROP), "ffff", LOST, None),
        (at("data", "hello?"), "ffff", "The SMTP server answered -1: o?", None),
        (at("data", "250 2.0.0 what"), "ffff", "The SMTP server answered 250: 2.0.0 what", None),
        (at("rcpt", "354 go ahead"), "ffff", "The SMTP server answered 354: go ahead", None),
        (at("dot", "421 4.3.2 closing"), "ffff", "The SMTP server answered 421: 4.3.2 closing", None),
        (at("rset", DROP), "aaaa", "", None),
    ],
)
def test_a_server_that_takes_nothing_gets_everybody_back(
    script: Answer, expected: str, reason: str, stop_reason: str | None
) -> None:
    """Whatever goes wrong before the last dot, nobody was mailed; 5xx to us or the sender stops the sending."""
    with FakeSmtp(script) as server:
        answer = a_mailer(server, timeout_seconds=1).submit(a_batch())

    assert (verdicts(answer), answer.outcomes[0].reason, answer.stop_reason) == (
        expected,
        stop_reason or reason,
        stop_reason,
    )


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (once("dot", DROP, 2), "auff"),
        (once("dot", "hello?", 2), "auff"),
        (once("dot", "354 go ahead", 2), "auff"),
    ],
)
def test_a_mail_without_a_clear_last_answer_is_in_doubt(script: Answer, expected: str) -> None:
    """After the last dot only a clear answer counts; the connection is left, and the rest was surely not taken."""
    with FakeSmtp(script) as server:
        answer = a_mailer(server).submit(a_batch())

    assert (verdicts(answer), [outcome.reason for outcome in answer.outcomes[1:3]]) == (
        expected,
        [DOUBT, "Another mail of the batch is in doubt."],
    )


@pytest.mark.parametrize("phase", ["connect", "rcpt"])
def test_a_reply_that_trickles_is_no_reply(phase: str) -> None:
    """A letter now and then keeps each read alive; the reply as a whole is late, and surely nothing was taken."""
    with FakeSmtp(at(phase, TRICKLE)) as server:
        answer = a_mailer(server, timeout_seconds=0.1).submit(a_batch(a_recipient(1)))

    assert verdicts(answer) == "f"


def test_a_last_answer_that_trickles_is_a_doubt() -> None:
    """What was written whole may have been taken, however the server answers it."""
    with FakeSmtp(at("dot", TRICKLE)) as server:
        answer = a_mailer(server, verdict_seconds=0.1).submit(a_batch())

    assert verdicts(answer) == "ufff"


def test_a_slow_server_gets_no_further_mail_of_a_batch() -> None:
    """A call ends though each mail goes well, so that whoever asks to stop is heard; the rest was not begun."""
    with FakeSmtp() as server:
        table = SmtpTable(host="127.0.0.1", port=server.port, security="none", connections=1)
        answer = Smtp(Access(server=table, batch_seconds=0)).submit(a_batch())

    assert (verdicts(answer), server.said[0][-1]) == ("ffff", "quit")
    assert answer.outcomes[0].reason.startswith("The SMTP server is so slow that the rest")


@pytest.mark.parametrize("phase", ["connect", "ehlo", "mail", "rcpt", "data"])
def test_a_time_out_before_the_mail_is_written_is_no_doubt(phase: str) -> None:
    """A server that falls silent before the mail has surely not taken it."""
    with FakeSmtp(at(phase, HANG)) as server:
        answer = a_mailer(server, timeout_seconds=0.05).submit(a_batch(a_recipient(1)))

    assert verdicts(answer) == "f"


def test_a_time_out_after_the_last_dot_is_a_doubt() -> None:
    """A server that falls silent after the last dot may have taken the mail."""
    with FakeSmtp(at("dot", HANG)) as server:
        answer = a_mailer(server, verdict_seconds=0.3).submit(a_batch(a_recipient(1)))

    assert (verdicts(answer), answer.outcomes[0].reason) == ("u", DOUBT)


def test_a_server_may_take_its_time_over_a_whole_mail() -> None:
    """The answer after the last dot is waited for longer than any other (RFC 5321 section 4.5.3.2.6)."""
    wait = threading.Event()

    def answer(phase: str, _argument: str) -> None:
        if phase == "dot":
            wait.wait(0.6)

    with FakeSmtp(answer) as server:
        outcome = a_mailer(server, timeout_seconds=0.2).submit(a_batch(a_recipient(1), a_recipient(2)))

    assert verdicts(outcome) == "aa"


def test_whoever_stops_us_at_once_waits_for_no_server() -> None:
    """A second Ctrl-C ends the call now, also while every connection waits for the answer to a mail."""
    main_thread = threading.main_thread().ident
    assert main_thread is not None
    both = threading.Barrier(2, action=lambda: signal.pthread_kill(main_thread, signal.SIGINT))

    def answer(phase: str, _argument: str) -> str | None:
        if phase == "dot":
            both.wait(timeout=5)
        return HANG if phase == "dot" else None

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    began_at = time.monotonic()
    try:
        with FakeSmtp(answer) as server, pytest.raises(KeyboardInterrupt):
            a_mailer(server, connections=2, verdict_seconds=20).submit(a_batch())
    finally:
        signal.signal(signal.SIGINT, before)

    assert time.monotonic() - began_at < 10


@pytest.mark.parametrize("extensions", [(), ("PIPELINING",)])
def test_a_refusal_stands_though_the_connection_breaks(extensions: tuple[str, ...]) -> None:
    """A server that refuses a reader and hangs up has refused that reader, and no other."""

    def answer(phase: str, argument: str) -> str | None:
        if phase == "rset":
            return DROP
        return "550 5.1.1 no such user" if phase == "rcpt" and argument == a_recipient(2).address else None

    with FakeSmtp(answer, extensions=extensions) as server:
        outcome = a_mailer(server).submit(a_batch(*(a_recipient(number) for number in range(1, 5))))

    assert verdicts(outcome) == "araa"


def test_a_connection_lost_within_the_mail_is_no_doubt() -> None:
    """A mail without its last dot is none, so its reader goes back to the queue."""
    six_megabytes = ("syksy " * 10 + "\n") * 100_000  # more than the kernel keeps for a connection
    large = replace(MESSAGE, text=MESSAGE.text + six_megabytes)
    with FakeSmtp(at("data", CUT)) as server:
        answer = a_mailer(server).submit(a_batch(a_recipient(1), message=large))

    assert (verdicts(answer), answer.outcomes[0].reason) == ("f", LOST)


@pytest.mark.parametrize(
    ("phase", "reply"),
    [("mail", "421 4.7.0 too many mails"), ("mail", DROP), ("rcpt", "421 4.7.0 enough"), ("dot", "421 4.3.2 closing")],
)
def test_a_server_that_closes_after_some_mails_is_asked_again(phase: str, reply: str) -> None:
    """A connection that brought mails and is closed is followed by another: the next reader does not suffer for it."""
    count = 0

    def answer(now: str, _argument: str) -> str | None:
        nonlocal count
        count += now == phase
        return reply if now == phase and count in (3, 6) else None

    readers = [a_recipient(number) for number in range(1, 6)]
    with FakeSmtp(answer) as server:
        outcome = a_mailer(server).submit(a_batch(*readers))

    assert (verdicts(outcome), [taken.connection for taken in server.taken]) == ("aaaaa", [0, 0, 1, 1, 2])


def test_several_connections_share_the_batch() -> None:
    """Each reader is mailed once over one of the connections, and none is left out."""
    readers = [a_recipient(number) for number in range(1, 31)]
    all_three = threading.Barrier(3)

    def answer(phase: str, _argument: str) -> None:
        if phase == "connect":
            all_three.wait(timeout=5)

    with FakeSmtp(answer) as server:
        outcome = a_mailer(server, connections=3).submit(a_batch(*readers))

    assert (verdicts(outcome), sorted(taken.recipient for taken in server.taken), len(server.said)) == (
        "a" * 30,
        sorted(reader.address for reader in readers),
        3,
    )


def test_a_connection_of_several_that_breaks_leaves_its_mails_to_the_others() -> None:
    """When one connection is refused, the others hand over everybody."""
    readers = [a_recipient(number) for number in range(1, 11)]
    with FakeSmtp(once("connect", "421 too many connections")) as server:
        answer = a_mailer(server, connections=2).submit(a_batch(*readers))

    assert (verdicts(answer), len(server.taken)) == ("a" * 10, 10)


def test_a_server_that_is_not_there() -> None:
    """Where nobody listens, everybody goes back to the queue."""
    with FakeSmtp() as server:
        mailer = a_mailer(server)
    answer = mailer.submit(a_batch(a_recipient(1)))

    assert answer.outcomes == (
        Outcome(
            delivery_key=delivery_key(1),
            verdict=Verdict.REFUSED,
            reason="The SMTP server cannot be reached: Connection refused.",
        ),
    )


@pytest.mark.parametrize(
    ("batch", "expected", "stop_reason"),
    [
        (a_batch(a_recipient(1, address="äinö@yritys.example")), "r", None),
        (
            a_batch(a_recipient(1), message=replace(MESSAGE, subject="a\nb")),
            "f",
            "Subject holds a line break or control character.",
        ),
    ],
)
def test_without_anybody_to_mail_no_connection_is_made(
    batch: OutgoingBatch, expected: str, stop_reason: str | None
) -> None:
    """A bad recipient, or a message that cannot stand on the wire, does not reach the server."""
    with FakeSmtp() as server:
        answer = a_mailer(server).submit(batch)

    assert (verdicts(answer), answer.stop_reason, server.said) == (expected, stop_reason, [])


def test_a_reply_without_end_is_not_read_for_ever() -> None:
    """A server that lists abilities without end is none: it is left after a hundred lines, with a word."""
    with FakeSmtp(extensions=tuple(f"X-{number}" for number in range(200))) as server:
        table = SmtpTable(host="127.0.0.1", port=server.port, security="none", connections=1)
        answer = Smtp(Access(server=table, timeout_seconds=5)).submit(a_batch(a_recipient(1)))

    assert [str(one.verdict) for one in answer.outcomes] == ["refused"]
    assert answer.stop_reason == "This is no SMTP server that we can speak to: the reply has no end."


def test_capabilities_are_those_of_a_server_without_idempotency() -> None:
    """A mail in doubt is never sent again blindly; a call is as large as its connections bear."""
    mailer = Smtp(Access(server=SmtpTable(host="localhost", security="none", connections=4)))

    assert (mailer.name, mailer.capabilities) == (
        "smtp",
        Capabilities(batch_size_max=200, is_idempotent=False, is_rehearsal=False, notes_each=True, connections=4),
    )


@pytest.mark.parametrize("host", ["smtp.example", "192.0.2.1", "127.0.0.1.example", "localhost.example"])
def test_an_open_connection_stays_on_this_machine(host: str) -> None:
    """Without protection only this machine's own server is spoken to."""
    with pytest.raises(ConfigurationError) as caught:
        Smtp(Access(server=SmtpTable(host=host, security="none")))

    assert caught.value.message == "The connection to the SMTP server would not be protected."


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "::1"])
def test_this_machine_is_known_by_name_and_address(host: str) -> None:
    """Every way to write this machine will do."""
    assert Smtp(Access(server=SmtpTable(host=host, security="none"))).name == "smtp"


def test_a_password_that_cannot_be_said_is_a_matter_of_configuration() -> None:
    """Only ASCII can be said; that is told before anything is sent, and the password does not show."""
    settings = Access(server=SmtpTable(host="smtp.example", user_name="seutu"), password="sälä")

    with pytest.raises(ConfigurationError) as caught:
        Smtp(settings)

    assert ("sälä" in str(caught.value), "sälä" in repr(settings)) == (False, False)


Serve = Callable[..., FakeSmtp]


@pytest.fixture
def serve_tls(certificate: Path) -> Serve:
    """Give a maker of servers that have the certificate."""

    def serve(answer: Answer = lambda _phase, _argument: None, **options: object) -> FakeSmtp:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        return FakeSmtp(answer, tls=context, **options)  # type: ignore[arg-type]  # handed through

    return serve


def settings(server: FakeSmtp, certificate: Path | None, security: Literal["starttls", "tls"] = "starttls") -> Access:
    """Give settings with a password, trusting the certificate when it is given."""
    table = SmtpTable(host="localhost", port=server.port, security=security, user_name="seutu", connections=1)
    return Access(
        server=table,
        password="not-a-real-password",
        timeout_seconds=5,
        tls=None if certificate is None else ssl.create_default_context(cafile=str(certificate)),
    )


SECRET = base64.b64encode(b"\0seutu\0not-a-real-password").decode()


@pytest.mark.parametrize(
    ("security", "expected"),
    [
        ("starttls", ["ehlo", "STARTTLS", "ehlo", f"AUTH PLAIN {SECRET}"]),
        ("tls", ["ehlo", f"AUTH PLAIN {SECRET}"]),
    ],
)
def test_nothing_is_said_before_the_connection_is_protected(
    serve_tls: Serve, certificate: Path, security: Literal["starttls", "tls"], expected: list[str]
) -> None:
    """Before TLS stands the server hears a greeting at most; the password and the mails go inside."""
    extensions = ("STARTTLS", "AUTH PLAIN")
    with serve_tls(extensions=extensions, is_tls_from_start=security == "tls") as server:
        answer = Smtp(settings(server, certificate, security)).submit(a_batch(a_recipient(1)))

    said = [line.removesuffix(" seutu.example") for line in server.said[0]]
    assert (verdicts(answer), said[: len(expected)], len(server.taken)) == ("a", expected, 1)


NO_WAY_IN = "The SMTP server does not offer STARTTLS, or a way to log in that we know."


@pytest.mark.parametrize(
    ("script", "extensions", "is_trusted", "stop_reason", "reason"),
    [
        (None, ("AUTH PLAIN",), True, NO_WAY_IN, None),
        (None, ("STARTTLS",), True, NO_WAY_IN, None),
        (None, ("STARTTLS", "AUTH KERBEROS"), True, NO_WAY_IN, None),
        (
            None,
            ("STARTTLS", "AUTH PLAIN"),
            False,
            "The certificate of the SMTP server cannot be trusted: self-signed certificate.",
            None,
        ),
        (
            at("auth", "535 5.7.8 seutu: wrong"),
            ("STARTTLS", "AUTH PLAIN"),
            True,
            "The SMTP server refuses the sign-in (535).",
            None,
        ),
        (
            at("auth", "454 4.7.0 later"),
            ("STARTTLS", "AUTH PLAIN"),
            True,
            None,
            "The SMTP server refuses the sign-in (454).",
        ),
        (
            at("auth", "334 this is no base64!"),
            ("STARTTLS", "AUTH CRAM-MD5"),
            True,
            "The name of the SMTP server is not one, or its way to log in cannot be understood.",
            None,
        ),
        (
            at("starttls", "454 4.7.0 no TLS now"),
            ("STARTTLS", "AUTH PLAIN"),
            True,
            None,
            "The SMTP server answered 454: 4.7.0 no TLS now",
        ),
    ],
)
def test_without_protection_or_password_nothing_is_sent(
    *,
    serve_tls: Serve,
    certificate: Path,
    script: Answer | None,
    extensions: tuple[str, ...],
    is_trusted: bool,
    stop_reason: str | None,
    reason: str | None,
) -> None:
    """A server without TLS, with a stranger's certificate or another password gets no mail; a person has to look."""
    with serve_tls(script or (lambda _phase, _argument: None), extensions=extensions) as server:
        mailer = Smtp(settings(server, certificate if is_trusted else None))
        answer = mailer.submit(a_batch(a_recipient(1)))

    said = [line for lines in server.said for line in lines if line.startswith("MAIL")]
    assert (answer.outcomes[0], answer.stop_reason, said) == (
        Outcome(delivery_key=delivery_key(1), verdict=Verdict.REFUSED, reason=stop_reason or reason or ""),
        stop_reason,
        [],
    )
