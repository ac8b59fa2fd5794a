"""What the pages show, as values their templates only have to lay out, and the templates themselves.

Door: `Pages`. Every sentence comes from the catalogue in the visitor's language.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from newsletter.domain.audience import ExclusionReason
from newsletter.domain.content import Language
from newsletter.domain.forms import shorter
from newsletter.domain.issue import Edition, Finding, IssueState, ItemForm, Message, Severity
from newsletter.language.catalogue import MessageId, translate
from newsletter.language.formats import clock, day
from newsletter.service.audience.service import EditionAudience
from newsletter.web.messages.choices import WIDTHS, Choices, Scheme, View
from newsletter.web.messages.frame import SANDBOX, has_remote_content
from newsletter.web.messages.mail import Mail
from newsletter.web.messages.readers import Reader
from newsletter.web.pages import page_templates
from newsletter.web.preview.issue_view import Sheet

SIZE_BYTES_MAX = 102_400
"""Gmail cuts a longer mail off; `check` calls it an error."""
SIZE_BYTES_CALM = 80_000
"""From here on `check` warns."""

_Choice = TypeVar("_Choice", View, Scheme)

LANGUAGES = (("fi", "Suomi"), ("sv", "Svenska"), ("en", "English"))

_REASONS = {
    ExclusionReason.PENDING: MessageId("{count} not confirmed yet"),
    ExclusionReason.UNSUBSCRIBED: MessageId("{count} unsubscribed"),
    ExclusionReason.SUPPRESSED: MessageId("{count} must never be mailed"),
    ExclusionReason.NO_SEGMENT: MessageId("{count} in no segment"),
    ExclusionReason.PAUSED: MessageId("{count} paused"),
    ExclusionReason.NOT_THIS_ONE: MessageId("{count} want every third issue, not this one"),
    ExclusionReason.NO_ITEMS: MessageId("{count} without an item for them"),
}
_STATES = {
    IssueState.DRAFT: MessageId("draft"),
    IssueState.APPROVED: MessageId("approved"),
    IssueState.SENDING: MessageId("sending"),
    IssueState.PAUSED: MessageId("paused"),
    IssueState.SENT: MessageId("sent"),
    IssueState.CANCELLED: MessageId("cancelled"),
}
_VIEWS = {
    View.PICTURE: (MessageId("Picture"), "p"),
    View.TEXT: (MessageId("Plain text"), "t"),
    View.SOURCE: (MessageId("HTML source"), "s"),
    View.HEADERS: (MessageId("Headers"), "h"),
    View.RAW: (MessageId("On the wire"), "w"),
    View.MJML: (MessageId("MJML"), "m"),
}
_SCHEMES = {
    Scheme.LIGHT: (MessageId("Light"), "l"),
    Scheme.DARK: (MessageId("Dark"), "d"),
    Scheme.FORCED: (MessageId("Forced dark"), "f"),
    Scheme.GMAIL: (MessageId("Gmail's dark"), "g"),
    Scheme.OUTLOOK: (MessageId("Outlook's dark"), "u"),
}
_FORMS = {
    ItemForm.WHOLE: MessageId("whole"),
    ItemForm.LEAD: MessageId("cut to its lead"),
    ItemForm.TITLE: MessageId("title alone"),
}
_SEVERITIES = {
    Severity.ERROR: MessageId("Error"),
    Severity.WARNING: MessageId("Warning"),
    Severity.NOTE: MessageId("Note"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One thing to choose.

    Attributes:
        id: Unique on the page, the same on the next one: the focus stays with it.
        key: The key that chooses it, or nothing.
    """

    id: str
    name: str
    address: str
    is_chosen: bool
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """A finding in words: severity and its name, message, fix, place and the editor's reason for accepting it."""

    severity: str
    severity_name: str
    code: str
    message: str
    fix: str
    place: str
    waived: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A mail in a frame: its width in pixels, and where its HTML is."""

    width: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeView:
    """How large a mail is: bytes, the same in words, and `calm`, `near` or `over`."""

    size_bytes: int
    words: str
    grade: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionView:
    """One edition with everything beside it.

    Attributes:
        name: `advisers+managers.fi`.
        entries: Title of each entry, its language, and how much of it is shown, in words.
        readers: How many would get it, in words; empty when nobody could be asked.
        excluded: Who would not, by reason, in words.
        findings: The gravest first; None while they are being looked for.
        pictures: One for each chosen width; empty in the other views.
    """

    name: str
    title: str
    language: str
    subject: str
    preheader: str
    items: int
    entries: tuple[tuple[str, str, str], ...]
    size: SizeView
    readers: str
    excluded: tuple[str, ...]
    findings: tuple[FindingView, ...] | None
    pictures: tuple[Picture, ...]
    words: str
    headers: tuple[tuple[str, str], ...]
    has_remote: bool
    address: str

    def count(self, severity: str) -> int:
        """Count the findings of one severity that nobody accepted."""
        return sum(1 for one in self.findings or () if one.severity == severity and one.waived is None)


class Pages:
    """The templates, filled."""

    def __init__(self, folder: Path, words_of: Callable[[Finding, str], tuple[str, str]]) -> None:
        self._words_of = words_of
        self._environment = page_templates(folder)

    def render(self, name: str, language: str, context: Mapping[str, object]) -> str:
        """Fill a template for a visitor of a language."""
        shared = {"t": partial(translate, language), "language": language, "languages": LANGUAGES, "sandbox": SANDBOX}
        return self._environment.get_template(name).render({**shared, **context})

    def edition(
        self,
        pair: tuple[Edition, Message],
        sheet: Sheet,
        choices: Choices,
        mail_of: Callable[[Message], Mail],
        *,
        base: str,
        language: str,
    ) -> EditionView:
        """Put together one edition with everything beside it; its mail is made only where its words are shown."""
        edition, message = pair
        name = str(edition.key)
        readers, excluded = _audience(sheet, edition, language)
        mail = None if choices.view is View.PICTURE else mail_of(message)
        return EditionView(
            name=name,
            title=", ".join(edition.segment_names),
            language=edition.key.language,
            subject=message.subject,
            preheader=message.preheader,
            items=len(message.items),
            entries=entries_of(edition, message, language),
            size=size_of(message.html, language),
            readers=readers,
            excluded=excluded,
            findings=None if sheet.findings is None else self.findings(sheet.findings_of(edition.key), language),
            pictures=pictures_of(choices, f"{base}/editions/{quote(name)}/frame", version=message.sha256[:12]),
            words="" if mail is None else words_of_view(choices.view, mail, message.mjml),
            headers=mail.headers if mail is not None and choices.view is View.HEADERS else (),
            has_remote=has_remote_content(message.html),
            address=address_of(base, choices.at(name)),
        )

    def findings(self, findings: Sequence[Finding], language: str) -> tuple[FindingView, ...]:
        """Say findings in words, the gravest first, accepted ones last."""
        views = []
        for finding in findings:
            message, fix = self._words_of(finding, language)
            views.append(
                FindingView(
                    severity=str(finding.severity),
                    severity_name=translate(language, _SEVERITIES[finding.severity]),
                    code=finding.code,
                    message=message,
                    fix=fix,
                    place="" if finding.place is None else str(finding.place),
                    waived=finding.waived,
                )
            )
        order = [str(severity) for severity in Severity]
        return tuple(sorted(views, key=lambda one: (one.waived is not None, order.index(one.severity))))


def _audience(sheet: Sheet, edition: Edition, language: str) -> tuple[str, tuple[str, ...]]:
    """Say who would get an edition, and who would not."""
    if sheet.audiences is None:
        return "", ()
    audience = sheet.audiences.get(edition.key, EditionAudience(readers=0, excluded={}))
    return translate(language, "{count} reader", count=audience.readers), excluded_words(audience, language)


def excluded_words(audience: EditionAudience, language: str) -> tuple[str, ...]:
    """Say how many are left out, by reason."""
    counted = ((reason, audience.excluded.get(reason, 0)) for reason in ExclusionReason)
    return tuple(translate(language, _REASONS[reason], count=count) for reason, count in counted if count)


def entries_of(edition: Edition, message: Message, language: str) -> tuple[tuple[str, str, str], ...]:
    """Say of each entry how much of it is shown; those that made way for the whole are shorter than their form."""
    entries = [item for section in edition.sections for item in section.items]
    shown = [shorter(item) if item.key in message.shortened else item for item in entries]
    return tuple(
        (item.title, item.language, translate(language, _FORMS[item.form or ItemForm.WHOLE])) for item in shown
    )


def size_of(html: str, language: str) -> SizeView:
    """Weigh the HTML of a mail against what Gmail takes."""
    size_bytes = len(html.encode())
    grade = "over" if size_bytes >= SIZE_BYTES_MAX else "near" if size_bytes >= SIZE_BYTES_CALM else "calm"
    size, most = (_kilobytes(count, language) for count in (size_bytes, SIZE_BYTES_MAX))
    return SizeView(
        size_bytes=size_bytes, words=translate(language, "{size} of {most} kB", size=size, most=most), grade=grade
    )


def _kilobytes(size_bytes: int, language: str) -> str:
    written = f"{size_bytes / 1000:.1f}"
    return written if language == "en" else written.replace(".", ",")


def pictures_of(choices: Choices, frame: str, *, version: str) -> tuple[Picture, ...]:
    """Give a frame for each chosen width; another picture has another address, so that only what changed is loaded."""
    if choices.view is not View.PICTURE:
        return ()
    query = "&".join(part for part in (choices.frame_query, urlencode({"v": version})) if part)
    return tuple(Picture(width=width, source=f"{frame}?{query}") for width in choices.widths)


def words_of_view(view: View, mail: Mail, mjml: str) -> str:
    """Give what a view of words shows; nothing for pictures and headers."""
    shown = {View.TEXT: mail.text, View.SOURCE: mail.html, View.RAW: mail.raw, View.MJML: mjml}
    return shown.get(view) or ""


def address_of(base: str, choices: Choices) -> str:
    """Write the address under which the choices are shown."""
    return f"{base}?{choices.query}" if choices.query else base


def view_options(base: str, choices: Choices, language: str, *, views: Sequence[View] = tuple(View)) -> list[Option]:
    """Give the ways an edition can be shown."""
    return _options("view", {view: _VIEWS[view] for view in views}, base, choices, language)


def width_options(base: str, choices: Choices) -> list[Option]:
    """Give the widths; each can be added and taken away."""
    return [
        Option(
            id=f"width-{width}",
            name=str(width),
            address=address_of(base, choices.toggled(width)),
            is_chosen=width in choices.widths,
            key=str(number),
        )
        for number, width in enumerate(WIDTHS, start=1)
    ]


def scheme_options(base: str, choices: Choices, language: str) -> list[Option]:
    """Give the lights."""
    return _options("scheme", _SCHEMES, base, choices, language)


def _options(
    what: str, named: Mapping[_Choice, tuple[MessageId, str]], base: str, choices: Choices, language: str
) -> list[Option]:
    """Give every way to choose one thing, by its name and its key."""
    chosen: dict[_Choice, dict[str, Any]] = {one: {what: one} for one in named}
    return [
        Option(
            id=f"{what}-{one}",
            name=translate(language, name),
            address=address_of(base, replace(choices, **chosen[one])),
            is_chosen=getattr(choices, what) is one,
            key=key,
        )
        for one, (name, key) in named.items()
    ]


def image_options(base: str, choices: Choices, language: str) -> list[Option]:
    """Give images on and off, and whether they may come from the internet."""
    return [
        Option(
            id="images",
            name=translate(language, "Images off"),
            address=address_of(base, replace(choices, has_images=not choices.has_images)),
            is_chosen=not choices.has_images,
            key="i",
        ),
        Option(
            id="remote",
            name=translate(language, "Load remote images"),
            address=address_of(base, replace(choices, is_remote=not choices.is_remote)),
            is_chosen=choices.is_remote,
            key="r",
        ),
    ]


def state_words(state: IssueState | None, language: str) -> str:
    """Say where an issue stands."""
    return "" if state is None else translate(language, _STATES[state])


def reader_words(reader: Reader, language: str) -> str:
    """Say whose mail it is."""
    if reader.id == "sample":
        return translate(language, "Sample reader: {name}", name=reader.name)
    if reader.id == "nameless":
        return translate(language, "Sample reader without a name")
    return f"{reader.name} · {reader.address}" if reader.name else reader.address


def moment_words(moment: datetime, language: str) -> str:
    """Write a moment of the publication's zone."""
    spoken = Language(language)
    return f"{day(moment, spoken)} {clock(moment, None, spoken)}"
