"""The library's door: the same verbs as the command, with a mailer that counts as real."""

import stat
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from newsletter import open_newsletter
from newsletter.domain.audience import LeftOut
from newsletter.domain.content import SegmentId
from newsletter.domain.delivery import DeliveryState
from newsletter.domain.issue import IssueState, ItemKind
from newsletter.domain.mailing import Verdict
from newsletter.domain.period import day_of
from newsletter.domain.pick import PickGrade
from newsletter.errors import ContentError, StateError, UsageError
from newsletter.service.issues.service import EventNews
from tests.conftest import MORNING
from tests.fakes.clock import FakeClock
from tests.fakes.mailer import ScriptedMailer, by_address, each
from tests.grounds import ASKED

HELSINKI = ZoneInfo("Europe/Helsinki")


def test_what_was_really_sent_is_not_picked_again(real: Path) -> None:
    """After a real sending the next issue leaves its articles out and says which issue had them; events come again."""
    mailer = ScriptedMailer()
    with open_newsletter(real / "newsletter.toml", clock=FakeClock(MORNING), mailer=mailer) as newsletter:
        items = newsletter.issues.render("2017-11").issue.items.values()
        newsletter.deliveries.send("2017-11", by="Aino")

        made = newsletter.issues.new("2017-12", planned=date(2017, 12, 1))

    left_out = {pick.key: pick.reason for pick in made.picks if pick.grade is PickGrade.LEFT_OUT}
    sent = {item.key for item in items if item.kind is ItemKind.ARTICLE}
    told = [key for key in sent if left_out.get(key) == "sent in 2017-11"]
    assert len(told) >= 4
    assert sent.isdisjoint(made.draft.items)
    coming = {
        item.key for item in items if item.start is not None and day_of(item.start, HELSINKI) >= date(2017, 12, 1)
    }
    assert coming
    assert coming <= set(made.draft.items)


def test_what_came_after_the_last_issue_is_in_the_next_one(drafted: Path) -> None:
    """What was collected after November's issue was made stands in December's, and nothing is added to November's."""
    mailer, path = ScriptedMailer(), drafted / "newsletter.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("@seutu.example", "@seutuohjelma.fi"), encoding="utf-8")
    (drafted / "newsletter.db").unlink()
    clock = FakeClock(MORNING - timedelta(days=1))
    with open_newsletter(path, clock=clock, mailer=mailer) as newsletter:
        newsletter.database.migrate()
        newsletter.lists.import_file(drafted / "subscribers/example.csv", basis=ASKED)
        newsletter.items.collect()
        newsletter.issues.new("2017-11", planned=date(2017, 11, 24), is_update=True)
        (drafted / "content/articles/myohassa.md").write_text(
            "---\ntitle: Myöhässä\npublished: 2017-11-22\nsegments: [managers]\n---\nTeksti.\n", encoding="utf-8"
        )
        clock.sleep(3600)
        newsletter.items.collect()
        newsletter.issues.approve("2017-11", by="Aino")
        newsletter.deliveries.send("2017-11", by="Aino")

        with pytest.raises(StateError, match="nothing can be added") as refused:
            newsletter.issues.new("2017-11", is_update=True)
        made = newsletter.issues.new("2017-12", planned=date(2017, 12, 15))

    articles = [item.title for item in made.draft.items.values() if item.kind is ItemKind.ARTICLE]
    assert articles == ["Myöhässä"]
    assert refused.value.hint == "What came since goes into the next one: newsletter issue new 2017-12"


def test_a_rehearsal_leaves_the_items_free(drafted: Path) -> None:
    """What only a rehearsal carried is picked again."""
    with open_newsletter(drafted / "newsletter.toml", clock=FakeClock(MORNING)) as newsletter:
        newsletter.issues.approve("2017-11", by="Aino")
        newsletter.deliveries.send("2017-11", by="Aino")

        made = newsletter.issues.new("2017-12", planned=date(2017, 12, 1))

    assert "sent in 2017-11" not in {pick.reason for pick in made.picks}


def test_a_mail_that_cannot_be_written_is_not_approved(drafted: Path) -> None:
    """Approving reads every edition's mail back: a List-Id longer than a line stops it, and nothing is frozen."""
    path = drafted / "newsletter.toml"
    settings = path.read_text(encoding="utf-8")
    path.write_text(settings.replace('id = "seutu" ', f'id = "{"seutu" * 250}" ', 1), encoding="utf-8")
    with open_newsletter(path, clock=FakeClock(MORNING)) as newsletter, pytest.raises(ContentError, match="List-Id"):
        newsletter.issues.approve("2017-11", by="Aino")

    assert not (drafted / "issues/2017-11/issue.lock").exists()


def test_what_is_saved_while_an_issue_is_approved_was_not_approved(drafted: Path) -> None:
    """The approval holds for the file as it was read: what was saved in the meantime is an edit after it."""
    issue = drafted / "issues/2017-11/issue.toml"

    def save(_left_out: LeftOut, _news: EventNews) -> None:
        issue.write_text(issue.read_text(encoding="utf-8") + "# Later.\n", encoding="utf-8")

    with open_newsletter(drafted / "newsletter.toml", clock=FakeClock(MORNING)) as newsletter:
        newsletter.issues.approve("2017-11", by="Aino", confirm=save)

        with pytest.raises(StateError, match="edited after it was approved"):
            newsletter.shelf.approved("2017-11")


def test_an_issue_is_really_sent_once(real: Path) -> None:
    """A second real sending of the same issue is refused, and the issue can be approved no more."""
    mailer = ScriptedMailer()
    with open_newsletter(real / "newsletter.toml", mailer=mailer) as newsletter:
        newsletter.deliveries.send("2017-11", by="Aino")
        state = newsletter.issues.summary("2017-11").state
        with pytest.raises(StateError, match="was sent on"):
            newsletter.deliveries.send("2017-11", by="Aino")
        with pytest.raises(StateError, match="cannot be approved again"):
            newsletter.issues.approve("2017-11", by="Aino")

    addresses = Counter(recipient.address for batch in mailer.calls for recipient in batch.recipients)
    assert state is IssueState.SENT
    assert (len(addresses), set(addresses.values())) == (21, {1})


def test_no_real_mail_leaves_without_a_way_out(approved: Path) -> None:
    """An example mailbox in [links] is no way out: a real mailer is refused, a rehearsal goes on."""
    mailer = ScriptedMailer()
    with (
        open_newsletter(approved / "newsletter.toml", mailer=mailer) as newsletter,
        pytest.raises(StateError, match="without a way out"),
    ):
        newsletter.deliveries.send("2017-11", by="Aino")

    assert mailer.calls == []


def test_no_real_mail_leaves_from_an_example_address(approved: Path) -> None:
    """The sender that was approved must be a real one."""
    path = approved / "newsletter.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("peruuta@seutu.example", "peruuta@seutuohjelma.fi"))
    with (
        open_newsletter(path, mailer=ScriptedMailer()) as newsletter,
        pytest.raises(StateError, match=r"sender\] address is an example"),
    ):
        newsletter.deliveries.send("2017-11", by="Aino")


def test_a_rehearsal_needs_no_real_mailer(approved: Path) -> None:
    """With a real mailer configured, --rehearse still writes to the outbox and hands nothing over."""
    mailer = ScriptedMailer()
    with open_newsletter(approved / "newsletter.toml", mailer=mailer) as newsletter:
        outlook = newsletter.deliveries.outlook("2017-11", rehearse=True)
        newsletter.deliveries.send("2017-11", by="Aino", rehearse=True)

    assert (outlook.mailer, outlook.is_rehearsal, mailer.calls) == ("outbox", True, [])
    assert len(list((approved / "outbox/2017-11").glob("*.eml"))) == 21


def test_a_test_mail_is_marked_and_counts_nowhere(real: Path) -> None:
    """One edition goes to each address once, with a mark in subject and header, and the ledger knows nothing of it."""
    mailer, testers = ScriptedMailer(), ["somebody@example.net", "another@example.net"]
    with open_newsletter(real / "newsletter.toml", mailer=mailer) as newsletter:
        tested = newsletter.testing.test("2017-11", [*testers, testers[0]], edition="managers.fi")
        summary = newsletter.issues.summary("2017-11")
        newsletter.suppressions.suppress("somebody@example.net", note="by hand")
        with pytest.raises(UsageError, match="1 of these addresses"):
            newsletter.testing.test("2017-11", testers)
        with pytest.raises(UsageError, match="no edition"):
            newsletter.testing.test("2017-11", ["other@example.net"], edition="manager.fi")

    [batch] = mailer.calls
    assert {address: one.verdict for address, one in tested.outcomes.items()} == dict.fromkeys(
        testers, Verdict.ACCEPTED
    )
    assert (tested.edition, tested.is_rehearsal) == ("managers.fi", False)
    assert (summary.sending, summary.rehearsals) == (None, 0)
    assert batch.message.subject.startswith("[TEST] ")
    assert ("X-Newsletter-Test", "yes") in batch.message.headers
    assert [recipient.address for recipient in batch.recipients] == testers


def test_the_report_begins_with_the_real_sending(real: Path) -> None:
    """What counts stands first, whatever was rehearsed before it."""
    with open_newsletter(real / "newsletter.toml", mailer=ScriptedMailer()) as newsletter:
        newsletter.deliveries.send("2017-11", by="Aino", rehearse=True)
        newsletter.deliveries.send("2017-11", by="Aino")
        reports = newsletter.reports.report("2017-11")

    assert [one.sending.is_rehearsal for one in reports] == [False, True]


def test_whoever_is_in_two_segments_gets_one_mail_with_each_item_once(whole_real: Path) -> None:
    """The combination is an edition of its own."""
    mailer = ScriptedMailer()
    with open_newsletter(whole_real / "newsletter.toml", mailer=mailer) as newsletter:
        newsletter.deliveries.send("2017-11", by="Aino", segments=[SegmentId("managers")])

    editions = {str(batch.message.edition): batch.message for batch in mailer.calls}
    assert set(editions) == {
        "managers.fi",
        "managers.sv",
        "managers.en",
        "advisers+managers.fi",
        "advisers+managers.sv",
    }
    both = editions["advisers+managers.fi"].items
    assert len(both) == len(set(both))
    assert set(editions["managers.fi"].items) < set(both)


def test_unknown_mails_are_reported_and_resolved_by_a_person(real: Path) -> None:
    """A lost answer is never repeated by itself: the report lists it, and a person decides."""
    mailer = ScriptedMailer([each(Verdict.UNKNOWN, reason="the answer was lost")])
    with open_newsletter(real / "newsletter.toml", mailer=mailer) as newsletter:
        first = newsletter.deliveries.send("2017-11", by="Aino")
        again = newsletter.deliveries.send("2017-11", by="Aino")
        count = newsletter.reports.resolve("2017-11", resend=False, by="Aino")
        state = newsletter.issues.summary("2017-11").state

    in_doubt = first.balance.states[DeliveryState.UNKNOWN]
    assert again.balance.states == first.balance.states
    assert (in_doubt > 0, count, state) == (True, in_doubt, IssueState.SENT)
    assert sum(len(batch.recipients) for batch in mailer.calls) == 21


def test_a_rejected_reader_does_not_hold_up_the_others(real: Path) -> None:
    """One refused address is one refused address, and the sums hold."""
    mailer = ScriptedMailer([by_address({"niilo.haapala@example.net": Verdict.REJECTED}, reason="no such mailbox")] * 9)
    with open_newsletter(real / "newsletter.toml", mailer=mailer) as newsletter:
        done = newsletter.deliveries.send("2017-11", by="Aino")

    assert {str(state): count for state, count in done.balance.states.items()} == {"accepted": 20, "rejected": 1}
    assert done.balance.holds


def test_what_is_sent_is_what_was_checked(real: Path) -> None:
    """A template, the brand or the sender changed after approval changes nothing that is sent."""
    with open_newsletter(real / "newsletter.toml") as newsletter:
        checked = {str(message.edition): message.html for message in newsletter.issues.approved("2017-11").messages}
    for name in ("templates/email/edition.mjml.j2", "newsletter.toml"):
        path = real / name
        path.write_text(path.read_text(encoding="utf-8").replace("SEUTU-ohjelma", "Muu").replace("<h1>", "<h1>Muu "))
    mailer = ScriptedMailer()
    with open_newsletter(real / "newsletter.toml", mailer=mailer) as newsletter:
        newsletter.deliveries.send("2017-11", by="Aino")

    assert {str(batch.message.edition): batch.message.html for batch in mailer.calls} == checked
    assert {batch.sender.name for batch in mailer.calls} == {"SEUTU-ohjelma"}


@pytest.mark.sqlite
def test_a_tampered_approval_is_noticed(approved: Path) -> None:
    """Messages changed in the database do not carry the approved hash any more."""
    import sqlite3  # noqa: PLC0415 - only here
    from contextlib import closing  # noqa: PLC0415 - only here

    with closing(sqlite3.connect(approved / "newsletter.db")) as connection:
        connection.execute("UPDATE approved_message SET content = replace(content, 'Ajankohtaista', 'Muuta')")
        connection.commit()

    with open_newsletter(approved / "newsletter.toml") as newsletter, pytest.raises(StateError, match="were changed"):
        newsletter.issues.approved("2017-11")


def test_a_lock_from_elsewhere_is_refused(approved: Path) -> None:
    """An issue.lock that names an approval this database does not hold is no approval."""
    path = approved / "issues/2017-11/issue.lock"
    path.write_text(path.read_text().replace('hash = "', 'hash = "0', 1))

    with (
        open_newsletter(approved / "newsletter.toml") as newsletter,
        pytest.raises(StateError, match="not in this database"),
    ):
        newsletter.issues.approved("2017-11")


def test_a_publication_is_laid_out_with_a_private_key(laid_out: Path) -> None:
    """The key is readable by its owner only, and git is told to leave it alone."""
    assert stat.S_IMODE((laid_out / "newsletter.key").stat().st_mode) == 0o600
    assert "newsletter.key" in (laid_out / ".gitignore").read_text()


def test_the_same_files_give_the_same_messages(drafted: Path) -> None:
    """Rendering needs the files alone: without database and key the messages are the same to the byte."""
    with open_newsletter(drafted / "newsletter.toml") as newsletter:
        first = [message.sha256 for message in newsletter.issues.render("2017-11").messages]
    (drafted / "newsletter.db").unlink()
    (drafted / "newsletter.key").unlink()

    with open_newsletter(drafted / "newsletter.toml", clock=FakeClock()) as newsletter:
        again = [message.sha256 for message in newsletter.issues.render("2017-11").messages]

    assert again == first
