"""What became of single mails, found after the sender died in the midst of a batch."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from newsletter.domain.audience import AddressHash
from newsletter.domain.delivery import (
    BatchId,
    ClaimedBatch,
    DeliveryKey,
    DeliveryState,
    PlannedDelivery,
    ReasonCount,
    SendingId,
)
from newsletter.domain.mailing import Outcome, Verdict
from newsletter.errors import StorageError
from newsletter.send.assignment import Assignment
from newsletter.send.dispatch import send
from newsletter.send.journal import DURING, NOT_BEGUN, Journal, Remains, keep_journal, read_journal
from newsletter.send.owner import Owner
from newsletter.send.reconcile import reconcile, settle_by_journal
from newsletter.storage.database import Database
from newsletter.storage.deliveries import DeliveryLedger
from tests.fakes.clock import FakeClock
from tests.fakes.mailer import OneByOneMailer, ScriptedMailer
from tests.send.samples import TO_ADVISERS, a_sending, addresses, an_approval, an_assignment, freeze


class KilledError(BaseException):
    """What a test's death of a process looks like from inside."""


def die_at(number: int) -> Callable[[int], None]:
    """Die once the mail of this number was begun."""

    def happens(begun: int) -> None:
        if begun == number:
            raise KilledError

    return happens


def killed(database: Database, path: Path, number: int, *, people: int = 5) -> tuple[DeliveryLedger, Assignment]:
    """Send to some people in one batch, and die at one of them; give who comes next."""
    ledger, sending = a_sending(database, people, batch_size=people)
    dying = replace(
        an_assignment(ledger, sending, OneByOneMailer(die_at(number)), FakeClock(), owner="dead"), journal_path=path
    )
    with pytest.raises(KilledError):
        send(dying)
    return ledger, replace(an_assignment(ledger, sending, OneByOneMailer(), FakeClock()), journal_path=path)


def test_a_kill_leaves_in_doubt_the_one_mail_that_was_under_way(database: Database, tmp_path: Path) -> None:
    """Whoever was answered is settled as answered, and whoever was not begun goes out: each once."""
    ledger, next_one = killed(database, tmp_path / "j", 3)
    done = send(next_one)
    mailer = next_one.mailer

    assert isinstance(mailer, OneByOneMailer)
    assert done.balance.states == {DeliveryState.ACCEPTED: 4, DeliveryState.UNKNOWN: 1}
    assert len(mailer.begun) == 2
    assert ledger.account(done.sending.id).reasons == (
        ReasonCount(state=DeliveryState.UNKNOWN, reason=DURING, deliveries=1),
    )
    [doubtful] = ledger.people(done.sending.id, DeliveryState.UNKNOWN)
    assert doubtful.address not in mailer.begun


def test_the_notes_of_another_sending_count_too(database: Database, tmp_path: Path) -> None:
    """Whoever sends next may send something else: what the dead one noted is settled before it is written over."""
    ledger, next_one = killed(database, tmp_path / "j", 2)
    other = replace(next_one, mailer=ScriptedMailer(), sending=freeze(ledger, an_approval(), is_rehearsal=True))
    reconcile(other)

    assert ledger.balance(next_one.sending.id).states == {
        DeliveryState.QUEUED: 3,
        DeliveryState.ACCEPTED: 1,
        DeliveryState.UNKNOWN: 1,
    }


def test_the_notes_of_a_living_sender_are_left_alone(database: Database, tmp_path: Path) -> None:
    """Its mails are on their way: nothing of them is settled by somebody who comes by."""
    ledger, next_one = killed(database, tmp_path / "j", 3)
    settle_by_journal(ledger, Owner(name="dead"), tmp_path / "j", now=next_one.clock.now())

    assert ledger.balance(next_one.sending.id).states == {DeliveryState.SENDING: 5}


def test_what_the_notes_settle_has_the_moment_of_settling(database: Database, tmp_path: Path) -> None:
    """Nobody knows any more when it was answered."""
    ledger, next_one = killed(database, tmp_path / "j", 3)
    reconcile(next_one)

    settled = [one.settled_at for one in ledger.people(next_one.sending.id, DeliveryState.ACCEPTED)]
    assert settled == [next_one.clock.now()] * 2


def test_without_its_notes_a_dead_senders_batch_is_in_doubt(database: Database, tmp_path: Path) -> None:
    """A journal of somebody else, of a mailer that keeps none, or a damaged one says nothing of a batch."""
    ledger, next_one = killed(database, tmp_path / "j", 3)
    with keep_journal(tmp_path / "j", owner="another"):
        pass
    send(next_one)

    assert ledger.balance(next_one.sending.id).states == {DeliveryState.UNKNOWN: 5}


def test_notes_are_forgotten_once_the_ledger_has_the_answer(database: Database, tmp_path: Path) -> None:
    """The file stays small however long a sending is, names nobody, and is its owner's alone."""
    ledger, sending = a_sending(database, 6, batch_size=2)
    path, sizes = tmp_path / "j", []
    mailer = OneByOneMailer(lambda _number: sizes.append(path.stat().st_size))
    send(replace(an_assignment(ledger, sending, mailer, FakeClock()), journal_path=path))

    assert sizes == sizes[:2] * 3
    assert read_journal(path) == Remains(owner="aino on laptop")
    assert not any(address.encode() in path.read_bytes() for address in addresses(6))
    assert path.stat().st_mode & 0o777 == 0o600


def a_claim(*keys: str) -> ClaimedBatch:
    """Give a claim of deliveries with these keys."""
    return ClaimedBatch(
        id=BatchId(7),
        sending_id=SendingId(1),
        attempt=2,
        edition=TO_ADVISERS,
        deliveries=tuple(
            PlannedDelivery(key=DeliveryKey(key), address_hash=AddressHash(key), subscriber_id=None, address=None)
            for key in keys
        ),
    )


def noted(path: Path) -> None:
    """Note three mails: two begun, one of them answered, one not begun; and one of an earlier attempt."""
    answer = Outcome(delivery_key=DeliveryKey("a"), verdict=Verdict.REJECTED, reason="no such mailbox")
    with keep_journal(path, owner="dead") as journal:
        journal.add([7, 1, "c"], is_synced=False)
        with pytest.raises(KilledError), journal.batch(a_claim("a", "b", "c")) as notes:
            notes.begin(DeliveryKey("a"))
            notes.answer(answer)
            notes.begin(DeliveryKey("b"))
            raise KilledError


@pytest.mark.parametrize(
    ("cut", "expected"),
    [
        (0, ["rejected: no such mailbox", f"unknown: {DURING}", f"refused: {NOT_BEGUN}"]),
        (1, ["rejected: no such mailbox", f"refused: {NOT_BEGUN}", f"refused: {NOT_BEGUN}"]),
        (20, [f"unknown: {DURING}", f"refused: {NOT_BEGUN}", f"refused: {NOT_BEGUN}"]),
    ],
)
def test_a_line_that_a_crash_cut_short_counts_for_nothing(tmp_path: Path, cut: int, expected: list[str]) -> None:
    """A mail is begun only after its line is whole, so what a cut line would say did not happen, or is in doubt."""
    path = tmp_path / "j"
    noted(path)
    path.write_bytes(path.read_bytes()[: -cut or None])

    outcomes = read_journal(path).outcome(a_claim("a", "b", "c")).outcomes

    assert [f"{one.verdict}: {one.reason}" for one in outcomes] == expected


@pytest.mark.parametrize("content", [b"", b"\x00\xff\n", b"[]\n", b'"dead"', b"{\n[7, 2]\n[1]\n"])
def test_what_is_no_journal_says_nothing(tmp_path: Path, content: bytes) -> None:
    """A damaged beginning names no owner, and then no line counts."""
    path = tmp_path / "j"
    path.write_bytes(content)

    assert (read_journal(path).owner, read_journal(tmp_path / "none")) == ("", Remains())


def test_a_mail_that_cannot_be_noted_is_not_begun(tmp_path: Path) -> None:
    """A full disk, or no folder, stops before the next mail and says so."""
    handle = os.open("/dev/full", os.O_WRONLY)
    with pytest.raises(StorageError, match=r"^j cannot be used: No space left on device"):
        Journal(handle, "j").add([1], is_synced=True)
    os.close(handle)
    with pytest.raises(StorageError, match="cannot be used"), keep_journal(tmp_path / "none" / "j", owner="a"):
        pass


def test_a_cut_line_in_the_midst_spoils_no_other(tmp_path: Path) -> None:
    """Each line begins on a line of its own, whatever a full disk left of the one before."""
    path = tmp_path / "j"
    with keep_journal(path, owner="dead") as journal:
        with path.open("ab") as cut:
            cut.write(b"\n[7, 2, ")
        os.lseek(journal.handle, 0, os.SEEK_END)
        journal.add([7, 2, "a"], is_synced=True)

    assert read_journal(path).begun == {(7, 2, "a")}
