"""The key is changed under people who are stored, people who are gone, and mails that went out before."""

import shutil
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from newsletter import open_newsletter
from newsletter.audience.key_file import read_key_file
from newsletter.audience.tokens import unsubscribe_token
from newsletter.domain.audience import SubscriberStatus, SuppressionReason, hash_address
from newsletter.domain.keys import key_id
from newsletter.domain.mailing import Verdict
from newsletter.domain.notification import Notification, NotificationKind
from newsletter.errors import ConfigurationError, StateError, UsageError
from newsletter.storage.tables import delivery, subscriber
from newsletter.wiring import Newsletter
from tests.conftest import MORNING
from tests.fakes.clock import FakeClock
from tests.fakes.mailer import ScriptedMailer, each
from tests.grounds import ASKED

LABEL = "2017-11"


@pytest.fixture(scope="module")
def sent_once(real_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Send the issue once through a mailer that counts as real; let one person be erased, one be gone by hand."""
    folder = shutil.copytree(real_once, tmp_path_factory.mktemp("sent") / "seutu")
    with opened(folder) as newsletter:
        newsletter.deliveries.send(LABEL, by="Aino")
    return folder


@pytest.fixture
def sent(sent_once: Path, tmp_path: Path) -> Path:
    """Give a copy of it."""
    return shutil.copytree(sent_once, tmp_path / "seutu")


def opened(folder: Path, verdicts: Sequence[Verdict] = (Verdict.ACCEPTED,)) -> Newsletter:
    """Open the publication in the morning, with a mailer that answers as told."""
    mailer = ScriptedMailer([each(one) for one in verdicts])
    return open_newsletter(folder / "newsletter.toml", clock=FakeClock(MORNING), mailer=mailer)


def own_key(folder: Path) -> bytes:
    """Give the key in use, as the file says."""
    return read_key_file(folder / "newsletter.key").first


def readers(newsletter: Newsletter) -> dict[str, str]:
    """Give the key of each delivery by address."""
    ledger = select(subscriber.c.address, delivery.c.key).join(delivery, delivery.c.subscriber_id == subscriber.c.id)
    with newsletter.resources.database.read() as connection:
        return {row.address: row.key for row in connection.execute(ledger)}


def told(key: str, kind: NotificationKind, reason: SuppressionReason, *, address: str, minute: int = 1) -> Notification:
    """Give a notification as a provider's file makes it."""
    return Notification(
        provider="sendgrid",
        event_id=None,
        natural_key=f"{kind}/{key}/{minute}",
        kind=kind,
        at=MORNING + timedelta(minutes=minute),
        delivery_key=key,  # type: ignore[arg-type]
        suppression=reason,
        reason="",
        raw="",
        address=address,
    )


def test_everybody_comes_under_the_new_key_and_the_old_one_is_kept(sent: Path) -> None:
    """The file has the new key first; people, consents and suppressions are found as before; doctor names both."""
    before = own_key(sent)
    with opened(sent) as newsletter:
        someone, other, *_ = everybody = list(newsletter.people.everybody())
        newsletter.suppressions.suppress(other.address, note="by hand")
        rotated = newsletter.keys.rotate(by="Aino")

        after = own_key(sent)
        person, barred = newsletter.people.person(someone.address), newsletter.people.person(other.address)
        doctor = next(one for one in newsletter.status.checkups() if one.name == "key file")

    assert (rotated.key, rotated.before, rotated.people) == (key_id(after), key_id(before), len(everybody))
    assert after != before
    assert (sent / "newsletter.key").read_text() == f"{after.hex()}\n{before.hex()} kept 2017-11-24\n"
    assert len(person.consents) == 1
    assert barred.suppression is not None
    assert barred.suppression.address_hash == hash_address(other.address, after)
    assert f"key {key_id(after)}; it keeps {key_id(before)}." in doctor.message


def test_a_link_of_before_finds_its_person_also_after_two_changes(sent: Path) -> None:
    """The token in an old mail was signed with a key of long ago, and its holder leaves all the same."""
    with opened(sent) as newsletter:
        address = next(newsletter.people.everybody()).address
        token = unsubscribe_token(hash_address(address, own_key(sent)), own_key(sent))
        newsletter.keys.rotate(by="Aino")
        newsletter.keys.rotate(by="Aino")

        [departure] = newsletter.leaving.leave([token])
        person = newsletter.people.person(address)

    assert departure.is_new
    assert person.subscriber.status is SubscriberStatus.UNSUBSCRIBED
    assert person.suppression is not None


def test_a_notification_about_a_mail_of_before_finds_its_person(sent: Path) -> None:
    """A bounce and a complaint suppress under the key in use, and are not taken for another address's."""
    with opened(sent) as newsletter:
        (one, one_key), (two, two_key) = list(readers(newsletter).items())[:2]
        newsletter.keys.rotate(by="Aino")

        taken = newsletter.notifications.take(
            [
                told(one_key, NotificationKind.BOUNCED_HARD, SuppressionReason.HARD_BOUNCE, address=one),
                told(two_key, NotificationKind.COMPLAINED, SuppressionReason.COMPLAINT, address=two),
            ]
        )
        suppressions = [newsletter.people.person(address).suppression for address in (one, two)]

    assert (taken.new, taken.suppressed) == (2, 2)
    assert [one and one.reason for one in suppressions] == [SuppressionReason.HARD_BOUNCE, SuppressionReason.COMPLAINT]


def test_who_is_gone_is_known_under_every_kept_key(sent: Path) -> None:
    """An address that was barred and is not stored stays barred, for lists and by hand, and can be lifted."""
    stranger = "poissa@esimerkki.example"
    with opened(sent) as newsletter:
        newsletter.suppressions.suppress(stranger, note="asked for it")
        newsletter.keys.rotate(by="Aino")

        again = newsletter.suppressions.suppress(stranger, note="asked twice")
        with pytest.raises(UsageError, match="suppressed"):
            newsletter.people.add(stranger, basis=ASKED)
        lifted = newsletter.suppressions.lift(stranger, note="asked for it on the phone")
        newsletter.people.add(stranger, basis=ASKED)
        counts = newsletter.suppressions.counts()

    assert again is False
    assert lifted.reason is SuppressionReason.MANUAL
    assert SuppressionReason.MANUAL not in counts


def test_the_key_stays_while_a_sending_is_open(real: Path) -> None:
    """A sending that is paused, or with a mail in doubt, keeps the key file and the database as they are."""
    content = (real / "newsletter.key").read_bytes()
    with opened(real, [Verdict.UNKNOWN]) as newsletter:
        newsletter.deliveries.send(LABEL, by="Aino")

        with pytest.raises(StateError, match="A sending is open") as caught:
            newsletter.keys.rotate(by="Aino")

    assert (real / "newsletter.key").read_bytes() == content
    assert "issue resolve LABEL" in (caught.value.hint or "")


def test_a_database_from_before_the_change_is_refused_and_brought_along(sent: Path) -> None:
    """A backup put back by hand is under a key that is only kept; `key rotate` brings it under the one in use."""
    old = (sent / "newsletter.db").read_bytes()
    with opened(sent) as newsletter:
        newsletter.keys.rotate(by="Aino")
    (sent / "newsletter.db").write_bytes(old)
    after = own_key(sent)

    with opened(sent) as newsletter:
        with pytest.raises(ConfigurationError, match="from before the key"):
            newsletter.status.status()
        rotated = newsletter.keys.rotate(by="Aino")
        newsletter.status.status()

    assert (rotated.key, own_key(sent)) == (key_id(after), after)


def test_a_lost_key_is_replaced_and_what_is_lost_is_counted(sent: Path) -> None:
    """People and who of them left are kept; links are refused, and suppressions of people gone are counted as lost."""
    with opened(sent) as newsletter:
        someone, other, *_ = newsletter.people.everybody()
        token = unsubscribe_token(hash_address(someone.address, own_key(sent)), own_key(sent))
        newsletter.people.unsubscribe(other.address)
        newsletter.suppressions.suppress("poissa@esimerkki.example", note="asked for it")
    with opened(sent) as newsletter, pytest.raises(UsageError, match="not lost"):
        newsletter.keys.rotate(by="Aino", is_lost=True)
    (sent / "newsletter.key").unlink()

    with opened(sent) as newsletter:
        with pytest.raises(ConfigurationError, match="no key file"):
            newsletter.keys.rotate(by="Aino")
        rotated = newsletter.keys.rotate(by="Aino", is_lost=True)
        left = newsletter.people.person(other.address)
        with pytest.raises(UsageError, match="not a valid token"):
            newsletter.leaving.leave([token])

    # That one, and whom the sample list says to have left.
    assert (rotated.before, rotated.lost) == (None, 2)
    assert left.suppression is not None


def test_an_imported_key_verifies_and_looks_up_and_never_signs(sent: Path, tmp_path: Path) -> None:
    """A link of another publication's mail lets its reader leave here; who left there is suppressed here."""
    elsewhere, path = bytes(range(9, 41)), tmp_path / "elsewhere.key"
    path.write_text(elsewhere.hex())
    path.chmod(0o600)
    own = own_key(sent)
    with opened(sent) as newsletter:
        someone, other, *_ = newsletter.people.everybody()
        with newsletter.resources.people(is_writing=True) as store:
            whose = hash_address(other.address, elsewhere)
            store.suppress(whose, SuppressionReason.COMPLAINT, MORNING, "a list from elsewhere")

        imported = newsletter.keys.import_file(path, by="Aino")
        again = newsletter.keys.import_file(path, by="Aino")

        newsletter.leaving.leave([unsubscribe_token(hash_address(someone.address, elsewhere), elsewhere)])
        suppressions = [newsletter.people.person(one.address).suppression for one in (someone, other)]

    assert (imported.keys, imported.known, imported.suppressed) == ((key_id(elsewhere),), 0, 1)
    assert (again.keys, again.known, again.suppressed) == ((), 1, 0)
    assert own_key(sent) == own
    assert [one and one.reason for one in suppressions] == [
        SuppressionReason.UNSUBSCRIBED,
        SuppressionReason.COMPLAINT,
    ]


def test_a_kept_key_is_given_up_by_name_and_the_one_in_use_never(sent: Path) -> None:
    """Its links are refused from then on, also where its line is missing in the file already."""
    before = own_key(sent)
    with opened(sent) as newsletter:
        address = next(newsletter.people.everybody()).address
        newsletter.keys.rotate(by="Aino")
        (sent / "newsletter.key").write_text(f"{own_key(sent).hex()}\n")
        with pytest.raises(UsageError, match="is the one in use"):
            newsletter.keys.forget(key_id(own_key(sent)), by="Aino")

        newsletter.keys.forget(key_id(before), by="Aino")

        with pytest.raises(UsageError, match="not a valid token"):
            newsletter.leaving.leave([unsubscribe_token(hash_address(address, before), before)])
