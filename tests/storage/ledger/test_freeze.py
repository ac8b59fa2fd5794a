"""How an audience is fixed."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import Dialect
from sqlalchemy.dialects import postgresql, sqlite

from newsletter.domain.audience import ExclusionReason, SubscriberStatus, SuppressionReason
from newsletter.domain.content import Language
from newsletter.domain.delivery import Balance, DeliveryState, Forecast, Sending, SendingId, SendingState
from newsletter.domain.issue import EditionKey, IssueLabel
from newsletter.domain.mailing import Verdict
from newsletter.errors import StateError
from newsletter.storage.database import Database
from newsletter.storage.deliveries import DeliveryLedger
from newsletter.storage.ledger.freeze import RandomKey
from newsletter.storage.tables import delivery
from tests.send.samples import (
    ADVISERS,
    FI,
    LABEL,
    MANAGERS,
    NOW,
    SEGMENTS,
    TO_ADVISERS,
    TO_BOTH,
    TO_MANAGERS,
    a_sending,
    add_people,
    addresses,
    an_approval,
    freeze,
    keep_approval,
    suppress,
)
from tests.storage.ledger_steps import LATER, answered, claim, reached, states


def test_everybody_is_planned_once_or_excluded_once(database: Database) -> None:
    """A freeze sorts people into editions by combination, and gives everybody else exactly one reason."""
    add_people(database, addresses(3, "adviser"))
    add_people(database, addresses(2, "manager"), segments=[MANAGERS])
    add_people(database, addresses(1, "both"), segments=[ADVISERS, MANAGERS])
    add_people(database, addresses(2, "nobody"), segments=[])
    add_people(database, addresses(1, "pending"), status=SubscriberStatus.PENDING)
    add_people(database, addresses(1, "gone"), status=SubscriberStatus.UNSUBSCRIBED)
    add_people(database, addresses(1, "bounced"))
    suppress(database, "bounced1@example.com", SuppressionReason.HARD_BOUNCE)
    suppress(database, "gone1@example.com")
    ledger = DeliveryLedger(database)
    forecast = ledger.foresee(approval=an_approval(), segments=SEGMENTS, languages=(FI,), now=NOW)
    sending = freeze(ledger, keep_approval(database, an_approval()))
    account = ledger.account(sending.id)
    excluded = {
        ExclusionReason.NO_SEGMENT: 2,
        ExclusionReason.PENDING: 1,
        ExclusionReason.UNSUBSCRIBED: 1,
        ExclusionReason.SUPPRESSED: 1,
    }
    assert forecast == Forecast(candidates=11, excluded=excluded, planned={TO_ADVISERS: 3, TO_BOTH: 1, TO_MANAGERS: 2})
    assert account.balance == Balance(candidates=11, excluded=excluded, planned=6, states={DeliveryState.QUEUED: 6})
    assert account.balance.holds
    assert account.editions == {
        TO_ADVISERS: {DeliveryState.QUEUED: 3},
        TO_BOTH: {DeliveryState.QUEUED: 1},
        TO_MANAGERS: {DeliveryState.QUEUED: 2},
    }


def test_a_sending_begins_running(database: Database) -> None:
    """A freeze gives the sending as the ledger keeps it."""
    ledger, sending = a_sending(database)
    assert sending == Sending(
        id=SendingId(1),
        label=LABEL,
        approval_hash=an_approval().hash,
        mailer="scripted",
        is_rehearsal=False,
        state=SendingState.RUNNING,
        started_at=NOW,
    )
    assert ledger.sendings(LABEL) == (sending,)
    assert ledger.sending(sending.id) == sending


def test_batches_are_full_but_for_the_last_of_an_edition(database: Database) -> None:
    """A freeze deals each edition's people into batches of the given size; no batch mixes editions."""
    add_people(database, addresses(5, "adviser"))
    add_people(database, addresses(3, "manager"), segments=[MANAGERS])
    ledger = DeliveryLedger(database)
    sending = freeze(ledger, keep_approval(database, an_approval()), batch_size=2)
    claims = [claim(ledger, sending) for _ in range(5)]
    sizes = Counter((claimed.edition, len(claimed.deliveries)) for claimed in claims)
    assert ledger.claim(sending.id, owner="aino", now=NOW) is None
    assert sizes == {(TO_ADVISERS, 2): 2, (TO_ADVISERS, 1): 1, (TO_MANAGERS, 2): 1, (TO_MANAGERS, 1): 1}


def test_a_wanted_language_is_met_where_it_is_published(database: Database) -> None:
    """A reader gets the wanted language if the publication has it, else the publication's first."""
    swedish, english = Language("sv"), Language("en")
    add_people(database, addresses(1, "finn"))
    add_people(database, addresses(2, "swede"), language=swedish)
    add_people(database, addresses(1, "briton"), language=english)
    in_swedish = EditionKey(segments=(ADVISERS,), language=swedish)
    approval = keep_approval(database, an_approval((TO_ADVISERS, in_swedish), languages=(FI, swedish)))
    ledger = DeliveryLedger(database)
    sending = ledger.freeze(
        approval=approval,
        mailer="outbox",
        is_rehearsal=True,
        segments=SEGMENTS,
        languages=(FI, swedish),
        batch_size=9,
        now=NOW,
    )
    assert ledger.account(sending.id).editions == {
        TO_ADVISERS: {DeliveryState.QUEUED: 2},
        in_swedish: {DeliveryState.QUEUED: 2},
    }


def test_delivery_keys_are_opaque_and_unique(database: Database) -> None:
    """A delivery key is 32 hex digits, of which all but four are random: no second freeze makes the same."""
    ledger, sending = a_sending(database, 4, batch_size=9)
    rehearsal = freeze(ledger, an_approval(), is_rehearsal=True, batch_size=9)
    planned = (*claim(ledger, sending).deliveries, *claim(ledger, rehearsal).deliveries)
    keys = [one.key for one in planned]
    assert len({key[4:] for key in keys}) == 8
    assert [key[:4] for key in keys] == [one.address_hash[:4] for one in planned]
    assert all(len(key) == 32 and set(key) <= set("0123456789abcdef") for key in keys)


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [
        (sqlite.dialect(), "lower(hex(randomblob(14)))"),
        (postgresql.dialect(), "right(replace(gen_random_uuid()::text, '-', ''), 28)"),  # type: ignore[no-untyped-call]
    ],
)
def test_each_database_makes_keys_in_its_own_words(dialect: Dialect, expected: str) -> None:
    """Both databases make 28 random hex digits behind four of the hash, so that no key passes through Python."""
    key = RandomKey(delivery.c.address_hash)
    assert str(key.compile(dialect=dialect)) == f"substr(delivery.address_hash, 1, 4) || {expected}"


def test_people_who_come_later_get_the_next_issue(database: Database) -> None:
    """The audience is fixed: somebody added after the freeze is no candidate of this sending."""
    ledger, sending = a_sending(database, 1)
    add_people(database, ["late@example.com"])
    assert reached(ledger.claim(sending.id, owner="aino", now=NOW)) == ["reader1@example.com"]
    assert ledger.claim(sending.id, owner="aino", now=NOW) is None
    assert ledger.balance(sending.id).candidates == 1


def test_a_combination_without_an_edition_is_refused(database: Database) -> None:
    """Nobody is left out for lack of an edition: the freeze says which one is missing, and writes nothing."""
    add_people(database, addresses(1, "adviser"))
    add_people(database, addresses(2, "both"), segments=[ADVISERS, MANAGERS])
    ledger = DeliveryLedger(database)
    approval = keep_approval(database, an_approval((TO_ADVISERS, TO_MANAGERS)))
    with pytest.raises(StateError, match=r"^No approved edition for advisers\+managers\.fi \(2 people\)\.$"):
        freeze(ledger, approval)
    assert ledger.sendings(LABEL) == ()


def test_readers_of_an_edition_that_is_not_approved_get_another_where_a_person_decides_so(database: Database) -> None:
    """They are dealt out with that one's own readers; the sums hold, and everybody is in a batch of an approved one."""
    add_people(database, addresses(2, "adviser"))
    add_people(database, addresses(3, "both"), segments=[ADVISERS, MANAGERS])
    ledger = DeliveryLedger(database)
    approval = keep_approval(database, an_approval((TO_ADVISERS, TO_MANAGERS)))
    sending = ledger.freeze(
        approval=approval,
        mailer="outbox",
        is_rehearsal=False,
        segments=SEGMENTS,
        languages=(FI,),
        batch_size=4,
        now=NOW,
        instead={TO_BOTH: TO_ADVISERS},
    )
    claimed = [ledger.claim(sending.id, owner="aino", now=NOW) for _ in range(3)]
    balance = ledger.balance(sending.id)

    assert [one and (one.edition, len(one.deliveries)) for one in claimed] == [(TO_ADVISERS, 4), (TO_ADVISERS, 1), None]
    assert (balance.planned, balance.holds) == (5, True)


def test_people_of_segments_without_items_are_left_out_for_that_reason(database: Database) -> None:
    """Whoever is in such segments alone gets nothing, and the sums hold; in another one too, the other's items."""
    add_people(database, addresses(3, "adviser"))
    add_people(database, addresses(1, "left"), status=SubscriberStatus.UNSUBSCRIBED)
    add_people(database, addresses(2, "both"), segments=[ADVISERS, MANAGERS])
    add_people(database, addresses(1, "manager"), segments=[MANAGERS])
    add_people(database, addresses(1, "nobody"), segments=[])
    approval = keep_approval(database, an_approval((TO_BOTH, TO_MANAGERS), without_items=[ADVISERS]))
    ledger = DeliveryLedger(database)
    forecast = ledger.foresee(approval=approval, segments=SEGMENTS, languages=(FI,), now=NOW)
    balance = ledger.balance(freeze(ledger, approval).id)
    excluded = {ExclusionReason.NO_ITEMS: 3, ExclusionReason.UNSUBSCRIBED: 1, ExclusionReason.NO_SEGMENT: 1}
    assert forecast == Forecast(candidates=8, excluded=excluded, planned={TO_BOTH: 2, TO_MANAGERS: 1})
    assert balance == Balance(candidates=8, excluded=excluded, planned=3, states={DeliveryState.QUEUED: 3})
    assert balance.holds


def test_an_approval_that_did_not_decide_leaves_nobody_out(database: Database) -> None:
    """One from before that decision was asked for is refused where people would get nothing, and says the way out."""
    add_people(database, addresses(2, "adviser"))
    add_people(database, addresses(1, "manager"), segments=[MANAGERS])
    approval = keep_approval(database, an_approval((TO_BOTH, TO_MANAGERS)))
    with pytest.raises(StateError, match=r"^No approved edition for advisers\.fi \(2 people\)\.$") as caught:
        freeze(DeliveryLedger(database), approval)
    assert caught.value.hint == "newsletter issue approve 2017-11; or give them another: --instead advisers.fi=EDITION"


def test_an_audience_of_nobody_is_refused(database: Database) -> None:
    """A sending to nobody is a mistake somewhere else."""
    add_people(database, addresses(2), segments=[])
    approval = keep_approval(database, an_approval())
    with pytest.raises(StateError, match="Nobody would get issue 2017-11"):
        freeze(DeliveryLedger(database), approval)


def test_segments_changed_since_approval_are_refused(database: Database) -> None:
    """The audience rule is part of what was approved."""
    add_people(database, addresses(1))
    approval = keep_approval(database, an_approval(segments=SEGMENTS[:1], editions=(TO_MANAGERS,)))
    with pytest.raises(StateError, match="have changed since the issue was approved"):
        freeze(DeliveryLedger(database), approval)


def test_there_is_one_real_sending_and_any_number_of_rehearsals(database: Database) -> None:
    """Rehearsals neither stand in the way of the real sending nor of each other; a second real one is refused."""
    add_people(database, addresses(2))
    approval = keep_approval(database, an_approval())
    ledger = DeliveryLedger(database)
    for _ in range(2):
        freeze(ledger, approval, is_rehearsal=True)
    freeze(ledger, approval)
    freeze(ledger, approval, is_rehearsal=True)
    with pytest.raises(StateError, match="has a sending already"):
        freeze(ledger, approval)
    assert [sending.is_rehearsal for sending in ledger.sendings(LABEL)] == [True, True, False, True]


def test_a_cancelled_sending_that_reached_nobody_may_begin_again(database: Database) -> None:
    """Cancelling before anybody could have got the issue frees its place."""
    ledger, sending = a_sending(database, 3)
    ledger.cancel(sending.id, reason="wrong date", now=LATER)
    again = freeze(ledger, an_approval())
    assert states(ledger, again) == {DeliveryState.QUEUED: 3}


def test_what_a_rehearsal_reached_does_not_stand_in_the_way(database: Database) -> None:
    """It is the cancelled sending's own mails that may have arrived, and not those of another one."""
    ledger, sending = a_sending(database, 2)
    rehearsal = freeze(ledger, an_approval(), is_rehearsal=True)
    claimed = claim(ledger, rehearsal)
    ledger.record(claimed, answered(claimed, Verdict.ACCEPTED), LATER)
    ledger.cancel(sending.id, reason="wrong date", now=LATER)
    again = freeze(ledger, an_approval())
    assert states(ledger, again) == {DeliveryState.QUEUED: 2}


@pytest.mark.parametrize("verdict", [Verdict.ACCEPTED, Verdict.UNKNOWN])
def test_a_cancelled_sending_that_may_have_reached_somebody_stands_in_the_way(
    database: Database, verdict: Verdict
) -> None:
    """A new audience would be mailed the same issue again: so there is none."""
    ledger, sending = a_sending(database, 3)
    claimed = claim(ledger, sending)
    ledger.record(claimed, answered(claimed, verdict), LATER)
    ledger.cancel(sending.id, reason="wrong date", now=LATER)
    with pytest.raises(StateError, match="has a sending already"):
        freeze(ledger, an_approval())


def test_the_forecast_remembers_the_last_real_sending(database: Database) -> None:
    """The number to compare an audience with is that of the last finished real sending of another issue."""
    ledger, sending = a_sending(database, 2)
    claimed = claim(ledger, sending)
    ledger.record(claimed, answered(claimed, Verdict.ACCEPTED), LATER)
    ledger.finish(sending.id, now=LATER)
    add_people(database, ["third@example.com"])
    last_time = [
        ledger.foresee(
            approval=an_approval(label=IssueLabel(label)), segments=SEGMENTS, languages=(FI,), now=NOW
        ).planned_last_time
        for label in ("2017-12", LABEL)
    ]
    assert last_time == [2, None]


def send_all(ledger: DeliveryLedger, sending: Sending) -> None:
    """Let a sending reach everybody, and end it."""
    while (claimed := ledger.claim(sending.id, owner="aino", now=NOW)) is not None:
        ledger.record(claimed, answered(claimed, Verdict.ACCEPTED), LATER)
    ledger.finish(sending.id, now=LATER)


def test_the_forecast_compares_with_nothing_but_the_last_issue_that_was_sent(database: Database) -> None:
    """Neither a rehearsal, nor one that has not ended, nor an earlier one is what the audience is compared with."""
    ledger = DeliveryLedger(database)
    months = [IssueLabel(f"2017-{month:02}") for month in range(7, 12)]
    for people, (label, is_rehearsal) in enumerate(zip(months, (False, False, True, False, False), strict=True), 1):
        add_people(database, [f"reader{people}@example.com"])
        approval = keep_approval(database, an_approval(label=label, subject=label))
        sending = ledger.freeze(
            approval=approval,
            mailer="outbox",
            is_rehearsal=is_rehearsal,
            segments=SEGMENTS,
            languages=(FI,),
            batch_size=2,
            now=NOW + timedelta(days=people),
        )
        if label != months[3]:
            send_all(ledger, sending)
    november = ledger.foresee(approval=an_approval(label=months[4]), segments=SEGMENTS, languages=(FI,), now=NOW)
    december = ledger.foresee(
        approval=an_approval(label=IssueLabel("2017-12")), segments=SEGMENTS, languages=(FI,), now=NOW
    )
    assert (november.planned_last_time, december.planned_last_time) == (2, 5)
