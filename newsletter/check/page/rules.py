"""What a check is: a rule with its words, and the pure function that looks for breaches of it.

`check` turns such a function into a `Check`, so that code, severity, sentences and reason stand in one place.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from newsletter.check.page.reading import Reading
from newsletter.domain.issue import Severity
from newsletter.errors import Place
from newsletter.language.catalogue import MessageId


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What must hold, and what an editor reads when it does not.

    Attributes:
        code: Stable, kebab-case; findings carry it and waivers name it.
        message: What is wrong, for somebody who is no programmer; its placeholders are the facts of the finding.
        fix: What to do about it; the same placeholders.
        basis: Where the rule comes from: a standard, a measured limit, or the house.
    """

    code: str
    severity: Severity
    message: MessageId
    fix: MessageId
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One breach of a rule."""

    facts: Mapping[str, str] = field(default_factory=dict)
    place: Place | None = None


Find = Callable[[Reading], Iterable[Hit]]
"""Looks at one rendered edition; pure, and in no need of any other check."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A rule and the function that looks for its breaches."""

    rule: Rule
    find: Find


def check(*, code: str, severity: Severity, message: MessageId, fix: MessageId, basis: str) -> Callable[[Find], Check]:
    """Make the function below it a check under a rule; the arguments are those of `Rule`."""
    rule = Rule(code=code, severity=severity, message=message, fix=fix, basis=basis)
    return lambda find: Check(rule=rule, find=find)


def checks_of(module: Mapping[str, object]) -> tuple[Check, ...]:
    """Give every check that a module's globals hold, in the order of the text: none can be written and not run."""
    return tuple(one for one in module.values() if isinstance(one, Check))
