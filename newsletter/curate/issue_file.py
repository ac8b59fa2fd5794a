"""Read `issue.toml`, the editor's working copy of an issue, with the line of every table.

Doors: `read_issue`; `read_document`, `issue_in` and `checked_tables` for who changes the file. It must not know how a
draft is made: reading is wanted by every verb, drafting by one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from newsletter.curate.issue_shape import EditionTable, IssueFile, ItemTable, in_zone, name_faults
from newsletter.curate.steps.change import Document, document_of
from newsletter.domain.content import ItemKey, Language, SectionId, SegmentId
from newsletter.domain.issue import EditionWords, Issue, IssueItem, IssueLabel, ItemForm, ItemKind, ItemVariant, Waiver
from newsletter.domain.publication import Publication
from newsletter.domain.segments import Segment
from newsletter.errors import IssueFileError, counted
from newsletter.toml_file import TomlFile, faults_of, read_toml, read_utf8


def read_issue(
    path: Path, *, segments: Sequence[Segment], publication: Publication, shown_as: Path | None = None
) -> Issue:
    """Read what the editor left, with the line of every table.

    A segment that the file does not name gets an empty order.

    Raises:
        IssueFileError: The file is missing, no TOML (with line and column), or holds mistakes: all of them together,
            each with its line.
    """
    file = read_toml(path, shown_as=shown_as, error=IssueFileError)
    return issue_of(checked_tables(file, segments, publication), file, path, segments, publication)


def read_document(path: Path, *, shown_as: Path | None = None) -> Document:
    """Read the text of an issue.toml, to change it.

    Raises:
        IssueFileError: The file is missing, or no TOML (with line and column).
    """
    return document_of(read_utf8(path, shown_as=shown_as, error=IssueFileError), shown_as or path)


def issue_in(document: Document, path: Path, segments: Sequence[Segment], publication: Publication) -> Issue:
    """Give what a text says.

    Raises:
        IssueFileError: It holds mistakes: all of them together, each with its line.
    """
    tables = checked_tables(document.file, segments, publication)
    return issue_of(tables, document.file, path, segments, publication)


def checked_tables(file: TomlFile, segments: Sequence[Segment], publication: Publication) -> IssueFile:
    """Give the tables in shape, or raise all faults at once, in the order of the file."""
    faults = list(name_faults(file, segments, publication))
    try:
        tables = IssueFile.model_validate(file.content)
    except ValidationError as error:
        named = {fault.key for fault in faults}
        faults += [fault for fault in faults_of(error, file, IssueFile) if fault.key not in named]
    if not faults:
        return tables
    faults.sort(key=lambda fault: (fault.place.line or 0) if fault.place else 0)
    raise IssueFileError(
        f"{file.path} has {counted(len(faults), 'mistake')}.",
        hint="Mend the lines named here; nothing else was done.",
        faults=faults,
    )


def issue_of(
    tables: IssueFile, file: TomlFile, path: Path, segments: Sequence[Segment], publication: Publication
) -> Issue:
    """Turn checked tables into values of the house, with their lines."""
    words = {
        Language(language): EditionWords(
            **table.model_dump(include=set(EditionTable.model_fields)), line=file.lines.get(("edition", language))
        )
        for language, table in tables.edition.items()
    }
    return Issue(
        label=IssueLabel(tables.label),
        date=tables.date,
        items={ItemKey(key): _item(key, table, file, publication.zone) for key, table in tables.item.items()},
        order={
            segment.id: tuple(ItemKey(key) for key in tables.order.get(segment.id, ()))
            for segment in sorted(segments, key=lambda segment: segment.rank)
        },
        words=words,
        segment_words=_segment_words(tables, words, file),
        leave_out=tuple(tables.leave_out),
        waivers=tuple(
            Waiver(**table.model_dump(), line=file.lines.get(("waiver", number)))
            for number, table in enumerate(tables.waiver)
        ),
        path=path,
        file_sha256=file.sha256,
    )


def _segment_words(
    tables: IssueFile, words: Mapping[Language, EditionWords], file: TomlFile
) -> dict[tuple[Language, SegmentId], EditionWords]:
    """Give the words that differ for a segment, filled up with those of its language."""
    found = {}
    for name, table in tables.edition.items():
        language = Language(name)
        common = words[language]
        for segment, own in table.__pydantic_extra__.items():
            line = file.lines.get(("edition", language, segment))
            found[language, SegmentId(segment)] = replace(common, **own.model_dump(exclude_none=True), line=line)
    return found


def _item(key: str, table: ItemTable, file: TomlFile, zone: ZoneInfo) -> IssueItem:
    """Turn one item's table into an item; an empty link, place or author is none."""
    variants = {"fi": table.fi, "sv": table.sv, "en": table.en}
    return IssueItem(
        key=ItemKey(key),
        kind=ItemKind(table.kind),
        title=table.title,
        lead=table.lead,
        body=table.body,
        link=table.link or None,
        form=None if table.form is None else ItemForm(table.form),
        section=SectionId(table.section),
        language=Language(table.language),
        author=table.author or None,
        published=table.published,
        start=None if table.start is None else in_zone(table.start, zone),
        end=None if table.end is None else in_zone(table.end, zone),
        place=table.place or None,
        address=table.address or None,
        registration=table.registration or None,
        register_by=table.register_by,
        mark=table.mark,
        source_id=table.source,
        fingerprint=table.fingerprint,
        image=table.image or None,
        image_alt=table.image_alt or "",
        variants={
            Language(language): ItemVariant(**variant.model_dump())
            for language, variant in variants.items()
            if variant is not None
        },
        line=file.lines.get(("item", key)),
    )
