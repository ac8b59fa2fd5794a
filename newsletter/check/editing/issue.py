"""What is wrong with an issue as a whole, whichever edition one reads.

Its doors are `judge_issue` and `RULES`.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from newsletter.check.page.html import plain
from newsletter.check.page.rules import Hit, Rule
from newsletter.domain.audience import LeftOut
from newsletter.domain.issue import Issue, Severity
from newsletter.domain.period import midnight, parse_period
from newsletter.domain.publication import Publication
from newsletter.domain.segments import AskedOfNobody
from newsletter.errors import Place
from newsletter.language.catalogue import MessageId

FURTHEST_FROM_PERIOD = timedelta(days=92)
"""How far from its period an issue may be sent: the holidays and a quarter's delay."""

ISSUE_DATE_FAR = Rule(
    code="issue-date-far",
    severity=Severity.ERROR,
    message=MessageId("The issue is dated {date}, far from its period {label}."),
    fix=MessageId("Correct date at the head of issue.toml: what is coming and what is past is judged from it."),
    basis=f"House: {FURTHEST_FROM_PERIOD.days} days before or after the period",
)
ITEM_IN_NO_SEGMENT = Rule(
    code="item-in-no-segment",
    severity=Severity.NOTE,
    message=MessageId("Nobody gets “{title}”: its key stands in no segment's list."),
    fix=MessageId("Add {key} to a list under [order] in issue.toml if it was not left out on purpose."),
    basis="House; leaving a key out of [order] is also the way to leave an item out",
)
SEGMENT_WITHOUT_ITEMS = Rule(
    code="segment-without-items",
    severity=Severity.WARNING,
    message=MessageId("No item of the issue is for {segments}: {count} person gets nothing this time."),
    fix=MessageId("List items for them under [order] in issue.toml; if they are to get nothing, waive this."),
    basis="House",
)
ASKED_OF_NOBODY = Rule(
    code="asked-of-nobody",
    severity=Severity.WARNING,
    message=MessageId("The rule of segment {segment} asks for {asked}, which nobody has."),
    fix=MessageId("Correct segments.toml; what looks most alike: {nearest}. If such people will come, waive this."),
    basis="House; compared with the people in the database, where the check reads it",
)
RULES: tuple[Rule, ...] = (ISSUE_DATE_FAR, ITEM_IN_NO_SEGMENT, SEGMENT_WITHOUT_ITEMS, ASKED_OF_NOBODY)
"""In the order of the documentation."""


def judge_issue(issue: Issue, publication: Publication, left_out: LeftOut) -> Iterator[tuple[Rule, Hit]]:
    """Find broken rules in what the editor left, before it is laid out."""
    period = parse_period(issue.label, publication.zone)
    day = midnight(issue.date, publication.zone)
    if not period.start - FURTHEST_FROM_PERIOD <= day <= period.end + FURTHEST_FROM_PERIOD:
        facts = {"date": issue.date.isoformat(), "label": issue.label}
        yield ISSUE_DATE_FAR, Hit(facts=facts, place=Place(path=issue.path))
    for key in issue.unplaced:
        item = issue.items[key]
        place = Place(path=issue.path, line=item.line)
        yield ITEM_IN_NO_SEGMENT, Hit(facts={"title": plain(item.title), "key": key}, place=place)
    if left_out.segments:
        people = "?" if left_out.people is None else str(left_out.people)
        facts = {"segments": ", ".join(left_out.segments), "count": people}
        yield SEGMENT_WITHOUT_ITEMS, Hit(facts=facts, place=Place(path=issue.path))


def judge_rules(asked_of_nobody: Sequence[AskedOfNobody]) -> Iterator[tuple[Rule, Hit]]:
    """Find what the segments' rules ask for and nobody has."""
    for one in asked_of_nobody:
        facts = {"segment": one.segment, "asked": str(one.asked), "nearest": one.nearest or "-"}
        yield ASKED_OF_NOBODY, Hit(facts=facts, place=one.asked.place)
