"""Events that are no longer as the issue says, as far as their sources were looked at; no network.

Its doors are `judge_events` and `RULES`.
"""

from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

from newsletter.check.page.html import plain
from newsletter.check.page.rules import Hit, Rule
from newsletter.domain.changes import Change, Known, changes_of
from newsletter.domain.content import Answer
from newsletter.domain.issue import Issue, Severity
from newsletter.errors import Place
from newsletter.language.catalogue import MessageId

LOOK_OLD = timedelta(days=3)
"""An event may have been moved since: a newsletter goes out once, its calendar changes any day."""

EVENT_MOVED = Rule(
    code="event-moved",
    severity=Severity.WARNING,
    message=MessageId("“{title}” is at another time or place than the issue says: {old}, now {new}."),
    fix=MessageId("Correct start, end and place in issue.toml; if the issue is right, waive this finding."),
    basis="House; compared with what was collected",
)
EVENT_RENAMED = Rule(
    code="event-renamed",
    severity=Severity.WARNING,
    message=MessageId("“{old}” is called “{new}” now."),
    fix=MessageId("Correct the title in issue.toml; if the issue is right, waive this finding."),
    basis="House; compared with what was collected, where its source changed",
)
EVENT_CANCELLED = Rule(
    code="event-cancelled",
    severity=Severity.ERROR,
    message=MessageId("“{title}” will not be held as the issue says: its source calls it “{new}”."),
    fix=MessageId("Take its key out of [order] in issue.toml; or write that it is called off, and waive this finding."),
    basis="House; compared with what was collected",
)
EVENT_GONE = Rule(
    code="event-gone",
    severity=Severity.WARNING,
    message=MessageId("“{title}” is no longer in its source: it was there on {old} and missing on {new}."),
    fix=MessageId("Ask whether it will be held; if not, take its key out of [order] in issue.toml."),
    basis="House; a complete answer came without it while its day was ahead",
)
SOURCE_LOOK_OLD = Rule(
    code="source-look-old",
    severity=Severity.WARNING,
    message=MessageId("The last look at the source {source} is {days} days old: its events may have changed since."),
    fix=MessageId("Run `newsletter collect`, then check again."),
    basis=f"House: {LOOK_OLD.days} days",
)
SOURCE_NEVER_SEEN = Rule(
    code="source-never-seen",
    severity=Severity.WARNING,
    message=MessageId("The source {source} was never looked at by this database: its events cannot be compared."),
    fix=MessageId("Run `newsletter collect`, then check again."),
    basis="House",
)
SOURCE_IN_DOUBT = Rule(
    code="source-in-doubt",
    severity=Severity.WARNING,
    message=MessageId("The last answer of the source {source} failed, was cut or lost most of its events."),
    fix=MessageId(
        "No event was taken for gone because of it. Look at the source, then run `newsletter collect` again."
    ),
    basis="House; over half of the coming events at once",
)
NOT_COMPARED = Rule(
    code="not-compared",
    severity=Severity.NOTE,
    message=MessageId("Events were not compared with what was collected: the database cannot be read."),
    fix=MessageId("See `newsletter doctor`; then check again."),
    basis="House",
)
RULES: tuple[Rule, ...] = (
    EVENT_MOVED,
    EVENT_RENAMED,
    EVENT_CANCELLED,
    EVENT_GONE,
    SOURCE_LOOK_OLD,
    SOURCE_NEVER_SEEN,
    SOURCE_IN_DOUBT,
    NOT_COMPARED,
)
"""In the order of the documentation."""

_RULES = {
    Change.MOVED: EVENT_MOVED,
    Change.RENAMED: EVENT_RENAMED,
    Change.CANCELLED: EVENT_CANCELLED,
    Change.GONE: EVENT_GONE,
}


def judge_events(issue: Issue, known: Known | None, zone: ZoneInfo) -> Iterator[tuple[Rule, Hit]]:
    """Find what became of an issue's events, and whose source nobody has looked at lately.

    `known` is None where the database cannot be read.
    """
    if known is None:
        yield NOT_COMPARED, Hit(place=Place(path=issue.path))
        return
    for change in changes_of(issue, known.items, zone):
        facts = {"title": plain(change.title), "old": plain(change.old), "new": plain(change.new)}
        yield _RULES[change.change], Hit(facts=facts, place=Place(path=issue.path, line=change.line))
    for look in known.looks:
        place = Place(path=issue.path)
        facts = {"source": look.source_id}
        if look.looked_at is None:
            yield SOURCE_NEVER_SEEN, Hit(facts=facts, place=place)
        elif (age := known.now - look.looked_at) > LOOK_OLD:
            yield SOURCE_LOOK_OLD, Hit(facts=facts | {"days": str(age.days)}, place=place)
        if look.answer not in (None, Answer.WHOLE):
            yield SOURCE_IN_DOUBT, Hit(facts=facts, place=place)
