"""Looks at an address, a file or a folder and says what could be a source of it. Door: `Discoverer`.

What is there is fetched and read by the same rules as a source, and nothing is kept.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol, Self

from newsletter.collect import contained
from newsletter.collect.fetching.fetch import NotModified
from newsletter.collect.looking.recognise import is_page, kind_of
from newsletter.collect.markup import text_of
from newsletter.collect.problems import ProblemLog
from newsletter.domain.content import Article, Harvest, Item, Problem, Snapshot, Source, SourceKind
from newsletter.domain.period import first_moment
from newsletter.errors import Fault, SourceError
from newsletter.language.guess import language_of

CANDIDATES_MOST = 6
"""So many feeds of one page are looked at."""
_NO_FEED = (
    "Ask its keeper for a feed (RSS, Atom) or a calendar (.ics); or paste the page's text into a file and add that."
)
_TEXT_ITEMS = 20
"""Enough of them to tell a language by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What could be a source.

    Attributes:
        source: As it would be written.
        items: How many items it holds.
        coming: How many of them are events still ahead.
        newest: The title of the event that comes next, else of the last item; empty where nothing has a date.
        newest_at: When.
        is_language_known: Its words tell its language.
        problems: What cannot be read, or is in doubt.
        notes: How it was found.
    """

    source: Source
    items: int
    coming: int
    newest: str
    newest_at: datetime | None
    is_language_known: bool
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answered:
    """What was fetched for a draft."""

    draft: Source
    snapshot: Snapshot
    notes: tuple[str, ...]

    def of_kind(self, kind: SourceKind) -> Self:
        """Give it with its kind."""
        return replace(self, draft=replace(self.draft, kind=kind))


class Fetches(Protocol):
    """What looking needs of `fetch.Fetcher`."""

    def fetch(self, source: Source, *, now: datetime, problems: ProblemLog | None = None) -> Snapshot | NotModified:
        """Bring what stands there now."""
        ...


class Discoverer:
    """Looks at one address after the other.

    Args:
        fetcher: Brings the bytes.
        now: Aware moment of looking.
        parse: Makes items of what was fetched.
        named_on: Gives what a page names.
    """

    def __init__(
        self,
        fetcher: Fetches,
        *,
        now: datetime,
        parse: Callable[[Snapshot, Source], Harvest] = contained.parse,
        named_on: Callable[[bytes, str], Sequence[str]] = contained.named_on,
    ) -> None:
        self._fetcher = fetcher
        self._now = now
        self._parse = parse
        self._named_on = named_on

    def discover(self, draft: Source) -> tuple[Found, ...]:
        """Give what could be a source of a place: one thing, or all that a page names.

        Args:
            draft: With the place, and what is known of the source before; its kind is not.

        Raises:
            SourceError: Nothing there can be read: every reason is told.
        """
        if not draft.is_remote:
            return (self._local(draft),)
        answered = self._answered(draft)
        if (kind := kind_of(answered.snapshot.body)) is not None:
            return (self._found(answered.of_kind(kind)),)
        if not is_page(answered.snapshot.body):
            raise SourceError(
                f"{draft.location} is neither a feed nor a calendar, and no web page that could name one.",
                hint="Look for the address of its feed (RSS, Atom) or calendar (.ics).",
            )
        return self._of_page(answered)

    def _local(self, draft: Source) -> Found:
        """Look at a folder or file of this machine."""
        path = Path(draft.location)
        answered = self._fetched(replace(draft, kind=SourceKind.FOLDER if path.is_dir() else SourceKind.TEXT))
        if path.is_dir():
            return self._found(answered)
        if is_page(answered.snapshot.body):
            raise SourceError(
                f"{path.name} is a web page's source code, which is not read.",
                hint="Paste the page's text into a text file; or name the address that its feed stands at.",
            )
        kind = kind_of(answered.snapshot.body) or SourceKind.TEXT
        return self._found(answered.of_kind(kind))

    def _answered(self, draft: Source) -> _Answered:
        """Fetch an address, by https where that answers too."""
        if draft.allow_private_hosts or not draft.location.startswith("http://"):
            return self._fetched(draft)
        secure = replace(draft, location="https" + draft.location.removeprefix("http"))
        with suppress(SourceError):
            return self._fetched(secure, "It answers by https too, which is written.")
        return self._fetched(draft, "It does not answer by https: anybody on the way can read and change it.")

    def _fetched(self, draft: Source, *notes: str) -> _Answered:
        """Fetch what stands at a place, and say where it has moved to for good."""
        problems = ProblemLog(draft.id)
        snapshot = self._fetcher.fetch(draft, now=self._now, problems=problems)
        assert isinstance(snapshot, Snapshot), "nothing was asked under a condition"
        if problems.found:
            draft = replace(draft, location=snapshot.location)
            notes = (*notes, f"It has moved for good to {snapshot.location}, which is written.")
        return _Answered(draft=draft, snapshot=snapshot, notes=notes)

    def _of_page(self, page: _Answered) -> tuple[Found, ...]:
        """Look at what a page names."""
        place = page.draft.location
        named = self._named_on(page.snapshot.body, page.snapshot.location)
        found, faults = [], []
        for address in named[:CANDIDATES_MOST]:
            try:
                found.append(self._named(replace(page.draft, location=address), f"{place} names it."))
            except SourceError as error:
                faults.append(Fault(message=error.message, key=address))
        if found:
            return tuple({one.source.location: one for one in found}.values())
        what = "names feeds, of which none can be read" if named else "names no feed or calendar"
        raise SourceError(f"{place} is a web page that {what}.", hint=_NO_FEED, faults=faults)

    def _named(self, draft: Source, note: str) -> Found:
        """Look at one feed or calendar that a page names."""
        answered = self._answered(draft)
        kind = kind_of(answered.snapshot.body)
        if kind is None:
            raise SourceError("It is neither a feed nor a calendar.")
        return self._found(replace(answered.of_kind(kind), notes=(note, *answered.notes)))

    def _found(self, answered: _Answered) -> Found:
        """Read what was fetched, and say what it is."""
        draft = answered.draft
        harvest = self._parse(answered.snapshot, draft)
        language = language_of(" ".join(map(_words, harvest.items[:_TEXT_ITEMS])))
        events = sorted((first_moment(one.start, draft.zone), one.title) for one in harvest.events)
        ahead = [pair for pair in events if pair[0] >= self._now]
        articles = [(one.published, one.title) for one in harvest.articles if one.published is not None]
        told = [*events, *((first_moment(when, draft.zone), title) for when, title in articles)]
        newest_at, newest = ahead[0] if ahead else max(told, default=(None, ""))
        return Found(
            source=replace(draft, language=language or draft.language),
            items=len(harvest.items),
            coming=len(ahead),
            newest=newest,
            newest_at=newest_at,
            is_language_known=language is not None,
            problems=harvest.problems,
            notes=answered.notes,
        )


def _words(item: Item) -> str:
    """Give the words of an item."""
    text = text_of(item.body_html) if isinstance(item, Article) else ""
    return f"{item.title} {item.summary} {text}"
