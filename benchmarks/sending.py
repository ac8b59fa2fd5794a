"""One sending in a process of its own, so that nothing but the sender is measured: `python -m benchmarks.sending`.

It reads an order as JSON from its first argument and prints what it took as JSON. The ledger is on, people are
personalised as the service does it, and the world is a process of its own.
"""

import json
import re
import sys
import time
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from benchmarks.sample import PUBLICATION
from newsletter.audience.tokens import unsubscribe_token
from newsletter.domain.audience import SubscriberStatus, hash_address
from newsletter.domain.content import Language, SegmentId
from newsletter.domain.delivery import ClaimedBatch, PlannedDelivery, SendingId, pass_by
from newsletter.domain.issue import Approval, EditionKey, IssueLabel, Message, Slot, approval_hash
from newsletter.domain.mailing import BatchOutcome, Capabilities, Mailer, Outcome, OutgoingBatch, Recipient, Verdict
from newsletter.domain.rules import AllOf
from newsletter.domain.segments import Segment, audience_rule
from newsletter.mailers.sendgrid import SendGridTable
from newsletter.mailers.sendgrid.mailer import SendGrid
from newsletter.mailers.smtp import SmtpTable
from newsletter.mailers.smtp.connection import Access
from newsletter.mailers.smtp.mailer import Smtp
from newsletter.message.headers import list_id
from newsletter.send.assignment import Assignment, Threads
from newsletter.send.dispatch import send
from newsletter.send.journal import journal_path
from newsletter.send.owner import Owner
from newsletter.send.plan import batch_size
from newsletter.service.deliveries.recipients import recipient_of
from newsletter.storage.database import Database
from newsletter.storage.deliveries import DeliveryLedger
from newsletter.storage.issues import IssueStore
from newsletter.storage.migrate import migrate
from newsletter.storage.tables import subscriber

NOW = datetime(2017, 11, 14, 9, 0, tzinfo=UTC)
KEY = b"k" * 32
FI = Language("fi")
READERS = Segment(id=SegmentId("lukijat"), rank=1, names={FI: "Lukijat"}, who=AllOf(rules=()))
EDITION = EditionKey(segments=(READERS.id,), language=FI)
LABEL = IssueLabel("2017-11")
MAIL_BYTES = 51_000
ROWS_AT_ONCE = 10_000
_SENTENCE = "<p>Kymmenen yritystä mittasi kulutuksensa, korjasi vuodot ja jakoi opit naapureilleen.</p>\n"


class SystemClock:
    """Time as it is."""

    def now(self) -> datetime:
        """Give the aware moment."""
        return datetime.now(tz=UTC)

    def monotonic(self) -> float:
        """Give the seconds that only grow."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class TimedLedger(DeliveryLedger):
    """The ledger, with the time of each claim on record.

    Attributes:
        claims_milliseconds: How long each claim took, in order.
        records_milliseconds: Likewise each record.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database, checkpoint=pass_by)
        self.claims_milliseconds: list[float] = []
        self.records_milliseconds: list[float] = []

    def claim(
        self,
        sending_id: SendingId,
        *,
        owner: str,
        now: datetime,
        editions: Collection[EditionKey] | None = None,
        limit: int | None = None,
    ) -> ClaimedBatch | None:
        """Claim, and note how long it took."""
        began = time.perf_counter()
        claimed = super().claim(sending_id, owner=owner, now=now, editions=editions, limit=limit)
        if claimed is not None:
            self.claims_milliseconds.append((time.perf_counter() - began) * 1000)
        return claimed

    def record(self, claimed: ClaimedBatch, outcome: BatchOutcome, now: datetime) -> None:
        """Record, and note how long it took."""
        began = time.perf_counter()
        super().record(claimed, outcome, now)
        self.records_milliseconds.append((time.perf_counter() - began) * 1000)


class SlowMailer:
    """A mailer that takes everything, a while after it was asked."""

    name = "slow"
    capabilities = Capabilities(batch_size_max=500, is_idempotent=False, is_rehearsal=True)

    def __init__(self, call_seconds: float) -> None:
        self._call_seconds = call_seconds

    def submit(self, batch: OutgoingBatch) -> BatchOutcome:
        """Wait, and take the batch."""
        time.sleep(self._call_seconds)
        return BatchOutcome(
            outcomes=tuple(
                Outcome(delivery_key=one.delivery_key, verdict=Verdict.ACCEPTED, provider_id=f"call {batch.batch_id}")
                for one in batch.recipients
            )
        )


def a_message() -> Message:
    """Give a message whose mail is about 51 KB on the wire."""
    # Quoted-printable makes three bytes of each byte of an "ä", so what counts is the length on the wire.
    body = _SENTENCE * round(MAIL_BYTES * 1.018 / (len(_SENTENCE) + 16))
    return Message(
        edition=EDITION,
        subject="Lämpöä, lukuja ja lähtölista",
        preheader="Kymmenen juttua.",
        mjml="<mjml/>",
        html=f"<!doctype html><html lang='fi'><body><p>Hei@@n@@!</p>\n{body}<a href='https://slot.invalid/u'>Peru</a></body></html>\n",
        text=f"Hei@@n@@!\n{'Lue kirje selaimessa.' * 40}\nhttps://slot.invalid/u\n",
        slots={Slot.NAME: "@@n@@", Slot.UNSUBSCRIBE: "https://slot.invalid/u"},
    )


def make_ledger(path: Path, people: int) -> None:
    """Write so many readers and an approved issue."""
    database = Database(f"sqlite:///{path}")
    migrate(database)
    for start in range(0, people, ROWS_AT_ONCE):
        rows = [_person(number) for number in range(start, min(people, start + ROWS_AT_ONCE))]
        with database.write() as connection:
            connection.execute(insert(subscriber), rows)
    with database.write() as connection:
        IssueStore(connection).save_approval(_approval(), {})
    database.close()


def _person(number: int) -> dict[str, object]:
    """Write one reader as a row."""
    address = f"lukija{number:07}@yritys{number % 997}.example"
    return {
        "address": address,
        "address_hash": hash_address(address, KEY),
        "name": f"Lukija {number}",
        "language": FI,
        "status": SubscriberStatus.ACTIVE,
        "created_at": NOW,
        "changed_at": NOW,
    }


def _approval() -> Approval:
    """Approve the message for everybody."""
    messages, rule = (a_message(),), audience_rule((READERS,), (FI,))
    return Approval(
        hash=approval_hash(messages, rule, (), PUBLICATION.sender),
        label=LABEL,
        approved_at=NOW,
        approved_by="Aino",
        issue_sha256="0" * 64,
        audience_rule=rule,
        messages=messages,
        sender=PUBLICATION.sender,
    )


def _mailer(order: dict[str, Any]) -> Mailer:
    """Open the mailer that is to be measured."""
    if "call_seconds" in order:
        return SlowMailer(order["call_seconds"])
    if "host" in order:
        return SendGrid(SendGridTable(connections=order.get("calls", 1)), api_key="SG.benchmark", host=order["host"])
    settings = Access(
        server=SmtpTable(host="127.0.0.1", port=order["port"], security="none", connections=order["connections"])
    )
    return Smtp(settings)


def _personalise(planned: PlannedDelivery, language: Language) -> Recipient:
    """Give what is one person's, as the service does."""
    assert planned.address is not None
    token = unsubscribe_token(planned.address_hash, KEY)
    return recipient_of(
        planned.key, planned.address, planned.name, token=token, language=language, publication=PUBLICATION
    )


def run(order: dict[str, Any]) -> dict[str, float | list[float]]:
    """Fix the audience, send to it, and say what it took."""
    database, mailer = Database(f"sqlite:///{order['database']}"), _mailer(order)
    ledger, approval = TimedLedger(database), _approval()
    sending = ledger.freeze(
        approval=approval,
        mailer=mailer.name,
        is_rehearsal=mailer.capabilities.is_rehearsal,
        segments=(READERS,),
        languages=(FI,),
        batch_size=order.get("batch", batch_size(mailer.capabilities)),
        now=NOW,
    )
    assignment = Assignment(
        sending=sending,
        ledger=ledger,
        mailer=mailer,
        messages={message.edition: message for message in approval.messages},
        sender=approval.sender,
        list_id=list_id(PUBLICATION),
        personalise=_personalise,
        owner=Owner(name="benchmark"),
        clock=SystemClock(),
        journal_path=journal_path(Path(order["database"])) if order.get("keeps_journal", True) else None,
    )
    began, began_cpu = time.perf_counter(), time.process_time()
    ends = began + order.get("seconds", float("inf"))
    crew = Threads(mailer.capabilities.calls_max)
    result = send(assignment, crew=crew, should_stop=lambda: time.perf_counter() > ends)
    taken = {
        "cpu_milliseconds": (time.process_time() - began_cpu) * 1000,
        "wall_milliseconds": (time.perf_counter() - began) * 1000,
        "peak_kibibytes": _peak_kibibytes(),
        "accepted": result.balance.states.get("accepted", 0),  # type: ignore[call-overload]  # a StrEnum's value
        "claims_milliseconds": ledger.claims_milliseconds,
        "records_milliseconds": ledger.records_milliseconds,
    }
    database.close()
    return taken


def _peak_kibibytes() -> int:
    """Read the most memory this process ever had; `getrusage` would count the process that started it, too."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    assert found is not None
    return int(found[1])


if __name__ == "__main__":
    told = json.loads(sys.argv[1])
    if "people" in told:
        make_ledger(Path(told["database"]), told["people"])
    else:
        print(json.dumps(run(told)))
