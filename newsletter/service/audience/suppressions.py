"""Addresses that must never be mailed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from newsletter.audience.addresses import parse_address
from newsletter.audience.lists.hashes import HashRow, is_hash_file, read_hashes, write_hashes
from newsletter.audience.suppression import lift_suppression, suppress_address
from newsletter.domain.audience import AddressHash, SubscriberStatus, Suppression, SuppressionReason
from newsletter.domain.keys import key_id
from newsletter.errors import ContentError, UsageError
from newsletter.service.audience.people import PeopleService, Wanted
from newsletter.service.resources import Resources

PAGE_SIZE = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class HashesTaken:
    """What came of a file of hashes.

    Attributes:
        hashes: How many there are in it.
        new: How many of them were not suppressed here.
        taken_out: How many people here were mailed until now.
    """

    hashes: int
    new: int
    taken_out: int


class Barring(StrEnum):
    """What came of barring an address."""

    SUPPRESSED = "suppressed"
    ALREADY = "was suppressed already, and stays so"
    UNKNOWN = "nobody known has it, left alone"
    NO_ADDRESS = "no address, left alone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Barred:
    """An address as it was given, and what came of it.

    Attributes:
        before: How it was suppressed already.
    """

    address: str
    barring: Barring
    before: Suppression | None = None


class SuppressionService:
    """The verbs of `suppression`."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    def suppress(self, address: str, *, note: str, reason: SuppressionReason = SuppressionReason.MANUAL) -> bool:
        """Keep an address from ever being mailed; False when it was suppressed already.

        Raises:
            UsageError: The address is none, or the note holds an address.
        """
        now = self._resources.clock.now()
        with self._resources.people(is_writing=True) as store:
            return suppress_address(address, reason=reason, store=store, now=now, note=note)

    def suppress_each(
        self, addresses: Sequence[str], *, reason: SuppressionReason, note: str, also_unknown: bool
    ) -> tuple[Barred, ...]:
        """Keep addresses from ever being mailed, all in one transaction; say of each what came of it, in their order.

        Args:
            addresses: As somebody wrote them; what is none harms no other.
            reason: Why; trying again by another one changes nothing, but for whoever had only left.
            note: In words, without an address.
            also_unknown: Also those of nobody who is known.

        Raises:
            UsageError: The note holds an address; nothing was changed.
        """
        now = self._resources.clock.now()
        with self._resources.people(is_writing=True) as store:

            def bar(written: str) -> Barred:
                try:
                    address = parse_address(written)
                except UsageError:
                    return Barred(address=written, barring=Barring.NO_ADDRESS)
                before = next(iter(store.suppressions_of([address]).values()), None)
                if before is None and not also_unknown and store.status_of(store.hash_of(address)) is None:
                    return Barred(address=address, barring=Barring.UNKNOWN)
                is_new = suppress_address(address, reason=reason, store=store, now=now, note=note)
                barring = Barring.SUPPRESSED if is_new else Barring.ALREADY
                return Barred(address=address, barring=barring, before=before)

            return tuple(map(bar, addresses))

    def lift(self, address: str, *, note: str) -> Suppression:
        """Allow an address again because a person says so, with the reason.

        Raises:
            UsageError: The address is none or is not suppressed, or the note is empty.
        """
        now = self._resources.clock.now()
        with self._resources.people(is_writing=True) as store:
            return lift_suppression(address, store=store, now=now, note=note)

    def counts(self) -> Mapping[SuppressionReason, int]:
        """Count the suppressions by reason: who they are, nobody can tell from the list."""
        with self._resources.people() as store:
            return store.suppression_counts()

    def count_gone(self) -> int:
        """Count the addresses that must not be mailed of which nothing is known but the hash."""
        with self._resources.people() as store:
            return store.count_gone()

    def export(self, path: Path) -> int:
        """Write every suppression to a new file, as a hash with the ids of its possible keys; give how many.

        Raises:
            UsageError: Something is there already, or the folder is missing.
        """
        keys = [key_id(key) for key in self._resources.keys.keys]
        return write_hashes(self._all(), path, keys=keys)

    def holds_hashes(self, path: Path) -> bool:
        """Tell whether a file is one of hashes.

        Raises:
            ContentError: It cannot be read.
        """
        with _opened(path) as file:
            return is_hash_file(file)

    def take_hashes(self, path: Path, *, is_dry_run: bool = False) -> HashesTaken:
        """Suppress whoever is suppressed in a file of hashes.

        Raises:
            ContentError: A line of it is none.
            UsageError: It was made with a key that is not known here; nothing was kept.
        """
        with _opened(path) as file:
            rows = list(read_hashes(file, path.name))
        self._require_known(rows)
        reasons = {row.address_hash: row.reason for row in rows}
        here, taken_out = self._people_here(reasons)
        now, note, new = self._resources.clock.now(), f"import {path.name}".replace("@", "(at)"), 0
        with self._resources.people(is_writing=not is_dry_run) as store:
            for reason in SuppressionReason:
                hashes = [here.get(one, one) for one, why in reasons.items() if why is reason]
                new += len(set(hashes) - store.suppressed_among(hashes))
                if hashes and not is_dry_run:
                    over = () if reason is SuppressionReason.UNSUBSCRIBED else (SuppressionReason.UNSUBSCRIBED,)
                    store.suppress_hashes(hashes, reason, now, note, over=over)
        return HashesTaken(hashes=len(reasons), new=new, taken_out=taken_out)

    def _require_known(self, rows: list[HashRow]) -> None:
        """Refuse hashes of keys that are not known here: they would bar nobody.

        Raises:
            UsageError: As said, with the ids of the keys.
        """
        known = {key_id(key) for key in self._resources.keys.keys}
        unknown = sorted({key for row in rows for key in row.keys} - known)
        if unknown:
            raise UsageError(
                f"These hashes were made with a key that is not known here: {', '.join(unknown)}; nothing was kept.",
                hint="Have that publication's key file brought to you, then `newsletter key import FILE`; or ask for a"
                " list of addresses.",
            )

    def _people_here(
        self, reasons: Mapping[AddressHash, SuppressionReason]
    ) -> tuple[dict[AddressHash, AddressHash], int]:
        """Find who is stored here: the hash in the file, and that here. And count who was mailed until now."""
        ring, here, taken_out = self._resources.keys, dict[AddressHash, AddressHash](), 0
        for page in PeopleService(self._resources).pages(Wanted(status=SubscriberStatus.ACTIVE)):
            found = {person.address: ring.hashes_of(person.address) for person in page}
            meant = {address: hashes for address, hashes in found.items() if any(one in reasons for one in hashes)}
            with self._resources.people() as store:
                taken_out += len(meant) - len(store.suppressions_of(list(meant)))
            here.update({one: hashes[0] for hashes in meant.values() for one in hashes if one in reasons})
        return here, taken_out

    def _all(self) -> Iterator[Suppression]:
        """Give every suppression, page by page."""
        after = None
        while True:
            with self._resources.people() as store:
                page = store.suppression_page(after=after, limit=PAGE_SIZE)
            yield from page
            if len(page) < PAGE_SIZE:
                return
            after = page[-1].address_hash


def _opened(path: Path) -> BinaryIO:
    """Open a file.

    Raises:
        ContentError: It cannot be read.
    """
    try:
        return path.open("rb")
    except OSError as error:
        raise ContentError(f"{path} cannot be read: {error.strerror}.", hint="Check the path.") from error
