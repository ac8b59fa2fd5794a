"""Decide what "send" means now, and what to ask the person before it: pure, over what the ledger says."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from newsletter.domain.content import SegmentId
from newsletter.domain.delivery import Forecast, Sending, SendingState
from newsletter.domain.issue import Approval, EditionKey
from newsletter.domain.mailing import Capabilities, Pace
from newsletter.errors import StateError, UsageError, counted

BATCH_SIZE = 500
"""The batch is the unit of doubt; beyond this a provider gains nothing and more people are in doubt at once."""

GROWTH_ASKED_ABOUT = Decimal("1.2")
"""An audience this much larger than the last issue's is more often a wrong list than a success."""

_OPEN = (SendingState.RUNNING, SendingState.PAUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to do.

    Attributes:
        go_on: The sending to go on with; None to fix the audience and begin a new one.
        abandoned: Open rehearsals that nobody will go on with: to be cancelled.
    """

    go_on: Sending | None
    abandoned: tuple[Sending, ...] = ()


def plan_sending(existing: Sequence[Sending], *, approval: Approval, mailer: str, is_rehearsal: bool) -> Plan:
    """Choose between going on, beginning and refusing.

    Running "send" again goes on with what was begun. There is at most one real sending per issue; rehearsals may be
    many, and one of an older approval is abandoned.

    Args:
        existing: Every sending of the issue, oldest first.
        approval: What is to be sent.
        mailer: Name of the mailer that is configured now.
        is_rehearsal: Whether that mailer rehearses.

    Raises:
        StateError: The issue was sent; or its sending was begun with another approval or through another mailer.
    """
    if is_rehearsal:
        unfinished = [sending for sending in existing if sending.is_rehearsal and sending.state in _OPEN]
        fitting = [one for one in unfinished if (one.approval_hash, one.mailer) == (approval.hash, mailer)]
        go_on = fitting[-1] if fitting else None
        return Plan(go_on=go_on, abandoned=tuple(one for one in unfinished if one is not go_on))
    real = [one for one in existing if not one.is_rehearsal and one.state is not SendingState.CANCELLED]
    if not real:
        return Plan(go_on=None)
    _require_same(real[-1], approval, mailer)
    return Plan(go_on=real[-1])


def _require_same(begun: Sending, approval: Approval, mailer: str) -> None:
    """Refuse to go on with a sending that is over, or with other words, or through another mailer."""
    report = f"See `newsletter issue report {begun.label}`."
    if begun.state is SendingState.FINISHED:
        raise StateError(f"Issue {begun.label} was sent on {begun.started_at:%Y-%m-%d}.", hint=report)
    if begun.approval_hash != approval.hash:
        raise StateError(
            f"Issue {begun.label} was approved again after its sending had begun; its readers would get two versions.",
            hint=f"Restore the issue.lock it was begun with, or `newsletter issue cancel {begun.label}`.",
        )
    if begun.mailer != mailer:
        raise StateError(
            f"The sending of issue {begun.label} was begun through {begun.mailer}; it cannot go on through {mailer}.",
            hint=f"Set [mailer] back to {begun.mailer}. {report}",
        )


def batch_size(capabilities: Capabilities, pace: Pace | None = None) -> int:
    """Give how many people go into one call."""
    at_once_max = BATCH_SIZE if pace is None else pace.at_once_max
    return min(BATCH_SIZE, capabilities.batch_size_max, at_once_max)


def editions_of(chosen: Collection[SegmentId], editions: Collection[EditionKey]) -> frozenset[EditionKey] | None:
    """Give the editions that reach the chosen segments, those shared with other segments too; None when none is chosen.

    Raises:
        UsageError: No edition is for a chosen segment.
    """
    if not chosen:
        return None
    known = {segment for edition in editions for segment in edition.segments}
    if unknown := sorted(set(chosen) - known):
        raise UsageError(
            f"No edition of this issue is for {', '.join(unknown)}.", hint=f"There are: {', '.join(sorted(known))}."
        )
    return frozenset(edition for edition in editions if not set(chosen).isdisjoint(edition.segments))


def questions(forecast: Forecast) -> tuple[str, ...]:
    """Give what a person should say yes to before the audience is fixed; nothing in an ordinary month."""
    planned = sum(forecast.planned.values())
    before = forecast.planned_last_time
    if before is None or planned <= before * GROWTH_ASKED_ABOUT:
        return ()
    return (f"{counted(planned, 'person', 'people')} would get this issue; the last one had {before}. Is that right?",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    """An edition that somebody would get and that was not approved: its readers came up since.

    Attributes:
        people: How many would get it.
        nearest: The approved edition that is most like it; None where none shares a segment with it.
    """

    edition: EditionKey
    people: int
    nearest: EditionKey | None


def lacking_editions(planned: Mapping[EditionKey, int], approved: Collection[EditionKey]) -> tuple[Lacking, ...]:
    """Give the editions that nobody approved, with what could stand in for each."""
    return tuple(
        Lacking(edition=edition, people=people, nearest=nearest_edition(edition, approved))
        for edition, people in sorted(planned.items())
        if edition not in approved
    )


def nearest_edition(wanted: EditionKey, approved: Collection[EditionKey]) -> EditionKey | None:
    """Give the approved edition that shares most segments with one that is not: in the same language before another.

    Of equals the one with fewer segments that are not wanted, then the first by name.
    """
    own = set(wanted.segments)
    sharing = [one for one in approved if own & set(one.segments)]
    return min(
        sharing,
        key=lambda one: (
            one.language != wanted.language,
            -len(own & set(one.segments)),
            len(set(one.segments) - own),
            str(one),
        ),
        default=None,
    )
