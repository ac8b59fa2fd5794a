"""The ledger under everything at once: imports, departures, claims, every answer, kills, words, in any order."""

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete, update

from newsletter.domain.audience import SubscriberStatus
from newsletter.domain.delivery import BatchState, ClaimedBatch, DeliveryState, Sending, SendingId, SendingState
from newsletter.domain.mailing import BatchOutcome, Outcome, Verdict
from newsletter.errors import StateError
from newsletter.storage.database import Database
from newsletter.storage.deliveries import DeliveryLedger
from newsletter.storage.tables import subscriber
from tests.send.samples import (
    ADVISERS,
    EDITIONS,
    LABEL,
    MANAGERS,
    NOW,
    add_people,
    an_approval,
    freeze,
    keep_approval,
    suppress,
)

VERDICTS = st.lists(st.sampled_from(Verdict), min_size=1, max_size=4)
LIMITS = st.sampled_from([None, 1, 2])


class LedgerMachine(RuleBasedStateMachine):
    """A publication whose people come and go while its one real sending and its rehearsals are under way.

    The model beside it remembers only what the world saw: how often each address may have got the issue by its real
    sendings, whom each of them was told it would never reach, who is in doubt, how often a person gave the word to do
    it again, and who left.
    """

    template: ClassVar[Path]
    folder: ClassVar[Path]
    histories: ClassVar[Iterator[int]] = count()

    def __init__(self) -> None:
        super().__init__()
        path = self.folder / f"{next(self.histories)}.db"
        shutil.copyfile(self.template, path)
        self.database = Database(f"sqlite:///{path}")
        self.ledger = DeliveryLedger(self.database)
        self.approval = keep_approval(self.database, an_approval(EDITIONS))
        self.numbers = count(1)
        self.owners = count(1)
        self.owner = "owner 0"
        self.people: list[str] = []
        self.left: set[str] = set()
        self.held: list[ClaimedBatch] = []
        self.may_have_got: Counter[str] = Counter()
        self.rejected: set[tuple[SendingId, str]] = set()
        self.words: Counter[str] = Counter()
        self.doubtful: set[str] = set()

    def teardown(self) -> None:
        """Give the database back."""
        self.database.close()

    @initialize()
    def open_the_month(self) -> None:
        """Begin every history where it gets interesting: people there, and their issue on its way."""
        self.import_people(how_many=4, segments=(ADVISERS,), status=SubscriberStatus.ACTIVE)
        self.import_people(how_many=3, segments=(ADVISERS, MANAGERS), status=SubscriberStatus.ACTIVE)
        self.begin(is_rehearsal=False)

    # People come and go -------------------------------------------------------------------------------------------

    @rule(
        how_many=st.integers(1, 5),
        segments=st.sampled_from([(), (ADVISERS,), (MANAGERS,), (ADVISERS, MANAGERS)]),
        status=st.sampled_from([SubscriberStatus.ACTIVE] * 4 + [SubscriberStatus.PENDING]),
    )
    def import_people(self, how_many: int, segments: Sequence[str], status: SubscriberStatus) -> None:
        """Add people."""
        new = [f"person{next(self.numbers)}@example.com" for _ in range(how_many)]
        add_people(self.database, new, segments=segments, status=status)  # type: ignore[arg-type]
        self.people += new

    @precondition(lambda self: self.people)
    @rule(data=st.data(), how=st.sampled_from(["suppress", "unsubscribe", "erase"]))
    def leave(self, data: st.DataObject, how: str) -> None:
        """Let somebody leave, in one of the ways there are."""
        address = data.draw(st.sampled_from(self.people))
        if address in self.left:
            return
        self.left.add(address)
        if how == "suppress":
            suppress(self.database, address)
            return
        is_theirs = subscriber.c.address == address
        with self.database.write() as connection:
            if how == "erase":
                connection.execute(delete(subscriber).where(is_theirs))
            else:
                connection.execute(update(subscriber).where(is_theirs).values(status=SubscriberStatus.UNSUBSCRIBED))

    # The sending goes its way -------------------------------------------------------------------------------------

    @rule(is_rehearsal=st.booleans())
    def begin(self, is_rehearsal: bool) -> None:  # noqa: FBT001 - drawn
        """Fix an audience, or be refused: one real sending, and never to nobody.

        One that was cancelled may begin anew while nobody may have got it, or only those of whom a person said: again.
        """
        try:
            freeze(self.ledger, self.approval, is_rehearsal=is_rehearsal)
            assert is_rehearsal or self.may_have_got <= self.words
        except StateError as error:
            is_second = not is_rehearsal and self.real is not None
            assert is_second or "Nobody would get" in error.message  # noqa: PT017 - both outcomes are right

    @precondition(lambda self: self.sendings)
    @rule(data=st.data(), limit=LIMITS)
    def claim_any(self, data: st.DataObject, limit: int | None) -> None:
        """Claim a batch of any sending."""
        self._claim(data.draw(st.sampled_from(self.sendings)), limit)

    @precondition(lambda self: self.real is not None)
    @rule(limit=LIMITS)
    def claim_real(self, limit: int | None) -> None:
        """Claim a batch of the real sending: most of what a sender does."""
        assert self.real is not None
        self._claim(self.real, limit)

    def _claim(self, sending: Sending, limit: int | None) -> None:
        """Claim: nobody who left or was rejected is in it, and nobody of the real sending twice without a word."""
        claimed = self.ledger.claim(sending.id, owner=self.owner, now=NOW, limit=limit)
        assert claimed is None or sending.state is SendingState.RUNNING
        if claimed is None:
            return
        reached = self._reached(claimed)
        assert reached
        assert len(reached) <= (limit or 2)
        assert not self.left.intersection(reached)
        self.held.append(claimed)
        if not sending.is_rehearsal:
            assert not self.rejected.intersection((sending.id, address) for address in reached)
            self.may_have_got.update(reached)
            assert all(self.may_have_got[address] <= 1 + self.words[address] for address in reached)

    @precondition(lambda self: self.held)
    @rule(data=st.data(), verdicts=VERDICTS)
    def record(self, data: st.DataObject, verdicts: list[Verdict]) -> None:
        """Record an answer for a batch on its way; a refused or rejected mail surely was not got."""
        claimed = self._let_go(data)
        answers = dict(zip(claimed.deliveries, verdicts, strict=False))
        self.ledger.record(
            claimed,
            BatchOutcome(
                outcomes=tuple(
                    Outcome(delivery_key=planned.key, verdict=verdict, reason="says the server")
                    for planned, verdict in answers.items()
                )
            ),
            NOW,
        )
        if self._is_real(claimed):
            for planned in claimed.deliveries:
                verdict = answers.get(planned, Verdict.UNKNOWN)
                if verdict in {Verdict.REFUSED, Verdict.REJECTED}:
                    self.may_have_got[planned.address or ""] -= 1
                if verdict is Verdict.REJECTED:
                    self.rejected.add((claimed.sending_id, planned.address or ""))
                elif verdict is Verdict.UNKNOWN:
                    self.doubtful.add(planned.address or "")

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        """Give a batch back whose call was never begun."""
        claimed = self._let_go(data)
        self.ledger.release(claimed, NOW)
        if self._is_real(claimed):
            self.may_have_got.subtract(self._reached(claimed))

    @precondition(lambda self: self.held)
    @rule()
    def kill(self) -> None:
        """Kill the sender: the next one settles what it had on its way as doubt, and the dead one changes nothing."""
        dead, self.held = self.held, []
        self.owner = f"owner {next(self.owners)}"
        for sending in self.sendings:
            self.ledger.settle_dead_owners(
                sending.id, is_dead=lambda owner: owner != self.owner, into=BatchState.UNKNOWN, reason="cut off"
            )
        for claimed in dead:
            assert not self.ledger.holds(claimed)
            if self._is_real(claimed):
                self.doubtful.update(self._reached(claimed))

    @precondition(lambda self: self.doubtful)
    @rule(is_to_go_again=st.booleans())
    def give_the_word(self, is_to_go_again: bool) -> None:  # noqa: FBT001 - drawn
        """Let a person decide on all that is in doubt: again, or leave it."""
        sending = self.real
        assert sending is not None
        if not is_to_go_again:
            self.ledger.leave_unknown(sending.id, reason="left by Aino", now=NOW)
        elif sending.state in {SendingState.RUNNING, SendingState.PAUSED}:
            self.ledger.queue_unknown(sending.id, reason="sent again by Aino")
            self.words.update(self.doubtful)
        else:
            return
        self.doubtful.clear()

    @precondition(lambda self: self.sendings)
    @rule(data=st.data(), change=st.sampled_from(["pause", "resume", "finish", "cancel"]))
    def change_state(self, data: st.DataObject, change: str) -> None:
        """Pause, resume, finish or cancel; what is over refuses, what is open does not finish."""
        sending = data.draw(st.sampled_from(self.sendings))
        is_over = sending.state in {SendingState.FINISHED, SendingState.CANCELLED}
        try:
            if change == "pause":
                self.ledger.pause(sending.id, reason="Aino wants to look")
            elif change == "resume":
                self.ledger.resume(sending.id, now=NOW)
            elif change == "finish":
                self.ledger.finish(sending.id, now=NOW)
            else:
                self.ledger.cancel(sending.id, reason="Aino does not want it", now=NOW)
        except StateError:
            assert is_over

    # What must always be so ---------------------------------------------------------------------------------------

    @invariant()
    def everything_adds_up(self) -> None:
        """Every sending balances; the ledger says "sending" of exactly what is held; what is over has its end."""
        for sending in self.sendings:
            account = self.ledger.account(sending.id)
            states = account.balance.states
            held = sum(len(claimed.deliveries) for claimed in self.held if claimed.sending_id == sending.id)
            assert account.balance.holds
            assert states.get(DeliveryState.SENDING, 0) == held
            if sending.state in {SendingState.FINISHED, SendingState.CANCELLED}:
                assert DeliveryState.QUEUED not in states
            if sending.state is SendingState.FINISHED:
                assert DeliveryState.SENDING not in states
                assert account.unknown == ()

    # The model ----------------------------------------------------------------------------------------------------

    @property
    def sendings(self) -> tuple[Sending, ...]:
        """Give every sending there is."""
        return self.ledger.sendings(LABEL)

    @property
    def real(self) -> Sending | None:
        """Give the newest real sending."""
        return next((sending for sending in reversed(self.sendings) if not sending.is_rehearsal), None)

    def _is_real(self, claimed: ClaimedBatch) -> bool:
        """Tell whether a batch is of a real sending."""
        return not self.ledger.sending(claimed.sending_id).is_rehearsal

    def _let_go(self, data: st.DataObject) -> ClaimedBatch:
        """Choose a batch on its way and hold it no longer."""
        claimed = data.draw(st.sampled_from(self.held))
        self.held.remove(claimed)
        return claimed

    @staticmethod
    def _reached(claimed: ClaimedBatch) -> list[str]:
        """Give the addresses of a batch."""
        return [planned.address for planned in claimed.deliveries if planned.address is not None]


@pytest.mark.hypothesis
def test_nobody_is_lost_or_mailed_twice_whatever_happens(database_template: Path, tmp_path: Path) -> None:
    """Both sums hold after every step of any history, and nobody is claimed twice without a person's word."""

    class Machine(LedgerMachine):
        template = database_template
        folder = tmp_path

    examples = settings().max_examples // 10
    run_state_machine_as_test(
        Machine,
        settings=settings(max_examples=examples, stateful_step_count=30, suppress_health_check=list(HealthCheck)),
    )
