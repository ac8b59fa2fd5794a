"""The whole line, by the commands a project manager types."""

import email
import email.policy
import json
import re
import signal
from collections import Counter
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import Run

ASKED = ("--consent", "Pyysi puhelimessa.")


def test_the_month_from_collecting_to_the_report(whole_publication: Path, run: Run) -> None:
    """Every command of the month works in turn, and everybody is accounted for in the end."""
    steps = [
        run(*words)
        for words in (
            ("subscriber", "import", "subscribers/example.csv", *ASKED),
            ("collect",),
            ("issue", "new", "2017-11", "--date", "2017-11-24"),
            ("issue", "render", "2017-11"),
            ("issue", "check", "2017-11"),
            ("issue", "approve", "2017-11", "--yes"),
            ("issue", "send", "2017-11", "--confirm", "2017-11"),
            ("issue", "report", "2017-11"),
            ("status",),
        )
    ]

    assert [step.code for step in steps] == [0] * 9
    assert "21 accepted" in steps[6].out
    mails = sorted((whole_publication / "outbox" / "2017-11").glob("*.eml"))
    assert len(mails) == 21
    built = sorted(path.name for path in (whole_publication / "issues/2017-11/build").glob("*.html"))
    assert built == [
        f"{segments}.{language}.html"
        for segments in ("advisers+managers", "advisers", "managers")
        for language in ("en", "fi", "sv")
    ]


def test_every_rehearsed_mail_is_one_persons_own(approved: Path, run: Run) -> None:
    """Each mail has one To, that person's own way out, and no token of a slot left in it."""
    run("issue", "send", "2017-11", "--confirm", "2017-11")

    addresses, tokens = set(), set()
    for path in (approved / "outbox" / "2017-11").glob("*.eml"):
        mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        assert len(mail["To"].addresses) == 1
        addresses.add(mail["To"].addresses[0].addr_spec)
        tokens.add(str(mail["List-Unsubscribe"]))
        body = "".join(part.get_content() for part in mail.walk() if part.get_content_maintype() == "text")
        assert re.search(r"slot[0-9a-f]{20}|slot\.invalid", body) is None
    assert len(addresses) == len(tokens) == 21


def test_everybody_gets_the_edition_in_his_or_her_language(whole_approved: Path, run: Run) -> None:
    """A Swedish reader gets the Swedish edition with its own words, an English reader the English one."""
    run("issue", "send", "2017-11", "--confirm", "2017-11")

    told: dict[str, tuple[str, str, str]] = {}
    for path in (whole_approved / "outbox" / "2017-11").glob("*.eml"):
        mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        text = mail.get_body(("plain",))
        assert text is not None
        hello = next(line for line in text.get_content().splitlines() if line.startswith(("Hei", "Hej", "Hello")))
        told[mail["To"].addresses[0].addr_spec] = (text["Content-Language"], hello, mail["Subject"].partition(" ")[0])

    assert Counter(language for language, _, _ in told.values()) == {"fi": 16, "sv": 3, "en": 2}
    assert told["kristina.dahl@example.net"] == ("sv", "Hej Kristina!", "SEUTU-nyhetsbrev")
    assert told["aino.salmela@example.com"] == ("fi", "Hei Aino,", "SEUTU-uutiskirje")
    assert {(hello.split()[0], subject) for language, hello, subject in told.values() if language == "en"} == {
        ("Hello", "SEUTU")
    }


def test_show_names_the_items_that_had_to_become_short(drafted: Path, run: Run) -> None:
    """An issue that Gmail would cut off is made to fit, and the editor sees at whose cost."""
    path = drafted / "issues/2017-11/issue.toml"
    keys = [f"pitka-{number:02}" for number in range(20)]
    tables = "".join(
        f'\n[item.{key}]\nkind = "article"\ntitle = "Pitkä {key}"\nlead = "{"Pitkä juttu. " * 330}"\n'
        'link = "https://www.seutuohjelma.fi/x"\nsection = "ajankohtaista"\nlanguage = "fi"\n'
        for key in keys
    )
    listed = ", ".join(f'"{key}"' for key in keys)
    text = path.read_text("utf-8").replace("[order]\nadvisers = [", f"[order]\nadvisers = [{listed},")
    path.write_text(text + tables, encoding="utf-8")

    shown = run("issue", "show", "2017-11").out
    editions = json.loads(run("issue", "show", "2017-11", "--json").out)["editions"]

    shortened = {one["edition"]: one["shortened"] for one in editions}
    assert keys[-1] in shortened["advisers.fi"]
    assert keys[0] not in shortened["advisers.fi"]
    assert shortened["managers.fi"] == []
    assert f"Pitkä {keys[-1]}  [{keys[-1]}]  short\n" in shown
    assert f"  {len(shortened['advisers.fi'])} items are short entries" in shown
    assert "html-too-large" not in run("issue", "check", "2017-11").out


def test_a_picture_goes_from_the_folder_into_every_mail(whole_draft: Path, run: Run) -> None:
    """It is approved with its bytes, shown in the build, embedded in the mails; a missing one is named by its line."""
    Image.new("RGB", (1600, 900), "teal").save(whole_draft / "content/images/paja.jpg")
    path = whole_draft / "issues/2017-11/issue.toml"
    key = "kuusi-kysymysta-ennen-rahoitushakemusta-2adcda90"
    before = path.read_text("utf-8")
    table = f"[item.{key}]\n"
    path.write_text(
        before.replace(table, f'{table}image = "content/images/paja.jpg"\nimage_alt = "Sinivihreä halli"\n'), "utf-8"
    )

    done = [
        run(*words)
        for words in (
            ("issue", "render", "2017-11"),
            ("issue", "approve", "2017-11", "--yes"),
            ("issue", "send", "2017-11", "--confirm", "2017-11"),
        )
    ]
    (whole_draft / "content/images/paja.jpg").unlink()
    missing = run("issue", "check", "2017-11")

    assert [one.code for one in done] == [0, 0, 0]
    built = (whole_draft / "issues/2017-11/build/managers.sv.html").read_text("utf-8")
    assert len(re.findall(r'<img [^>]*src="data:image/jpeg;base64,', built)) == 1
    mails = [
        email.message_from_bytes(mail.read_bytes(), policy=email.policy.default)
        for mail in (whole_draft / "outbox/2017-11").glob("*.eml")
    ]
    for mail in mails:
        [picture] = [part for part in mail.walk() if part.get_content_type() == "image/jpeg"]
        html = mail.get_body(("html",))
        assert html is not None
        assert f'src="cid:{picture["Content-ID"].strip("<>")}"' in html.get_content()
        assert Image.open(BytesIO(picture.get_content())).size == (600, 338)
    assert len(mails) == 21
    line = before.split("\n").index(table.strip()) + 1
    assert missing.code == 1
    assert f"issues/2017-11/issue.toml:{line}: There is no picture 'content/images/paja.jpg'." in missing.err


def test_a_look_is_shown_three_times_on_one_page(drafted: Path, run: Run) -> None:
    """In light, in dark and in other colours, for a reader by name; the page lies in the build folder."""
    shown = run("template", "look", "plain")
    page = (drafted / "issues/2017-11/build/look-plain.html").read_text("utf-8")

    assert (shown.code, page.count("<iframe sandbox")) == (0, 3)
    assert [line.partition(":")[0] for line in shown.out.splitlines()] == ["light", "dark", "other colours"]
    assert "Hei Aino," in page
    assert run("template", "look", "plane").code == 2


def test_parity_says_which_item_lacks_which_language(whole_draft: Path, run: Run) -> None:
    """What stands for all languages and what does not, for people and for programs; a translation added counts."""
    path = whole_draft / "issues/2017-11/issue.toml"
    key = "kuusi-kysymysta-ennen-rahoitushakemusta-2adcda90"
    shown, written = run("issue", "show", "2017-11", "--parity"), run("issue", "show", "2017-11", "--parity", "--json")
    path.write_text(f'{path.read_text("utf-8")}\n[item.{key}.sv]\ntitle = "Sex frågor"\n', encoding="utf-8")
    again = json.loads(run("issue", "show", "2017-11", "--parity", "--json").out)

    assert re.search(rf"^{key} +original +missing +missing +Kuusi kysymystä ennen", shown.out, re.MULTILINE)
    assert "Without words in some language: 14 of 17 items." in shown.err
    rows = {row["key"]: row for row in json.loads(written.out)}
    assert sum(row["is_whole"] for row in rows.values()) == 3
    assert rows[key]["wordings"] == {"fi": "original", "sv": "missing", "en": "missing"}
    assert {row["key"]: row for row in again}[key]["wordings"]["sv"] == "title only"


def test_a_translation_collected_later_is_added(whole_draft: Path, run: Run) -> None:
    """A file that says in Swedish what an item says in Finnish becomes words of that item, not another item."""
    (whole_draft / "content/articles/yrityspuiston-muistilista.sv.md").write_text(
        '---\ntitle: "Fem punkter"\npublished: 2017-11-22\n---\nText.\n', encoding="utf-8"
    )
    run("collect")

    ran = run("issue", "new", "2017-11", "--update")

    assert "Added 0 items" in ran.out
    assert "Added words in sv to viiden-kohdan-muistilista" in ran.out
    assert "Fem punkter" in (whole_draft / "issues/2017-11/issue.toml").read_text(encoding="utf-8")
    assert run("issue", "check", "2017-11").code == 0


def test_the_unsubscribe_link_of_a_mail_works(approved: Path, run: Run) -> None:
    """The token of a rehearsed mail takes its reader out at once, and the next sending leaves that person alone."""
    run("issue", "send", "2017-11", "--confirm", "2017-11")
    path = min((approved / "outbox" / "2017-11").glob("*.eml"))
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    match = re.search(r"unsubscribe%20([\w.-]+)", str(mail["List-Unsubscribe"]))
    assert match is not None
    address = mail["To"].addresses[0].addr_spec

    first = run("subscriber", "unsubscribe", "--token", match[1])
    again = run("subscriber", "unsubscribe", "--token", match[1])
    shown = json.loads(run("subscriber", "show", address, "--json").out)
    outlook = run("issue", "send", "2017-11", "--dry-run")

    assert first.out == "Unsubscribed: no issue is sent to this address any more, also none on its way.\n"
    assert again.out == "Had left already; nothing changed.\n"
    assert (shown["subscriber"]["status"], shown["suppression"]["reason"]) == ("unsubscribed", "unsubscribed")
    assert re.search(r"\(nobody: unsubscribed\)\s+1\n", outlook.out)


def test_an_import_never_brings_back_who_left(approved: Path, run: Run) -> None:
    """After unsubscribing, importing the same list again changes nobody and names the row that was held."""
    run("subscriber", "unsubscribe", "niilo.haapala@example.net")

    ran = run("subscriber", "import", "subscribers/example.csv", *ASKED)

    assert "Added: 0." in ran.out
    assert "Left as they are (unsubscribed, suppressed or not confirmed)" in ran.out
    assert "niilo.haapala" not in ran.out
    assert json.loads(run("subscriber", "show", "niilo.haapala@example.net", "--json").out)["suppression"] is not None


def test_collecting_again_writes_nothing(drafted: Path, run: Run) -> None:
    """The second visit finds everything unchanged and leaves the database's bytes alone."""
    run("collect")  # the first one in this folder
    before = (drafted / "newsletter.db").read_bytes()

    ran = run("collect")

    assert ran.code == 0
    assert re.findall(r"(\d+) new, (\d+) changed", ran.out) == [("0", "0")] * 4
    assert (drafted / "newsletter.db").read_bytes() == before


def test_an_edit_survives_what_is_added_later(drafted: Path, run: Run) -> None:
    """`--update` adds a new article and keeps the editor's words, order and comments to the byte."""
    path = drafted / "issues/2017-11/issue.toml"
    edited = path.read_text(encoding="utf-8").replace('subject = "', '# My own comment\nsubject = "Toimitettu: ', 1)
    path.write_text(edited, encoding="utf-8")
    (drafted / "content/articles/uusi.md").write_text(
        '---\ntitle: "Uusi juttu"\npublished: 2017-11-23\nsegments: [advisers]\n---\nTeksti.\n', encoding="utf-8"
    )
    run("collect")

    ran = run("issue", "new", "2017-11", "--update")

    after = path.read_text(encoding="utf-8")
    assert "Added 1 item to issues/2017-11/issue.toml." in ran.out
    assert [line for line in edited.splitlines() if line not in after.splitlines()] == []
    assert "[item.uusi-juttu-" in after


def test_a_rehearsal_does_not_stand_in_the_way_of_another(approved: Path, run: Run) -> None:
    """Rehearsing twice is fine: each is accounted for by itself, and neither counts as sent."""
    for _ in range(2):
        assert run("issue", "send", "2017-11", "--confirm", "2017-11").code == 0

    listed = json.loads(run("issue", "list", "--json").out)
    reports = json.loads(run("issue", "report", "2017-11", "--json").out)

    assert [(one["state"], one["rehearsals"]) for one in listed] == [("approved", 2)]
    assert len(reports) == 2


def test_who_goes_now_can_be_chosen_and_the_rest_stays_queued(approved: Path, run: Run) -> None:
    """--segment and --limit hand over a part, end well, and the next call sends the rest and nobody twice."""
    first = run("issue", "send", "2017-11", "--confirm", "2017-11", "--segment", "managers", "--limit", "4")
    some = len(list((approved / "outbox/2017-11").glob("*.eml")))
    rest = run("issue", "send", "2017-11", "--confirm", "2017-11")

    assert (first.code, some) == (0, 4)
    assert "17 queued" in first.out
    assert (rest.code, len(list((approved / "outbox/2017-11").glob("*.eml")))) == (0, 21)


def test_a_dry_run_writes_nothing(whole_approved: Path, run: Run) -> None:
    """--dry-run shows who would get what, and leaves database and outbox as they were."""
    before = (whole_approved / "newsletter.db").read_bytes()

    ran = run("issue", "send", "2017-11", "--dry-run")

    assert ran.code == 0
    assert "advisers+managers.fi  2" in re.sub(r" {2,}", "  ", ran.out)
    assert (whole_approved / "newsletter.db").read_bytes() == before
    assert not (whole_approved / "outbox").exists()


def test_approving_the_same_content_again_changes_nothing(approved: Path, run: Run) -> None:
    """The hash follows the content, not the moment."""
    first = re.search(r'^hash = "(\w+)"', (approved / "issues/2017-11/issue.lock").read_text(), re.MULTILINE)
    run("issue", "approve", "2017-11", "--yes")
    second = re.search(r'^hash = "(\w+)"', (approved / "issues/2017-11/issue.lock").read_text(), re.MULTILINE)

    assert first is not None
    assert second is not None
    assert first[1] == second[1]


def test_an_unsigned_send_off_a_terminal_is_refused(approved: Path, run: Run) -> None:
    """Without the label nothing is sent where nobody can be asked; with another label neither."""
    silent = run("issue", "send", "2017-11")
    other = run("issue", "send", "2017-11", "--confirm", "2017-12")

    assert (silent.code, other.code) == (2, 2)
    assert "--confirm 2017-11" in silent.err
    assert not (approved / "outbox").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("status",),
        ("doctor",),
        ("issue", "list"),
        ("issue", "show", "2017-11"),
        ("issue", "check", "2017-11"),
        ("item", "list"),
        ("item", "list", "--period", "2017-11"),
        ("source", "list"),
        ("subscriber", "list"),
        ("subscriber", "list", "--segment", "managers", "--status", "active"),
        ("subscriber", "show", "niilo.haapala@example.net"),
        ("segment", "list"),
        ("segment", "show", "advisers"),
        ("segment", "coverage"),
        ("suppression", "list"),
        ("db", "status"),
    ],
    ids=" ".join,
)
def test_every_reader_speaks_to_people_and_to_programs(drafted: Path, run: Run, words: tuple[str, ...]) -> None:
    """Each command that only looks prints something for people, JSON for programs, and changes nothing."""
    before = (drafted / "newsletter.db").read_bytes()

    shown, written = run(*words), run(*words, "--json")

    assert (shown.code, written.code) == (0, 0)
    assert shown.out.strip()
    assert json.loads(written.out) is not None
    assert (drafted / "newsletter.db").read_bytes() == before


def test_status_names_the_next_command_at_every_step(publication: Path, run: Run) -> None:
    """Following `status` from an empty publication leads to a sent rehearsal."""
    named = []
    for words in (
        (),
        ("subscriber", "import", "subscribers/example.csv", *ASKED),
        ("collect",),
        ("issue", "new", "2017-11", "--date", "2017-11-24"),
        ("issue", "approve", "2017-11", "--yes"),
    ):
        if words:
            run(*words)
        named.append(run("status").err.splitlines()[-1])

    assert [line.split(" 20")[0] for line in named] == [
        "Next: newsletter subscriber import subscribers/example.csv",
        "Next: newsletter collect",
        "Next: newsletter issue new",
        "Next: newsletter issue check",
        "Next: newsletter issue send",
    ]


def test_people_are_added_listed_and_exported_by_hand(publication: Path, run: Run) -> None:
    """One person comes in by hand with facts and consent, is shown, and leaves in an export only its owner can read."""
    added = run(
        "subscriber",
        "add",
        "Aino@Example.org",
        "--name",
        "Aino",
        "--attribute",
        "role=yritysneuvoja",
        "--tag",
        "x",
        "--consent",
        "Pyysi puhelimessa.",
    )
    shown = run("subscriber", "show", "aino@example.org")
    twice = run("subscriber", "add", "aino@example.org", *ASKED)
    wrong = run("subscriber", "add", "b@example.org", "--attribute", "role")
    exported = run("subscriber", "export", "out.csv")

    assert (added.code, twice.code, wrong.code, exported.code) == (0, 2, 2, 0)
    assert "segments    business advisers" in shown.out
    assert "consent" in shown.out
    assert "Aino@example.org" in (publication / "out.csv").read_text(encoding="utf-8-sig")
    assert (publication / "out.csv").stat().st_mode & 0o077 == 0


def test_a_mistaken_unsubscription_is_undone_without_loss(approved: Path, run: Run) -> None:
    """The advice after leaving, after lifting and at each refusal leads to a person who is as before."""
    address = "niilo.haapala@example.net"
    before = json.loads(run("subscriber", "show", address, "--json").out)

    left = run("subscriber", "unsubscribe", address)
    added = run("subscriber", "add", address, *ASKED)
    back = run("subscriber", "resubscribe", address, "--note", "väärä rivi, soitti 24.11.")
    again = run("subscriber", "resubscribe", address, "--note", "väärä rivi")
    after = json.loads(run("subscriber", "show", address, "--json").out)

    assert (left.code, added.code, back.code, again.code) == (0, 2, 0, 2)
    assert all("newsletter subscriber resubscribe" in ran.err for ran in (left, added))
    assert (after["subscriber"], after["suppression"]) == (before["subscriber"], None)
    assert after["consents"][-1]["wording"] == "väärä rivi, soitti 24.11."


def test_a_complaint_is_lifted_in_a_step_of_its_own_and_then_the_person_is_as_before(approved: Path, run: Run) -> None:
    """Who left and was barred comes back by lifting and subscribing again; each step names the next one."""
    address = "niilo.haapala@example.net"
    run("subscriber", "unsubscribe", address)
    run("suppression", "add", address)

    refused = run("subscriber", "resubscribe", address, "--note", "soitti")
    lifted = run("suppression", "remove", address, "--note", "soitti")
    back = run("subscriber", "resubscribe", address, "--note", "soitti")

    assert (refused.code, lifted.code, back.code) == (2, 0, 0)
    assert "newsletter suppression remove ADDRESS --note TEXT" in refused.err
    assert lifted.err == f"Next: newsletter subscriber resubscribe {address} --note TEXT\n"
    assert "role        yritysneuvoja" in run("subscriber", "show", address).out


def test_suppressions_are_added_counted_and_lifted_with_a_reason(publication: Path, run: Run) -> None:
    """An address is kept out by hand, is in the count, and comes back only with a reason."""
    run("suppression", "add", "aino@example.org", "--unknown")
    counted = json.loads(run("suppression", "list", "--json").out)
    refused = run("subscriber", "add", "aino@example.org", *ASKED)
    silent = run("suppression", "remove", "aino@example.org", "--note", " ")
    lifted = run("suppression", "remove", "aino@example.org", "--note", "asked by phone 24.11.")

    assert counted == {"manual": 1}
    assert (refused.code, silent.code, lifted.code) == (2, 2, 0)
    assert run("subscriber", "add", "aino@example.org", *ASKED).code == 0


def test_an_item_can_be_pasted_into_the_issue(drafted: Path, run: Run) -> None:
    """`item show --toml` gives a table that the issue accepts under its key."""
    path = drafted / "issues/2017-11/issue.toml"
    keys = {one["key"] for one in json.loads(run("item", "list", "--json").out)}
    left_out = min(key for key in keys if f"[item.{key}]" not in path.read_text(encoding="utf-8"))

    table = run("item", "show", left_out, "--toml").out
    path.write_text(path.read_text(encoding="utf-8") + "\n" + table, encoding="utf-8")

    assert f"[item.{left_out}]" in table
    assert run("issue", "show", "2017-11").code == 0
    assert "first seen" in run("item", "show", left_out).out


def test_pause_resume_and_cancel_move_a_sending(approved: Path, run: Run) -> None:
    """A stopped sending can be paused, resumed and cancelled; what was handed over stays in the report."""
    run("issue", "send", "2017-11", "--confirm", "2017-11", "--limit", "5")

    paused = run("issue", "pause", "2017-11")
    resumed = run("issue", "resume", "2017-11")
    cancelled = run("issue", "cancel", "2017-11", "--yes")
    report = run("issue", "report", "2017-11")
    nothing = run("issue", "resume", "2017-11")

    assert (paused.code, resumed.code, cancelled.code, report.code, nothing.code) == (0, 0, 0, 0, 1)
    assert "16" in report.out


@pytest.mark.sqlite
def test_a_backup_is_made_where_it_was_asked_for(publication: Path, run: Run) -> None:
    """`db backup` copies to the named file, or into backups/ under the moment's name."""
    named, unnamed = run("db", "backup", "copy.db"), run("db", "backup")

    assert (named.code, unnamed.code) == (0, 0)
    assert (publication / "copy.db").exists()
    assert len(list((publication / "backups").glob("newsletter-*.db"))) == 1


def test_sending_leaves_ctrl_c_as_it_was(approved: Path, run: Run) -> None:
    """After a sending Ctrl-C and SIGTERM do again what they did before."""
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    run("issue", "send", "2017-11", "--confirm", "2017-11", "--limit", "1")

    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
