"""Keep database and departures file together: what one lacks it takes from the other. Door: `catch_up`, `note`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.audience.departures import append_changes, mark_of, read_changes
from newsletter.domain.audience import AddressHash, SubscriberStatus, SuppressionAction, SuppressionReason
from newsletter.domain.departures import NotedChange
from newsletter.errors import counted

if TYPE_CHECKING:
    from newsletter.storage.audience import AudienceStore

_PAGE_SIZE = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CaughtUp:
    """What a database took over from the departures file.

    Attributes:
        file: The file's name.
        departed: How many addresses must not be mailed any more, that could be.
        lifted: How many may be mailed again.
        erased: How many people were removed who had been erased before.
        unreadable: How many lines could not be read: a torn last one, or damage.
    """

    file: str
    departed: int = 0
    lifted: int = 0
    erased: int = 0
    unreadable: int = 0

    def __str__(self) -> str:
        """Say it in sentences; empty when there is nothing to say."""
        taken = [
            f"{counted(number, 'address', 'addresses')} {what}"
            for number, what in ((self.departed, "that left or must not be mailed"), (self.lifted, "allowed again"))
            if number
        ]
        if self.erased:
            taken.append(f"{counted(self.erased, 'person', 'people')} erased before")
        said = [f"This database did not know all that {self.file} tells; taken over: {', '.join(taken)}."] * bool(taken)
        if self.unreadable:
            lines = counted(self.unreadable, "line")
            said.append(f"{lines} of {self.file} cannot be read (torn by a power cut, or damaged); the others count.")
        return " ".join(said)


def is_caught_up(store: "AudienceStore", path: Path) -> bool:
    """Tell whether the database has read the departures file to its end, and the file is the same one still."""
    return store.noted_until() == mark_of(path)


def catch_up(store: "AudienceStore", path: Path) -> CaughtUp:
    """Take over what the departures file tells and the database lacks, and note in the file what that lacks.

    Args:
        store: Of a writing transaction that has changed nothing yet.
        path: The departures file.

    Raises:
        StorageError: The file cannot be read or written.
    """
    known, here = store.noted_until(), mark_of(path)
    if known == here:
        return CaughtUp(file=path.name)
    is_longer = known is not None and mark_of(path, known.size_bytes) == known
    noted = read_changes(path, after=known) if is_longer and known is not None else read_changes(path)
    latest = {store.current_hash(change.address_hash): change for change in noted.changes}
    departed = sum(_depart(store, whose, change) for whose, change in latest.items() if _is_added(change))
    lifted = sum(_lift(store, whose, change) for whose, change in latest.items() if not _is_added(change))
    erased = sum(
        store.erase(whose) for whose, one in latest.items() if _is_added(one) and one.reason is SuppressionReason.ERASED
    )
    if any(map(_is_added, latest.values())):
        departed += store.adopt_kept()
    store.take_changes()  # They stand in the file.
    if not is_longer and (missing := _missing(store, latest)):
        append_changes(path, missing)
    store.keep_noted_until(mark_of(path))
    return CaughtUp(file=path.name, departed=departed, lifted=lifted, erased=erased, unreadable=len(noted.unreadable))


def note(store: "AudienceStore", path: Path) -> tuple[NotedChange, ...]:
    """Note who left in the departures file, before the database says so; give the liftings, to be noted after it.

    Raises:
        StorageError: The file cannot be written.
    """
    changes = store.take_changes()
    if added := [change for change in changes if _is_added(change)]:
        append_changes(path, added)
        store.keep_noted_until(mark_of(path))
    return tuple(change for change in changes if not _is_added(change))


def _is_added(change: NotedChange) -> bool:
    return change.action is SuppressionAction.ADDED


def _depart(store: "AudienceStore", whose: AddressHash, change: NotedChange) -> bool:
    """Suppress an address as the file tells, and let its person have left; False when all of it was known."""
    over = () if change.reason is SuppressionReason.UNSUBSCRIBED else (SuppressionReason.UNSUBSCRIBED,)
    is_new = store.suppress(whose, change.reason, change.at, _NOTE, over=over)
    has_left = change.reason is SuppressionReason.UNSUBSCRIBED
    if has_left and store.status_of(whose) not in (None, SubscriberStatus.UNSUBSCRIBED):
        store.set_status(whose, SubscriberStatus.UNSUBSCRIBED, change.at)
        return True
    return is_new


def _lift(store: "AudienceStore", whose: AddressHash, change: NotedChange) -> bool:
    """Lift a suppression as the file tells, unless it is from later."""
    since = store.suppressed_at(whose)
    return since is not None and since <= change.at and store.lift(whose, change.at, _NOTE) is not None


_NOTE = "taken over from the departures file"


def _missing(store: "AudienceStore", latest: dict[AddressHash, NotedChange]) -> list[NotedChange]:
    """Give the suppressions that the file does not tell."""
    missing: list[NotedChange] = []
    after = None
    while page := store.suppression_page(after=after, limit=_PAGE_SIZE):
        after = page[-1].address_hash
        missing += [
            NotedChange(at=one.at, action=SuppressionAction.ADDED, address_hash=one.address_hash, reason=one.reason)
            for one in page
            if one.address_hash not in latest or not _is_added(latest[one.address_hash])
        ]
    return missing
