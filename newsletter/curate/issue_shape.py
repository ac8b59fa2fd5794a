"""The shape of issue.toml: what may stand where, and which names must exist. pydantic lives here and goes no further.

Doors: `IssueFile` for the shape, `name_faults` for what one table says of another. Must not know how a file is written.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator

from newsletter.domain.content import SegmentId
from newsletter.domain.issue import (
    ItemMark,
)
from newsletter.domain.period import ends_before, parse_period
from newsletter.domain.picture import is_picture_path
from newsletter.domain.publication import Publication
from newsletter.domain.segments import Segment
from newsletter.errors import Fault, UsageError
from newsletter.table import Table
from newsletter.toml_file import KeyPath, TomlFile, did_you_mean

Languages = Literal["fi", "sv", "en"]

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ADDRESS_LONGEST = 80
"""Characters of a refused address that its fault names."""
_KEY = re.compile(r"[a-z0-9-]+")
_OF_EVENTS = frozenset({"start", "end", "place", "address", "registration", "register_by", "mark"})


# What these docstrings say first stands in docs/reference.md as what a key takes.
def _one_line(value: str) -> str:
    """Accept text that fits a heading: one line, nothing invisible."""
    if _CONTROL.search(value.strip()):
        raise ValueError("Write this on one line")
    return value.strip()


def _filled(value: str) -> str:
    """Accept text that says something."""
    if not value:
        raise ValueError("Write a line of text: this may not be empty")
    return value


def _link(value: str) -> str:
    """Accept an absolute http or https address, or nothing."""
    address = value.strip()
    try:
        parts = urlsplit(address)
        is_absolute = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        is_absolute = False
    if address and (not is_absolute or re.search(r"[\s\x00-\x1f\x7f]", address)):
        shown = address if len(address) <= _ADDRESS_LONGEST else f"{address[: _ADDRESS_LONGEST - 1]}…"
        raise ValueError(f"Write a whole address that begins with https:// or http://, without spaces, not “{shown}”")
    return address


def _day(value: object) -> date:
    """Accept a TOML date."""
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError("Write a date without quotation marks, such as 2017-11-24")  # noqa: TRY004 - pydantic's way
    return value


def _moment(value: object) -> date | datetime:
    """Accept a TOML date or date with time."""
    if not isinstance(value, date):
        raise ValueError(  # noqa: TRY004 - pydantic's way
            "Write a date without quotation marks, such as 2017-11-24, or with a time, such as 2017-11-24T09:00:00"
        )
    return value


def _image(value: str) -> str:
    """Accept the path of a picture below the publication's folder, or nothing."""
    if value.strip() and not is_picture_path(value.strip()):
        raise ValueError("Write a path from the folder of newsletter.toml, such as content/images/paja.jpg")
    return value.strip()


OneLine = Annotated[str, AfterValidator(_one_line)]
FilledLine = Annotated[str, AfterValidator(_one_line), AfterValidator(_filled)]
Paragraphs = Annotated[str, AfterValidator(str.strip)]
Link = Annotated[str, AfterValidator(_link)]
ImagePath = Annotated[str, AfterValidator(_one_line), AfterValidator(_image)]
Day = Annotated[date, PlainValidator(_day)]
Moment = Annotated[date | datetime, PlainValidator(_moment)]


class SegmentWordsTable(Table):
    """[edition.fi.managers]: what differs for one segment."""

    subject: FilledLine | None = None
    preheader: OneLine | None = None
    greeting: Paragraphs | None = None


class EditionTable(BaseModel):
    """[edition.fi]; every further table in it is a segment's."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)
    __pydantic_extra__: dict[str, SegmentWordsTable] = Field(init=False)

    subject: FilledLine
    preheader: OneLine = ""
    greeting: Paragraphs = ""


class VariantTable(Table):
    """[item.KEY.sv]."""

    title: FilledLine | None = None
    lead: Paragraphs | None = None
    body: Paragraphs | None = None
    link: Link | None = None
    place: OneLine | None = None
    image_alt: OneLine | None = None


class ItemTable(Table):
    """[item.KEY]."""

    kind: Literal["article", "event"]
    title: FilledLine
    lead: Paragraphs = ""
    body: Paragraphs = ""
    link: Link = ""
    form: Literal["whole", "lead", "title"] | None = None
    section: str
    language: Languages
    author: OneLine = ""
    published: Day | None = None
    start: Moment | None = None
    end: Moment | None = None
    place: OneLine = ""
    address: OneLine = ""
    registration: Link = ""
    register_by: Day | None = None
    mark: Annotated[ItemMark, Field(strict=False)] | None = None
    image: ImagePath = ""
    image_alt: OneLine | None = None
    source: str | None = None
    fingerprint: str | None = None
    fi: VariantTable | None = None
    sv: VariantTable | None = None
    en: VariantTable | None = None


class WaiverTable(Table):
    """[[waiver]]."""

    code: FilledLine
    reason: FilledLine


class IssueFile(Table):
    """The whole of issue.toml."""

    label: str
    date: Day
    edition: dict[Languages, EditionTable]
    order: dict[str, list[str]]
    item: dict[str, ItemTable] = Field(default_factory=dict)
    leave_out: list[str] = Field(default_factory=list)
    waiver: list[WaiverTable] = Field(default_factory=list)


def name_faults(file: TomlFile, segments: Sequence[Segment], publication: Publication) -> Iterator[Fault]:
    """Find what one part of the file, or of the publication, has against another.

    Looks at the plain tables, so that these faults show together with those of the shape.
    """
    items = _table(file.content.get("item"))
    yield from _label_faults(file, publication)
    yield from _block_faults(file, publication)
    yield from _order_faults(file, segments, items)
    yield from _edition_faults(file, [segment.id for segment in segments], publication)
    for key, item in items.items():
        yield from _item_faults(file, key, _table(item), publication)


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _label_faults(file: TomlFile, publication: Publication) -> Iterator[Fault]:
    """Find a label that is no period, or another issue's: the sign of a folder copied from last month."""
    label, folder = file.content.get("label"), file.path.parent.name
    if not isinstance(label, str):
        return
    try:
        parse_period(label, publication.zone)
    except UsageError as error:
        yield file.fault(("label",), error.message, hint=error.hint)
        return
    if folder != label and re.fullmatch(r"\d{4}-(?:\d{2}|W\d{2}|Q\d)(?:-[a-z][a-z0-9-]*)?", folder):
        yield file.fault(
            ("label",), f"The label is {label!r}, but the folder is {folder!r}.", hint="Make them the same."
        )


def _block_faults(file: TomlFile, publication: Publication) -> Iterator[Fault]:
    """Find a block that the publication does not have."""
    known = [block.id for block in publication.blocks]
    names = file.content.get("leave_out")
    for number, name in enumerate(names if isinstance(names, list) else []):
        if isinstance(name, str) and name not in known:
            yield file.fault(("leave_out", number), f"There is no block {name!r}.", hint=did_you_mean(name, known))


def _order_faults(file: TomlFile, segments: Sequence[Segment], items: Mapping[str, Any]) -> Iterator[Fault]:
    """Find unknown segments, unknown items, items that stand twice, and items whose section a segment does not get."""
    known = {str(segment.id): segment for segment in segments}
    for name, keys in _table(file.content.get("order")).items():
        if name not in known:
            yield file.fault(("order", name), f"There is no segment {name!r}.", hint=did_you_mean(name, known))
        seen: set[str] = set()
        for number, key in enumerate(keys if isinstance(keys, list) else []):
            place: KeyPath = ("order", name, number)
            if not isinstance(key, str):
                continue
            if key not in items:
                yield file.fault(place, f"There is no [item.{key}].", hint=did_you_mean(key, items))
            elif key in seen:
                yield file.fault(place, f"{key!r} stands twice in this list.", hint="Take one of them out.")
            elif name in known and _is_barred(known[name], _table(items[key]).get("section")):
                yield file.fault(
                    place,
                    f"The segment {name!r} does not get the section of {key!r}.",
                    hint=f"Give the item another section, or change {name!r} in segments.toml.",
                )
            seen.add(key)


def _is_barred(segment: Segment, section: object) -> bool:
    return bool(segment.sections) and isinstance(section, str) and section not in segment.sections


def _edition_faults(file: TomlFile, segments: Sequence[SegmentId], publication: Publication) -> Iterator[Fault]:
    """Find languages that are missing or not the publication's, and words for segments that do not exist."""
    editions = _table(file.content.get("edition"))
    for wanted in publication.languages:
        if editions and wanted not in editions:
            yield file.fault(
                ("edition", wanted),
                f"The table [edition.{wanted}] is missing.",
                hint="Write it with a subject, a preheader and a greeting.",
            )
    for language, edition in editions.items():
        if language not in publication.languages:
            yield file.fault(
                ("edition", language),
                f"The publication has no editions in {language!r}.",
                hint=did_you_mean(language, publication.languages),
            )
        for name, value in _table(edition).items():
            place: KeyPath = ("edition", language, name)
            if name not in EditionTable.model_fields and name not in segments:
                known = (*EditionTable.model_fields, *segments)
                yield file.fault(place, f"{name!r} is no key and no segment.", hint=did_you_mean(name, known))
            for own in _table(value):
                if own not in SegmentWordsTable.model_fields:
                    hint = did_you_mean(own, SegmentWordsTable.model_fields)
                    yield file.fault((*place, own), "Unknown key.", hint=hint)


def _item_faults(file: TomlFile, key: str, item: Mapping[str, Any], publication: Publication) -> Iterator[Fault]:
    """Find a key, a section or dates that an item cannot have."""
    path: KeyPath = ("item", key)
    if not _KEY.fullmatch(key):
        yield file.fault(path, f"{key!r} is no key.", hint="Use lower-case letters a-z, digits and hyphens.")
    yield from _section_faults(file, path, item, publication)
    kind, start, end = item.get("kind"), item.get("start"), item.get("end")
    if kind == "event" and "start" not in item:
        yield file.fault((*path, "start"), "An event needs its start.", hint="Write, for example: start = 2017-11-24")
    if kind == "article":
        for own in _OF_EVENTS.intersection(item):
            yield file.fault((*path, own), f"Only an event has {own!r}.", hint='Should kind be "event"?')
    if item.get("image") and "image_alt" not in item:
        hint = 'Write image_alt = "..." for who cannot see it, or image_alt = "" when it only decorates.'
        yield file.fault((*path, "image"), "A picture needs its image_alt.", hint=hint)
    if isinstance(start, date) and isinstance(end, date):
        zone = publication.zone
        if ends_before(in_zone(start, zone), in_zone(end, zone), zone):
            yield file.fault((*path, "end"), "The end is before the start.")


def _section_faults(
    file: TomlFile, path: KeyPath, item: Mapping[str, Any], publication: Publication
) -> Iterator[Fault]:
    """Find a section that does not exist, or does not take this kind of item."""
    name, kind = item.get("section"), item.get("kind")
    if not isinstance(name, str):
        return
    sections = {str(section.id): section for section in publication.sections}
    if name not in sections:
        yield file.fault((*path, "section"), f"There is no section {name!r}.", hint=did_you_mean(name, sections))
    elif kind in ("article", "event") and sections[name].kind != f"{kind}s":
        fitting = ", ".join(other for other, section in sections.items() if section.kind == f"{kind}s")
        yield file.fault(
            (*path, "section"), f"The section {name!r} takes no {kind}s.", hint=f"These do: {fitting or 'none'}."
        )


def in_zone(when: date | datetime, zone: ZoneInfo) -> date | datetime:
    """Read a date as itself, and a time as the wall clock of the zone unless it carries an offset of its own."""
    if not isinstance(when, datetime):
        return when
    return when.replace(tzinfo=zone) if when.tzinfo is None else when.astimezone(zone)
