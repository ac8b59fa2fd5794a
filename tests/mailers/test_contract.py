"""One contract for every mailer: the same troubles, the same meanings, whatever it speaks.

Each mailer has a world: a server or folder that can be told to make one trouble. A pair of mailer and trouble stands
either in EXPECTED, with what becomes of four readers, or in CANNOT_HAPPEN, with the reason.
"""

import email
import email.policy
import itertools
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest

from newsletter import mailers
from newsletter.domain.issue import Slot
from newsletter.domain.mailing import Mailer, Recipient, Verdict
from newsletter.mailers import MAILERS
from newsletter.mailers.outbox import Outbox
from newsletter.mailers.smtp import SmtpTable
from newsletter.mailers.smtp.connection import Access
from newsletter.mailers.smtp.mailer import Smtp
from newsletter.table import MailerTable
from tests.fakes.sendgrid import Fault
from tests.fakes.smtp import DROP, HANG, FakeSmtp
from tests.mailers.samples import READERS, a_batch, a_recipient, verdicts
from tests.mailers.sendgrid.service import API_KEY, a_fake, a_mailer


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A mailer with what it speaks to.

    Attributes:
        mailer: Under test.
        received: Gives the address in To of every mail that came through.
        bad: Makes an address that is refused here.
    """

    mailer: Mailer
    received: Callable[[], list[str]]
    bad: Callable[[str], str]


def to_of(mail: bytes) -> str:
    """Read the only address in To."""
    header = email.message_from_bytes(mail, policy=email.policy.default)["To"]
    (address,) = header.addresses
    return str(address.addr_spec)


def patience_seconds(trouble: str) -> float:
    """Give a short time-out where one is awaited, and otherwise one that a busy machine does not reach."""
    return 0.3 if trouble.startswith("time-out") else 10


@contextmanager
def outbox(_trouble: str, folder: Path) -> Iterator[World]:
    """An outbox in a folder; nothing can refuse an address but the last look."""
    yield World(
        mailer=Outbox(folder),
        received=lambda: [to_of(path.read_bytes()) for path in sorted(folder.rglob("*.eml"))],
        bad=lambda address: f"{address}, other@yritys.example",
    )


SMTP_TROUBLES = {
    "time-out before the first byte": ("connect", HANG),
    "time-out after the first byte": ("dot", HANG),
    "lost after the last byte": ("dot", DROP),
    "429 without reset": ("mail", "451 4.7.1 slow down"),
    "5xx": ("dot", "554 5.3.0 out of order"),
    "oversize": ("mail", "552 5.3.4 too large"),
}


@contextmanager
def smtp(trouble: str, _folder: Path) -> Iterator[World]:
    """A mail server; it refuses readers whose name is bad."""

    def answer(phase: str, argument: str) -> str | None:
        if phase == "rcpt" and argument.startswith("bad"):
            return f"550 5.1.1 <{argument}>: Recipient address rejected"
        troubled, reply = SMTP_TROUBLES.get(trouble, ("", ""))
        return reply if phase == troubled else None

    with FakeSmtp(answer) as server:
        settings = Access(
            server=SmtpTable(host="127.0.0.1", port=server.port, security="none", connections=1),
            timeout_seconds=patience_seconds(trouble),
            verdict_seconds=patience_seconds(trouble),
        )
        yield World(
            mailer=Smtp(settings),
            received=lambda: [to_of(taken.mail) for taken in server.taken],
            bad=lambda address: f"bad-{address}",
        )


SENDGRID_TROUBLES = {
    "time-out after the first byte": Fault(hangs=True, is_booked=True),
    "lost after the last byte": Fault(is_booked=True),
    "429 with reset": Fault(status=429, headers={"Retry-After": "30"}),
    "429 without reset": Fault(status=429),
    "5xx": Fault(status=503, is_booked=True),
    "oversize": Fault(status=413),
}


@contextmanager
def sendgrid(trouble: str, _folder: Path) -> Iterator[World]:
    """A SendGrid; it refuses readers whose local part is longer than an address may have."""
    with a_fake() as service:
        if trouble in SENDGRID_TROUBLES:
            service.script(*[SENDGRID_TROUBLES[trouble]] * 20)
        before_tls = trouble == "time-out before the first byte"
        host = service.host.replace("http:", "https:") if before_tls else service.host
        yield World(
            mailer=a_mailer(host, timeout_seconds=patience_seconds(trouble)),
            received=lambda: [mail.address for mail in service.mails],
            bad=lambda address: f"{'x' * 65}-{address}",
        )


WORLDS = {"outbox": outbox, "smtp": smtp, "sendgrid": sendgrid}
ACCEPTED, REJECTED, REFUSED, UNKNOWN = "aaaa", "rrrr", "ffff", "uuuu"

EXPECTED = {
    ("outbox", "none"): ACCEPTED,
    ("smtp", "none"): ACCEPTED,
    ("sendgrid", "none"): ACCEPTED,
    ("outbox", "one bad"): "araa",
    ("smtp", "one bad"): "araa",
    ("sendgrid", "one bad"): "araa",
    ("outbox", "all bad"): REJECTED,
    ("smtp", "all bad"): REJECTED,
    ("sendgrid", "all bad"): REJECTED,
    ("smtp", "time-out before the first byte"): REFUSED,
    ("sendgrid", "time-out before the first byte"): REFUSED,
    ("smtp", "time-out after the first byte"): "ufff",
    ("sendgrid", "time-out after the first byte"): UNKNOWN,
    ("smtp", "lost after the last byte"): "ufff",
    ("sendgrid", "lost after the last byte"): UNKNOWN,
    ("sendgrid", "429 with reset"): REFUSED,
    ("smtp", "429 without reset"): REFUSED,
    ("sendgrid", "429 without reset"): REFUSED,
    ("smtp", "5xx"): REJECTED,
    ("sendgrid", "5xx"): UNKNOWN,
    ("smtp", "oversize"): REFUSED,
    ("sendgrid", "oversize"): REFUSED,
    ("outbox", "repeated address"): "araa",
    ("smtp", "repeated address"): "araa",
    ("sendgrid", "repeated address"): "araa",
    ("outbox", "letters beyond ASCII"): "araa",
    ("smtp", "letters beyond ASCII"): "araa",
    ("sendgrid", "letters beyond ASCII"): "araa",
}
NO_CONNECTION = "nothing is connected: a file is written or it is not"
CANNOT_HAPPEN = {
    ("outbox", "time-out before the first byte"): NO_CONNECTION,
    ("outbox", "time-out after the first byte"): NO_CONNECTION,
    ("outbox", "lost after the last byte"): NO_CONNECTION,
    ("outbox", "429 with reset"): "nobody counts the files",
    ("outbox", "429 without reset"): "nobody counts the files",
    ("outbox", "5xx"): "nobody answers; a disk that fails is in test_outbox",
    ("outbox", "oversize"): "a file may have any size; a full disk is in test_outbox",
    ("smtp", "429 with reset"): "SMTP has no word for how long to wait (RFC 5321 section 4.5.4.1)",
}
TROUBLES = sorted({trouble for _, trouble in EXPECTED})


@pytest.mark.parametrize("kind", ["outbox", *MAILERS])
def test_every_mailer_keeps_the_contract_under_its_name(kind: str, tmp_path: Path) -> None:
    """What may be chosen in newsletter.toml stands in the table of this test, and calls itself by that name."""
    with WORLDS[kind]("none", tmp_path) as world:
        assert world.mailer.name == kind


def test_every_mailer_that_is_written_can_be_chosen() -> None:
    """A table that stands in no line of MAILERS, and a world of no mailer, are told of."""
    for module in walk_packages(mailers.__path__, f"{mailers.__name__}."):
        import_module(module.name)

    assert (set(MailerTable.__subclasses__()), set(WORLDS)) == (set(MAILERS.values()), {"outbox", *MAILERS})


def test_every_trouble_is_answered_for_every_mailer() -> None:
    """A new mailer, or a new trouble, has to say what it means everywhere."""
    pairs = sorted(itertools.product(WORLDS, TROUBLES))

    assert (sorted([*EXPECTED, *CANNOT_HAPPEN]), set(EXPECTED) & set(CANNOT_HAPPEN)) == (pairs, set())


def readers_for(trouble: str, world: World) -> tuple[Recipient, ...]:
    """Give four readers, with what is wrong about them."""
    addresses = list(READERS)
    if trouble == "one bad":
        addresses[1] = world.bad(addresses[1])
    elif trouble == "all bad":
        addresses = [world.bad(address) for address in addresses]
    elif trouble == "repeated address":
        addresses[1] = addresses[0].upper()
    elif trouble == "letters beyond ASCII":
        addresses[1] = "bertil.äng@kunta.example"
    return tuple(a_recipient(number, address=address) for number, address in enumerate(addresses, 1))


@pytest.mark.parametrize(("name", "trouble"), sorted(EXPECTED))
def test_what_a_trouble_means(name: str, trouble: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Each reader has one verdict, in order; accepted means one mail, rejected and refused mean none; nothing leaks."""
    caplog.set_level(logging.DEBUG)
    with WORLDS[name](trouble, tmp_path) as world:
        readers = readers_for(trouble, world)
        answer = world.mailer.submit(a_batch(*readers))
        received = world.received()

    mailed = [
        received.count(reader.address)
        for reader, outcome in zip(readers, answer.outcomes, strict=True)
        if outcome.verdict is not Verdict.UNKNOWN
    ]
    assert (
        verdicts(answer),
        [outcome.delivery_key for outcome in answer.outcomes],
        mailed,
        [reader.address for reader in readers if reader.address in f"{answer}{caplog.text}"],
        API_KEY in f"{answer}{caplog.text}",
    ) == (
        EXPECTED[name, trouble],
        [reader.delivery_key for reader in readers],
        [int(verdict == "a") for verdict in EXPECTED[name, trouble] if verdict != "u"],
        [],
        False,
    )


@pytest.mark.parametrize(("name", "seconds"), [("sendgrid", 30.0)])
def test_a_wish_to_wait_is_passed_on(name: str, seconds: float, tmp_path: Path) -> None:
    """Where a provider says how long to wait, the sender hears it."""
    with WORLDS[name]("429 with reset", tmp_path) as world:
        assert world.mailer.submit(a_batch()).retry_after_seconds == seconds


@pytest.mark.parametrize("name", ["smtp", "sendgrid"])
def test_what_is_too_large_for_everybody_stops_the_sending(name: str, tmp_path: Path) -> None:
    """A message that is refused for its size is refused for all: a person has to look before anybody is rejected."""
    with WORLDS[name]("oversize", tmp_path) as world:
        assert world.mailer.submit(a_batch()).stop_reason is not None


BREAK = "x\r\nBcc: stranger@example.org\r\n\r\nx"
CHANGES: dict[str, Callable[[Recipient], Recipient]] = {
    "address": lambda one: replace(one, address=f"bertil@kunta.example{BREAK}"),
    "message_id": lambda one: replace(one, message_id=BREAK),
    "unsubscribe": lambda one: replace(one, unsubscribe=(f"https://kirje.example/{BREAK}",)),
    "unsubscribe value": lambda one: replace(one, values={**one.values, Slot.UNSUBSCRIBE: BREAK}),
    "name": lambda one: replace(one, name=BREAK),
    "name value": lambda one: replace(one, values={**one.values, Slot.NAME: BREAK}),
}


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("field", CHANGES)
def test_a_line_break_in_a_value_reaches_nobody_else(name: str, field: str, tmp_path: Path) -> None:
    """A name is put on one line and mailed; anything else is rejected; no header, command or reader comes of it."""
    with WORLDS[name]("none", tmp_path) as world:
        answer = world.mailer.submit(a_batch(a_recipient(1), CHANGES[field](a_recipient(2)), a_recipient(3)))
        received = world.received()

    expected = "aaa" if field.startswith("name") else "ara"
    addresses = [f"reader{number}@yritys.example" for number, verdict in enumerate(expected, 1) if verdict == "a"]
    assert (verdicts(answer), sorted(received)) == (expected, addresses)


@pytest.mark.parametrize("name", WORLDS)
def test_a_line_break_in_the_message_mails_nobody_else(name: str, tmp_path: Path) -> None:
    """A subject with a line break is the message's fault: it stops the sending before anybody is mailed."""
    batch = a_batch()
    broken = replace(batch, message=replace(batch.message, subject=f"Hei {BREAK}"))
    with WORLDS[name]("none", tmp_path) as world:
        answer = world.mailer.submit(broken)

        assert (verdicts(answer), answer.stop_reason is None, world.received()) == (REFUSED, False, [])
