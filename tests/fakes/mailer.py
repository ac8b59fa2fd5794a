"""Mailers that answer what a test tells them to, and that remember what reached the world."""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from newsletter.domain.delivery import DeliveryKey
from newsletter.domain.mailing import BatchOutcome, Capabilities, Outcome, OutgoingBatch, Recipient, Verdict

Answer = Callable[[OutgoingBatch], BatchOutcome]
"""What the world does with one call."""


def each(verdict: Verdict, reason: str = "", **facts: float | str | None) -> Answer:
    """Answer the same for everybody; `retry_after_seconds` and `stop_reason` may be given."""
    return by_address({}, otherwise=verdict, reason=reason, **facts)


def by_address(
    verdicts: Mapping[str, Verdict],
    *,
    otherwise: Verdict = Verdict.ACCEPTED,
    reason: str = "",
    **facts: float | str | None,
) -> Answer:
    """Answer by address."""

    def answer(batch: OutgoingBatch) -> BatchOutcome:
        outcomes = []
        for recipient in batch.recipients:
            verdict = verdicts.get(recipient.address, otherwise)
            is_taken = verdict is Verdict.ACCEPTED
            outcomes.append(
                Outcome(
                    delivery_key=recipient.delivery_key,
                    verdict=verdict,
                    reason="" if is_taken else reason,
                    provider_id=f"call-{batch.batch_id}" if is_taken else None,
                )
            )
        return BatchOutcome(outcomes=tuple(outcomes), **facts)  # type: ignore[arg-type]

    return answer


def failing(error: Exception) -> Answer:
    """Raise, as a mailer with a defect would."""

    def answer(_batch: OutgoingBatch) -> BatchOutcome:
        raise error

    return answer


class ScriptedMailer:
    """Answer the first calls as scripted and every further one with acceptance.

    Attributes:
        name: `scripted`.
        capabilities: As told.
        calls: Every batch that was handed over, in order.
    """

    name = "scripted"

    def __init__(
        self,
        script: Iterable[Answer] = (),
        *,
        is_idempotent: bool = False,
        is_rehearsal: bool = False,
        batch_size_max: int = 100,
    ) -> None:
        self.capabilities = Capabilities(
            batch_size_max=batch_size_max, is_idempotent=is_idempotent, is_rehearsal=is_rehearsal
        )
        self.calls: list[OutgoingBatch] = []
        self._script = iter(script)

    def submit(self, batch: OutgoingBatch) -> BatchOutcome:
        """Answer."""
        self.calls.append(batch)
        return next(self._script, each(Verdict.ACCEPTED))(batch)

    @property
    def handed_over(self) -> list[str]:
        """Give the address of every recipient of every call, in order."""
        return [recipient.address for batch in self.calls for recipient in batch.recipients]


class OneByOneMailer(ScriptedMailer):
    """Take mail after mail, each noted as it is begun and as it is answered, until something happens.

    Args:
        happens: Called with the number of each mail, 1 for the first, once it was begun: it may raise, as a kill does.
    """

    def __init__(self, happens: Callable[[int], None] = lambda _number: None) -> None:
        super().__init__()
        self.capabilities = replace(self.capabilities, notes_each=True)
        self.begun: list[str] = []
        self._happens = happens

    def submit(self, batch: OutgoingBatch) -> BatchOutcome:
        """Take everybody, one after another."""
        self.calls.append(batch)
        answers = []
        for recipient in batch.recipients:
            batch.notes.begin(recipient.delivery_key)
            self.begun.append(recipient.address)
            self._happens(len(self.begun))
            answers.append(Outcome(delivery_key=recipient.delivery_key, verdict=Verdict.ACCEPTED, provider_id="queued"))
            batch.notes.answer(answers[-1])
        return BatchOutcome(outcomes=tuple(answers))


class RecordingMailer:
    """Take everything, and write down what arrived in files that outlive a killed sender.

    The idempotent one keeps one file per delivery key, as an outbox does; the other one adds a line per mail, as a
    mailbox does, so that what arrives twice is there twice.

    Attributes:
        name: `recorder`.
        capabilities: Idempotent as told.
    """

    name = "recorder"

    def __init__(self, directory: Path, *, is_idempotent: bool) -> None:
        self._directory = directory
        self.capabilities = Capabilities(batch_size_max=100, is_idempotent=is_idempotent, is_rehearsal=False)

    def submit(self, batch: OutgoingBatch) -> BatchOutcome:
        """Write the mails down, then accept them all."""
        self._directory.mkdir(parents=True, exist_ok=True)
        if self.capabilities.is_idempotent:
            for recipient in batch.recipients:
                (self._directory / f"{recipient.delivery_key}.json").write_text(_written(recipient))
        else:
            with (self._directory / "mails.jsonl").open("a") as mails:
                mails.write("".join(f"{_written(recipient)}\n" for recipient in batch.recipients))
                mails.flush()
                os.fsync(mails.fileno())
        return each(Verdict.ACCEPTED)(batch)

    def arrived(self) -> Counter[str]:
        """Count the mails of each address."""
        if self.capabilities.is_idempotent:
            written = [path.read_text() for path in self._directory.glob("*.json")]
        else:
            mails = self._directory / "mails.jsonl"
            written = mails.read_text().splitlines() if mails.exists() else []
        return Counter(json.loads(line)["address"] for line in written)

    def keys(self) -> set[DeliveryKey]:
        """Give the delivery keys that arrived."""
        return {DeliveryKey(path.stem) for path in self._directory.glob("*.json")}


def _written(recipient: Recipient) -> str:
    """Write a mail on one line."""
    return json.dumps({"key": recipient.delivery_key, "address": recipient.address})
