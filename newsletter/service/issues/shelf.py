"""The issues of a publication and where each stands, as files and ledger say; nothing is rendered or checked.

Door: `IssueShelf`. `status` needs no more than this.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.curate.issue_file import read_issue
from newsletter.domain.audience import LeftOut
from newsletter.domain.delivery import InDoubt, Sending, SendingState
from newsletter.domain.issue import Approval, Issue, IssueLabel, IssueState, approval_hash
from newsletter.domain.period import parse_period
from newsletter.domain.segments import Segment
from newsletter.errors import IssueFileError, StateError, UsageError
from newsletter.service.deliveries.sent_file import SENT_NAME, begun_elsewhere
from newsletter.service.issues.lock_file import LOCK_NAME, read_lock
from newsletter.service.resources import Resources
from newsletter.toml_file import did_you_mean

if TYPE_CHECKING:
    from newsletter.service.audience.service import AudienceService

ISSUE_NAME = "issue.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueSummary:
    """Where an issue stands.

    Attributes:
        is_from_elsewhere: Another database began to send it, so that it counts as sent.
        date: The planned day of sending, or None when the file cannot be read.
        items: How many items, or None likewise.
        doubt: Who of the real sending may have got it, as long as it is open.
        left_out: Whom nothing in the file is for, as long as its audience is not fixed.
    """

    label: IssueLabel
    state: IssueState
    is_from_elsewhere: bool
    date: date | None
    items: int | None
    sending: Sending | None
    rehearsals: int
    doubt: InDoubt
    left_out: LeftOut


class IssueShelf:
    """What can be said of an issue before any edition of it is made.

    The people of `audience` are asked only where an issue has nothing for some of them.
    """

    def __init__(self, resources: Resources, *, audience: "Callable[[], AudienceService]") -> None:
        self._resources = resources
        self._audience = audience

    def labels(self) -> tuple[IssueLabel, ...]:
        """Give the labels of all issues that have a file, the oldest first."""
        folder = self._resources.settings.issues_path
        if not folder.is_dir():
            return ()
        return tuple(sorted(IssueLabel(path.parent.name) for path in folder.glob(f"*/{ISSUE_NAME}")))

    def path(self, label: str) -> Path:
        """Give the place of an issue's file, whether it is there or not."""
        return self._resources.settings.issues_path / label / ISSUE_NAME

    def read(self, label: str, segments: Sequence[Segment] | None = None) -> Issue:
        """Read what the editor left; segments.toml too, where it was not read already.

        Raises:
            UsageError: There is no such issue.
            IssueFileError: The file has mistakes; all of them together, each with its line.
        """
        return self._read(self._known(label), self._resources.segments if segments is None else segments)

    def approved(self, label: str, *, issue: Issue | None = None) -> Approval:
        """Give what was approved, exactly as it was, and nothing that differs from the lock or from its file.

        Raises:
            UsageError: There is no such issue.
            StateError: It is not approved, was edited afterwards, or lock and database disagree.
        """
        known = self._known(label)
        again = f"Look at it again, then `newsletter issue approve {known}`."
        lock = read_lock(self.path(known).with_name(LOCK_NAME))
        if lock is None:
            raise StateError(f"Issue {known} is not approved.", hint=f"newsletter issue approve {known}")
        with self._resources.approvals() as approvals:
            approval = approvals.approval(lock.hash)
        if approval is None:
            raise StateError(f"The approval in {LOCK_NAME} of issue {known} is not in this database.", hint=again)
        frozen = approval_hash(approval.messages, approval.audience_rule, approval.waivers, approval.sender)
        if frozen != approval.hash:
            raise StateError(f"The approved messages of issue {known} were changed in the database.", hint=again)
        if lock.issue_sha256 != (issue.file_sha256 if issue else _sha256(self.path(known))):
            raise StateError(f"Issue {known} was edited after it was approved.", hint=again)
        return approval

    def summary(self, label: str) -> IssueSummary:
        """Say where an issue stands.

        Raises:
            UsageError: There is no such issue.
        """
        return self._summary(self._known(label), self._resources.segments)

    def summaries(self) -> tuple[IssueSummary, ...]:
        """Say where each issue stands, the oldest first."""
        labels = self.labels()
        segments = self._resources.segments if labels else ()
        return tuple(self._summary(label, segments) for label in labels)

    def _summary(self, label: IssueLabel, segments: Sequence[Segment], issue: Issue | None = None) -> IssueSummary:
        """Say where an issue stands; it is read unless it was read already."""
        sendings = self._resources.ledger.sendings(label)
        begun = next((sending for sending in reversed(sendings) if not sending.is_rehearsal), None)
        is_from_elsewhere = (
            begun is None and begun_elsewhere(self.path(label).with_name(SENT_NAME), sendings) is not None
        )
        try:
            issue = issue or self._read(label, segments)
        except IssueFileError:
            # A summary is also wanted of a file with mistakes; `check` names them.
            issue = None
        return IssueSummary(
            label=label,
            state=IssueState.SENT if is_from_elsewhere else self._state(label, begun, issue),
            is_from_elsewhere=is_from_elsewhere,
            date=None if issue is None else issue.date,
            items=None if issue is None else len(issue.items),
            sending=begun,
            doubt=self._resources.ledger.doubt(begun.id) if begun and begun.finished_at is None else InDoubt(),
            rehearsals=sum(sending.is_rehearsal for sending in sendings),
            left_out=LeftOut() if issue is None or begun is not None else self._left_out(issue, segments),
        )

    def _read(self, label: IssueLabel, segments: Sequence[Segment]) -> Issue:
        """Read an issue's file, for segments that were read already."""
        path, settings = self.path(label), self._resources.settings
        shown = path.relative_to(settings.root)
        return read_issue(path, segments=segments, publication=settings.publication, shown_as=shown)

    def _left_out(self, issue: Issue, segments: Sequence[Segment]) -> LeftOut:
        if not issue.without_items(segments):
            return LeftOut()
        return self._audience().left_out(issue, segments)

    def _state(self, label: IssueLabel, begun: Sending | None, issue: Issue | None) -> IssueState:
        """Read an issue's state off its sending, its lock and its file."""
        if begun is not None:
            return STATE_OF_SENDING[begun.state]
        try:
            self.approved(label, issue=issue)
        except StateError:
            return IssueState.DRAFT
        return IssueState.APPROVED

    def _known(self, label: str) -> IssueLabel:
        labels = self.labels()
        if label in labels:
            return IssueLabel(label)
        parse_period(label, self._resources.settings.publication.zone)
        hint = did_you_mean(label, labels) or f"newsletter issue new {label}"
        raise UsageError(f"There is no issue {label}.", hint=hint)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


STATE_OF_SENDING = {
    SendingState.RUNNING: IssueState.SENDING,
    SendingState.PAUSED: IssueState.PAUSED,
    SendingState.FINISHED: IssueState.SENT,
    SendingState.CANCELLED: IssueState.CANCELLED,
}
