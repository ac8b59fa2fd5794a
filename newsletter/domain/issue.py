"""An issue on its way from the editor's file to approved messages: Issue, Edition, Message, Finding, Approval."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, NewType

from newsletter.domain.content import ItemKey, Language, SectionId, SegmentId
from newsletter.domain.picture import Picture
from newsletter.domain.publication import Section, Sender
from newsletter.errors import Place

if TYPE_CHECKING:
    from newsletter.domain.segments import Segment

IssueLabel = NewType("IssueLabel", str)
"""The label of the issue's period, which is unique per issue."""
ApprovalHash = NewType("ApprovalHash", str)
"""64 hex digits: SHA-256 over messages, audience rule and waivers."""


GMAIL_CUTS_AT_BYTES = 102_400
"""Of a mail's HTML, comments too; what is beyond is hidden, and the way out stands at the end."""


class IssueState(StrEnum):
    """Where an issue stands."""

    DRAFT = "draft"
    APPROVED = "approved"
    SENDING = "sending"
    PAUSED = "paused"
    SENT = "sent"
    CANCELLED = "cancelled"


class ItemKind(StrEnum):
    """What an item in an issue is."""

    ARTICLE = "article"
    EVENT = "event"


class ItemForm(StrEnum):
    """How much of an item readers get in the mail."""

    WHOLE = "whole"
    LEAD = "lead"
    TITLE = "title"


class ItemMark(StrEnum):
    """What readers are told of an event beside its words."""

    NEW = "new"
    """No issue before this one had it."""
    MOVED = "moved"
    """An issue before this one told another time or place."""
    LAST_DAYS = "last-days"
    """Registration ends soon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemVariant:
    """The words of an item in a further language.

    Attributes:
        title: None says that there are no words in this language: link and place alone are another's.
        lead: None is none: under a title in one language no reader wants a text in another.
        body: Likewise.
        link: None is the item's own, empty is none.
        place: None is the item's own.
        image_alt: None is the item's own: better heard in another language than not at all.
    """

    title: str | None = None
    lead: str | None = None
    body: str | None = None
    link: str | None = None
    place: str | None = None
    image_alt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueItem:
    """A chosen item as the editor left it in issue.toml.

    Attributes:
        lead: Plain text, one to three sentences; may be empty.
        body: The whole text in Markdown.
        form: How much of it is shown; None leaves it to the layout, in an edition it is decided.
        end: Inclusive; day or aware moment, or None.
        address: Of the place, as a map finds it, or None.
        source_id: Where it came from; None for one written by the editor.
        mark: What readers are told of an event beside its words, or None.
        image: A picture of the publication's, as a path from its folder, or None.
        image_alt: What the picture says to who cannot see it; empty for one that only decorates.
        fingerprint: Of the item when it was picked, to notice that it changed since; None as above.
        repeats: In an edition, later dates of the same event, which are told in its entry.
    """

    key: ItemKey
    kind: ItemKind
    title: str
    lead: str = ""
    body: str = ""
    link: str | None = None
    form: ItemForm | None = None
    section: SectionId
    language: Language
    author: str | None = None
    published: date | None = None
    start: date | datetime | None = None
    end: date | datetime | None = None
    place: str | None = None
    address: str | None = None
    registration: str | None = None
    register_by: date | None = None
    mark: ItemMark | None = None
    source_id: str | None = None
    fingerprint: str | None = None
    image: str | None = None
    image_alt: str = ""
    variants: Mapping[Language, ItemVariant] = field(default_factory=dict)
    repeats: tuple["IssueItem", ...] = ()
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionWords:
    """What the editor writes for one language, or for one segment in it.

    Attributes:
        preheader: The line a mail program shows after the subject.
        greeting: Markdown; opens the mail.
    """

    subject: str
    preheader: str
    greeting: str
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """A finding the editor accepts, by its code, with the reason; part of what is approved."""

    code: str
    reason: str
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One issue.toml.

    Attributes:
        date: The planned day of sending; "coming" and "past" are judged from it.
        order: Each segment's items, first to last.
        segment_words: Per language and segment, where they differ.
        leave_out: Blocks of the publication that this issue goes without.
        file_sha256: Of the bytes it was read from, empty where it was read from none; no part of what it says.
    """

    label: IssueLabel
    date: date
    items: Mapping[ItemKey, IssueItem]
    order: Mapping[SegmentId, tuple[ItemKey, ...]]
    words: Mapping[Language, EditionWords]
    segment_words: Mapping[tuple[Language, SegmentId], EditionWords] = field(default_factory=dict)
    waivers: tuple[Waiver, ...] = ()
    leave_out: tuple[str, ...] = ()
    path: Path
    file_sha256: str = field(default="", compare=False)

    @property
    def unplaced(self) -> tuple[ItemKey, ...]:
        """Give the items that stand in no segment's order: nobody gets them, which may be what the editor wants."""
        placed = {key for keys in self.order.values() for key in keys}
        return tuple(key for key in self.items if key not in placed)

    def without_items(self, segments: "Sequence[Segment]") -> tuple[SegmentId, ...]:
        """Give those of some segments for which not one item is, by rank."""
        return tuple(
            segment.id
            for segment in sorted(segments, key=lambda segment: segment.rank)
            if not any(
                segment.gets(self.items[key].section) for key in self.order.get(segment.id, ()) if key in self.items
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class EditionKey:
    """Which edition: the segments its readers share (in rank order) and the language.

    Written `advisers+managers.fi`, as in file names, in the ledger and on the command line.
    """

    segments: tuple[SegmentId, ...]
    language: Language

    def __str__(self) -> str:
        """Write `advisers+managers.fi`."""
        return f"{'+'.join(self.segments)}.{self.language}"


def parse_edition_key(text: str) -> EditionKey:
    """Read what `str(EditionKey)` wrote."""
    segments, _, language = text.rpartition(".")
    return EditionKey(segments=tuple(SegmentId(part) for part in segments.split("+")), language=Language(language))


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionSection:
    """A section of an edition with its entries in order; never empty."""

    section: Section
    title: str
    items: tuple[IssueItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionBlock:
    """Words of the publication's that stand in every issue, in the edition's language; the text is Markdown."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """The issue laid out for the readers of one key, before it is rendered.

    Attributes:
        segment_names: In rank order.
        sections: In the publication's order, without empty ones; each item once.
    """

    key: EditionKey
    issue: Issue
    words: EditionWords
    segment_names: tuple[str, ...]
    sections: tuple[EditionSection, ...]
    blocks: tuple[EditionBlock, ...] = ()

    @property
    def items(self) -> tuple[IssueItem, ...]:
        """Give every item of the edition, in the order it is read; the dates of one event one by one."""
        return tuple(one for section in self.sections for item in section.items for one in (item, *item.repeats))


class Slot(StrEnum):
    """A per-person value in a message."""

    NAME = "name"
    """The greeting's name with its leading space: "Hei Aino," for somebody named, "Hei," for somebody not."""
    UNSUBSCRIBE = "unsubscribe"
    """The address of the way out, percent-encoded."""
    PREFERENCES = "preferences"
    """The address of the preferences, percent-encoded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A rendered edition: the same for all its readers but for the slots.

    Attributes:
        mjml: What was compiled, for the preview and for error places.
        html: Complete HTML with slot tokens.
        text: Complete plain text with slot tokens, lines ended by a line feed.
        headers: Further headers that are the same for everybody, in order; no address of a reader among them.
        slots: Each slot's token in html and text; tokens are unguessable and stand nowhere in content.
        shortened: Those of them that are short entries, so that the whole fits.
        pictures: What travels with it, each once, in the order it is shown.
    """

    edition: EditionKey
    subject: str
    preheader: str
    mjml: str
    html: str
    text: str
    headers: tuple[tuple[str, str], ...] = ()
    slots: Mapping[Slot, str]
    items: tuple[ItemKey, ...] = ()
    shortened: tuple[ItemKey, ...] = ()
    pictures: tuple[Picture, ...] = ()

    @property
    def sha256(self) -> str:
        """Give the digest of all that a reader can see: subject, headers, HTML, text with their tokens, pictures."""
        seen = [str(self.edition), self.subject, self.preheader, self.html, self.text]
        seen += [f"{name}: {value}" for name, value in self.headers]
        seen += [f"{slot}={token}" for slot, token in sorted(self.slots.items())]
        seen += [f"{picture.name} {picture.media_type} {picture.content_id}" for picture in self.pictures]
        return hashlib.sha256(json.dumps(seen, ensure_ascii=False).encode()).hexdigest()


class Severity(StrEnum):
    """How grave a finding is; an error keeps an issue from being approved."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One result of a check.

    Attributes:
        code: Stable, kebab-case: `html-too-large`. Its sentences in three languages are found by it.
        facts: What the sentence names: sizes, addresses, words.
        edition: Where it was found; None for the issue as a whole.
        waived: The editor's reason for accepting it, or None.
    """

    code: str
    severity: Severity
    facts: Mapping[str, str] = field(default_factory=dict)
    edition: EditionKey | None = None
    place: Place | None = None
    waived: str | None = None

    @property
    def stands_in_the_way(self) -> bool:
        """Tell whether approval must refuse."""
        return self.severity is Severity.ERROR and self.waived is None


_GRAVITY = {severity: gravity for gravity, severity in enumerate(Severity)}


def group(findings: Iterable[Finding]) -> tuple[tuple[Finding, tuple[EditionKey, ...]], ...]:
    """Give each finding once, the gravest first, with the editions it was found in: most stand in all of them."""
    found: dict[object, tuple[Finding, list[EditionKey]]] = {}
    for finding in findings:
        said = (finding.code, finding.place, *sorted(finding.facts.items()))
        _, editions = found.setdefault(said, (finding, []))
        if finding.edition is not None:
            editions.append(finding.edition)
    ordered = sorted(found.values(), key=lambda each: _GRAVITY[each[0].severity])
    return tuple((finding, tuple(editions)) for finding, editions in ordered)


def count_in_the_way(findings: Iterable[Finding]) -> int:
    """Count the findings that approval refuses, each once for all its editions."""
    return len(group(finding for finding in findings if finding.stands_in_the_way))


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """What was approved, by whom, when; the content of issue.lock.

    Attributes:
        hash: Over messages, audience rule and waivers.
        approved_by: Name of the person, as the machine knows it.
        audience_rule: Canonical text of the segments, their rules, and which of them get nothing.
    """

    hash: ApprovalHash
    label: IssueLabel
    approved_at: datetime
    approved_by: str
    issue_sha256: str
    audience_rule: str
    messages: tuple[Message, ...]
    waivers: tuple[Waiver, ...] = ()
    sender: Sender


def approval_hash(
    messages: Sequence[Message], audience_rule: str, waivers: Sequence[Waiver], sender: Sender
) -> ApprovalHash:
    """Give the SHA-256 under which messages, audience rule, waivers and sender are frozen together."""
    frozen = {
        "messages": {str(message.edition): message.sha256 for message in messages},
        "audience": audience_rule,
        "waivers": sorted([waiver.code, waiver.reason] for waiver in waivers),
        "sender": asdict(sender),
    }
    return ApprovalHash(hashlib.sha256(json.dumps(frozen, sort_keys=True, ensure_ascii=False).encode()).hexdigest())
