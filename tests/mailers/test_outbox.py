import email
import email.policy
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from newsletter.domain.mailing import BatchOutcome, Outcome, Verdict
from newsletter.mailers.outbox import Outbox
from newsletter.message.mime import prepare
from tests.mailers.samples import MESSAGE, SENDER, a_batch, a_recipient, delivery_key

FULL = Path("/dev/full")


@pytest.fixture
def read_only(tmp_path: Path) -> Path:
    """Give a folder that nobody, not even root, can write into: a file stands where it should be."""
    blocked = tmp_path / "blocked"
    blocked.write_text("", encoding="utf-8")
    return blocked


def file_names(folder: Path) -> list[str]:
    """Give everything below a folder that is no folder, hidden ones too."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


def test_one_file_per_recipient_named_by_the_delivery_key(tmp_path: Path) -> None:
    """Each recipient's mail stands at label/key.eml, the answer names it, and nothing else is left behind."""
    batch = a_batch(a_recipient(1), a_recipient(2))

    answer = Outbox(tmp_path).submit(batch)

    names = [f"2017-11/{delivery_key(number)}.eml" for number in (1, 2)]
    assert (answer, file_names(tmp_path)) == (
        BatchOutcome(
            outcomes=tuple(
                Outcome(delivery_key=delivery_key(number), verdict=Verdict.ACCEPTED, provider_id=name)
                for number, name in enumerate(names, 1)
            )
        ),
        names,
    )


def test_the_file_is_the_mail_byte_for_byte(tmp_path: Path) -> None:
    """The file holds what `message.mime` makes for this person, with the mark of a rehearsal."""
    batch = a_batch(a_recipient(1), is_rehearsal=True)

    Outbox(tmp_path).submit(batch)

    written = (tmp_path / "2017-11" / f"{delivery_key(1)}.eml").read_bytes()
    prepared = prepare(MESSAGE, sender=SENDER, list_id=batch.list_id, sent_at=batch.sent_at, is_rehearsal=True)
    parsed = email.message_from_bytes(written, policy=email.policy.default)
    assert (written, parsed["To"], parsed["X-Newsletter-Rehearsal"]) == (
        prepared.fill(a_recipient(1)),
        "Aino <reader1@yritys.example>",
        "yes",
    )


def test_the_same_delivery_twice_is_one_file(tmp_path: Path) -> None:
    """Handing the same batch over again gives the same answer and the same bytes."""
    outbox, batch = Outbox(tmp_path), a_batch()
    first = outbox.submit(batch)
    before = {name: (tmp_path / name).read_bytes() for name in file_names(tmp_path)}

    second = outbox.submit(replace(batch, attempt=2))

    after = {name: (tmp_path / name).read_bytes() for name in file_names(tmp_path)}
    assert (second, after) == (first, before)


def test_what_a_killed_process_left_is_replaced(tmp_path: Path) -> None:
    """A half-written file from a process killed in between is overwritten and not left behind."""
    folder = tmp_path / "2017-11"
    folder.mkdir()
    (folder / f".{delivery_key(1)}.part").write_bytes(b"half a ma")

    Outbox(tmp_path).submit(a_batch(a_recipient(1)))

    assert file_names(tmp_path) == [f"2017-11/{delivery_key(1)}.eml"]


def test_only_the_owner_can_read_the_mails(tmp_path: Path) -> None:
    """Addresses and names stand in them: 0600 in folders of 0700, also in a folder of an older version."""
    older = tmp_path / "older"
    (older / "2017-11").mkdir(mode=0o755, parents=True)

    for directory in (tmp_path / "a" / "outbox", older):
        Outbox(directory).submit(a_batch(a_recipient(1)))

    rights = {path.relative_to(tmp_path).as_posix(): stat.filemode(path.stat().st_mode) for path in tmp_path.rglob("*")}
    name = f"2017-11/{delivery_key(1)}.eml"
    assert {rights[f"{one}/{name}"] for one in ("a/outbox", "older")} == {"-rw-------"}
    assert {rights[one] for one in ("a/outbox", "a/outbox/2017-11", "older/2017-11")} == {"drwx------"}


def test_an_outbox_that_cannot_be_written_refuses_all_and_says_stop(read_only: Path) -> None:
    """Where no folder can be made, nobody counts as mailed and the reason names no path."""
    answer = Outbox(read_only).submit(a_batch(a_recipient(1), a_recipient(2)))

    reason = "The outbox folder cannot be written: Not a directory."
    assert answer == BatchOutcome(
        outcomes=tuple(
            Outcome(delivery_key=delivery_key(number), verdict=Verdict.REFUSED, reason=reason) for number in (1, 2)
        ),
        stop_reason=reason,
    )


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full to stand for a full disk")
def test_a_disk_that_fills_up_keeps_what_is_safe(tmp_path: Path) -> None:
    """Mails written before the disk was full are accepted; the others are refused and leave no part behind."""
    folder = tmp_path / "2017-11"
    folder.mkdir()
    (folder / f".{delivery_key(2)}.part").symlink_to(FULL)

    answer = Outbox(tmp_path).submit(a_batch(a_recipient(1), a_recipient(2), a_recipient(3)))

    verdicts = [outcome.verdict for outcome in answer.outcomes]
    assert (verdicts, answer.stop_reason, file_names(tmp_path)) == (
        [Verdict.ACCEPTED, Verdict.REFUSED, Verdict.REFUSED],
        "The outbox folder cannot be written: No space left on device.",
        [f"2017-11/{delivery_key(1)}.eml"],
    )


def test_a_message_that_cannot_stand_on_the_wire_stops_the_sending(tmp_path: Path) -> None:
    """A subject with a line break is the message's fault: nobody is rejected for it, and nothing is written."""
    answer = Outbox(tmp_path).submit(
        a_batch(a_recipient(1), message=replace(MESSAGE, subject="Hei\r\nBcc: x@x.example"))
    )

    reason = "Subject holds a line break or control character."
    assert (answer, file_names(tmp_path)) == (
        BatchOutcome(
            outcomes=(Outcome(delivery_key=delivery_key(1), verdict=Verdict.REFUSED, reason=reason),),
            stop_reason=reason,
        ),
        [],
    )


def test_a_batch_of_bad_recipients_only_writes_nothing(tmp_path: Path) -> None:
    """When nobody is left to write to, there is no file, and no reason to stop."""
    answer = Outbox(tmp_path).submit(a_batch(a_recipient(1, address="two@a.example, three@b.example")))

    assert (answer, file_names(tmp_path)) == (
        BatchOutcome(
            outcomes=(
                Outcome(
                    delivery_key=delivery_key(1),
                    verdict=Verdict.REJECTED,
                    reason="The address is not one plain address.",
                ),
            )
        ),
        [],
    )
