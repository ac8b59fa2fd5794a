"""A model of who may be mailed, walked at random: imports, leaving, bouncing, erasing, lifting and adding."""

import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from newsletter.audience.grounds import Basis
from newsletter.audience.lists.imports import import_people
from newsletter.audience.lists.reading.people_file import read_list
from newsletter.audience.subscribers import add_person, change_address, resubscribe_person
from newsletter.audience.suppression import (
    erase_subscriber,
    lift_suppression,
    suppress_address,
    unsubscribe_address,
    unsubscribe_by_token,
)
from newsletter.audience.tokens import unsubscribe_token
from newsletter.domain.audience import Ground, Subscriber, SubscriberStatus, SuppressionReason, hash_address
from newsletter.domain.content import Language
from newsletter.errors import UsageError
from newsletter.storage.audience import AudienceStore
from newsletter.storage.database import Database
from newsletter.storage.migrate import migrate

KEY = bytes(range(32))
FI = Language("fi")
BASIS = Basis(ground=Ground.CONSENT, wording="test")
NOW = datetime(2017, 11, 20, 9, 0, tzinfo=UTC)
ADDRESSES = st.sampled_from(["aino@example.com", "eero@example.com", "kaisa@example.com"])
STATUSES = st.sampled_from(["", "active", "pending", "unsubscribed", "cleaned", "spam complaint", "inactive"])
PROVIDER_REASONS = st.sampled_from(
    [SuppressionReason.HARD_BOUNCE, SuppressionReason.COMPLAINT, SuppressionReason.MANUAL]
)


@dataclass(kw_only=True)
class Person:
    """What the model remembers of an address: the status of its holder, and why it must not be mailed."""

    status: SubscriberStatus | None = None
    reason: SuppressionReason | None = None

    def bar(self, reason: SuppressionReason) -> None:
        """Bar the address: only the trace of leaving gives way to something graver."""
        if self.reason in {None, SuppressionReason.UNSUBSCRIBED}:
            self.reason = reason


@dataclass(kw_only=True)
class Model:
    """The rules of the house in a few lines, without any SQL."""

    people: dict[str, Person] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)

    def of(self, address: str) -> Person:
        """Give what is remembered of an address."""
        return self.people.setdefault(address, Person())

    def leave(self, address: str) -> None:
        """Leave by any way; who has another address now leaves there too."""
        is_taken = self.of(address).status is not None
        for one in (address, *([] if is_taken else [self.moved.get(address, address)])):
            person = self.of(one)
            person.reason = person.reason or SuppressionReason.UNSUBSCRIBED
            person.status = None if person.status is None else SubscriberStatus.UNSUBSCRIBED

    def be_in_a_list(self, address: str, status: str) -> None:
        """Stand in an imported list."""
        person = self.of(address)
        if status in REASONS:
            person.bar(REASONS[status])
        elif status == "unsubscribed":
            person.reason = person.reason or SuppressionReason.UNSUBSCRIBED
            person.status = None if person.status is None else SubscriberStatus.UNSUBSCRIBED
        elif person.status is None and person.reason is None and status != "inactive":
            person.status = SubscriberStatus(status or "active")

    def move(self, old: str, new: str) -> None:
        """Take another address: what must not be forgotten goes along, and the old one is barred."""
        here, there = self.of(old), self.of(new)
        if old == new or here.status is None or there.status is not None or there.reason is not None:
            return
        there.status, here.status = here.status, None
        there.reason = None if here.reason is SuppressionReason.HARD_BOUNCE else here.reason
        here.reason = here.reason or SuppressionReason.MANUAL
        self.moved = {one: new if other == old else other for one, other in self.moved.items() if one not in {old, new}}
        self.moved[old] = new


REASONS = {"cleaned": SuppressionReason.HARD_BOUNCE, "spam complaint": SuppressionReason.COMPLAINT}


class Membership(RuleBasedStateMachine):
    """Does to the database and to the model the same, and compares them after every step."""

    template: Path | None = None

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(mkdtemp())
        if Membership.template is None:
            Membership.template = Path(mkdtemp()) / "newsletter.db"
            database = Database(f"sqlite:///{Membership.template}")
            migrate(database)
            database.close()
        shutil.copyfile(Membership.template, self.folder / "newsletter.db")
        self.database = Database(f"sqlite:///{self.folder / 'newsletter.db'}")
        self.model = Model()

    def teardown(self) -> None:
        """Leave nothing behind."""
        self.database.close()
        shutil.rmtree(self.folder)

    @contextmanager
    def store(self) -> Iterator[AudienceStore]:
        """Open a writing transaction."""
        with self.database.write() as connection:
            yield AudienceStore(connection, key=KEY)

    @rule(rows=st.lists(st.tuples(ADDRESSES, STATUSES), max_size=3, unique_by=lambda row: row[0]))
    def import_a_list(self, rows: list[tuple[str, str]]) -> None:
        """Import any list, any number of times."""
        text = "email;status\n" + "".join(f"{address};{status}\n" for address, status in rows)
        import_people(
            read_list(io.BytesIO(text.encode()), "list.csv"),
            transaction=self.store,
            now=NOW,
            source="test",
            basis=BASIS,
            default_language=FI,
            segments=(),
        )
        for address, status in rows:
            self.model.be_in_a_list(address, status)

    @rule(address=ADDRESSES)
    def unsubscribe(self, address: str) -> None:
        """Leave by address."""
        with self.store() as store:
            unsubscribe_address(address, store=store, now=NOW, note="")
        self.model.leave(address)

    @rule(address=ADDRESSES)
    def use_the_link(self, address: str) -> None:
        """Leave by the link of a mail, also of one sent before the record was erased."""
        token = unsubscribe_token(hash_address(address, KEY), KEY)
        with self.store() as store:
            unsubscribe_by_token(token, keys=[KEY], store=store, now=NOW, note="")
        self.model.leave(address)

    @rule(address=ADDRESSES, reason=PROVIDER_REASONS)
    def suppress(self, address: str, reason: SuppressionReason) -> None:
        """Bounce, complain, or be barred by hand."""
        with self.store() as store:
            suppress_address(address, reason=reason, store=store, now=NOW, note="")
        self.model.of(address).bar(reason)

    @rule(address=ADDRESSES)
    def erase(self, address: str) -> None:
        """Have the record erased."""
        with self.store() as store:
            erase_subscriber(address, store=store, now=NOW, note="")
        person = self.model.of(address)
        person.status, person.reason = None, SuppressionReason.ERASED
        self.model.moved = {old: new for old, new in self.model.moved.items() if new != address}

    @rule(address=ADDRESSES, new=ADDRESSES)
    def take_another_address(self, address: str, new: str) -> None:
        """Change the address of a known person to one that is free and may be mailed."""
        with suppress(UsageError), self.store() as store:
            change_address(address, new, store=store, now=NOW)
        self.model.move(address, new)

    @rule(address=ADDRESSES)
    def lift(self, address: str) -> None:
        """Lift a suppression, which alone makes nobody active."""
        with suppress(UsageError), self.store() as store:
            lift_suppression(address, store=store, now=NOW, note="test")
        self.model.of(address).reason = None

    @rule(address=ADDRESSES)
    def add_by_hand(self, address: str) -> None:
        """Add one person with a new consent: possible unless suppressed or known."""
        person = self.model.of(address)
        with suppress(UsageError), self.store() as store:
            subscriber = Subscriber(address=address, language=FI)
            add_person(subscriber, store=store, now=NOW, source="test", basis=BASIS)
        if person.reason is None and person.status is None:
            person.status = SubscriberStatus.ACTIVE

    @rule(address=ADDRESSES)
    def bring_back(self, address: str) -> None:
        """Subscribe a known person again: possible unless more than leaving bars the address."""
        person = self.model.of(address)
        with suppress(UsageError), self.store() as store:
            resubscribe_person(address, store=store, now=NOW, source="test", note="test")
        if person.status is not None and person.reason in {None, SuppressionReason.UNSUBSCRIBED}:
            person.status, person.reason = SubscriberStatus.ACTIVE, None

    @invariant()
    def the_database_agrees(self) -> None:
        """Status and suppression of everybody are what the rules say, and nobody who is barred would be mailed."""
        with self.store() as store:
            found = {}
            for address in self.model.people:
                reasons = [one.reason for one in store.suppressions_of([address]).values()]
                found[address] = Person(
                    status=store.status_of(store.hash_of(address)), reason=reasons[0] if reasons else None
                )
            mailable = store.count_mailable()
        assert found == self.model.people
        assert mailable == sum(
            one.status is SubscriberStatus.ACTIVE and one.reason is None for one in self.model.people.values()
        )


TestMembership = Membership.TestCase
TestMembership.settings = settings(max_examples=settings().max_examples // 5, stateful_step_count=20)
