"""An issue as the preview shows it: the last good pictures, what is wrong with the files now, findings and audience.

Three steps after each change of a file, the quickest first: `refresh` renders, `look_over` checks, `count_audience`
asks the database. Each ends in a whole new `Sheet`, so that whoever reads one sees one moment. Whatever is wrong with a
file stands on the sheet beside the last good pictures, and goes by itself when the file is mended. Door: `IssueView`.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from newsletter.domain.issue import Edition, EditionKey, Finding, IssueLabel, IssueState, Message
from newsletter.errors import Fault, NewsletterError, Place
from newsletter.service.audience.service import EditionAudience
from newsletter.service.issues.service import Rendering
from newsletter.wiring import Newsletter


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why the pictures are not those of the files as they are now.

    Attributes:
        place: File and line, the file below the publication's folder.
        excerpt: The lines around it, each with its number; empty when there is no line.
    """

    message: str
    place: Place | None = None
    excerpt: tuple[tuple[int, str], ...] = ()
    hint: str | None = None
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What there is to see of an issue at one moment.

    Attributes:
        revision: Grows with every change.
        findings: Of the rendering; None while they are being looked for.
        audiences: By edition; None when the database cannot be asked.
    """

    revision: int = 0
    rendering: Rendering | None = None
    trouble: Trouble | None = None
    findings: tuple[Finding, ...] | None = None
    audiences: Mapping[EditionKey, EditionAudience] | None = None
    audience_trouble: str | None = None
    state: IssueState | None = None

    @property
    def editions(self) -> dict[str, tuple[Edition, Message]]:
        """Give the editions by name, in their order."""
        pairs = () if self.rendering is None else self.rendering.editions
        return {str(message.edition): (edition, message) for edition, message in pairs}

    @property
    def versions(self) -> dict[str, str]:
        """Give a short mark of each edition's picture: another picture has another mark."""
        return {name: message.sha256[:12] for name, (_, message) in self.editions.items()}

    def findings_of(self, edition: EditionKey) -> tuple[Finding, ...]:
        """Give the findings about one edition."""
        return tuple(one for one in self.findings or () if one.edition == edition)

    @property
    def common_findings(self) -> tuple[Finding, ...]:
        """Give the findings about the issue as a whole."""
        return tuple(one for one in self.findings or () if one.edition is None)


@dataclass(kw_only=True)
class IssueView:
    """One issue, kept up to date with its files.

    Attributes:
        publication: Gives the publication as its configuration is now.
        sheet: What there is to see; replaced as a whole.
    """

    label: IssueLabel
    publication: Callable[[], Newsletter]
    sheet: Sheet = field(default_factory=Sheet)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def refresh(self) -> Sheet:
        """Render the files as they are now; the findings of another rendering are let go."""
        with self._lock:
            before = self.sheet
            try:
                rendering = self.publication().issues.render(self.label)
            except NewsletterError as error:
                return self._put(replace(before, trouble=trouble_of(error, self._root())))
            except Exception as error:  # noqa: BLE001 - the preview outlives whatever a half-saved file leads to
                message = f"Unexpected {type(error).__name__}: this is a fault of the program."
                return self._put(replace(before, trouble=Trouble(message=message)))
            is_same = rendering == before.rendering
            findings = before.findings if is_same else None
            return self._put(replace(before, rendering=rendering, trouble=None, findings=findings))

    def look_over(self) -> Sheet:
        """Check the rendering on the sheet, unless that is done."""
        with self._lock:
            sheet = self.sheet
            if sheet.rendering is None or sheet.findings is not None:
                return sheet
            found = self.publication().issues.look_over(sheet.rendering)
            named = tuple(replace(one, place=_shown(one.place, self._root())) for one in found)
            return self._put(replace(sheet, findings=named))

    def count_audience(self) -> Sheet:
        """Count who would get each edition, and see where the issue stands."""
        with self._lock:
            publication = self.publication()
            try:
                audiences = publication.audience.edition_audiences(self.label)
                state = publication.issues.summary(self.label).state
            except NewsletterError as error:
                return self._put(replace(self.sheet, audiences=None, state=None, audience_trouble=error.message))
            return self._put(replace(self.sheet, audiences=audiences, state=state, audience_trouble=None))

    def report(self, error: NewsletterError) -> Sheet:
        """Put trouble on the sheet that was met before rendering: a configuration that cannot be read."""
        with self._lock:
            return self._put(replace(self.sheet, trouble=trouble_of(error, self._root())))

    def _root(self) -> Path:
        return self.publication().settings.root

    def _put(self, sheet: Sheet) -> Sheet:
        """Lay a sheet on the view; one that says the same keeps its number."""
        if sheet != self.sheet:
            self.sheet = replace(sheet, revision=self.sheet.revision + 1)
        return self.sheet


LINES_AROUND = 2
"""Of an excerpt, before and after the line to look at."""


def trouble_of(error: NewsletterError, root: Path) -> Trouble:
    """Say what is wrong, with the file as a person would name it and the lines around the place."""
    place = error.place or next((fault.place for fault in error.faults if fault.place is not None), None)
    faults = tuple(replace(one, place=_shown(one.place, root)) for one in error.faults)
    return Trouble(
        message=error.message, place=_shown(place, root), excerpt=_excerpt(place, root), hint=error.hint, faults=faults
    )


def _shown(place: Place | None, root: Path) -> Place | None:
    """Name a file from the publication's folder."""
    if place is None or not place.path.is_relative_to(root):
        return place
    return replace(place, path=place.path.relative_to(root))


def _excerpt(place: Place | None, root: Path) -> tuple[tuple[int, str], ...]:
    """Read the lines around a place; only files of the publication are ever opened."""
    if place is None or place.line is None:
        return ()
    path = (root / place.path).resolve()
    if not path.is_relative_to(root.resolve()):
        return ()
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return ()
    first = max(1, place.line - LINES_AROUND)
    return tuple(enumerate(lines[first - 1 : place.line + LINES_AROUND], start=first))
