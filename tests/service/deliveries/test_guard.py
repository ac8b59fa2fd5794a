"""A restored backup and a copied folder are noticed before a second sending, through the library's door."""

import shutil
from pathlib import Path

import pytest

from newsletter import open_newsletter
from newsletter.config import read_settings
from newsletter.domain.issue import IssueLabel, IssueState
from newsletter.domain.mailing import Verdict
from newsletter.errors import SendingInProgress, StateError, StorageError, UsageError
from newsletter.mailers import MAILERS
from newsletter.send.mark import mark_path
from newsletter.send.owner import hold_ownership, lock_path
from newsletter.service.database import DatabaseService
from newsletter.service.deliveries.guard import Adopted
from newsletter.service.resources import Resources
from newsletter.storage.database import Database
from newsletter.wiring import Newsletter
from tests.conftest import MORNING
from tests.fakes.clock import FakeClock
from tests.fakes.mailer import ScriptedMailer, each
from tests.grounds import ASKED

pytestmark = pytest.mark.sqlite

LABEL = "2017-11"
READERS = 21
OLDER = "newsletter.db is older than its folder remembers"
COPIED = "This folder was copied, moved to another disk, or put back from a backup"


@pytest.fixture
def ready(real: Path) -> Path:
    """Give a publication whose issue may go to real readers, with the mark of a new database."""
    with opened(real, ScriptedMailer()) as newsletter:
        newsletter.database.adopt(by="Aino")
    return real


def opened(folder: Path, mailer: ScriptedMailer) -> Newsletter:
    """Open a publication with a mailer that counts as real."""
    return open_newsletter(folder / "newsletter.toml", clock=FakeClock(MORNING), mailer=mailer)


def send(folder: Path, *, limit: int | None = None, rehearse: bool = False) -> int:
    """Send the issue and count whom the mailer was given."""
    mailer = ScriptedMailer()
    with opened(folder, mailer) as newsletter:
        newsletter.deliveries.send(LABEL, by="Aino", limit=limit, rehearse=rehearse)
    return len(mailer.handed_over)


def refused(folder: Path) -> str:
    """Give why a sending, and a look at what it would do, is refused; nobody may have been handed over."""
    mailer = ScriptedMailer()
    with opened(folder, mailer) as newsletter:
        with pytest.raises(StateError) as by_outlook:
            newsletter.deliveries.outlook(LABEL)
        with pytest.raises(StateError) as by_send:
            newsletter.deliveries.send(LABEL, by="Aino")
    assert mailer.calls == []
    assert by_outlook.value.message == by_send.value.message
    assert "newsletter db adopt" in (by_send.value.hint or "")
    return by_send.value.message


def backed_up(folder: Path) -> Path:
    """Make a backup and give it."""
    with opened(folder, ScriptedMailer()) as newsletter:
        return newsletter.database.back_up(folder / "copy.db")[0]


def test_a_sending_goes_on_and_ends_as_before(ready: Path) -> None:
    """Whoever changes nothing is asked nothing: stop, go on, finish."""
    assert (send(ready, limit=4), send(ready)) == (4, READERS - 4)


def test_a_backup_from_before_the_sending_is_noticed(ready: Path) -> None:
    """The issue's folder knows of a sending that the database does not."""
    backup = backed_up(ready)
    send(ready)
    shutil.copyfile(backup, ready / "newsletter.db")

    assert refused(ready) == (
        "The sending of issue 2017-11 began on 2017-11-24 from another database, or from this one before an older"
        " backup was put back (see issue.sent beside issue.toml). Nothing was sent now."
    )


def test_a_backup_from_the_middle_of_the_sending_is_noticed(ready: Path) -> None:
    """The database knows the sending, but of fewer calls than its folder."""
    send(ready, limit=4)
    backup = backed_up(ready)
    send(ready)
    shutil.copyfile(backup, ready / "newsletter.db")

    assert refused(ready).startswith(OLDER)


def test_a_copied_folder_is_noticed_whichever_sends_first(ready: Path, tmp_path: Path) -> None:
    """The copy is refused before and after the original has sent; the original is not."""
    copy = shutil.copytree(ready, tmp_path / "copy")
    before = refused(copy)
    sent = send(ready)

    assert before.startswith(COPIED)
    assert (refused(copy), sent) == (before, READERS)


def test_a_database_that_was_brought_alone_is_noticed(ready: Path) -> None:
    """Without its mark nobody knows whether it is the newest one."""
    send(ready, limit=4)
    mark_path(ready / "newsletter.db").unlink()

    assert "it was brought here without it" in refused(ready)


def test_a_person_may_go_on_after_putting_a_backup_back(ready: Path) -> None:
    """Adopting the database for that issue lets its sending begin anew, by that person's word."""
    backup = backed_up(ready)
    send(ready, limit=4)
    shutil.copyfile(backup, ready / "newsletter.db")
    with opened(ready, ScriptedMailer()) as newsletter:
        adopted = newsletter.database.adopt([LABEL], by="Aino")

    assert adopted == Adopted(database="newsletter.db", opened=(IssueLabel(LABEL),), closed=())
    assert (ready / "issues/2017-11/issue.sent.old").exists()
    assert send(ready) == READERS


def test_what_another_database_sent_stays_closed_when_this_one_is_adopted(ready: Path) -> None:
    """Whoever puts a backup back to send the next issue does not thereby send this one again."""
    backup = backed_up(ready)
    send(ready)
    shutil.copyfile(backup, ready / "newsletter.db")
    with opened(ready, ScriptedMailer()) as newsletter:
        adopted = newsletter.database.adopt(by="Aino")
        state = newsletter.issues.summary(LABEL).state

    assert adopted == Adopted(database="newsletter.db", opened=(), closed=(IssueLabel(LABEL),))
    assert state is IssueState.SENT
    assert "began on 2017-11-24 from another database" in refused(ready)


def test_a_new_database_sends_what_no_other_one_began(ready: Path) -> None:
    """A clone made by git, without database and key, is a new beginning: only what was sent stays closed."""
    send(ready)
    shutil.copytree(ready / "issues/2017-11", ready / "issues/2017-10")
    for name in ("newsletter.db", "newsletter.db-mark", "issues/2017-11/issue.sent"):
        (ready / name).unlink()
    with opened(ready, ScriptedMailer()) as newsletter:
        newsletter.database.migrate()
        newsletter.lists.import_file(ready / "subscribers/example.csv", basis=ASKED)
        newsletter.issues.approve(LABEL, by="Aino")
        summaries = [newsletter.issues.summary(label) for label in ("2017-10", LABEL)]

    assert send(ready) == READERS
    assert [(one.state, one.is_from_elsewhere) for one in summaries] == [
        (IssueState.SENT, True),
        (IssueState.APPROVED, False),
    ]


def test_a_damaged_note_of_a_sending_is_proof_enough(ready: Path) -> None:
    """A file that cannot be read, or has lost its words, still says that a sending began."""
    for content in ("began_at = ", "mailer = 'smtp'\n"):
        (ready / "issues/2017-11/issue.sent").write_text(content, encoding="utf-8")

        assert refused(ready).startswith("The sending of issue 2017-11 began on an unknown day from another database")


def test_only_an_issue_that_was_begun_elsewhere_is_opened(ready: Path) -> None:
    """A label that nobody else began to send is a slip; nothing is changed then."""
    with opened(ready, ScriptedMailer()) as newsletter, pytest.raises(UsageError, match="No other database began"):
        newsletter.database.adopt(["2017-11"], by="Aino")


def test_adopting_leaves_alone_what_the_database_knows(ready: Path) -> None:
    """What was sent from here stays sent."""
    send(ready)
    with opened(ready, ScriptedMailer()) as newsletter:
        adopted = newsletter.database.adopt(by="Aino")
        with pytest.raises(StateError, match="was sent on"):
            newsletter.deliveries.send(LABEL, by="Aino")

    assert adopted == Adopted(database="newsletter.db", opened=(), closed=())


def test_adopting_that_fails_changes_nothing(ready: Path) -> None:
    """When the note of a sending cannot be put aside, that is said, and the database is not adopted either."""
    backup = backed_up(ready)
    send(ready)
    shutil.copyfile(backup, ready / "newsletter.db")
    mark = mark_path(ready / "newsletter.db")
    before = mark.read_bytes()
    (ready / "issues/2017-11/issue.sent.old").mkdir()
    with opened(ready, ScriptedMailer()) as newsletter, pytest.raises(StorageError, match=r"issue\.sent cannot be"):
        newsletter.database.adopt([LABEL], by="Aino")

    assert mark.read_bytes() == before


def test_without_a_file_there_is_nothing_to_adopt(publication: Path) -> None:
    """The sender's lock and mark lie beside a file: a database that is none cannot be sent from."""
    resources = Resources(
        settings=read_settings(publication / "newsletter.toml", MAILERS, environment={}),
        clock=FakeClock(MORNING),
        open_database=lambda: Database("sqlite://"),
    )
    care = DatabaseService(resources, open_other=Database)
    care.migrate()
    with pytest.raises(StateError, match="Nothing is sent from a database in memory"):
        care.adopt(by="Aino")

    assert care.doubt() is None
    resources.close()


def test_nobody_adopts_while_somebody_sends(ready: Path) -> None:
    """Who sends from the database now is told, and nothing changes."""
    with (
        hold_ownership(lock_path(ready / "newsletter.db"), who="Bertil", since=MORNING),
        opened(ready, ScriptedMailer()) as newsletter,
        pytest.raises(SendingInProgress, match="Bertil has been sending"),
    ):
        newsletter.database.adopt(by="Aino")


def test_a_rehearsal_is_let_through_and_counts_nowhere(ready: Path, tmp_path: Path) -> None:
    """What reaches nobody can be tried in a copy, and leaves no trace that would let the copy pass."""
    copy = shutil.copytree(ready, tmp_path / "copy")
    mark = mark_path(copy / "newsletter.db")
    before = mark.read_bytes()
    send(copy, rehearse=True)

    assert mark.read_bytes() == before
    assert not (copy / "issues/2017-11/issue.sent").exists()
    assert refused(copy).startswith(COPIED)


def test_a_rehearsal_is_no_call(ready: Path) -> None:
    """A database that only ever rehearsed has forgotten nothing, also without a mark."""
    mark_path(ready / "newsletter.db").unlink()
    send(ready, rehearse=True)

    assert send(ready) == READERS


def test_a_new_publication_is_marked(laid_out: Path, tmp_path: Path) -> None:
    """So a copy of its folder is noticed before anything was ever sent."""
    folder = shutil.copytree(laid_out, tmp_path / "seutu")
    (folder / "newsletter.db").unlink()
    with opened(folder, ScriptedMailer()) as newsletter:
        newsletter.database.migrate()
    copy = shutil.copytree(folder, tmp_path / "copy")
    with opened(copy, ScriptedMailer()) as newsletter:
        doubt = newsletter.database.doubt()

    assert doubt is not None
    assert doubt.message.startswith(COPIED)


def test_the_mark_counts_the_calls_and_names_the_last(ready: Path) -> None:
    """A person who reads it, or is shown it, knows how far the other database got."""
    send(ready, limit=READERS - 1)
    content = mark_path(ready / "newsletter.db").read_text(encoding="utf-8")

    assert '"calls": 3' in content
    assert "issue 2017-11 on 2017-11-24 07:00 UTC" in content


def test_a_doubt_that_is_sent_again_counts_as_a_call(ready: Path) -> None:
    """A backup from between the two calls is an older one."""
    mailer = ScriptedMailer([each(Verdict.UNKNOWN, reason="the answer was lost")])
    with opened(ready, mailer) as newsletter:
        newsletter.deliveries.send(LABEL, by="Aino", limit=4)
        newsletter.reports.resolve(LABEL, resend=True, by="Aino")
    backup = backed_up(ready)
    send(ready)
    shutil.copyfile(backup, ready / "newsletter.db")

    assert refused(ready).startswith(OLDER)
