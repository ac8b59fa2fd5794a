"""Say whether a source still is of its kind, and dated. Pure; the doors are `lost_dates` and `require_kind`."""

from typing import Final

from newsletter.collect.looking.recognise import kind_of
from newsletter.domain.content import Harvest, Problem, Snapshot, Source, SourceKind
from newsletter.domain.contract import breach
from newsletter.errors import SourceError

_NAMES: Final = {SourceKind.FEED: "a feed", SourceKind.CALENDAR: "a calendar"}


def lost_dates(harvest: Harvest, *, was_dated: bool) -> Problem | None:
    """Say that no article of a source has a date any more: no month would get them."""
    if not was_dated or not harvest.articles or any(article.published is not None for article in harvest.articles):
        return None
    message = "None of its articles has a date any more."
    return breach(harvest.source_id, message, hint="Look at it; until then their month is for you to say.")


def require_kind(snapshot: Snapshot, source: Source) -> None:
    """Refuse what became a source of another kind.

    Raises:
        SourceError: A calendar stands where a feed was, or the other way round.
    """
    came = kind_of(snapshot.body) if source.kind in _NAMES else None
    if came is not None and came is not source.kind:
        raise SourceError(
            f"Source {source.id!r} gave {_NAMES[came]} instead of {_NAMES[source.kind]}.",
            hint=f'If that is what you want, write kind = "{came}" in newsletter.toml.',
        )
