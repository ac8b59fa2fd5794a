"""Make one step on the text of an issue.toml. The door is `change`; pure.

What comes out is parsed and compared with what was wanted before it is given away.
"""

import copy
import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from newsletter.curate.excerpt import shorten
from newsletter.curate.steps.edits import (
    Edit,
    after_tables,
    edited,
    ends_line,
    insertion,
    line_end,
    line_end_of,
    line_start,
    new_line,
    starts_line,
)
from newsletter.curate.steps.order import Order, Written
from newsletter.curate.toml_text import block, comment, inline
from newsletter.domain.step import Drop, End, Move, SetWords, Step, Take, Value, said
from newsletter.errors import IssueFileError, Place, StateError
from newsletter.toml_file import BYTE_ORDER_MARK, TomlFile, dotted, parse_toml

TITLE_SHOWN_SIZE = 60
_BLOCKS = ("body", "greeting")
"""What is always written as lines of their own."""
_AS_WRITTEN = (
    *("subject", "preheader", "greeting", "kind", "title", "lead", "link", "form", "section", "place", "address"),
    *("registration", "author", "image", "image_alt", "published", "start", "end", "register_by", "mark", "language"),
    *("source", "fingerprint", "body"),
)
"""Keys in the order in which a new file has them: where a key is missing, it is put behind the last one before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The text of an issue.toml.

    Attributes:
        text: As it is in the file, with its line ends, without a byte order mark.
        mark: The byte order mark, or empty.
        file: The same, parsed.
    """

    text: str
    mark: str = ""
    file: TomlFile = field(compare=False, repr=False)

    @property
    def written(self) -> str:
        """Give what the file holds."""
        return self.mark + self.text

    @property
    def sha256(self) -> str:
        """Give the digest of the file's bytes."""
        return hashlib.sha256(self.written.encode()).hexdigest()


def document_of(written: str, path: Path) -> Document:
    """Give the document of a file's text.

    Raises:
        IssueFileError: It is no TOML.
    """
    mark = BYTE_ORDER_MARK if written.startswith(BYTE_ORDER_MARK) else ""
    text = written.removeprefix(mark)
    return Document(text=text, mark=mark, file=parse_toml(text, path=path, error=IssueFileError))


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a step makes of a document.

    Attributes:
        step: The step.
        before: The document that it was made from, whose hash it carries so.
        after: What it becomes; the same where the step changes nothing.
        edits: The difference, as edits of `before`.
    """

    step: Step
    before: Document
    after: Document
    edits: tuple[Edit, ...]


def change(document: Document, step: Step) -> Change:
    """Make a step as a person would: every comment and byte outside what it changes stays.

    Raises:
        StateError: It does not fit the document: the item is not in that list, or the words are others by now.
        IssueFileError: The file is laid out so that the step cannot be made without touching more.
    """
    wanted: dict[str, Any] = copy.deepcopy(dict(document.file.content))
    match step:
        case Take():
            edits = _take(document, step, wanted)
        case Drop():
            edits = _drop(document, step, wanted)
        case Move():
            edits = _move(document, step, wanted)
        case SetWords():
            edits = _set(document, step, wanted)
    # The last line may lack its end, which is then wanted by each that is put behind it.
    made = tuple(dict.fromkeys(edits))
    return Change(step=step, before=document, after=_after(document, made, wanted, step), edits=made)


def _after(document: Document, edits: tuple[Edit, ...], wanted: Mapping[str, Any], step: Step) -> Document:
    """Give the document with edits made."""
    after = as_wanted(document, edits, wanted)
    if after is None:
        raise _no_room(document, step)
    return after


def as_wanted(document: Document, edits: Sequence[Edit], wanted: Mapping[str, Any]) -> Document | None:
    """Give a document with edits made, when it says what was wanted; else None."""
    if not edits:
        return document
    try:
        after = document_of(document.mark + edited(document.text, edits), document.file.path)
    except IssueFileError:
        return None
    return after if after.file.content == wanted else None


def no_place(document: Document) -> IssueFileError:
    """Say that a file leaves no room for what is to be added."""
    return IssueFileError(
        "The tables of this file stand so that nothing can be put between them.",
        place=Place(path=document.file.path),
        hint="Paste what `newsletter item show KEY --toml` prints at its end, and add the keys to [order].",
    )


def _no_room(document: Document, step: Step) -> IssueFileError:
    return IssueFileError(
        f"This file is laid out so that nothing else would stay as it is: {said(step)}.",
        place=Place(path=document.file.path),
        hint="Nothing was changed. Make this one change in an editor.",
    )


def _place_in(document: Document, segment: str, key: str) -> tuple[Order, int]:
    """Find an item in a segment's list.

    Raises:
        StateError: It is not there.
    """
    if ("order", segment) in document.file.spans:
        order = Order(document.text, document.file, segment)
        if key in order.keys:
            return order, order.keys.index(key)
    raise StateError(
        f"{key} is not in the list of {segment}.", hint="`newsletter issue show LABEL` prints what is in the issue."
    )


def _remark(title: str) -> str:
    return f" {comment(shorten(title, TITLE_SHOWN_SIZE))}"


def member(key: str, title: str) -> Written:
    """Give a member of a list as a new file has it: with its title to be recognised by."""
    return Written(inline(key), _remark(title))


def remark_of(document: Document, segment: str, key: str) -> str | None:
    """Give the comment that a person put behind an item in a list; None where there is only its title, or none.

    Raises:
        StateError: It is not in the list.
    """
    order, number = _place_in(document, segment, key)
    remark = order.written(number).remark.strip()
    title = str(document.file.content.get("item", {}).get(key, {}).get("title", key))
    return remark if remark and remark != _remark(title).strip() else None


def put_into_orders(
    document: Document, added: Mapping[str, list[tuple[Written, str | None]]], wanted: dict[str, Any]
) -> Iterator[Edit]:
    """Put members into segments' lists, each before another or at the end; a list that is missing is written.

    Raises:
        IssueFileError: There is no table [order] to write one in.
    """
    text, line_feed = document.text, line_end_of(document.text)
    for segment, members in added.items():
        if ("order", segment) in document.file.spans:
            order = Order(text, document.file, segment)
            last = [one for one, before in members if before is None or before not in order.keys]
            for one, before in members:
                if before is not None and before in order.keys:
                    yield from order.put_before(order.keys.index(before), one, line_feed)
            yield from order.put_last(last, line_feed) if last else ()
        else:
            header = document.file.spans.get(("order",))
            if header is None or text[header.start] != "[":
                raise no_place(document)
            lines = [f"{segment} = [", *(f"  {one.raw},{one.remark}" for one, _ in members), "]", ""]
            offset = line_end(text, header.end)
            yield from new_line(text, offset, line_feed)
            yield insertion(offset, line_feed.join(lines))
        keys = wanted["order"].setdefault(segment, [])
        for one, before in members:
            place = keys.index(before) if before in keys else len(keys)
            keys.insert(place, next(iter(tomllib.loads(f"k = {one.raw}").values())))


def put_tables(document: Document, tables: str, wanted: dict[str, Any], path: tuple[str, ...]) -> Iterator[Edit]:
    """Put tables after the last statement below a path, before whatever comments follow it; else at the end."""
    text, line_feed = document.text, line_end_of(document.text)
    offset = after_tables(text, document.file, path)
    offset = len(text) if offset is None else offset
    yield from new_line(text, offset, line_feed)
    yield insertion(offset, line_feed + tables.replace("\n", line_feed))
    _merge(wanted, tomllib.loads(tables))


def _merge(wanted: dict[str, Any], added: Mapping[str, Any]) -> None:
    for name, value in added.items():
        if isinstance(value, dict) and isinstance(wanted.get(name), dict):
            _merge(wanted[name], value)
        else:
            wanted[name] = value


def _take(document: Document, step: Take, wanted: dict[str, Any]) -> Iterator[Edit]:
    items, orders = document.file.content.get("item", {}), document.file.content.get("order", {})
    if step.key not in items:
        if step.table is None:
            raise StateError(f"There is no table [item.{step.key}] in {document.file.path}.")
        yield from put_tables(document, step.table, wanted, ("item",))
    one = member(step.key, str(wanted["item"][step.key].get("title", step.key)))
    added: dict[str, list[tuple[Written, str | None]]] = {
        segment: [(one, step.before.get(segment))]
        for segment in step.segments
        if step.key not in orders.get(segment, ())
    }
    yield from put_into_orders(document, added, wanted)


def _drop(document: Document, step: Drop, wanted: dict[str, Any]) -> Iterator[Edit]:
    for segment in step.segments:
        order, number = _place_in(document, segment, step.key)
        yield from order.without(number)
        wanted["order"][segment].pop(number)


def _move(document: Document, step: Move, wanted: dict[str, Any]) -> Iterator[Edit]:
    line_feed = line_end_of(document.text)
    for segment in step.segments:
        order, number = _place_in(document, segment, step.key)
        size = len(order.keys)
        if isinstance(step.to, End):
            target = 0 if step.to is End.FIRST else size
        else:
            _, target = _place_in(document, segment, step.to)
        if target in (number, number + 1):
            continue
        one = order.written(number)
        if target == size or starts_line(document.text, order.members[target].start):
            yield from order.without(number, keeps_above=False)
        else:
            yield from order.without_its_comments(number)
            one = Written(one.raw)
        if target == size:
            yield from order.put_last([one], line_feed, is_inline=True)
        else:
            yield from order.put_before(target, one, line_feed)
        keys = wanted["order"][segment]
        keys.insert(target - (target > number), keys.pop(number))


def _set(document: Document, step: SetWords, wanted: dict[str, Any]) -> Iterator[Edit]:
    table = _table(document, step.table)
    for name in step.words:
        is_now = None if table is None else table.get(name)
        if step.was is not None and name in step.was and _plain(step.was[name]) != _plain(is_now):
            raise StateError(
                f"{name} of [{dotted(step.table)}] was changed meanwhile; it says {_shown(is_now)} now.",
                hint="Nothing was changed. Look at the file, and decide again.",
            )
    words = {name: value for name, value in step.words.items() if _plain(value) != _plain((table or {}).get(name))}
    written = {name: None if value is None else _value(document, step, name, value) for name, value in words.items()}
    if table is None:
        lines = [f"{_key(name)} = {value}\n" for name, value in written.items() if value is not None]
        header = f"[{'.'.join(_key(part) for part in step.table)}]\n"
        yield from put_tables(document, "".join((header, *lines)), wanted, step.table[:-1]) if lines else ()
        return
    there = wanted
    for part in step.table:
        there = there[part]
    for name, value in written.items():
        if value is None:
            there.pop(name, None)
        else:
            there[name] = tomllib.loads(f"value = {value}")["value"]
        yield from _statement(document, step, name, value)


def _statement(document: Document, step: SetWords, name: str, value: str | None) -> Iterator[Edit]:
    """Write a statement, write its value anew, or take it out."""
    text, line_feed = document.text, line_end_of(document.text)
    span = document.file.spans.get((*step.table, name))
    if span is None:
        offset = _statement_place(document, step, name)
        yield from new_line(text, offset, line_feed)
        yield insertion(offset, f"{_key(name)} = {value}\n".replace("\n", line_feed))
    elif value is not None:
        yield Edit(start=span.value, end=span.end, text=value.replace("\n", line_feed))
    elif starts_line(text, span.start) and ends_line(text, span.end):
        yield Edit(start=line_start(text, span.start), end=line_end(text, span.end))
    else:
        raise _no_room(document, step)


def _statement_place(document: Document, step: SetWords, name: str) -> int:
    """Give the offset at which a new statement of a table is put: behind those that a new file has before it."""
    text, spans = document.text, document.file.spans
    known = _AS_WRITTEN.index(name) if name in _AS_WRITTEN else len(_AS_WRITTEN)
    header = spans.get(step.table)
    if header is None or text[header.start] != "[":
        raise _no_room(document, step)
    before = [spans[*step.table, other] for other in _AS_WRITTEN[:known] if (*step.table, other) in spans]
    return line_end(text, max([header.end, *(span.end for span in before)]))


def _table(document: Document, path: tuple[str, ...]) -> Mapping[str, Any] | None:
    """Give a table, or None where it may be made.

    Raises:
        StateError: What it would belong to is not there.
    """
    there: Any = document.file.content
    for number, part in enumerate(path):
        if part not in there:
            if number == len(("edition", "fi")):
                return None
            raise StateError(f"There is no table [{dotted(path)}] in {document.file.path}.")
        there = there[part]
    found: Mapping[str, Any] = there
    return found


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else inline(name)


def _value(document: Document, step: SetWords, name: str, value: Value) -> str:
    """Write a value: a text of several lines, and what stood between triple marks, as lines of its own."""
    if isinstance(value, date):
        return value.isoformat()
    span = document.file.spans.get((*step.table, name))
    is_block = span is not None and document.text.startswith(('"""', "'''"), span.value)
    return block(value) if value and (is_block or name in _BLOCKS or "\n" in value) else inline(value)


def _plain(value: object) -> object:
    """Give what a value says, without the line feeds around a text of several lines."""
    return value.strip() if isinstance(value, str) else value


def _shown(value: object) -> str:
    return "nothing" if value is None else repr(value)
