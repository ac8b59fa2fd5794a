"""What became of a sending, and what a person decides about its doubt: the verbs `report` and `resolve`."""

from collections.abc import Collection

from newsletter.domain.delivery import BatchId
from newsletter.domain.issue import IssueLabel
from newsletter.errors import StateError
from newsletter.service.resources import Resources
from newsletter.track.report import Report, build_report


class ReportService:
    """The verbs of an issue whose sending began."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    def report(self, label: str) -> tuple[Report, ...]:
        """Account for every sending of an issue, the real one first, then rehearsals, the oldest first.

        Raises:
            StateError: Nothing of the issue was ever sent.
        """
        ledger = self._resources.ledger
        sendings = sorted(ledger.sendings(IssueLabel(label)), key=lambda sending: sending.is_rehearsal)
        if not sendings:
            raise StateError(f"Nothing of issue {label} was sent yet.", hint=f"newsletter issue send {label}")
        language = self._resources.settings.publication.languages[0]
        names = {segment.id: segment.names.get(language, str(segment.id)) for segment in self._resources.segments}
        return tuple(build_report(ledger.account(sending.id), segment_names=names) for sending in sendings)

    def resolve(self, label: str, *, resend: bool, by: str, batches: Collection[int] = ()) -> int:
        """Decide, as a person, what becomes of batches of doubt: send them again, or leave them; count them.

        Args:
            label: The issue.
            resend: True puts them back into the queue: whoever did get the mail gets it twice. False lets them rest.
            by: The person's name, recorded.
            batches: Their numbers in the report; all of the sending by default.

        Raises:
            StateError: No mail of the issue is in doubt.
            UsageError: A number is of no batch in doubt.
        """
        ledger = self._resources.ledger
        doubtful = [one for one in ledger.sendings(IssueLabel(label)) if ledger.unknown_batches(one.id)]
        if not doubtful:
            raise StateError(f"No mail of issue {label} is in doubt.", hint=f"See `newsletter issue report {label}`.")
        sending = next((one for one in doubtful if not one.is_rehearsal), doubtful[-1])
        chosen = [BatchId(number) for number in batches] or None
        reason = f"{'sent again' if resend else 'left'} by {by}"
        if resend:
            return ledger.queue_unknown(sending.id, batch_ids=chosen, reason=reason)
        count = ledger.leave_unknown(sending.id, batch_ids=chosen, reason=reason, now=self._resources.clock.now())
        ledger.finish(sending.id, now=self._resources.clock.now())
        return count
