"""A backup put back forgets nobody who left: what stands beside the key is taken over, and told."""

import logging
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from newsletter import open_newsletter
from newsletter.audience.departures import append_changes, read_changes
from newsletter.audience.suppression import erase_subscriber
from newsletter.domain.audience import SubscriberStatus, SuppressionAction, SuppressionReason
from newsletter.domain.departures import NotedChange
from newsletter.domain.notification import NotificationKind
from newsletter.errors import ConfigurationError, SendingInProgress, StorageError
from newsletter.send.owner import hold_ownership, lock_path
from newsletter.wiring import Newsletter
from tests.conftest import MORNING, REPOSITORY
from tests.fakes.clock import FakeClock
from tests.service.keys.test_service import opened, readers, sent, sent_once, told

__all__ = ["sent", "sent_once"]
NOTE = "asked for it on the phone"
SAID = (
    "This database did not know all that newsletter.departures tells; taken over: 1 address that left or must not be"
    " mailed."
)


def noted(folder: Path) -> list[tuple[str, str]]:
    """Give what stands in the departures file: actions and reasons."""
    return [(one.action, one.reason) for one in read_changes(folder / "newsletter.departures").changes]


def put_back(folder: Path, backup: Path) -> None:
    """Put a backup back by hand, as people do."""
    shutil.copyfile(backup, folder / "newsletter.db")


def leave(newsletter: Newsletter, address: str) -> None:
    """Let a person leave."""
    newsletter.people.unsubscribe(address)


def complain(newsletter: Newsletter, address: str) -> None:
    """Have the provider tell of a complaint."""
    key = readers(newsletter)[address]
    newsletter.notifications.take(
        [told(key, NotificationKind.COMPLAINED, SuppressionReason.COMPLAINT, address=address)]
    )


def bar(newsletter: Newsletter, address: str) -> None:
    """Bar an address by hand."""
    newsletter.suppressions.suppress(address, note=NOTE)


@pytest.mark.parametrize(
    ("depart", "reason"),
    [
        (leave, SuppressionReason.UNSUBSCRIBED),
        (complain, SuppressionReason.COMPLAINT),
        (bar, SuppressionReason.MANUAL),
    ],
)
def test_an_older_database_takes_over_who_left_since(
    depart: Callable[[Newsletter, str], None],
    reason: SuppressionReason,
    sent: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """By whatever door somebody left, the backup of before knows it from its first command on, and says so once."""
    backup = shutil.copyfile(sent / "newsletter.db", tmp_path / "backup.db")
    with opened(sent) as newsletter:
        address = next(iter(readers(newsletter)))
        before = noted(sent)
        depart(newsletter, address)
    assert noted(sent) == [*before, ("added", reason)]
    put_back(sent, backup)

    with caplog.at_level(logging.WARNING), opened(sent) as newsletter:
        person = newsletter.people.person(address)
        newsletter.people.person(address)

    assert person.suppression is not None
    assert person.suppression.reason is reason
    has_left = reason is SuppressionReason.UNSUBSCRIBED
    assert person.subscriber.status is (SubscriberStatus.UNSUBSCRIBED if has_left else SubscriberStatus.ACTIVE)
    assert [record.message for record in caplog.records] == [SAID]


def test_who_came_back_is_not_suppressed_by_an_older_database(sent: Path, tmp_path: Path) -> None:
    """A lifting is noted after it was committed, and the backup of before it lifts too; a later departure counts."""
    with opened(sent) as newsletter:
        one, two, *_ = readers(newsletter)
        bar(newsletter, one)
        bar(newsletter, two)
    backup = shutil.copyfile(sent / "newsletter.db", tmp_path / "backup.db")
    with opened(sent) as newsletter:
        newsletter.suppressions.lift(one, note=NOTE)
        newsletter.suppressions.lift(two, note=NOTE)
        leave(newsletter, two)
    assert noted(sent)[-3:] == [("lifted", "manual"), ("lifted", "manual"), ("added", "unsubscribed")]
    put_back(sent, backup)

    with opened(sent) as newsletter:
        suppressions = [newsletter.people.person(address).suppression for address in (one, two)]

    assert suppressions[0] is None
    assert suppressions[1] is not None


def test_who_was_erased_is_erased_from_an_older_database(sent: Path, tmp_path: Path) -> None:
    """Also when the person had left before: the record that the backup brings back is removed again."""
    backup = shutil.copyfile(sent / "newsletter.db", tmp_path / "backup.db")
    with opened(sent) as newsletter:
        address = next(iter(readers(newsletter)))
        leave(newsletter, address)
        with newsletter.resources.people(is_writing=True) as store:
            erase_subscriber(address, store=store, now=MORNING, note=NOTE)
    put_back(sent, backup)

    with opened(sent) as newsletter:
        assert newsletter.people.find(address) is None
        counts = newsletter.suppressions.counts()

    assert counts[SuppressionReason.ERASED] == 1


def test_a_missing_or_older_file_is_made_whole_from_the_database(sent: Path) -> None:
    """Whatever the file lacks is added to it at the next command, so that it is worth as much as before."""
    path = sent / "newsletter.departures"
    with opened(sent) as newsletter:
        one, two, *_ = readers(newsletter)
        leave(newsletter, one)
        older = path.read_bytes()
        leave(newsletter, two)
    whole = sorted(noted(sent))
    path.write_bytes(older)
    with opened(sent) as newsletter:
        newsletter.status.status()
    from_older = sorted(noted(sent))
    path.unlink()
    with opened(sent) as newsletter:
        newsletter.status.status()

    assert from_older == whole
    assert sorted(noted(sent)) == whole


def test_nobody_leaves_in_the_database_alone(sent: Path) -> None:
    """A file that cannot be written fails the command, and the person stays as before, to be tried again."""
    with opened(sent) as newsletter:
        address = next(iter(readers(newsletter)))
        path = sent / "newsletter.departures"
        content = path.read_bytes()
        path.unlink()
        path.mkdir()

        with pytest.raises(StorageError, match="cannot be used"):
            leave(newsletter, address)
        path.rmdir()
        path.write_bytes(content)
        person = newsletter.people.person(address)

    assert person.subscriber.status is SubscriberStatus.ACTIVE


def test_what_was_noted_and_not_committed_is_taken_over(sent: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever dies between the line and the commit has let the person leave: the next command says so."""
    with opened(sent) as newsletter:
        address = next(iter(readers(newsletter)))
        with newsletter.resources.people() as store:
            whose = store.hash_of(address)
    reason = SuppressionReason.UNSUBSCRIBED
    line = NotedChange(at=MORNING, action=SuppressionAction.ADDED, address_hash=whose, reason=reason)
    append_changes(sent / "newsletter.departures", [line])
    with (sent / "newsletter.departures").open("a") as file:
        file.write("2017-11-24T07:0")

    with caplog.at_level(logging.WARNING), opened(sent) as newsletter:
        person = newsletter.people.person(address)

    assert person.subscriber.status is SubscriberStatus.UNSUBSCRIBED
    assert "1 address that left" in caplog.text
    assert "1 line of newsletter.departures cannot be read" in caplog.text


def test_a_restored_backup_knows_who_left_and_is_kept_from_sending(sent: Path) -> None:
    """The database before is kept as a copy, the guard stands, and a key that was changed since is brought along."""
    with opened(sent) as newsletter:
        one, two, *_ = readers(newsletter)
        backup, _ = newsletter.database.back_up()
        leave(newsletter, one)
        newsletter.keys.rotate(by="Aino")
        leave(newsletter, two)

        restored = newsletter.database.restore(backup, by="Aino")

        suppressions = [newsletter.people.person(address).suppression for address in (one, two)]
        leftovers = [path.name for path in sent.iterdir() if "restoring" in path.name]

    assert all(suppressions)
    assert "2 addresses that left" in restored.taken
    assert (restored.key_moved, restored.is_damaged, leftovers) == (True, False, [])
    assert restored.before is not None
    assert restored.before.name == "before-restoring-20171124T070000Z.db"


@pytest.mark.sqlite
def test_a_backup_from_before_a_sending_is_doubted(real: Path) -> None:
    """What was sent since is not known to it, and the mark says so."""
    with opened(real) as newsletter:
        backup, _ = newsletter.database.back_up()
        newsletter.deliveries.send("2017-11", by="Aino")

        restored = newsletter.database.restore(backup, by="Aino")

    assert restored.doubt is not None
    assert "older than its folder remembers" in restored.doubt.message


@pytest.mark.sqlite
def test_a_damaged_database_is_set_aside_and_replaced(drafted: Path) -> None:
    """A backup is put back where no database is left, or one that is none any more, which is kept as it is."""
    with opened(drafted) as newsletter:
        backup, _ = newsletter.database.back_up()
        before = len(list(newsletter.people.everybody()))
    (drafted / "newsletter.db").write_bytes(b"no database at all" * 1_000)
    with opened(drafted) as newsletter:
        damaged = newsletter.database.restore(backup, by="Aino")
    (drafted / "newsletter.db").unlink()
    with opened(drafted) as newsletter:
        missing = newsletter.database.restore(backup, by="Aino")
        people = len(list(newsletter.people.everybody()))

    assert (damaged.is_damaged, damaged.before) == (True, drafted / "newsletter.db.damaged")
    assert (missing.is_damaged, missing.before, people) == (False, None, before)


@pytest.mark.sqlite
def test_what_is_no_backup_of_ours_is_not_put_back(drafted: Path, tmp_path: Path) -> None:
    """Another program's file, another key's database, a missing one, and a sending at work each leave all as it is."""
    other = shutil.copytree(drafted, tmp_path / "other")
    (other / "newsletter.key").unlink()
    with open_newsletter(other / "newsletter.toml", clock=FakeClock(MORNING)) as newsletter:
        newsletter.keys.rotate(by="Aino", is_lost=True)
        theirs, _ = newsletter.database.back_up()
    (drafted / "some.db").write_text("no database")
    before = (drafted / "newsletter.db").read_bytes()

    with opened(drafted) as newsletter:
        own, _ = newsletter.database.back_up()
        for backup, error, words in (
            (drafted / "some.db", StorageError, "cannot be put back"),
            (drafted / "none.db", StorageError, "There is no backup"),
            (theirs, ConfigurationError, "made with another key"),
        ):
            with pytest.raises(error, match=words):
                newsletter.database.restore(backup, by="Aino")
        with (
            hold_ownership(lock_path(drafted / "newsletter.db"), who="Eero", since=MORNING),
            pytest.raises(SendingInProgress),
        ):
            newsletter.database.restore(own, by="Aino")

    assert (drafted / "newsletter.db").read_bytes() == before


def test_people_are_changed_through_one_place() -> None:
    """Only there a departure is noted before it is committed: nothing else opens the people of the database."""
    opening = [
        path.relative_to(REPOSITORY).as_posix()
        for path in (REPOSITORY / "newsletter").rglob("*.py")
        if "AudienceStore(" in path.read_text(encoding="utf-8").replace("class AudienceStore(", "")
    ]

    assert opening == ["newsletter/service/resources.py"]
