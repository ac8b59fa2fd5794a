"""The outbox: mails as files on this machine, one per recipient, for rehearsals.

The door is `Outbox`. A file is named by its delivery key, so the same delivery handed over twice is the same file: the
mailer is idempotent by nature. Nothing leaves the machine, and nobody else on it can read the files; any mail program
of their owner opens them.
"""

import os
from contextlib import suppress
from pathlib import Path

from newsletter import machine
from newsletter.domain.delivery import DeliveryKey
from newsletter.domain.mailing import BatchOutcome, Capabilities, OutgoingBatch, Recipient
from newsletter.errors import ContentError
from newsletter.mailers.batch_outcome import OutcomeCollector, prepare_batch


class Outbox:
    """Write each mail to `directory/<issue's label>/<delivery key>.eml`.

    Attributes:
        capabilities: Idempotent; a rehearsal; calls of 100, so that progress moves: files cost time, calls do not.
    """

    name = "outbox"
    capabilities = Capabilities(batch_size_max=100, is_idempotent=True, is_rehearsal=True)

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def submit(self, batch: OutgoingBatch) -> BatchOutcome:
        """Write one file per recipient; every accepted one survives a power cut.

        Where the folder cannot be written, whatever is not yet safe on disk is refused and `stop_reason` says why:
        another call would meet the same full or read-only disk.
        """
        collector = OutcomeCollector(batch)
        try:
            prepared = prepare_batch(batch)
        except ContentError as error:
            return collector.close(stop_reason=error.message)
        folder = self._directory / batch.label
        written: list[Recipient] = []
        stop_reason = None
        try:
            if not self._directory.exists():
                machine.make_private_folder(self._directory)
            machine.make_private_folder(folder)
            # One of an older version stands open to others.
            machine.close_folder(folder)
            for recipient in collector.sound:
                _write(folder, recipient.delivery_key, prepared.fill(recipient))
                written.append(recipient)
        except OSError as error:
            stop_reason = _describe(error)
        if written:
            try:
                machine.sync_folder(folder)
            except OSError as error:
                return collector.close(stop_reason=_describe(error))
        for recipient in written:
            collector.accept(recipient, f"{batch.label}/{recipient.delivery_key}.eml")
        return collector.close(stop_reason=stop_reason)


def _write(folder: Path, key: DeliveryKey, mail: bytes) -> None:
    """Write one file whole or not at all.

    The temporary name is derived from the key, so what a killed process left behind is overwritten, not collected.

    Raises:
        OSError: The disk is full, read-only or broken.
    """
    temporary = folder / f".{key}.part"
    try:
        descriptor = machine.rewrite_private(temporary)
        with os.fdopen(descriptor, "wb") as file:
            file.write(mail)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(folder / f"{key}.eml")
    except OSError:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def _describe(error: OSError) -> str:
    """Say what is wrong with the outbox in the operating system's words, without a path."""
    return f"The outbox folder cannot be written: {error.strerror or type(error).__name__}."
