"""Read a CSV file of people: find its heading line, know its columns in three languages, judge each row.

Its door is `read_csv`. A file that cannot be read as a whole is refused at once; a row that cannot is named by its line
and its reason, and the others go on. Cells are text and stay text, formulas too. No message repeats what a cell holds:
it may be somebody's address. The room's store is not known here; `imports` decides what a row changes.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from newsletter.audience.addresses import parse_address
from newsletter.audience.facts import ATTRIBUTE_NAME_LENGTH_MAX, attribute_name, one_line, words_of
from newsletter.audience.lists.csv_text import DELIMITERS, Record, decode, records
from newsletter.domain.audience import SubscriberStatus, distinct_tags, normal_address
from newsletter.domain.content import Language
from newsletter.errors import ContentError, Fault, Place, UsageError

_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "address": (
        *("email", "e mail", "email address", "e mail address", "mail"),
        *("sähköposti", "sähköpostiosoite", "sposti", "s posti", "epost", "e post", "epostadress", "e postadress"),
    ),
    "name": ("name", "full name", "nimi", "koko nimi", "namn", "fullständigt namn"),
    "first name": ("first name", "given name", "etunimi", "förnamn"),
    "last name": ("last name", "surname", "family name", "sukunimi", "efternamn"),
    "language": ("language", "lang", "kieli", "asiointikieli", "språk"),
    "status": ("status", "tila"),
    "tags": ("tags", "tag", "tunnisteet", "tunniste", "taggar", "etiketter"),
    "consent": ("consent", "consent date", "suostumus", "suostumuspäivä", "samtycke", "samtyckesdatum"),
}
_LANGUAGES: Mapping[str, tuple[str, ...]] = {
    "fi": ("fi", "fin", "suomi", "finska", "finnish"),
    "sv": ("sv", "swe", "ruotsi", "svenska", "swedish"),
    "en": ("en", "eng", "englanti", "engelska", "english"),
}
_STATUSES: Mapping[SubscriberStatus, tuple[str, ...]] = {
    SubscriberStatus.ACTIVE: ("active", "subscribed", "aktiivinen", "tilaaja", "aktiv"),
    SubscriberStatus.PENDING: ("pending", "unconfirmed", "odottaa", "vahvistamatta", "väntar", "obekräftad"),
    SubscriberStatus.UNSUBSCRIBED: (
        "unsubscribed",
        "left",
        "peruuttanut",
        "perunut",
        "peruttu",
        "avslutad",
        "avregistrerad",
    ),
}

_HEADING_WITHIN_RECORDS = 10
"""A title and a few remarks may stand above the heading line."""
_NAME_LENGTH_MAX = 200
_CELL_LENGTH_MAX = 1_000
_CONTROL_CHARACTER = re.compile("[\0-\x08\n-\x1f\x7f-\x9f]")
_ISO_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_FINNISH_DAY = re.compile(r"(\d\d?)\.(\d\d?)\.(\d{4})")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """A row that may become or change a subscriber; what the file does not say is None or empty.

    Attributes:
        line: 1-based line in the file.
        address: In its normal stored form.
        name: On one line.
        language: Wanted.
        status: As the file has it; it never makes anybody active who is not.
        attributes: Without those whose cell is empty.
        tags: Sorted, each once.
        consent_day: When the person agreed.
    """

    line: int
    address: str
    name: str = ""
    language: Language | None = None
    status: SubscriberStatus | None = None
    attributes: Mapping[str, str]
    tags: tuple[str, ...] = ()
    consent_day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedRow:
    """A row that cannot be used, with all its reasons in one fault; none of them repeats a cell."""

    fault: Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedRow:
    """A row whose address stands in an earlier row already; the earlier one counts."""

    fault: Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedList:
    """A CSV file of people that can be read to its end.

    Attributes:
        name: Of the file, for messages.
        encoding: As Python names it.
        delimiter: Between its columns.
        columns: What each column is: `address`, `name`, ..., or `attribute role`.
        heading_line: 1-based line of the heading.
        row_count: Rows below it, without empty ones.
        text: All of it; `rows` reads it piece by piece.
    """

    name: str
    encoding: str
    delimiter: str
    columns: tuple[str, ...]
    heading_line: int
    row_count: int
    text: str

    def rows(self) -> Iterator[PersonRow | RejectedRow | RepeatedRow]:
        """Judge each row, in the order of the file; a new walk through the file each time."""
        first_lines: dict[str, int] = {}
        for record in _body(self.text, self.delimiter, self.name, self.heading_line):
            row = _read_row(record, self.columns, self.name)
            if isinstance(row, PersonRow):
                first = first_lines.setdefault(normal_address(row.address), row.line)
                if first != row.line:
                    place = Place(path=Path(self.name), line=row.line)
                    message = f"This row has the address of line {first} again; line {first} counts."
                    yield RepeatedRow(fault=Fault(message=message, place=place, key="address"))
                    continue
            yield row


def read_csv(content: bytes, name: str) -> ParsedList:
    """Read a CSV file of people; nothing is judged but whether it can be read, row by row, to its end.

    Args:
        content: The bytes of the file.
        name: How messages name it.

    Raises:
        ContentError: The file is empty or no CSV, its characters cannot be read, a quotation mark is not closed, no
            heading names a column with addresses, a heading is missing, or two columns are the same.
    """
    decoded = decode(content, name)
    text = decoded.text
    delimiter, heading = _find_heading(text, name)
    columns = _columns(heading, name)
    row_count = sum(1 for _ in _body(text, delimiter, name, heading.last_line))
    return ParsedList(
        name=name,
        encoding=decoded.encoding,
        delimiter=delimiter,
        columns=columns,
        heading_line=heading.last_line,
        row_count=row_count,
        text=text,
    )


def _body(text: str, delimiter: str, name: str, heading_line: int) -> Iterator[Record]:
    """Give the records below the heading, without empty ones."""
    for record in records(text, delimiter, name):
        if record.line > heading_line and any(cell.strip() for cell in record.cells):
            yield record


def _find_heading(text: str, name: str) -> tuple[str, Record]:
    """Find the heading line, and with it the delimiter: the one that makes a column with addresses and most columns."""
    found: list[tuple[str, Record]] = []
    refusals: list[ContentError] = []
    for delimiter in DELIMITERS:
        try:
            if heading := _heading(text, delimiter, name):
                found.append((delimiter, heading))
        except ContentError as refusal:
            # Quotation marks can make no sense with one delimiter and be right with another.
            refusals.append(refusal)
    if found:
        return max(found, key=lambda candidate: len(candidate[1].cells))
    if refusals:
        raise refusals[0]
    raise ContentError(
        "No heading line names a column of e-mail addresses.",
        hint="Write headings above the first person, for example: email;name;language;role",
        place=Place(path=Path(name), line=1),
    )


def _heading(text: str, delimiter: str, name: str) -> Record | None:
    """Give the first record that names a column of addresses, unless a person stands above it."""
    for record in islice(records(text, delimiter, name), _HEADING_WITHIN_RECORDS):
        if "address" in map(_meaning, record.cells):
            return record
        if any("@" in cell for cell in record.cells):
            return None
    return None


def _columns(heading: Record, name: str) -> tuple[str, ...]:
    """Give the meaning of each column.

    Raises:
        ContentError: A heading is missing, too long, or means the same as another.
    """
    place = Place(path=Path(name), line=heading.line)
    cells = list(heading.cells)
    while cells and not cells[-1].strip():
        cells.pop()
    columns = tuple(_meaning(cell) for cell in cells)
    for number, column in enumerate(columns, start=1):
        if not column:
            raise ContentError(
                f"Column {number} has no usable heading.",
                hint=f"Write a heading of at most {ATTRIBUTE_NAME_LENGTH_MAX} letters, or delete the column.",
                place=place,
            )
        if column in columns[: number - 1]:
            first = columns.index(column) + 1
            raise ContentError(
                f"Columns {first} and {number} are both {column!r}.", hint="Delete or rename one of them.", place=place
            )
    return columns


def _meaning(heading: str) -> str:
    """Give what a heading means, or an empty text when it can mean nothing."""
    words = words_of(heading)
    column = next((column for column, synonyms in _COLUMNS.items() if words in synonyms), "")
    return column or (f"attribute {name}" if (name := attribute_name(heading)) else "")


def _read_row(record: Record, columns: tuple[str, ...], name: str) -> PersonRow | RejectedRow:
    """Judge one record."""
    place = Place(path=Path(name), line=record.line)
    if reason := _shape_fault(record, len(columns)):
        return RejectedRow(fault=Fault(message=reason, place=place))
    try:
        row = _Row.model_validate(_cells(record, columns))
    except ValidationError as error:
        parts = error.errors(include_input=False, include_url=False)
        reasons = " ".join(str(part["ctx"]["error"]) for part in parts)
        return RejectedRow(
            fault=Fault(message=reasons, place=place, key=", ".join(str(part["loc"][0]) for part in parts))
        )
    return PersonRow(
        line=record.line,
        address=row.address,
        name=row.name,
        language=row.language,
        status=row.status,
        attributes=row.attributes,
        tags=row.tags,
        consent_day=row.consent,
    )


def _cells(record: Record, columns: tuple[str, ...]) -> dict[str, object]:
    """Give the cells by the names of `_Row`."""
    cells = dict(zip(columns, map(one_line, record.cells), strict=False))
    parts = (cells.get("first name", ""), cells.get("last name", ""))
    return {
        # As it stands: NFC would turn a letter that only looks like K into K, and the address into somebody else's.
        "address": record.cells[columns.index("address")],
        "name": cells.get("name") or " ".join(part for part in parts if part),
        "language": cells.get("language", ""),
        "status": cells.get("status", ""),
        "attributes": {
            column.removeprefix("attribute "): cell
            for column, cell in cells.items()
            if cell and column.startswith("attribute ")
        },
        "tags": cells.get("tags", ""),
        "consent": cells.get("consent", ""),
    }


def _shape_fault(record: Record, column_count: int) -> str | None:
    """Tell what is wrong with a record before its cells are looked at."""
    if record.last_line != record.line:
        return (
            f"This row runs to line {record.last_line}, because a value holds a line break or a quotation mark is not"
            " closed; none of these lines was read."
        )
    extra = [cell for cell in record.cells[column_count:] if cell.strip()]
    if extra or len(record.cells) < column_count:
        return f"This row has {len(record.cells)} values; the heading has {column_count} columns."
    if any(len(cell) > _CELL_LENGTH_MAX for cell in record.cells):
        return f"A value is longer than {_CELL_LENGTH_MAX:,} characters."
    if any(map(_CONTROL_CHARACTER.search, record.cells)):
        return "A value holds a control character."
    return None


def _address(text: object) -> str:
    """Judge an address."""
    try:
        return parse_address(str(text))
    except UsageError as error:
        raise ValueError(error.message) from None


def _name(text: object) -> str:
    """Refuse a name that is a paragraph."""
    if len(str(text)) > _NAME_LENGTH_MAX:
        raise ValueError(f"The name is longer than {_NAME_LENGTH_MAX} characters.")
    return str(text)


def _language(text: object) -> Language | None:
    """Know a language by its code or its name in three languages; `fi-FI` is `fi`."""
    word = str(text).casefold()
    for code, synonyms in _LANGUAGES.items():
        if word in synonyms or word.startswith((f"{code}-", f"{code}_")):
            return Language(code)
    if word:
        raise ValueError("The language is none of fi, sv and en.")
    return None


def _status(text: object) -> SubscriberStatus | None:
    """Know a status by its name in three languages."""
    word = str(text).casefold()
    for status, synonyms in _STATUSES.items():
        if word in synonyms:
            return status
    if word:
        raise ValueError("The status is none of active, pending and unsubscribed.")
    return None


def _tags(text: object) -> tuple[str, ...]:
    """Split a cell into tags."""
    return distinct_tags(tag.strip() for tag in re.split(r"[,;|]", str(text)) if tag.strip())


def _day(text: object) -> date | None:
    """Read a day that can be read in one way only: 03/11/2017 is two days, and neither is taken."""
    if not text:
        return None
    try:
        if match := _ISO_DAY.fullmatch(str(text)):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _FINNISH_DAY.fullmatch(str(text)):
            return date(int(match[3]), int(match[2]), int(match[1]))
    except ValueError:
        pass
    raise ValueError("The day of consent must be written as 2017-11-03 or 3.11.2017.")


class _Row(BaseModel):
    """The cells of one row, as pydantic judges them: every fault of a row at once."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: Annotated[str, BeforeValidator(_address)]
    name: Annotated[str, BeforeValidator(_name)]
    language: Annotated[Language | None, BeforeValidator(_language)]
    status: Annotated[SubscriberStatus | None, BeforeValidator(_status)]
    attributes: dict[str, str]
    tags: Annotated[tuple[str, ...], BeforeValidator(_tags)]
    consent: Annotated[date | None, BeforeValidator(_day)]
