"""Who got it, and what a person decides about doubt: the verbs `report`, `people` and `resolve`."""

import csv
from collections.abc import Collection, Iterator
from pathlib import Path

from newsletter.audience.addresses import parse_address
from newsletter.domain.audience import AddressHash
from newsletter.domain.delivery import BatchId, DeliveryState, InDoubt, PersonDelivery, Sending
from newsletter.domain.issue import IssueLabel
from newsletter.errors import StateError, UsageError
from newsletter.files import write_new_csv
from newsletter.service.resources import Resources
from newsletter.track.pages import inert
from newsletter.track.report import Report, build_report, kind_of

PEOPLE_COLUMNS = (
    "issue", "kind", "edition", "batch", "address", "name", "state", "handed over at", "settled at", "reason",
    "provider's id",
)  # fmt: skip
"""Of the file that `issue report --people --csv` writes."""


class ReportService:
    """The verbs of an issue whose sending began."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    def report(self, label: str) -> tuple[Report, ...]:
        """Account for every sending of an issue, the real one first, then rehearsals, the oldest first.

        Raises:
            StateError: Nothing of the issue was ever sent.
        """
        ledger = self._resources.ledger
        sendings = sorted(ledger.sendings(IssueLabel(label)), key=lambda sending: sending.is_rehearsal)
        if not sendings:
            raise StateError(f"Nothing of issue {label} was sent yet.", hint=f"newsletter issue send {label}")
        language = self._resources.settings.publication.languages[0]
        names = {segment.id: segment.names.get(language, str(segment.id)) for segment in self._resources.segments}
        is_trial = self._resources.settings.publication.is_trial
        return tuple(
            build_report(ledger.account(sending.id), segment_names=names, is_trial=is_trial) for sending in sendings
        )

    def people(
        self, label: str, state: DeliveryState, *, batch: int | None = None
    ) -> tuple[Sending, Iterator[PersonDelivery]]:
        """Give the people of an issue whose delivery is in a state: of the real sending, or else the last rehearsal.

        Raises:
            StateError: Nothing of the issue was ever sent.
            UsageError: The sending has no such batch.
        """
        sending = self._sending(label)
        batch_id = None if batch is None else BatchId(batch)
        return sending, self._resources.ledger.people(sending.id, state, batch_id=batch_id)

    def write_people(self, label: str, state: DeliveryState, path: Path, *, batch: int | None = None) -> int:
        """Write the same to a new file for its owner alone; give how many.

        Raises:
            UsageError: As `people`; or something is there already.
            StorageError: The disk is full.
        """
        _, people = self.people(label, state, batch=batch)
        return write_new_csv(path, PEOPLE_COLUMNS, map(self.people_cells, people))

    def kind_of(self, one: Sending | PersonDelivery) -> str:
        """Say in words what kind of sending it is, or was part of."""
        return kind_of(one.is_rehearsal, is_trial=self._resources.settings.publication.is_trial)

    def people_cells(self, one: PersonDelivery) -> tuple[str, ...]:
        """Give what stands of a person under PEOPLE_COLUMNS; nothing that a spreadsheet would take for a formula."""
        cells = (
            one.label,
            self.kind_of(one),
            str(one.edition),
            str(one.batch_id),
            one.address or "(not known any more)",
            one.name or "",
            one.state,
            "" if one.handed_over_at is None else one.handed_over_at.isoformat(timespec="seconds"),
            "" if one.settled_at is None else one.settled_at.isoformat(timespec="seconds"),
            one.reason,
            one.provider_id or "",
        )
        return tuple(map(inert, cells))

    def doubt(self, label: str, *, batches: Collection[int] = (), people: Collection[str] = ()) -> InDoubt:
        """Say how many would be resolved, and since when they are in doubt.

        Raises:
            StateError: No mail of the issue is in doubt.
            UsageError: A number is of no batch in doubt; an address is none.
        """
        sending, ledger = self._doubtful(label, people), self._resources.ledger
        if people:
            hashes = self._hashes(people)
            theirs = [one for one in ledger.deliveries_to(hashes)[0] if one.sending_id == sending.id]
            moments = [one.handed_over_at for one in theirs if one.handed_over_at is not None]
            return InDoubt(people=len(theirs), since=min(moments, default=None))
        doubts = [one for one in ledger.unknown_batches(sending.id) if not batches or one.id in batches]
        return InDoubt(
            people=sum(one.deliveries for one in doubts), since=min((one.claimed_at for one in doubts), default=None)
        )

    def resolve(
        self, label: str, *, resend: bool, by: str, batches: Collection[int] = (), people: Collection[str] = ()
    ) -> int:
        """Decide, as a person, what becomes of people in doubt: send to them again, or leave them; count them.

        Args:
            label: The issue.
            resend: True puts them back into the queue: whoever did get the mail gets it twice. False lets them rest,
                until somebody resends to them by address.
            by: The person's name, recorded.
            batches: Their numbers in the report; all of the sending by default.
            people: Addresses, instead of batches; only to resend.

        Raises:
            StateError: No mail of the issue is in doubt.
            UsageError: A number is of no batch in doubt; an address is none, or of nobody in doubt.
        """
        sending, ledger, now = self._doubtful(label, people), self._resources.ledger, self._resources.clock.now()
        reason = f"{'sent again' if resend else 'left'} by {by}"
        if people:
            return ledger.queue_people(sending.id, self._hashes(people), reason=reason, now=now)
        count = self.doubt(label, batches=batches).people
        chosen = [BatchId(number) for number in batches] or None
        if resend:
            ledger.queue_unknown(sending.id, batch_ids=chosen, reason=reason)
        else:
            ledger.leave_unknown(sending.id, batch_ids=chosen, reason=reason, now=now)
            ledger.finish(sending.id, now=now)
        return count

    @staticmethod
    def read_addresses(path: Path) -> tuple[str, ...]:
        """Read whom a person named in a file: the column `address` of what `write_people` wrote, or one a line.

        Raises:
            UsageError: The file cannot be read, or holds none.
        """
        try:
            lines = path.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{path} cannot be read.", hint="Give a text file in UTF-8.") from error
        rows = [row for row in csv.reader(lines, delimiter=";") if row]
        column = rows[0].index("address") if rows and "address" in rows[0] else None
        found = rows if column is None else rows[1:]
        addresses = tuple(dict.fromkeys(row[column or 0].strip() for row in found if len(row) > (column or 0)))
        if not any(addresses):
            raise UsageError(f"{path} holds no address.", hint="One a line, or a CSV with a column address.")
        return tuple(filter(None, addresses))

    def _sending(self, label: str) -> Sending:
        """Give the real sending of an issue, or else the last rehearsal."""
        sendings = self._resources.ledger.sendings(IssueLabel(label))
        if not sendings:
            raise StateError(f"Nothing of issue {label} was sent yet.", hint=f"newsletter issue send {label}")
        return next((one for one in reversed(sendings) if not one.is_rehearsal), sendings[-1])

    def _doubtful(self, label: str, people: Collection[str]) -> Sending:
        """Give the sending that is to be resolved; that of named people may have been left before."""
        if people:
            return self._sending(label)
        ledger = self._resources.ledger
        doubtful = [one for one in ledger.sendings(IssueLabel(label)) if ledger.unknown_batches(one.id)]
        if not doubtful:
            raise StateError(
                f"Nobody is in doubt in issue {label}, or all of them were left.",
                hint=f"`newsletter issue report {label} --people unknown` gives those who were left:"
                " send to them again by --person.",
            )
        return next((one for one in doubtful if not one.is_rehearsal), doubtful[-1])

    def _hashes(self, people: Collection[str]) -> list[AddressHash]:
        with self._resources.people() as store:
            return [store.hash_of(parse_address(one)) for one in people]
