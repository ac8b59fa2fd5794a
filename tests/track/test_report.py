"""What the report says."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete

from newsletter.domain.audience import ExclusionReason
from newsletter.domain.delivery import (
    Balance,
    BatchId,
    DeliveryState,
    ReasonCount,
    Sending,
    SendingAccount,
    SendingId,
    SendingState,
    UnknownBatch,
)
from newsletter.storage.database import Database
from newsletter.storage.deliveries import DeliveryLedger
from newsletter.storage.tables import subscriber
from newsletter.track.report import Advice, Report, ReportRow, build_report
from tests.send.samples import (
    ADVISERS,
    LABEL,
    MANAGERS,
    NOW,
    TO_ADVISERS,
    TO_BOTH,
    TO_MANAGERS,
    a_sending,
    add_people,
    an_approval,
    freeze,
    keep_approval,
)

NAMES = {ADVISERS: "Yritysneuvojat", MANAGERS: "Kaupunginjohtajat"}
QUEUED, ACCEPTED, UNKNOWN = DeliveryState.QUEUED, DeliveryState.ACCEPTED, DeliveryState.UNKNOWN

DOUBT = UnknownBatch(
    id=BatchId(7), edition=TO_BOTH, attempt=1, claimed_at=NOW, reason="no answer in 30 s", deliveries=1
)


def an_account(
    *,
    state: SendingState = SendingState.FINISHED,
    pause_reason: str | None = None,
    candidates: int = 10,
    unknown: tuple[UnknownBatch, ...] = (),
    last: DeliveryState = DeliveryState.REJECTED,
) -> SendingAccount:
    """Give the account of a sending to nine people; `last` is the state of one of them."""
    return SendingAccount(
        sending=Sending(
            id=SendingId(1),
            label=LABEL,
            approval_hash=an_approval().hash,
            mailer="smtp",
            is_rehearsal=False,
            state=state,
            started_at=NOW,
            finished_at=NOW + timedelta(minutes=5) if state is SendingState.FINISHED else None,
            pause_reason=pause_reason,
        ),
        balance=Balance(
            candidates=candidates,
            excluded={ExclusionReason.PENDING: 1},
            planned=9,
            states={ACCEPTED: 5, DeliveryState.DELIVERED: 3, last: 1},
        ),
        editions={
            TO_MANAGERS: {ACCEPTED: 2},
            TO_ADVISERS: {ACCEPTED: 3, DeliveryState.DELIVERED: 3},
            TO_BOTH: {last: 1},
        },
        reasons=(ReasonCount(state=last, reason="no such mailbox", deliveries=1),),
        unknown=unknown,
    )


def a_report(account: SendingAccount) -> Report:
    """Build the report of an account."""
    return build_report(account, segment_names=NAMES)


def test_a_report_counts_by_segment_and_edition() -> None:
    """Editions add up; a segment counts everybody it reaches, those it shares too."""
    account = an_account()
    assert a_report(account) == Report(
        sending=account.sending,
        balance=account.balance,
        segments=(
            ReportRow(
                name="Yritysneuvojat", states={ACCEPTED: 3, DeliveryState.DELIVERED: 3, DeliveryState.REJECTED: 1}
            ),
            ReportRow(name="Kaupunginjohtajat", states={ACCEPTED: 2, DeliveryState.REJECTED: 1}),
        ),
        editions=(
            ReportRow(name="advisers.fi", states={ACCEPTED: 3, DeliveryState.DELIVERED: 3}),
            ReportRow(name="advisers+managers.fi", states={DeliveryState.REJECTED: 1}),
            ReportRow(name="managers.fi", states={ACCEPTED: 2}),
        ),
        reasons=account.reasons,
        unknown=(),
        advice=(),
    )


def test_a_segment_without_a_name_is_shown_by_its_id() -> None:
    """A segment removed from the file since is in the report all the same; one without readers is not."""
    account = an_account()
    report = build_report(account, segment_names={MANAGERS: "Kaupunginjohtajat"})
    assert [row.name for row in report.segments] == ["Kaupunginjohtajat", "advisers"]


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        (
            an_account(state=SendingState.RUNNING, last=UNKNOWN, unknown=(DOUBT,)),
            [
                Advice(
                    message="1 mail may have gone out. Most often they did: leave them if in doubt. "
                    "`newsletter issue report 2017-11 --people unknown` names the readers.",
                    command="newsletter issue resolve 2017-11 --leave",
                )
            ],
        ),
        (
            an_account(state=SendingState.PAUSED, pause_reason="the key was revoked", last=QUEUED),
            [Advice(message="Paused: the key was revoked.", command="newsletter issue send 2017-11")],
        ),
        (
            an_account(state=SendingState.RUNNING, last=QUEUED),
            [Advice(message="1 mail still to be sent.", command="newsletter issue send 2017-11")],
        ),
        (an_account(state=SendingState.RUNNING), []),
        (
            an_account(candidates=11),
            [
                Advice(
                    message="The sums do not add up: the ledger was changed by something else. Send nothing more.",
                    command="newsletter db backup",
                )
            ],
        ),
    ],
)
def test_a_report_says_what_to_do(account: SendingAccount, expected: list[Advice]) -> None:
    """Whatever needs a person comes with the command for it; nothing to do says nothing."""
    assert list(a_report(account).advice) == expected


def test_a_report_reads_the_ledger_itself(database: Database) -> None:
    """The ledger fits the report's reads as it is."""
    ledger, sending = a_sending(database, 3)
    report = build_report(ledger.account(sending.id), segment_names=NAMES)
    assert report.segments == (ReportRow(name="Yritysneuvojat", states={QUEUED: 3}),)
    assert report.segments[0].planned == 3
    assert report.balance.holds


def test_domains_are_shown_where_they_name_nobody() -> None:
    """Domains of three readers and more stand by themselves, the others and people who are gone together."""
    account = replace(
        an_account(),
        domains={
            "forssa.example": {ACCEPTED: 3, DeliveryState.BOUNCED_HARD: 1},
            "huittinen.example": {ACCEPTED: 2},
            None: {ACCEPTED: 2},
            "kauhajoki.example": {DeliveryState.REJECTED: 1},
        },
    )

    assert a_report(account).domains == (
        ReportRow(name="forssa.example", states={ACCEPTED: 3, DeliveryState.BOUNCED_HARD: 1}),
        ReportRow(name="(other domains)", states={ACCEPTED: 4, DeliveryState.REJECTED: 1}),
    )
    assert a_report(an_account()).domains == ()


def test_at_most_fifteen_domains_are_shown() -> None:
    """A long tail of domains is one row."""
    account = replace(an_account(), domains={f"d{number:02}.example": {ACCEPTED: 3} for number in range(20)})

    rows = a_report(account).domains

    assert [row.name for row in rows] == [*(f"d{number:02}.example" for number in range(15)), "(other domains)"]
    assert rows[-1].states == {ACCEPTED: 15}


def test_the_ledger_counts_domains_also_of_people_who_are_gone(database: Database) -> None:
    """The domain is read off the record; whoever has none any more is counted without one."""
    add_people(database, ["a@forssa.example", "b@FORSSA.example", "c@huittinen.example", "d@huittinen.example"])
    ledger = DeliveryLedger(database)
    sending = freeze(ledger, keep_approval(database, an_approval()))
    with database.write() as connection:
        connection.execute(delete(subscriber).where(subscriber.c.address == "c@huittinen.example"))

    domains = ledger.account(sending.id).domains

    assert dict(domains) == {"forssa.example": {QUEUED: 2}, "huittinen.example": {QUEUED: 1}, None: {QUEUED: 1}}
    assert next(iter(domains)) == "forssa.example"
