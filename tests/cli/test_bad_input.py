"""What goes wrong for people: each a clear message with what to do, the right exit code, and nothing lost."""

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from newsletter.send.owner import hold_ownership, lock_path
from tests.cli.conftest import Run

ISSUE = Path("issues/2017-11/issue.toml")

ASKED = ("--consent", "Pyysi puhelimessa.")


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_every_mistake_of_the_configuration_is_told_at_once(publication: Path, run: Run) -> None:
    """Each mistake stands on its line with key and cure; the command ends with 2."""
    path = publication / "newsletter.toml"
    _replace(path, "event_days", "event_dayz")
    _replace(path, 'kind = "feed"', 'kind = "fed"')

    ran = run("collect")

    assert ran.code == 2
    assert ran.first_error == "Error: newsletter.toml has 2 mistakes."
    assert re.search(
        r"newsletter\.toml:\d+: publication\.event_dayz: Unknown key\. \(Did you mean 'event_days'\?\)", ran.err
    )
    assert re.search(r"newsletter\.toml:\d+: source\[1\]\.kind: ", ran.err)


def test_a_wrong_segment_file_is_told_with_its_line(publication: Path, run: Run) -> None:
    """An unknown key of a rule is refused with its line."""
    _replace(publication / "subscribers/segments.toml", "\nin = [", "\nis = [")

    ran = run("segment", "list")

    assert ran.code == 2
    assert re.search(r"segments\.toml:\d+: segment\[0\]\.who\.is: ", ran.err)


def test_a_feed_that_is_a_web_page_is_named_and_the_others_go_on(publication: Path, run: Run) -> None:
    """A source that answers with HTML fails by name, the others are collected, and the command ends with 1."""
    (publication / "content/feed.xml").write_text("<!doctype html><html><body><h1>Kirjaudu</h1></body></html>")

    ran = run("collect")

    assert ran.code == 1
    assert ran.first_error == "Error: 1 of 4 sources could not be read: kumppanit."
    assert "web page" in ran.out
    assert "kalenteri: 9 found, 9 new" in ran.out


def test_a_broken_calendar_entry_is_named_and_the_others_go_on(publication: Path, run: Run) -> None:
    """One event without a start is named by its UID; the other events are kept."""
    path = publication / "content/calendar.ics"
    content = path.read_bytes()
    uid = re.search(rb"UID:(\S+)", content)
    start = re.search(rb"BEGIN:VEVENT.*?(DTSTART[^\r\n]*\r\n)", content, re.DOTALL)
    assert uid is not None
    assert start is not None
    path.write_bytes(content.replace(start[1], b"", 1))

    ran = run("collect")

    assert ran.code == 0
    assert uid[1].decode() in ran.out
    assert re.search(r"kalenteri: [1-9]\d* found, [1-9]\d* new, 0 changed, 0 unchanged, 1 rejected", ran.out)


def test_a_syntax_error_in_the_issue_names_line_and_column(drafted: Path, run: Run) -> None:
    """issue.toml with a quotation mark missing says where, and stays as the editor left it."""
    _replace(drafted / ISSUE, 'subject = "', "subject = ")
    before = (drafted / ISSUE).read_bytes()

    ran = run("issue", "render", "2017-11")

    assert ran.code == 1
    assert re.match(r"Error: issues/2017-11/issue\.toml:\d+:\d+: TOML syntax", ran.first_error)
    assert (drafted / ISSUE).read_bytes() == before


def test_an_unknown_segment_in_the_issue_is_told_with_its_line(drafted: Path, run: Run) -> None:
    """A segment that does not exist is named, with the one that was meant."""
    _replace(drafted / ISSUE, "managers = [", "manager = [")

    ran = run("issue", "check", "2017-11")

    assert ran.code == 1
    assert re.search(r"issue\.toml:\d+: order\.manager: .*\(Did you mean 'managers'\?\)", ran.err)


def test_a_bad_address_in_a_list_is_told_by_line_and_the_others_come_in(publication: Path, run: Run) -> None:
    """Rows that cannot be used are listed by line and reason, without the cell; the rest is imported."""
    (publication / "subscribers/list.csv").write_text(
        "email;name;role\naino@example.org;Aino;yritysneuvoja\nnot an address;Bertta;yritysneuvoja\n", encoding="utf-8"
    )

    ran = run("subscriber", "import", "subscribers/list.csv", *ASKED)

    assert ran.code == 3
    assert "Added: 1." in ran.out
    assert re.search(r"list\.csv:3: ", ran.out)
    assert "not an address" not in ran.out


def test_a_template_with_an_undefined_name_is_told_with_its_line(drafted: Path, run: Run) -> None:
    """A misspelt variable is refused before anything is made, with template and line, and ends with 3."""
    path = drafted / "templates/email/edition.mjml.j2"
    lines = path.read_text(encoding="utf-8").splitlines()
    number = next(index for index, line in enumerate(lines) if "{{ edition.words.preheader }}" in line)
    _replace(path, "{{ edition.words.preheader }}", "{{ no_such_name }}")

    ran = run("issue", "render", "2017-11")

    assert ran.code == 3
    assert re.match(rf"Error: .*edition\.mjml\.j2:{number + 1}.*no_such_name", ran.first_error)


@pytest.mark.sqlite
def test_a_locked_database_is_told_and_nothing_is_lost(drafted: Path, run: Run) -> None:
    """While another program holds the database, a command that writes says so; afterwards it works."""
    with closing(sqlite3.connect(drafted / "newsletter.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        _replace(
            drafted / "newsletter.toml",
            'url = "sqlite:///newsletter.db"',
            'url = "sqlite:///newsletter.db?timeout=0.05"',
        )
        ran = run("subscriber", "unsubscribe", "niilo.haapala@example.net")
        other.execute("ROLLBACK")

    assert ran.code == 1
    assert ran.first_error == "Error: newsletter.db is locked by another program."
    assert run("subscriber", "unsubscribe", "niilo.haapala@example.net").code == 0


@pytest.mark.sqlite
def test_a_missing_database_is_never_made_in_silence(drafted: Path, run: Run) -> None:
    """Without its database a publication must not start anew: it would forget who was mailed."""
    (drafted / "newsletter.db").unlink()

    ran = run("collect")

    assert ran.code == 1
    assert ran.first_error == "Error: There is no newsletter database in newsletter.db."
    assert "newsletter db migrate" in ran.err
    assert not (drafted / "newsletter.db").exists()


@pytest.mark.sqlite
def test_a_newer_database_is_left_alone(drafted: Path, run: Run) -> None:
    """A database that a newer program wrote is refused with what to install."""
    with closing(sqlite3.connect(drafted / "newsletter.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()

    ran = run("status")

    assert ran.code == 1
    assert "knows only up to" in ran.first_error
    assert "Install the newer version" in ran.err


@pytest.mark.sqlite
def test_a_second_send_is_told_who_is_sending(approved: Path, run: Run) -> None:
    """Two senders at once: the second learns who sends and since when, and mails nobody."""
    from datetime import UTC, datetime  # noqa: PLC0415 - only here

    since = datetime(2017, 11, 24, 9, 30, tzinfo=UTC)
    with hold_ownership(lock_path(approved / "newsletter.db"), who="Aino on laptop", since=since):
        ran = run("issue", "send", "2017-11", "--confirm", "2017-11")

    assert ran.code == 1
    assert "Aino on laptop" in ran.err
    assert "2017-11-24" in ran.err
    assert not (approved / "outbox").exists()
    assert run("issue", "send", "2017-11", "--confirm", "2017-11").code == 0


def test_an_issue_edited_after_approval_is_not_sent(approved: Path, run: Run) -> None:
    """An edit after approval is noticed; approving again makes it good."""
    _replace(approved / ISSUE, 'subject = "', 'subject = "Uusi: ')

    ran = run("issue", "send", "2017-11", "--confirm", "2017-11")

    assert ran.code == 1
    assert ran.first_error == "Error: Issue 2017-11 was edited after it was approved."
    assert not (approved / "outbox").exists()
    assert run("issue", "approve", "2017-11", "--yes").code == 0
    assert run("issue", "send", "2017-11", "--confirm", "2017-11").code == 0


def test_segments_changed_after_approval_stop_the_sending(approved: Path, run: Run) -> None:
    """Who gets mail was approved too: another rule needs another approval."""
    _replace(approved / "subscribers/segments.toml", '"yritysneuvoja"', '"yritysneuvojat"')

    ran = run("issue", "send", "2017-11", "--confirm", "2017-11")

    assert ran.code == 1
    assert "segments" in ran.first_error
    assert not (approved / "outbox").exists()


def test_errors_stand_in_the_way_of_approval_until_they_are_mended_or_waived(drafted: Path, run: Run) -> None:
    """A finding of severity error ends `check` and `approve` with 3; a waiver with its reason lets it through."""
    path = drafted / ISSUE
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r'link = "[^"]+"', 'link = "http://www.seutuohjelma.fi/x"', text, count=1), encoding="utf-8")

    checked = run("issue", "check", "2017-11")
    refused = run("issue", "approve", "2017-11", "--yes")
    code = re.search(r"^error (\S+)", checked.out, re.MULTILINE)
    assert code is not None
    with path.open("a", encoding="utf-8") as handle:
        handle.write(f'\n[[waiver]]\ncode = "{code[1]}"\nreason = "The new address comes in December."\n')
    waived = run("issue", "approve", "2017-11", "--yes")

    assert (checked.code, refused.code, waived.code) == (3, 3, 0)
    assert re.search(r"issue\.toml:\d+", checked.out)


def test_an_existing_issue_is_never_overwritten(drafted: Path, run: Run) -> None:
    """`issue new` twice keeps the editor's file and says how to add to it."""
    before = (drafted / ISSUE).read_bytes()

    ran = run("issue", "new", "2017-11")

    assert ran.code == 1
    assert "--update" in ran.err
    assert (drafted / ISSUE).read_bytes() == before


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("issue", "new", "november"), 2),
        (("issue", "show", "2017-12"), 2),
        (("issue", "approve", "2017-11"), 2),
        (("issue", "send", "2017-11", "--confirm", "2017-11"), 1),
        (("issue", "report", "2017-11"), 1),
        (("issue", "pause", "2017-11"), 1),
        (("issue", "resolve", "2017-11"), 2),
        (("item", "show", "absent"), 2),
        (("segment", "show", "adviser"), 2),
        (("subscriber", "show", "nobody@example.org"), 2),
        (("subscriber", "show", "not an address"), 2),
        (("subscriber", "unsubscribe"), 2),
        (("subscriber", "unsubscribe", "--token", "u.x.y.z"), 2),
        (("subscriber", "import", "absent.csv"), 1),
        (("suppression", "remove", "aino@example.org", "--note", "x"), 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else str(value),
)
def test_a_call_that_cannot_work_says_what_to_do(drafted: Path, run: Run, words: tuple[str, ...], code: int) -> None:
    """Unknown names and steps out of turn end with the right code, a sentence, and a way on."""
    ran = run(*words)

    assert ran.code == code
    assert ran.first_error
    assert "Traceback" not in ran.err


def test_laying_out_over_a_publication_writes_nothing(publication: Path, run: Run) -> None:
    """`init` in a folder that holds a publication refuses and leaves every file alone."""
    before = {path: path.read_bytes() for path in publication.rglob("*") if path.is_file()}

    ran = run("init")

    assert ran.code == 2
    assert {path: path.read_bytes() for path in publication.rglob("*") if path.is_file()} == before


def test_doctor_names_what_is_wrong(drafted: Path, run: Run) -> None:
    """A missing source, a readable key and a broken brand file are each told with what to do; the end is 2."""
    shutil.rmtree(drafted / "content/articles")
    (drafted / "newsletter.key").chmod(0o644)
    (drafted / "templates/email/brand.toml").write_text("colours = 1\n")

    ran = run("doctor")

    assert ran.code == 2
    assert [line.split(":")[0] for line in ran.out.splitlines() if line.startswith("WRONG")] == [
        "WRONG  key file",
        "WRONG  brand and templates",
        "WRONG  source toimitus",
    ]


NO_WAY_OUT = (
    "No mail may leave from nobody or without a way out: [sender] address and [links] unsubscribe_address are examples"
    " that lead nowhere."
)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (("outbox", ""), "ok     mailer: outbox, a rehearsal: nothing leaves this machine."),
        (("sendgrid", ""), "WRONG  mailer: NEWSLETTER_SENDGRID_API_KEY is not set."),
        (
            ("sendgrid", "SG.a b"),
            "WRONG  mailer: SendGrid's API key is not one word of plain letters, digits and marks.",
        ),
        (("sendgrid", "SG.ab"), f"WRONG  mailer: {NO_WAY_OUT}"),
    ],
)
def test_doctor_looks_at_the_mailer(
    drafted: Path, run: Run, monkeypatch: pytest.MonkeyPatch, settings: tuple[str, str], said: str
) -> None:
    """What would stand in the way of sending is told before the day of sending; nobody is contacted."""
    kind, api_key = settings
    path = drafted / "newsletter.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('kind = "outbox"', f'kind = "{kind}"'), encoding="utf-8")
    monkeypatch.setenv("NEWSLETTER_SENDGRID_API_KEY", api_key)

    ran = run("doctor")

    assert said in ran.out.splitlines()
