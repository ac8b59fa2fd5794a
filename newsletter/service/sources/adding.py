"""One more source: what stands at an address, and its entry in newsletter.toml."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from newsletter.collect.identity import canonical_url, slug
from newsletter.collect.looking.discover import Discoverer, Fetches, Found
from newsletter.config.source_entry import Entry, add_source, check_name, entry_text
from newsletter.domain.content import Language, Source, SourceId, SourceKind
from newsletter.errors import UsageError
from newsletter.service.resources import Resources

_SCHEME = re.compile(r"(?:https?|webcals?)://", re.IGNORECASE)
_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)+(?::\d+)?(?:[/?].*)?\Z")
_SAYS_NOTHING = {"www", "fi", "com", "org", "net", "eu", "se", "example"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A source that could be added.

    Attributes:
        found: What stands there.
        entry: Its keys as they would be written.
        taken: A source of the configuration that has the same place already, or None.
    """

    found: Found
    entry: Entry
    taken: SourceId | None = None

    @property
    def text(self) -> str:
        """Give the table as it would be written."""
        return entry_text(self.entry)


def propose(
    resources: Resources,
    fetcher: Fetches,
    place: str,
    *,
    key: str | None = None,
    language: str | None = None,
    allow_private_hosts: bool = False,
    folder: Path,
) -> tuple[Proposal, ...]:
    """Look at a place and say what could be a source of it; nothing is written.

    Args:
        resources: The configuration and the clock.
        fetcher: Visits the place.
        place: An address, with or without https://, or a file or folder as seen from `folder`.
        key: The id to give; by default one is made of the place.
        language: Of its texts; by default it is told by their words.
        allow_private_hosts: The address may stand in the own network.
        folder: Where the person stands.

    Raises:
        UsageError: The key is taken, or the place is neither an address nor a file.
        SourceError: Nothing can be read there.
    """
    settings = resources.settings
    known = {source.id for source in settings.sources}
    if key is not None and key in known:
        raise UsageError(f"A source {key!r} is there already.", hint=f"--key {_free(key, known)}")
    if key is not None:
        check_name(key)
    location = _location(place, folder)
    draft = Source(
        id=SourceId(key or _free(_name(location), known)),
        kind=SourceKind.FEED,
        location=location,
        language=Language(language) if language else settings.publication.languages[0],
        zone=settings.publication.zone,
        allow_private_hosts=allow_private_hosts,
    )
    found = Discoverer(fetcher, now=resources.clock.now()).discover(draft)
    if language:
        found = tuple(replace(one, source=replace(one.source, language=draft.language)) for one in found)
    return tuple(
        Proposal(found=one, entry=_entry(one.source, settings.root), taken=_taken(one.source, settings.sources))
        for one in found
    )


def write(resources: Resources, proposal: Proposal) -> None:
    """Write a source into newsletter.toml.

    Raises:
        UsageError: It is there already.
    """
    if proposal.taken is not None:
        raise UsageError(
            f"{proposal.found.source.location} is source {proposal.taken!r} already; nothing was written.",
            hint="newsletter source list",
        )
    add_source(resources.settings.path, proposal.entry)


def _location(place: str, folder: Path) -> str:
    """Give the address or the absolute path that is meant."""
    if _SCHEME.match(place):
        try:
            urlsplit(place)
        except ValueError as error:
            raise UsageError(f"{place!r} is no address.", hint="Copy it from the browser's address bar.") from error
        return re.sub(r"(?i)\Awebcals?:", "https:", place)
    path = folder / place
    if place.strip() and path.exists():
        return str(path.resolve())
    if _HOST.match(place):
        return f"http://{place}"  # https is tried first
    raise UsageError(f"There is no file {place!r} here, and it is no address.", hint="Write it whole, with https://.")


def _name(location: str) -> str:
    """Make an id of a place: what tells its host from others, or the name of a file."""
    parts = urlsplit(location)
    if not parts.hostname:
        return slug(Path(location).stem) or "lahde"
    words = [word for word in parts.hostname.split(".") if word not in _SAYS_NOTHING]
    return slug(" ".join(words)) or "lahde"


def _free(name: str, known: set[SourceId]) -> str:
    """Give a name that no source has."""
    numbers = (f"{name}-{number}" for number in range(2, len(known) + 3))
    return next(one for one in (name, *numbers) if one not in known)


def _taken(source: Source, sources: Sequence[Source]) -> SourceId | None:
    """Name the source that stands at the same place."""
    return next((one.id for one in sources if _place(one.location) == _place(source.location)), None)


def _place(location: str) -> str:
    """Give a place in the one form that is compared."""
    return (canonical_url(location) or location).removeprefix("https://").removeprefix("http://").rstrip("/")


def _entry(source: Source, root: Path) -> Entry:
    """Give the keys of a source as they stand in the file."""
    entry: dict[str, str | bool | int] = {"id": source.id, "kind": source.kind.value}
    if source.is_remote:
        entry["address"] = source.location
    else:
        path = Path(source.location)
        entry["path"] = (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()
    entry["language"] = source.language
    if source.allow_private_hosts:
        entry["allow_private_hosts"] = True
    return entry
