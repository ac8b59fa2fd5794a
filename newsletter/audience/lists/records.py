"""Write and read all that is known of people, as JSON: so that they can move to another publication.

Its door is `write_records` and `read_records`. The file is one JSON document with one person a line, so that a million
people are read without standing in memory. It knows no store.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from newsletter.audience.addresses import parse_address
from newsletter.audience.facts import attribute_name, is_visible, one_line
from newsletter.domain.audience import (
    Consent,
    Ground,
    Subscriber,
    SubscriberStatus,
    SuppressionReason,
    distinct_tags,
)
from newsletter.domain.content import Language, TopicId
from newsletter.domain.wants import Cadence, Wants, WantsChange
from newsletter.errors import ContentError, Fault, Place, UsageError
from newsletter.files import new_private_file

FORMAT = "newsletter people"
VERSION = 1
_LINE_LENGTH_MAX = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Barred:
    """Why an address must not be mailed, and since when."""

    reason: SuppressionReason
    at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRecord:
    """All that moves with a person: not what was sent, which stays where it was sent from.

    Attributes:
        consents: The oldest first, as are the changes of what the person wants.
        barred: None where the address may be mailed.
    """

    subscriber: Subscriber
    consents: tuple[Consent, ...] = ()
    wants_changes: tuple[WantsChange, ...] = ()
    barred: Barred | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRecord:
    """A line of the file: a person, or what is wrong with it."""

    line: int
    record: PersonRecord | None = None
    fault: Fault | None = None


def write_records(people: Iterable[PersonRecord], path: Path, *, publication: str, made_at: datetime) -> int:
    """Write people to a new file for its owner alone; give how many.

    Raises:
        UsageError: Something is there already (a link counts), or the folder is missing or not yours.
        StorageError: The disk is full or failing; no half file is left.
    """
    count = 0
    head = {"format": FORMAT, "version": VERSION, "publication": publication, "made_at": made_at.isoformat()}
    with new_private_file(path) as file:
        file.write(f'{json.dumps(head, ensure_ascii=False)[:-1]}, "people": [')
        for count, person in enumerate(people, 1):
            file.write(f"{',' if count > 1 else ''}\n{json.dumps(_written(person), ensure_ascii=False)}")
        file.write("\n]}\n")
    return count


def read_records(file: BinaryIO, name: str) -> Iterator[ReadRecord]:
    """Read people line by line.

    Raises:
        ContentError: It is no such file, was written by a newer version, or is cut off.
    """
    head = file.readline(_LINE_LENGTH_MAX)
    _require_format(head, name)
    number = 1
    while line := file.readline(_LINE_LENGTH_MAX):
        number += 1
        if line.strip() == b"]}":
            return
        yield _read_line(line, number, Path(name))
    raise ContentError(
        f"{name} ends before its end: people are missing.",
        hint="Bring the whole file over and import it: whoever was added by then is left alone.",
    )


def _require_format(head: bytes, name: str) -> None:
    """Refuse what is no export of ours, or one that may say what this program does not know.

    Raises:
        ContentError: As said.
    """
    try:
        found = json.loads(head.rstrip() + b"]}")
        version = found["version"] if found["format"] == FORMAT else None
    except (ValueError, TypeError, KeyError):
        version = None
    if version is None:
        raise ContentError(
            f"{name} is no file of people that `newsletter subscriber export` wrote.",
            hint="Have it exported again, or bring a list as CSV or XLSX.",
        )
    if version != VERSION:
        raise ContentError(f"{name} was written by a newer version of this program.", hint="Install that version.")


def _read_line(line: bytes, number: int, path: Path) -> ReadRecord:
    try:
        record = _read(json.loads(line.strip().removesuffix(b",")))
    except UsageError as error:
        reason = error.message
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        reason = "This line is not as it was exported."
    else:
        return ReadRecord(line=number, record=record)
    return ReadRecord(line=number, fault=Fault(message=reason, place=Place(path=path, line=number)))


def _written(person: PersonRecord) -> dict[str, object]:
    """Give a person as plain values."""
    one, barred = person.subscriber, person.barred
    return {
        "address": one.address,
        "name": one.name,
        "language": one.language,
        "status": one.status,
        "attributes": dict(one.attributes),
        "tags": list(one.tags),
        "wants": [
            {
                "at": change.at.isoformat(),
                "source": change.source,
                "topics": list(change.wants.topics),
                "cadence": change.wants.cadence,
                "paused_until": _moment_text(change.wants.paused_until),
            }
            for change in person.wants_changes
        ],
        "consents": [
            {
                "at": proof.at.isoformat(),
                "source": proof.source,
                "ground": proof.ground,
                "wording": proof.wording,
                "language": proof.language,
                "requested_at": _moment_text(proof.requested_at),
                "recorded_by": proof.recorded_by,
                "recorded_at": _moment_text(proof.recorded_at),
            }
            for proof in person.consents
        ],
        "suppressed": None
        if barred is None
        else {"reason": barred.reason, "at": barred.at.isoformat(), "note": barred.note},
    }


def _moment_text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _read(written: Mapping[str, object]) -> PersonRecord:
    """Read what `_written` gave, as if a stranger had written it."""
    changes = tuple(
        WantsChange(
            wants=Wants(
                topics=tuple(sorted(TopicId(_text(topic)) for topic in _list(one["topics"]))),
                cadence=Cadence(_text(one["cadence"])),
                paused_until=_maybe_moment(one["paused_until"]),
                since=_moment(one["at"]),
            ),
            at=_moment(one["at"]),
            source=_lasting(one["source"]),
        )
        for one in map(_object, _list(written["wants"]))
    )
    attributes = {attribute_name(name): _text(value) for name, value in _object(written["attributes"]).items()}
    subscriber = Subscriber(
        address=parse_address(_text(written["address"])),
        name=_text(written["name"]),
        language=_language(written["language"]),
        status=SubscriberStatus(_text(written["status"])),
        attributes={name: value for name, value in attributes.items() if name and value},
        tags=distinct_tags(_text(tag) for tag in _list(written["tags"])),
        wants=changes[-1].wants if changes else Wants(),
    )
    barred = None if written["suppressed"] is None else _object(written["suppressed"])
    return PersonRecord(
        subscriber=subscriber,
        consents=tuple(_consent(_object(one)) for one in _list(written["consents"])),
        wants_changes=changes,
        barred=None
        if barred is None
        else Barred(
            reason=SuppressionReason(_text(barred["reason"])), at=_moment(barred["at"]), note=_lasting(barred["note"])
        ),
    )


def _consent(one: Mapping[str, object]) -> Consent:
    ground, wording = one["ground"], _lasting(one["wording"])
    if ground is not None and not wording.strip():
        raise ValueError
    return Consent(
        at=_moment(one["at"]),
        source=_lasting(one["source"]),
        ground=None if ground is None else Ground(_text(ground)),
        wording=wording,
        language=None if one["language"] is None else _language(one["language"]),
        requested_at=_maybe_moment(one["requested_at"]),
        recorded_by=_lasting(one["recorded_by"]),
        recorded_at=_maybe_moment(one["recorded_at"]),
    )


def _object(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise TypeError
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _text(value: object) -> str:
    """Take a text that is one printable line, as everything is that was stored."""
    if not isinstance(value, str) or one_line(value) != value or not is_visible(value):
        raise TypeError
    return value


def _language(value: object) -> Language:
    text = _text(value)
    if not text or text != text.lower():
        raise ValueError
    return Language(text)


def _lasting(value: object) -> str:
    """Take a text that is kept after the person's record is gone: no address stands in it."""
    if not isinstance(value, str) or "@" in value:
        raise TypeError
    return value


def _moment(value: object) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        raise ValueError
    return moment


def _maybe_moment(value: object) -> datetime | None:
    return None if value is None else _moment(value)
