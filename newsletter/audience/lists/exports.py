"""Write people to a CSV file: for a spreadsheet, or to be imported again without loss.

Its door is `write_people`. The file is new, complete and readable by its owner alone, or there is
none. A cell that a spreadsheet would take for a formula is made harmless, unless the lossless form is asked for. It
knows no store: people come in as they are walked through.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from newsletter.domain.audience import Consent, Subscriber, SuppressionReason
from newsletter.files import write_new_csv

_WANTS = ("wanted topics", "cadence", "paused until")
_FIXED_COLUMNS = ("email", "name", "language", "status", "ground", "wording", "consent", "tags", *_WANTS)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What spreadsheets take for the start of a formula (OWASP, CSV Injection), the full-width forms by some settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """A person as a list can say it.

    Attributes:
        subscriber: The record.
        suppression: Why the address must not be mailed; it stands in place of the status, so that whoever imports the
            list mails nobody who must not be mailed here.
        consent: The latest proof with a ground, its moment in the publication's zone.
        paused_until: The day on which mail comes again, in the publication's zone.
    """

    subscriber: Subscriber
    suppression: SuppressionReason | None = None
    consent: Consent | None = None
    paused_until: date | None = None


def write_people(
    people: Iterable[Exported], path: Path, *, attributes: Sequence[str], is_lossless: bool = False
) -> int:
    """Write people to a new file; give how many.

    Args:
        people: In the order they are to stand.
        path: Where; nothing may be there.
        attributes: Each becomes a column, in this order.
        is_lossless: Leave formulas as they are, so that an import gives the same people; not for a spreadsheet.

    Raises:
        UsageError: Something is there already (a link counts), or the folder is missing or not yours.
        StorageError: The disk is full or failing; no half file is left.
    """
    heading = [*_FIXED_COLUMNS, *(cell_text(name, is_lossless=is_lossless) for name in attributes)]
    rows = ([cell_text(cell, is_lossless=is_lossless) for cell in _cells(person, attributes)] for person in people)
    return write_new_csv(path, heading, rows)


def _cells(person: Exported, attributes: Sequence[str]) -> list[str]:
    """Give a person's cells."""
    one, given = person.subscriber, person.consent
    proof = ("", "", "") if given is None else (given.ground or "", given.wording, f"{given.at:%Y-%m-%d}")
    known = (one.address, one.name, one.language, person.suppression or one.status, *proof, ",".join(one.tags))
    until = "" if person.paused_until is None else str(person.paused_until)
    wants = ("", "", "") if one.wants.since is None else (",".join(one.wants.topics), one.wants.cadence.value, until)
    return [*known, *wants, *(one.attributes.get(name, "") for name in attributes)]


def cell_text(text: str, *, is_lossless: bool = False) -> str:
    """Put an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{text}" if not is_lossless and text.startswith(_FORMULA_STARTS) else text
