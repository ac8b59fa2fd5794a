"""Decide what a source no longer has, from what it had and from its new answer.

The door is `judge`. An item is missed when a complete answer comes without it; it is kept all the same. An answer that
was cut, or that lost most of what is coming, is more likely broken than true: then nothing is missed, and the keeper
is told. Pure.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from newsletter.domain.content import Answer, Harvest, LastSeen, Problem, ProblemGrade
from newsletter.domain.contract import breach

_NAMED_MOST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """What an answer lacks.

    Attributes:
        answer: Whole, cut or shrunk.
        missed: Identities that the source has no more.
        problem: What its keeper should know of that, or None.
    """

    answer: Answer
    missed: tuple[str, ...] = ()
    problem: Problem | None = None


def judge(standing: Sequence[LastSeen], harvest: Harvest, *, now: datetime) -> Absence:
    """Say what a source no longer has.

    Args:
        standing: What it had at the last look.
        harvest: Its answer now.
        now: Aware moment of the look; an event is coming as seen from it.
    """
    present = {item.identity for item in harvest.items}
    broken = {problem.item for problem in harvest.problems if problem.grade is ProblemGrade.FAILED and problem.item}
    absent = [one for one in standing if one.identity not in present and not _is_among(one, broken)]
    coming = [one for one in standing if one.starts_at is not None and one.starts_at > now]
    lost = [one for one in absent if one.starts_at is not None and one.starts_at > now]
    if harvest.is_cut:
        return Absence(answer=Answer.CUT, problem=_problem(harvest, "was cut", lost, coming) if lost else None)
    if 2 * len(lost) > len(coming):
        return Absence(
            answer=Answer.SHRUNK, problem=_problem(harvest, "lost over half of what is coming", lost, coming)
        )
    return Absence(answer=Answer.WHOLE, missed=tuple(one.identity for one in absent))


def _is_among(one: LastSeen, broken: Collection[str]) -> bool:
    """Tell whether an item is there but cannot be read now; a series is named by what its occurrences share."""
    return one.title in broken or any(one.identity == name or one.identity.startswith(f"{name} ") for name in broken)


def _problem(harvest: Harvest, what: str, lost: Sequence[LastSeen], coming: Sequence[LastSeen]) -> Problem:
    """Say what is not there, and that nothing follows from it."""
    titles = ", ".join(one.title for one in lost[:_NAMED_MOST]) + (", …" if len(lost) > _NAMED_MOST else "")
    return breach(
        harvest.source_id,
        f"The answer {what}: it lacks {len(lost)} of {len(coming)} coming events ({titles}). "
        "None of them is taken for gone.",
        hint="Look at the source. What will not be held, take out of the issue yourself.",
    )
