"""Write a new issue.toml, and put new items between the lines of one that an editor has worked on.

Doors: `write_draft` and `add_items`. Once written, the file is the editor's: what is added is inserted, and no byte
that was there is changed or dropped. Must not know where items come from. (tomlkit 0.15, which keeps comments too,
joins a new table to the next without a blank line, and cannot add to `[item]` once an editor has put another table
between two items.) What comes out is parsed and compared with what was wanted before it is given away.
"""

import copy
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from newsletter.curate.draft import Draft
from newsletter.curate.issue_file import checked_tables
from newsletter.curate.issue_text import draft_text, item_text, order_lines, reasons_for, variant_text
from newsletter.domain.content import ItemKey, Language, SegmentId
from newsletter.domain.publication import Publication
from newsletter.domain.segments import Segment
from newsletter.errors import IssueFileError, Place, StateError
from newsletter.files import write_whole
from newsletter.toml_file import TomlFile, read_toml

_STRING_OR_COMMENT = re.compile(r"""("(?:\\.|[^"\\\n])*"|'[^'\n]*')|#[^\n]*""")
_ORDER_HEADER = re.compile(r"\s*\[\s*order\s*\]")
_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Insertion:
    """Text to put before the character at an offset."""

    offset: int
    text: str


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
        items: Keys of the new items.
        translations: Items that were there, with a language that they now have words in too.
    """

    items: tuple[ItemKey, ...] = ()
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
    file = read_toml(path, error=IssueFileError)
    tables = checked_tables(file, segments, publication)
    new = tuple(key for key in draft.items if key not in tables.item)
    translated = tuple(
        (key, language)
        for key, item in draft.items.items()
        if key in tables.item
        for language in item.variants
        if language != tables.item[key].language and getattr(tables.item[key], language) is None
    )
    if new or translated:
        text = path.read_bytes().decode("utf-8")
        mark = _BYTE_ORDER_MARK if text.startswith(_BYTE_ORDER_MARK) else ""
        extended = added_text(text.removeprefix(mark), file, draft, new, publication, translated=translated)
        write_whole(path, mark + extended, error=IssueFileError)
    return Added(items=new, translations=translated)


def added_text(
    text: str,
    file: TomlFile,
    draft: Draft,
    new: Sequence[ItemKey],
    publication: Publication,
    *,
    translated: Sequence[tuple[ItemKey, Language]] = (),
) -> str:
    """Give the text of a file with new items, and new translations of items that it has, put in.

    Args:
        text: Of the file, without a byte order mark.
        file: The same, parsed.
        draft: Holds the new items, their order and the reasons.
        new: Keys of the items to add.
        publication: For the zone of times.
        translated: Items of the file, and the languages that the draft has them in and the file has not.

    Raises:
        IssueFileError: The tables are laid out so that nothing can be put between them.
    """
    parts = [item_text(draft.items[key], publication, reasons=reasons_for(key, draft)) for key in new]
    parts += [variant_text(key, language, draft.items[key].variants[language]) for key, language in translated]
    tables = "\n".join(parts)
    added = {segment: tuple(key for key in keys if key in new) for segment, keys in draft.order.items()}
    line_end = "\r\n" if "\r\n" in text else "\n"
    text += "" if text.endswith("\n") else line_end
    insertions: list[_Insertion] = []
    for segment, keys in added.items():
        if keys:
            insertions += _for_order(text, file, segment, order_lines(keys, draft.items))
    extended = _inserted(text, [*insertions, _for_items(text, file, tables)], line_end)
    if _parsed(extended) != _wanted(file.content, tables, added):
        raise IssueFileError(
            "The tables of this file stand so that nothing can be put between them.",
            place=Place(path=file.path),
            hint="Paste what `newsletter item show KEY --toml` prints at its end, and add the keys to [order].",
        )
    return extended


def _wanted(content: Mapping[str, Any], tables: str, added: Mapping[SegmentId, tuple[ItemKey, ...]]) -> dict[str, Any]:
    """Give what the extended file has to say."""
    wanted: dict[str, Any] = copy.deepcopy(dict(content))
    items = wanted.setdefault("item", {})
    for key, table in tomllib.loads(tables)["item"].items():
        items[key] = items.get(key, {}) | table
    for segment, keys in added.items():
        if keys:
            wanted["order"].setdefault(segment, []).extend(keys)
    return wanted


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _for_items(text: str, file: TomlFile, tables: str) -> _Insertion:
    """Put tables after the last item, before whatever comments follow it; at the end where there is no item."""
    lines = [line for path, line in file.lines.items() if path[0] == "item"]
    offset = _statement_end(text, max(lines)) if lines else len(text)
    return _Insertion(offset=offset, text="\n" + tables)


def _for_order(text: str, file: TomlFile, segment: SegmentId, members: Sequence[str]) -> Iterator[_Insertion]:
    """Put members at the end of a segment's order; write the order where the file has none for it yet."""
    line = file.lines.get(("order", segment))
    if line is not None:
        yield from _into_array(text, _line_start(text, line), _statement_end(text, line), members)
        return
    header = file.lines[("order",)]
    if _ORDER_HEADER.match(text, _line_start(text, header)):
        written = "\n".join((f"{segment} = [", *members, "]\n"))
        yield _Insertion(offset=_statement_end(text, header), text=written)


def _into_array(text: str, start: int, end: int, members: Sequence[str]) -> Iterator[_Insertion]:
    """Put members before the closing bracket of the array in [start, end), and a comma after the last one there."""
    bare = _STRING_OR_COMMENT.sub(lambda match: " " * len(match[0]), text[start:end])
    closing = bare.rfind("]")
    strings = [match.end() for match in _STRING_OR_COMMENT.finditer(text, start, start + closing) if match[1]]
    opening = bare.find("[")
    if strings and strings[-1] > start + opening and "," not in bare[strings[-1] - start : closing]:
        yield _Insertion(offset=strings[-1], text=",")
    line_start = bare.rfind("\n", 0, closing) + 1
    stands_alone = line_start > opening and not text[start + line_start : start + closing].strip()
    offset = start + (line_start if stands_alone else closing)
    yield _Insertion(offset=offset, text=("" if stands_alone else "\n") + "\n".join(members) + "\n")


def _line_start(text: str, line: int) -> int:
    """Give the offset at which a 1-based line begins."""
    offset = 0
    for _ in range(line - 1):
        offset = text.index("\n", offset) + 1
    return offset


def _statement_end(text: str, line: int) -> int:
    """Give the offset after the statement that begins on a line: after the shortest run of lines that parses."""
    start = _line_start(text, line)
    ends = (match.end() for match in re.finditer("\n", text) if match.end() > start)
    return next((end for end in ends if _parsed(text[start:end]) is not None), len(text))


def _inserted(text: str, insertions: Sequence[_Insertion], line_end: str) -> str:
    """Put all insertions in, those at the same offset in their order, with the line ends that the file has."""
    pieces = []
    done = 0
    for insertion in sorted(insertions, key=lambda insertion: insertion.offset):
        pieces += [text[done : insertion.offset], insertion.text.replace("\n", line_end)]
        done = insertion.offset
    return "".join((*pieces, text[done:]))
