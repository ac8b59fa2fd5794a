"""What the provider tells becomes states of the ledger and facts about people."""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Select, func, insert, select, text

from newsletter import open_newsletter
from newsletter.config import read_settings
from newsletter.domain.audience import SubscriberStatus, SuppressionReason
from newsletter.domain.delivery import DeliveryKey, DeliveryState, SendingId, SendingState
from newsletter.domain.mailing import Verdict
from newsletter.domain.notification import (
    FetchedSuppressions,
    Notification,
    NotificationKind,
    ProviderSuppression,
)
from newsletter.errors import StorageError, UsageError
from newsletter.mailers import MAILERS
from newsletter.service.notifications.service import WORN_OUT, FetchResult, NotificationService, Taken
from newsletter.service.resources import Resources
from newsletter.storage.database import Database
from newsletter.storage.tables import batch, delivery, sending, subscriber, suppression
from newsletter.wiring import Newsletter
from tests.conftest import MORNING
from tests.fakes.clock import FakeClock
from tests.fakes.mailer import ScriptedMailer, each

LABEL = "2017-11"
KIND, STATE, WHY = NotificationKind, DeliveryState, SuppressionReason


def told(
    key: str | None,
    kind: NotificationKind,
    *,
    minute: int = 0,
    suppression: SuppressionReason | None = None,
    reason: str = "",
    raw: str = "",
    event_id: str | None = None,
    address: str | None = None,
) -> Notification:
    """Give a notification as a provider's file makes it."""
    return Notification(
        provider="sendgrid",
        event_id=event_id,
        natural_key=f"{kind}/{key}/{minute}",
        kind=kind,
        at=MORNING + timedelta(minutes=minute),
        delivery_key=None if key is None else DeliveryKey(key),
        suppression=suppression,
        reason=reason,
        raw=raw,
        address=address,
    )


def hard(key: str, *, minute: int = 1) -> Notification:
    """Tell that an address does not exist."""
    return told(key, KIND.BOUNCED_HARD, minute=minute, suppression=WHY.HARD_BOUNCE, reason="550 5.1.1 No such user")


@pytest.fixture(scope="module")
def sent_once(real_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Send the issue once, to 21 readers, through a mailer that counts as real and takes everything."""
    return _sent(real_once, tmp_path_factory.mktemp("sent") / "seutu", ScriptedMailer())


@pytest.fixture(scope="module")
def doubtful_once(real_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Send the issue once through a mailer whose first answer is lost."""
    mailer = ScriptedMailer([each(Verdict.UNKNOWN, reason="the answer was lost")])
    return _sent(real_once, tmp_path_factory.mktemp("doubtful") / "seutu", mailer)


def _sent(real: Path, folder: Path, mailer: ScriptedMailer) -> Path:
    path = shutil.copytree(real, folder) / "newsletter.toml"
    with open_newsletter(path, clock=FakeClock(MORNING), mailer=mailer) as newsletter:
        newsletter.deliveries.send(LABEL, by="Aino")
    return folder


@contextmanager
def opened(folder: Path, target: Path, mailer: ScriptedMailer | None = None) -> Iterator[Newsletter]:
    """Open a copy of a publication."""
    if target.exists():
        shutil.rmtree(target)
    shutil.copytree(folder, target)
    with open_newsletter(target / "newsletter.toml", clock=FakeClock(MORNING), mailer=mailer) as newsletter:
        yield newsletter


@pytest.fixture
def sent(sent_once: Path, tmp_path: Path) -> Iterator[Newsletter]:
    """Give a publication of the test's own whose issue is sent."""
    with opened(sent_once, tmp_path / "seutu") as newsletter:
        yield newsletter


@pytest.fixture
def doubtful(doubtful_once: Path, tmp_path: Path) -> Iterator[Newsletter]:
    """Give a publication of the test's own of whose mails one batch is in doubt."""
    with opened(doubtful_once, tmp_path / "seutu") as newsletter:
        yield newsletter


def keys_of(newsletter: Newsletter) -> list[str]:
    """Give the keys of all deliveries, in the order of their addresses' hashes."""
    with newsletter.resources.database.read() as connection:
        return list(connection.execute(select(delivery.c.key).order_by(delivery.c.address_hash)).scalars())


def address_of(newsletter: Newsletter, key: str) -> str:
    """Give whose delivery this is."""
    with newsletter.resources.database.read() as connection:
        found = connection.execute(
            select(subscriber.c.address)
            .join(delivery, delivery.c.address_hash == subscriber.c.address_hash)
            .where(delivery.c.key == key)
        )
        return str(found.scalar_one())


def people_states(newsletter: Newsletter, key: str) -> tuple[SubscriberStatus, SuppressionReason | None]:
    """Give the status of a delivery's reader, and why the address is suppressed."""
    person = newsletter.people.person(address_of(newsletter, key))
    return person.subscriber.status, person.suppression.reason if person.suppression else None


def states_of(newsletter: Newsletter) -> dict[DeliveryState, int]:
    """Count the deliveries by state, once the sums are right."""
    balance = newsletter.reports.report(LABEL)[0].balance
    assert balance.holds
    return dict(balance.states)


def everything(newsletter: Newsletter) -> list[object]:
    """Give all that notifications can change, as values that can be compared."""
    with newsletter.resources.database.read() as connection:
        return [
            connection.execute(statement).all()
            for statement in (
                select(delivery.c.key, delivery.c.state).order_by(delivery.c.key),
                select(batch.c.id, batch.c.state).order_by(batch.c.id),
                select(sending.c.id, sending.c.state),
                select(suppression.c.address_hash, suppression.c.reason).order_by(suppression.c.address_hash),
                select(subscriber.c.id, subscriber.c.status).order_by(subscriber.c.id),
            )
        ]


@pytest.mark.parametrize(
    ("kind", "why", "status", "state"),
    [
        (KIND.BOUNCED_HARD, WHY.HARD_BOUNCE, SubscriberStatus.ACTIVE, STATE.BOUNCED_HARD),
        (KIND.COMPLAINED, WHY.COMPLAINT, SubscriberStatus.ACTIVE, STATE.COMPLAINED),
        (KIND.UNSUBSCRIBED, WHY.UNSUBSCRIBED, SubscriberStatus.UNSUBSCRIBED, STATE.ACCEPTED),
        (KIND.BOUNCED_SOFT, None, SubscriberStatus.ACTIVE, STATE.BOUNCED_SOFT),
        (KIND.DELIVERED, None, SubscriberStatus.ACTIVE, STATE.DELIVERED),
        (KIND.RESUBSCRIBED, None, SubscriberStatus.ACTIVE, STATE.ACCEPTED),
    ],
)
def test_what_follows_from_one_notification(
    sent: Newsletter,
    kind: NotificationKind,
    why: SuppressionReason | None,
    status: SubscriberStatus,
    state: DeliveryState,
) -> None:
    """Who bounced hard, complained or left is suppressed at once; nobody else is."""
    key = keys_of(sent)[0]

    taken = sent.notifications.take([told(key, kind, suppression=why)])

    is_settled, is_suppressed = int(state is not STATE.ACCEPTED), int(why is not None)
    assert taken == Taken(new=1, repeated=0, settled=is_settled, suppressed=is_suppressed, paused=())
    assert people_states(sent, key) == (status, why)
    assert states_of(sent).get(state, 0) == (21 if state is STATE.ACCEPTED else 1)


def test_a_stronger_reason_told_later_takes_the_place_of_a_weaker_one(sent: Newsletter) -> None:
    """Who left and later complained is suppressed for the complaint and stays unsubscribed; a person's word stays."""
    key, other = keys_of(sent)[:2]
    sent.suppressions.suppress(address_of(sent, other), note="by hand")
    sent.notifications.take([told(key, KIND.UNSUBSCRIBED, suppression=WHY.UNSUBSCRIBED)])

    taken = sent.notifications.take(
        [told(one, KIND.COMPLAINED, minute=5, suppression=WHY.COMPLAINT) for one in (key, other)]
    )

    assert (taken.suppressed, people_states(sent, key), people_states(sent, other)) == (
        0,
        (SubscriberStatus.UNSUBSCRIBED, WHY.COMPLAINT),
        (SubscriberStatus.ACTIVE, WHY.MANUAL),
    )


def test_joining_again_at_the_provider_lifts_nothing(sent: Newsletter) -> None:
    """Who left stays unsubscribed until a person says otherwise (H6)."""
    key = keys_of(sent)[0]
    sent.notifications.take([told(key, KIND.UNSUBSCRIBED, suppression=WHY.UNSUBSCRIBED)])

    sent.notifications.take([told(key, KIND.RESUBSCRIBED, minute=5)])

    assert people_states(sent, key) == (SubscriberStatus.UNSUBSCRIBED, WHY.UNSUBSCRIBED)


def test_a_repetition_does_not_suppress_again_what_a_person_lifted(sent: Newsletter) -> None:
    """The same notification under a new id is old news."""
    key = keys_of(sent)[0]
    sent.notifications.take([hard(key)])
    sent.suppressions.lift(address_of(sent, key), note="the mailbox is back, says its holder")

    again = sent.notifications.take([replace(hard(key), event_id="new")])

    assert again == Taken(new=0, repeated=1, settled=0, suppressed=0, paused=())
    assert people_states(sent, key) == (SubscriberStatus.ACTIVE, None)


def test_what_is_about_a_strangers_mail_harms_nobody(sent: Newsletter) -> None:
    """Kept for the record; nobody is made, nobody suppressed, no delivery changes (H7)."""
    before = everything(sent)

    taken = sent.notifications.take([hard("f" * 32), told(None, KIND.COMPLAINED, suppression=WHY.COMPLAINT)])

    assert taken == Taken(new=2, repeated=0, settled=0, suppressed=0, paused=())
    assert everything(sent) == before
    assert sent.notifications.counts() == {KIND.BOUNCED_HARD: 1, KIND.COMPLAINED: 1}


@pytest.mark.parametrize("stray", ["", "somebody.else@yritys.example", "x" * 300_000])
def test_what_names_another_address_than_its_delivery_is_set_aside(
    sent: Newsletter, caplog: pytest.LogCaptureFixture, stray: str
) -> None:
    """Nothing follows from it, it is told and listed, and it does not stand in the way of the true one."""
    key, before = keys_of(sent)[0], everything(sent)
    true = replace(hard(key), event_id="e1", address=address_of(sent, key).upper())

    taken = [sent.notifications.take([replace(true, address=stray)]) for _ in range(2)]
    listed, after = sent.notifications.recent(), everything(sent)
    then = sent.notifications.take([true])

    assert [(one.new, one.repeated, one.suppressed) for one in (*taken, then)] == [(1, 0, 0), (0, 1, 0), (1, 0, 1)]
    assert (after == before, people_states(sent, key)[1]) == (True, WHY.HARD_BOUNCE)
    why = "not of the address that its delivery went to" if stray else "without an address"
    assert [(one.kind, one.label, one.reason) for one in listed] == [(KIND.SET_ASIDE, LABEL, f"bounced hard, {why}")]
    said = (
        "Set aside 1 of the notifications: each names a delivery and not its address. "
        'See `newsletter notification list --kind "set aside"`.'
    )
    assert [record.getMessage() for record in caplog.records] == [said]


def test_nothing_follows_for_people_from_a_rehearsal(approved: Path) -> None:
    """The deliveries of a rehearsal change; a pretended bounce must not cost a real reader the next issue."""
    mailer = ScriptedMailer(is_rehearsal=True)
    with open_newsletter(approved / "newsletter.toml", clock=FakeClock(MORNING), mailer=mailer) as newsletter:
        newsletter.deliveries.send(LABEL, by="Aino")
        key = keys_of(newsletter)[0]

        taken = newsletter.notifications.take([hard(key)])

        assert taken == Taken(new=1, repeated=0, settled=1, suppressed=0, paused=())
        assert people_states(newsletter, key) == (SubscriberStatus.ACTIVE, None)


def test_a_doubt_is_settled_by_what_the_provider_tells(doubtful: Newsletter) -> None:
    """Once every mail of the batch is accounted for, nothing is left to resolve and the sending is over."""
    account = doubtful.reports.report(LABEL)[0]
    with doubtful.resources.database.read() as connection:
        keys = connection.execute(_keys_where(STATE.UNKNOWN)).scalars().all()

    doubtful.notifications.take([told(key, KIND.DELIVERED) for key in keys[1:]])
    between = doubtful.reports.report(LABEL)[0]
    doubtful.notifications.take([told(keys[0], KIND.PROCESSED)])
    after = doubtful.reports.report(LABEL)[0]

    assert (account.sending.state, account.unknown[0].deliveries) == (SendingState.RUNNING, len(keys))
    assert (between.sending.state, between.unknown[0].deliveries) == (SendingState.RUNNING, 1)
    assert (after.sending.state, after.unknown, after.balance.is_finished) == (SendingState.FINISHED, (), True)


def _keys_where(state: DeliveryState, *, is_other: bool = False) -> Select[str]:
    """Choose the keys of the deliveries that are in a state, each by itself or with its batch; or in any other one."""
    its_state = func.coalesce(delivery.c.state, batch.c.state)
    chosen = its_state != state if is_other else its_state == state
    return select(delivery.c.key).join(batch, batch.c.id == delivery.c.batch_id).where(chosen)


def _add_later_issue(newsletter: Newsletter, label: str, key: str, state: DeliveryState) -> None:
    """Write a later sending in which the reader of a delivery has another one that ended so."""
    with newsletter.resources.database.write() as connection:
        sent = connection.execute(select(sending).limit(1)).one()._asdict()
        number = connection.execute(
            insert(sending).values({**sent, "id": None, "label": label}).returning(sending.c.id)
        )
        sending_id = number.scalar_one()
        part = connection.execute(select(batch).limit(1)).one()._asdict()
        added = connection.execute(
            insert(batch).values({**part, "id": None, "sending_id": sending_id}).returning(batch.c.id)
        )
        row = connection.execute(select(delivery).where(delivery.c.key == key)).one()._asdict()
        changed = {
            "sending_id": sending_id,
            "batch_id": added.scalar_one(),
            "key": f"{label}{key}"[:32],
            "state": state,
        }
        connection.execute(insert(delivery).values({**row, **changed}))


@pytest.mark.parametrize(
    ("later", "why"),
    [
        ([STATE.BOUNCED_SOFT], None),
        ([STATE.DELIVERED, STATE.BOUNCED_SOFT], None),
        ([STATE.BOUNCED_SOFT, STATE.BOUNCED_SOFT], (WHY.HARD_BOUNCE, WORN_OUT)),
    ],
)
def test_three_issues_that_came_back_in_a_row_suppress(
    sent: Newsletter, later: list[DeliveryState], why: tuple[SuppressionReason, str] | None
) -> None:
    """A mailbox may be full twice; after the third issue it is nobody's, whichever the provider tells of last."""
    key = keys_of(sent)[0]
    for number, state in enumerate(later):
        _add_later_issue(sent, f"2018-0{number + 1}", key, state)

    taken = sent.notifications.take([told(key, KIND.BOUNCED_SOFT, reason="452 4.2.2 Mailbox full")])

    found = sent.people.person(address_of(sent, key)).suppression
    assert (found and (found.reason, found.note)) == why
    assert taken == Taken(new=1, repeated=0, settled=1, suppressed=int(why is not None), paused=())


def test_many_blocks_at_once_pause_the_sending(real: Path) -> None:
    """A running sending is paused with the reason when more than one in twenty comes back for what we are or wrote."""
    path = real / "newsletter.toml"
    with open_newsletter(path, clock=FakeClock(MORNING), mailer=ScriptedMailer()) as newsletter:
        newsletter.deliveries.send(LABEL, by="Aino", limit=15)
        blocks = [told(key, KIND.BLOCKED, reason="550 5.7.1 Blocked") for key in _handed_over(newsletter)]

        nine = newsletter.notifications.take(blocks[:9])
        ten = newsletter.notifications.take(blocks[9:10])
        report = newsletter.reports.report(LABEL)[0]

    assert (nine.paused, ten.paused) == ((), (SendingId(1),))
    assert (report.sending.state, report.sending.pause_reason) == (
        SendingState.PAUSED,
        "10 of 15 deliveries were blocked for our reputation or content, not for their addresses",
    )
    assert [reason.reason for reason in report.reasons] == ["550 5.7.1 Blocked"]


def test_after_a_person_let_it_go_on_blocks_are_counted_anew(real: Path) -> None:
    """Blocks of what went out before the pause were looked at; only what goes out since can pause it once more."""
    path, clock = real / "newsletter.toml", FakeClock(MORNING)
    with open_newsletter(path, clock=clock, mailer=ScriptedMailer()) as newsletter:
        newsletter.deliveries.send(LABEL, by="Aino", limit=10)
        before = _handed_over(newsletter)
        first = newsletter.notifications.take([told(key, KIND.BLOCKED) for key in before])
        clock.pass_seconds(3600)
        newsletter.deliveries.resume(LABEL)
        late = newsletter.notifications.take([told(before[0], KIND.BLOCKED, minute=1)])
        newsletter.deliveries.send(LABEL, by="Aino", limit=9)
        since = [key for key in _handed_over(newsletter) if key not in before]
        nine = newsletter.notifications.take([told(key, KIND.BLOCKED) for key in since])
        newsletter.deliveries.send(LABEL, by="Aino", limit=1)
        (last,) = [key for key in _handed_over(newsletter) if key not in {*before, *since}]
        ten = newsletter.notifications.take([told(last, KIND.BLOCKED)])
        report = newsletter.reports.report(LABEL)[0]

    assert (first.paused, late.paused, nine.paused, ten.paused) == ((SendingId(1),), (), (), (SendingId(1),))
    assert report.sending.pause_reason == (
        "10 of 10 deliveries since it was resumed were blocked for our reputation or content, not for their addresses"
    )


def _handed_over(newsletter: Newsletter) -> list[str]:
    """Give the keys of the deliveries that were handed over."""
    with newsletter.resources.database.read() as connection:
        return list(connection.execute(_keys_where(STATE.QUEUED, is_other=True)).scalars())


def _impatient(folder: Path) -> NotificationService:
    """Give the service over a database that waits for nobody."""
    settings = read_settings(folder / "newsletter.toml", MAILERS, environment={})
    resources = Resources(
        settings=settings,
        clock=FakeClock(MORNING),
        open_database=lambda: Database(settings.database_url, lock_wait_seconds=0.01),
    )
    return NotificationService(resources, door=None, open_mailer=ScriptedMailer)


def test_a_locked_database_keeps_nothing_and_then_everything(sent: Newsletter) -> None:
    """While another program holds the file nothing is kept, and that is said; tried again, all of it is (H9)."""
    service = _impatient(sent.settings.root)
    with sent.resources.database.write() as held:
        held.execute(select(sending))
        with pytest.raises(StorageError, match="locked by another program"):
            service.take([hard(keys_of(sent)[0])])

    again = service.take([hard(keys_of(sent)[0])])

    assert again == Taken(new=1, repeated=0, settled=1, suppressed=1, paused=())


def test_a_full_disk_keeps_nothing(sent: Newsletter) -> None:
    """What does not fit is not half kept: neither notification nor state nor suppression (H9)."""
    key, before = keys_of(sent)[0], everything(sent)
    pile = [
        replace(told(key, KIND.UNRECOGNISED, minute=number, raw="x" * 900), reason="y" * 90) for number in range(99)
    ]
    with sent.resources.database.read() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        connection.execute(text(f"PRAGMA max_page_count = {pages}"))

    with pytest.raises(StorageError, match="the disk is full"):
        sent.notifications.take([*pile, hard(key)])

    assert (everything(sent), sent.notifications.counts()) == (before, {})


PILE = (
    (0, KIND.PROCESSED, None),
    (0, KIND.DELIVERED, None),
    (0, KIND.BOUNCED_SOFT, None),
    (1, KIND.PROCESSED, None),
    (1, KIND.BOUNCED_HARD, WHY.HARD_BOUNCE),
    (2, KIND.DELIVERED, None),
    (2, KIND.COMPLAINED, WHY.COMPLAINT),
    (3, KIND.UNSUBSCRIBED, WHY.UNSUBSCRIBED),
    (3, KIND.RESUBSCRIBED, None),
    (4, KIND.DEFERRED, None),
    (4, KIND.DROPPED, WHY.HARD_BOUNCE),
    (5, KIND.UNRECOGNISED, None),
    (6, KIND.UNSUBSCRIBED, WHY.UNSUBSCRIBED),
    (6, KIND.COMPLAINED, WHY.COMPLAINT),
    (6, KIND.BOUNCED_HARD, WHY.HARD_BOUNCE),
)
"""Place of the delivery, what happened to it, why its address must not be mailed."""


def _pile(newsletter: Newsletter) -> list[Notification]:
    keys = keys_of(newsletter)
    return [told(keys[place], kind, minute=number, suppression=why) for number, (place, kind, why) in enumerate(PILE)]


@pytest.fixture(scope="module")
def told_at_once(doubtful_once: Path, tmp_path_factory: pytest.TempPathFactory) -> list[object]:
    """Give everything as it is when the whole pile comes at once."""
    with opened(doubtful_once, tmp_path_factory.mktemp("at_once") / "seutu") as newsletter:
        newsletter.notifications.take(_pile(newsletter))
        return everything(newsletter)


@settings(max_examples=settings().max_examples // 5)
@given(data=st.data())
def test_any_order_portions_and_repetitions_end_in_the_same_ledger(
    data: st.DataObject, doubtful_once: Path, told_at_once: list[object], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Twelve notifications, shuffled, doubled and cut, leave ledger and people as if they had come at once."""
    with opened(doubtful_once, tmp_path_factory.getbasetemp() / "permutations") as newsletter:
        pile = _pile(newsletter)
        repeated = [replace(one, event_id="again") for one in data.draw(st.lists(st.sampled_from(pile), max_size=1))]
        order = data.draw(st.permutations([*pile, *repeated]))
        cut = data.draw(st.integers(0, len(order)))

        for portion in (order[:cut], order[cut:]):
            newsletter.notifications.take(portion)

        assert everything(newsletter) == told_at_once


def test_the_account_is_shown_to_the_operator_for_a_month(sent: Newsletter) -> None:
    """What the provider says of the account, and how much was set aside, stands in `status`; old and other news not."""
    raw = json.dumps({"event": "account_status_change", "type": "compliance_suspend"})
    sent.notifications.take(
        [
            told(None, KIND.ACCOUNT_CHANGED, minute=-60 * 24 * 31, raw="{}"),
            told(None, KIND.ACCOUNT_CHANGED, minute=-5, raw=raw),
            told(None, KIND.UNRECOGNISED, raw="{}"),
            told(None, KIND.SET_ASIDE, minute=-60 * 24 * 31, raw="{}"),
            told(None, KIND.SET_ASIDE, raw="{}"),
        ]
    )

    status = sent.status.status()
    assert ([one.raw for one in status.account_news], status.set_aside) == ([raw], 1)


class ListKeeper(ScriptedMailer):
    """A mailer whose provider keeps lists of its own."""

    def __init__(self, *entries: ProviderSuppression, faults: Sequence[str] = ()) -> None:
        super().__init__()
        self._fetched = FetchedSuppressions(suppressions=entries, faults=tuple(faults))
        self.asked: list[datetime | None] = []

    def fetch_suppressions(self, since: datetime | None = None) -> FetchedSuppressions:
        """Give the prepared lists."""
        self.asked.append(since)
        return self._fetched


def _listed(address: str, reason: SuppressionReason | None) -> ProviderSuppression:
    return ProviderSuppression(address=address, reason=reason, at=MORNING, note="SendGrid's list: 550 5.1.1")


def test_the_providers_own_lists_are_taken_over(sent_once: Path, tmp_path: Path) -> None:
    """Each lasting entry suppresses once; who left is unsubscribed; a dry run counts the same and keeps nothing."""
    left, gone = "niilo.haapala@example.net", "gone@example.org"
    mailer = ListKeeper(
        _listed(left, WHY.UNSUBSCRIBED),
        _listed(gone, WHY.HARD_BOUNCE),
        _listed(gone.upper(), WHY.COMPLAINT),
        _listed("passing@example.org", None),
        _listed("no address", WHY.HARD_BOUNCE),
        faults=["SendGrid's blocks cannot be read: SendGrid answered 500."],
    )
    with opened(sent_once, tmp_path / "seutu", mailer) as newsletter:
        before = newsletter.suppressions.counts()
        rehearsed = newsletter.notifications.fetch_suppressions(is_dry_run=True)
        unchanged = newsletter.suppressions.counts()
        fetched = newsletter.notifications.fetch_suppressions(since=MORNING)
        again = newsletter.notifications.fetch_suppressions()
        person = newsletter.people.person(left)

    faults = (
        "SendGrid's blocks cannot be read: SendGrid answered 500.",
        "1 entries hold no usable address and were left out.",
    )
    assert rehearsed == fetched
    assert unchanged == before
    assert fetched == FetchResult(new={WHY.UNSUBSCRIBED: 1, WHY.HARD_BOUNCE: 1}, known=1, passing=1, faults=faults)
    assert again == FetchResult(new={}, known=3, passing=1, faults=faults)
    assert mailer.asked == [None, MORNING, None]
    assert (person.subscriber.status, person.suppression and person.suppression.note) == (
        SubscriberStatus.UNSUBSCRIBED,
        "SendGrid's list: 550 5.1.1",
    )


def test_a_mailer_without_lists_says_so(sent: Newsletter) -> None:
    """The outbox knows nobody's suppressions."""
    with pytest.raises(UsageError, match="outbox keeps no lists"):
        sent.notifications.fetch_suppressions()
