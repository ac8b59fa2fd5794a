"""Run the checks, accept what the editor waived, and say findings in the reader's language.

Knows every check by its module's table and none by name.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from newsletter.check import accessibility, browser, clients, content, deliverability, editing, images, links, losses
from newsletter.check.editing import issue as issue_rules
from newsletter.check.editing import stale
from newsletter.check.page.reading import CheckInput, read
from newsletter.check.page.rules import Check, Hit, Rule
from newsletter.domain.audience import LeftOut
from newsletter.domain.changes import Known
from newsletter.domain.issue import EditionKey, Finding, Issue, Severity, Waiver, group
from newsletter.domain.publication import Publication
from newsletter.domain.segments import AskedOfNobody
from newsletter.errors import Place, UsageError
from newsletter.language.catalogue import MessageId, translate

CHECKS: tuple[Check, ...] = (
    *content.CHECKS,
    *editing.CHECKS,
    *losses.CHECKS,
    *deliverability.CHECKS,
    *links.CHECKS,
    *images.CHECKS,
    *accessibility.CHECKS,
    *clients.CHECKS,
)
"""All fast checks: no network, no browser; in the order of the documentation."""

WAIVER_UNUSED = Rule(
    code="waiver-unused",
    severity=Severity.NOTE,
    message=MessageId("Nothing was found that the waiver “{code}” would have to accept."),
    fix=MessageId("Take the waiver out of issue.toml."),
    basis="House",
)
WAIVER_UNKNOWN = Rule(
    code="waiver-unknown",
    severity=Severity.WARNING,
    message=MessageId("The waiver “{code}” names no check."),
    fix=MessageId("Write the code as it stands in the list of findings."),
    basis="House",
)

RULES: tuple[Rule, ...] = (
    *(one.rule for one in CHECKS),
    *browser.RULES,
    *issue_rules.RULES,
    *stale.RULES,
    WAIVER_UNUSED,
    WAIVER_UNKNOWN,
)
"""Every rule a finding can come from."""

_RULES = {rule.code: rule for rule in RULES}
_SLOW = frozenset(rule.code for rule in browser.RULES)


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingText:
    """A finding in words."""

    message: str
    fix: str


def run_checks(subject: CheckInput) -> tuple[Finding, ...]:
    """Look for everything that may be wrong with a rendered edition.

    Each culprit is named once per rule. Errors come first, then warnings, then notes; within them the order is that of
    the documentation, and the same input gives the same findings.
    """
    reading = read(subject)
    return _findings(subject, ((one.rule, hit) for one in CHECKS for hit in one.find(reading)))


def run_slow_checks(
    subject: CheckInput, views: Sequence[browser.View], *, found: Iterable[Finding] = ()
) -> tuple[Finding, ...]:
    """Say what is wrong with what `look` saw of an edition, in the order of `run_checks`.

    What `run_checks` found in it is not told twice.
    """
    return _findings(subject, browser.judge(read(subject), views, found={finding.code for finding in found}))


def check_issue(
    issue: Issue, publication: Publication, left_out: LeftOut, asked_of_nobody: Sequence[AskedOfNobody] = ()
) -> tuple[Finding, ...]:
    """Say what is wrong with an issue as a whole, whichever edition one reads, and with who is to get it."""
    of_issue, of_rules = issue_rules.judge_issue(issue, publication, left_out), issue_rules.judge_rules(asked_of_nobody)
    return tuple(_made((*of_issue, *of_rules)))


def check_events(issue: Issue, known: Known | None, publication: Publication) -> tuple[Finding, ...]:
    """Say what became of an issue's events since they were picked.

    `known` is None where the database cannot be read.
    """
    return tuple(_made(stale.judge_events(issue, known, publication.zone)))


def _findings(subject: CheckInput, breaches: Iterable[tuple[Rule, Hit]]) -> tuple[Finding, ...]:
    """Make findings of an edition, the gravest first."""
    return tuple(finding for finding, _ in group(_made(breaches, subject.edition.key)))


def _made(breaches: Iterable[tuple[Rule, Hit]], edition: EditionKey | None = None) -> Iterator[Finding]:
    for rule, hit in breaches:
        yield Finding(code=rule.code, severity=rule.severity, facts=hit.facts, edition=edition, place=hit.place)


def apply_waivers(
    findings: Sequence[Finding], waivers: Sequence[Waiver], *, path: Path | None = None, is_slow: bool = False
) -> tuple[Finding, ...]:
    """Mark the findings that the editor accepts with the editor's reason, and find waivers that accept nothing.

    Give the findings of all editions of an issue at once: a waiver that one of them needs is used.

    Args:
        findings: Of the checks; each keeps its severity, so that a report can show what was accepted.
        waivers: Of the issue; of two for one code the first gives the reason.
        path: The issue.toml they stand in, so that an unused one can be found.
        is_slow: The slow checks ran too; otherwise nobody knows whether a waiver of theirs is needed.
    """
    reasons = {waiver.code: waiver.reason for waiver in reversed(waivers)}
    accepted = tuple(
        replace(finding, waived=reasons[finding.code]) if finding.code in reasons else finding for finding in findings
    )
    used = {finding.code for finding in findings} | (frozenset() if is_slow else _SLOW)
    return (*accepted, *(_useless(waiver, path) for waiver in waivers if waiver.code not in used))


def _useless(waiver: Waiver, path: Path | None) -> Finding:
    rule = WAIVER_UNUSED if waiver.code in _RULES else WAIVER_UNKNOWN
    place = None if path is None else Place(path=path, line=waiver.line)
    return Finding(code=rule.code, severity=rule.severity, facts={"code": waiver.code}, place=place)


def describe(finding: Finding, language: str) -> FindingText:
    """Say what a finding means and what to do about it, in Finnish, Swedish or English (for any other language).

    Raises:
        UsageError: No check has the finding's code, or the finding lacks a fact its sentence names.
    """
    rule = _RULES.get(finding.code)
    if rule is None:
        raise UsageError(f"No check has the code {finding.code!r}.")
    return FindingText(
        message=translate(language, rule.message, **finding.facts), fix=translate(language, rule.fix, **finding.facts)
    )
