"""How a table of cases is asked: one check, one edition, exactly these hits."""

from collections.abc import Iterable, Sequence

from newsletter.check.page.reading import CheckInput, read
from newsletter.check.page.rules import Check, Hit

Case = tuple[str, CheckInput, tuple[Hit, ...]]
"""The check's code, the edition, and what the check must find in it."""


def hits(checks: Iterable[Check], code: str, given: CheckInput) -> tuple[Hit, ...]:
    """Run one check of a room's table on an edition."""
    one = next(one for one in checks if one.rule.code == code)
    return tuple(one.find(read(given)))


def untested(checks: Iterable[Check], cases: Sequence[Case]) -> set[str]:
    """Give the codes that lack a case that triggers them, or one that does not."""
    triggered = {code for code, _, expected in cases if expected}
    passed = {code for code, _, expected in cases if not expected}
    return {one.rule.code for one in checks} - (triggered & passed)
