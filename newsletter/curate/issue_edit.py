"""Write a new issue.toml, and put new items between the lines of one that an editor has worked on.

Doors: `write_draft` and `add_items`. Once written, the file is the editor's: what is added is inserted, and no byte
that was there is changed or dropped. Must not know where items come from. (tomlkit 0.15, which keeps comments too,
joins a new table to the next without a blank line, and cannot add to `[item]` once an editor has put another table
between two items.) What comes out is parsed and compared with what was wanted before it is given away.
"""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from newsletter.curate.draft import Draft
from newsletter.curate.issue_file import checked_tables
from newsletter.curate.issue_text import (
    after_left_out,
    draft_text,
    item_text,
    left_out_heading,
    left_out_in,
    left_out_text,
    reasons_of,
    variant_text,
)
from newsletter.curate.steps.change import (
    Document,
    as_wanted,
    document_of,
    member,
    no_place,
    put_into_orders,
    put_tables,
)
from newsletter.curate.steps.edits import Edit, insertion, line_end_of, new_line
from newsletter.curate.steps.order import Written
from newsletter.domain.content import ItemKey, Language
from newsletter.domain.publication import Publication
from newsletter.domain.segments import Segment
from newsletter.errors import IssueFileError, StateError
from newsletter.files import write_whole
from newsletter.toml_file import read_toml, read_utf8


def write_draft(path: Path, draft: Draft, *, publication: Publication) -> None:
    """Write a new issue.toml, wholly or not at all; its folder is made when it is missing.

    Raises:
        StateError: The file exists: it is the editor's, and never overwritten.
        IssueFileError: The disk refuses.
    """
    try:
        write_whole(path, draft_text(draft, publication), is_new=True, error=IssueFileError)
    except FileExistsError as error:
        raise StateError(
            f"{path} exists already, and may hold an editor's work.",
            hint="Add what is new with `newsletter issue new LABEL --update`, or move the file away to begin again.",
        ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What a file has got.

    Attributes:
        left_out: Keys of items that nobody gets, and of which the file did not know.
        translations: Items that were there, with a language that they now have words in too.
    """

    items: tuple[ItemKey, ...] = ()
    left_out: tuple[ItemKey, ...] = ()
    translations: tuple[tuple[ItemKey, Language], ...] = ()


def keys_in(path: Path, *, segments: Sequence[Segment], publication: Publication) -> frozenset[ItemKey]:
    """Give the keys of the items that a file holds.

    Raises:
        IssueFileError: As for `read_issue`.
    """
    return frozenset(map(ItemKey, checked_tables(read_toml(path, error=IssueFileError), segments, publication).item))


def add_items(path: Path, draft: Draft, *, segments: Sequence[Segment], publication: Publication) -> Added:
    """Add the items of a newer draft that the file does not hold yet, and new translations of those it holds.

    Each new item gets its table after the last one, and its place at the end of its segments' orders. Every comment,
    order and word that is there stays to the byte. An item whose table is there is left alone, also where the editor
    took it out of an order, and so is a translation. Nothing is written when nothing is new.

    Raises:
        IssueFileError: As for `read_issue`; or the tables are laid out so that nothing can be put between them.
    """
    document = document_of(read_utf8(path, error=IssueFileError), path)
    tables = checked_tables(document.file, segments, publication)
    new = tuple(key for key in draft.items if key not in tables.item)
    translated = tuple(
        (key, language)
        for key, item in draft.items.items()
        if key in tables.item
        for language in item.variants
        if language != tables.item[key].language and getattr(tables.item[key], language) is None
    )
    known = {one.key for one in left_out_in(document.text)}
    left_out = tuple(key for key in draft.left_out if key not in tables.item and key not in known)
    if new or translated or left_out:
        extended = added_document(document, draft, new, publication, translated=translated, left_out=left_out)
        write_whole(path, extended.written, error=IssueFileError)
    return Added(items=new, left_out=left_out, translations=translated)


def added_document(
    document: Document,
    draft: Draft,
    new: Sequence[ItemKey],
    publication: Publication,
    *,
    translated: Sequence[tuple[ItemKey, Language]] = (),
    left_out: Sequence[ItemKey] = (),
) -> Document:
    """Give a file with new items, and new translations of items that it has, put in.

    The draft holds the new items, their order and the reasons. `translated` are items of the file, and the languages
    that the draft has them in and the file has not; `left_out` is what it has to say of others.

    Raises:
        IssueFileError: The tables are laid out so that nothing can be put between them.
    """
    reasons = reasons_of(draft)
    parts = [item_text(draft.items[key], publication, reasons=reasons.get(key, ())) for key in new]
    parts += [variant_text(key, language, draft.items[key].variants[language]) for key, language in translated]
    added: dict[str, list[tuple[Written, str | None]]] = {
        segment: [(member(key, draft.items[key].title), None) for key in keys if key in new]
        for segment, keys in draft.order.items()
        if any(key in new for key in keys)
    }
    wanted: dict[str, Any] = copy.deepcopy(dict(document.file.content))
    edits = [*put_into_orders(document, added, wanted)]
    edits += put_tables(document, "\n".join(parts), wanted, ("item",)) if parts else ()
    edits += _left_out_edits(document.text, draft, left_out) if left_out else ()
    extended = as_wanted(document, tuple(dict.fromkeys(edits)), wanted)
    if extended is None:
        raise no_place(document)
    return extended


def _left_out_edits(text: str, draft: Draft, keys: Sequence[ItemKey]) -> Iterator[Edit]:
    """Put what nobody gets behind what the file says of that already; at its end where it says nothing."""
    line_feed, known, offset = line_end_of(text), left_out_in(text), after_left_out(text)
    first = max((one.number for one in known), default=0) + 1
    said = left_out_text(draft, keys, first=first, is_later=True)
    heading = "" if offset is not None else f"\n{left_out_heading(draft)}"
    offset = len(text) if offset is None else offset
    yield from new_line(text, offset, line_feed)
    yield insertion(offset, (heading + said).replace("\n", line_feed))
