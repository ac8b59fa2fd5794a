"""The report of a sending: both sums, by segment and edition, reasons in plain words, doubt with what to do.

`build_report` makes it from what the ledger counted; `newsletter.track.pages` writes it down. Pure: the same account
gives the same report.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from newsletter.domain.content import SegmentId
from newsletter.domain.delivery import (
    ACCEPTED_AND_LATER,
    Balance,
    DeliveryState,
    ReasonCount,
    Sending,
    SendingAccount,
    SendingState,
    UnknownBatch,
)
from newsletter.domain.issue import EditionKey
from newsletter.errors import counted

OPEN_STATES = (DeliveryState.QUEUED, DeliveryState.SENDING)
DOMAINS_SHOWN_MAX = 15
DOMAIN_READERS_MIN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """The planned deliveries of one segment or edition.

    Attributes:
        states: How many are in each state; states without any are absent.
    """

    name: str
    states: Mapping[DeliveryState, int]

    @property
    def planned(self) -> int:
        """Count them all."""
        return sum(self.states.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """Something a person has to decide or do, with the command for it."""

    message: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of one sending.

    Attributes:
        segments: In the order of the names given; somebody in several counts in each, so these need not add up.
        editions: By edition; these add up.
        domains: By the mail domain of the reader, the largest first; these add up. Small ones are gathered.
        is_trial: Our own SendGrid took the mails, and nobody was mailed.
        reasons: Why deliveries were rejected, skipped, sent back to the queue or are in doubt; the commonest first.
        advice: What to do now, most urgent first; empty when there is nothing to do.
    """

    sending: Sending
    balance: Balance
    segments: tuple[ReportRow, ...]
    editions: tuple[ReportRow, ...]
    domains: tuple[ReportRow, ...] = ()
    reasons: tuple[ReasonCount, ...]
    unknown: tuple[UnknownBatch, ...]
    advice: tuple[Advice, ...]
    is_trial: bool = False

    @property
    def kind(self) -> str:
        """Say in words what kind of sending it is."""
        return kind_of(self.sending.is_rehearsal, is_trial=self.is_trial)


def kind_of(is_rehearsal: bool, *, is_trial: bool) -> str:  # noqa: FBT001 - what the word follows from
    """Say in words what kind of sending something is."""
    return f"{'trial ' if is_trial else ''}{'rehearsal' if is_rehearsal else 'sending'}"


def build_report(account: SendingAccount, *, segment_names: Mapping[SegmentId, str], is_trial: bool = False) -> Report:
    """Make the report of a sending.

    Segments are shown in the order of `segment_names`; others follow under their ids. `is_trial`: nobody was mailed.
    """
    return Report(
        sending=account.sending,
        balance=account.balance,
        segments=_by_segment(account.editions, segment_names),
        editions=tuple(ReportRow(name=str(key), states=states) for key, states in sorted(account.editions.items())),
        domains=_by_domain(account.domains),
        reasons=account.reasons,
        unknown=account.unknown,
        advice=_advice(account),
        is_trial=is_trial,
    )


def _by_domain(domains: Mapping[str | None, Mapping[DeliveryState, int]]) -> tuple[ReportRow, ...]:
    """Give the large domains, the largest first, then everybody else together.

    A domain of one or two readers would name them, so it is never shown by itself.
    """
    shown: list[ReportRow] = []
    others: dict[DeliveryState, int] = {}
    for name, states in domains.items():
        row = ReportRow(name=name or "", states=states)
        if name is not None and row.planned >= DOMAIN_READERS_MIN and len(shown) < DOMAINS_SHOWN_MAX:
            shown.append(row)
            continue
        for state, count in states.items():
            others[state] = others.get(state, 0) + count
    return (*shown, ReportRow(name="(other domains)", states=others)) if others else tuple(shown)


def _by_segment(
    editions: Mapping[EditionKey, Mapping[DeliveryState, int]], names: Mapping[SegmentId, str]
) -> tuple[ReportRow, ...]:
    """Add up the editions that reach each segment."""
    unnamed = sorted({segment for key in editions for segment in key.segments} - set(names))
    rows = []
    for segment in (*names, *unnamed):
        states: dict[DeliveryState, int] = {}
        for key, counts in editions.items():
            if segment in key.segments:
                for state, count in counts.items():
                    states[state] = states.get(state, 0) + count
        if states:
            rows.append(ReportRow(name=names.get(segment, segment), states=states))
    return tuple(rows)


def _advice(account: SendingAccount) -> tuple[Advice, ...]:
    """Say what a person has to do, in the order in which to do it."""
    sending, balance = account.sending, account.balance
    label = sending.label
    advice = []
    if not balance.holds:
        advice.append(
            Advice(
                message="The sums do not add up: the ledger was changed by something else. Send nothing more.",
                command="newsletter db backup",
            )
        )
    if account.unknown:
        doubtful = sum(doubt.deliveries for doubt in account.unknown)
        advice.append(
            Advice(
                message=f"{counted(doubtful, 'mail')} may have gone out. Most often they did: leave them if in doubt."
                f" `newsletter issue report {label} --people unknown` names the readers.",
                command=f"newsletter issue resolve {label} --leave",
            )
        )
    left = count_of(balance.states, *OPEN_STATES)
    if sending.state is SendingState.PAUSED and left:
        advice.append(Advice(message=f"Paused: {sending.pause_reason}.", command=f"newsletter issue send {label}"))
    elif sending.state is SendingState.RUNNING and left:
        message = f"{counted(left, 'mail')} still to be sent."
        advice.append(Advice(message=message, command=f"newsletter issue send {label}"))
    return tuple(advice)


def state_word(sending: Sending) -> str:
    """Say where a sending stands."""
    return "under way" if sending.state is SendingState.RUNNING else sending.state.value


def minute(moment: datetime, zone: tzinfo) -> str:
    """Write a moment of a zone to the minute."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M %Z}"


def plain(text: str) -> str:
    """Keep what a terminal shows and nothing that it obeys."""
    return "".join(character if character.isprintable() else " " for character in text)


def count_of(states: Mapping[DeliveryState, int], *chosen: DeliveryState) -> int:
    """Count the deliveries in any of the chosen states."""
    return sum(states.get(state, 0) for state in chosen)


def count_accepted(states: Mapping[DeliveryState, int]) -> int:
    """Count the deliveries that the mailer took, whatever became of them later."""
    return count_of(states, *ACCEPTED_AND_LATER)
