"""Choosing, placing and wording items by command, as an editor would in the file."""

import json
import shutil
from pathlib import Path

import pytest

from newsletter import open_newsletter
from newsletter.domain.content import ItemKey, SegmentId
from newsletter.domain.step import Drop, SetWords
from newsletter.errors import StateError
from tests.cli.conftest import Run
from tests.conftest import MORNING
from tests.fakes.clock import FakeClock
from tests.fakes.mailer import ScriptedMailer

ISSUE = Path("issues/2017-11/issue.toml")
JOURNAL = ISSUE.with_name("issue.journal")
GUIDE = "talvimatkailun-laatuopas-auttaa-pienia-kohteita-573cb713"
FRUSH = "frush-kokosi-kiertotalouden-vaen-forssaan-ec03f37a"


def orders() -> dict[str, list[str]]:
    """Give each segment's list."""
    with open_newsletter() as newsletter:
        return {segment: list(keys) for segment, keys in newsletter.issues.read("2017-11").order.items()}


@pytest.mark.usefixtures("whole_draft")
def test_a_month_is_curated_by_command_and_undone_to_the_byte(run: Run) -> None:
    """Each step says what it did; all undone give the file of the morning, and all done again that of the evening."""
    morning, first = ISSUE.read_bytes(), orders()
    said = [
        run("issue", *words)
        for words in (
            ("drop", "2017-11", "3"),
            ("take", "2017-11", "+1", "--segment", "managers"),
            ("take", "2017-11", "+1"),
            ("move", "2017-11", "telakoiden", "--first"),
            ("move", "2017-11", "1", "--before", "omistajan", "--segment", "advisers"),
            ("edit", "2017-11", "1", "--title", "Uusi otsikko", "--published", "20.11.2017", "--form", "lead"),
            ("edit", "2017-11", "1", "--language", "sv", "--lead", "Kort."),
            ("edit", "2017-11", "vertaispaivat", "--start", "2017-12-11 09:30", "--register-by", "2017-12-01"),
        )
    ]
    assert [one.code for one in said] == [0] * 8
    keys = ["seutu", "telakoiden", "yritysneuvojien-parhaat"]
    start, yard, best = (next(key for key in first["advisers"] if key.startswith(part)) for part in keys)
    assert said[0].out == f"Left out “Yritysneuvojien parhaat keinot yksissä kansissa” [{best}] for advisers.\n"
    assert said[0].err == "To take it back: newsletter issue undo 2017-11\nNext: newsletter issue check 2017-11\n"
    after = orders()
    assert best not in after["advisers"]
    assert [FRUSH in keys for keys in after.values()] == [True, True]
    assert after["advisers"].index(yard) == 0
    assert after["advisers"].index(start) < len(after["advisers"]) - 1
    evening = ISSUE.read_bytes()

    undone = run("issue", "undo", "2017-11")
    assert undone.out.startswith("Undone: set start, register_by of [item.yritysneuvojien-vertaispaivat-")
    with open_newsletter() as newsletter:
        issues = newsletter.issues
        assert [issues.undo("2017-11").is_changed for _ in range(7)] == [True] * 7
        with pytest.raises(StateError, match="There is no step to undo in issue 2017-11"):
            issues.undo("2017-11")
        assert ISSUE.read_bytes() == morning
        assert [issues.redo("2017-11").is_changed for _ in range(8)] == [True] * 8
    assert run("issue", "redo", "2017-11").first_error == "Error: There is no step that was undone in issue 2017-11."
    assert ISSUE.read_bytes() == evening


@pytest.mark.usefixtures("drafted")
def test_nothing_is_written_that_the_file_cannot_hold(run: Run) -> None:
    """Whatever is wrong is named, and the file stays as it is."""
    before = ISSUE.read_bytes()
    for words, code, error in (
        (("take", "ei-mitään"), 2, "Error: No item has 'ei-mitään' in its key."),
        (("take", "+99"), 2, "Error: No item has '+99' in its key."),
        (("drop", "telak"), 2, "Error: 'telak' is a part of 2 keys."),
        (("drop", GUIDE), 2, f"Error: No item has '{GUIDE}' in its key."),
        (("drop", "3", "--segment", "managers"), 1, None),
        (("drop", "3", "--segment", "manager"), 2, "Error: There is no segment 'manager'."),
        (("move", "3"), 2, "Error: Say where to: --before OTHER, --first or --last; nothing was changed."),
        (("edit", "3"), 2, "Error: Say what to set, for example --title; nothing was changed."),
        (("edit", "3", "--title", ""), 2, "Error: issues/2017-11/issue.toml cannot hold this; nothing was changed."),
        (("edit", "3", "--language", "sv", "--author", "A"), 2, None),
    ):
        ran = run("issue", words[0], "2017-11", *words[1:])
        assert ran.code == code, words
        assert error in (None, ran.first_error)
    assert ISSUE.read_bytes() == before
    assert not JOURNAL.exists() or b"kind" not in JOURNAL.read_bytes()


@pytest.mark.usefixtures("drafted")
def test_a_dry_run_shows_the_lines_and_writes_none(run: Run) -> None:
    """What would go and come is printed; for programs with all there is to know."""
    before = ISSUE.read_bytes()
    shown = run("issue", "edit", "2017-11", "1", "--section", "muut-uutiset", "-n")
    assert shown.out.splitlines()[1:] == ['  -section = "ajankohtaista"', '  +section = "muut-uutiset"']
    told = json.loads(run("issue", "drop", "2017-11", "1", "--dry-run", "--json").out)
    assert (told["is_dry_run"], told["is_changed"], told["state"], told["segments"]) == (
        True,
        True,
        "draft",
        ["advisers", "managers"],
    )
    again = run("issue", "undo", "2017-11", "-n")
    assert (again.code, ISSUE.read_bytes()) == (1, before)


@pytest.mark.usefixtures("drafted")
def test_the_numbers_are_shown_with_the_items(run: Run) -> None:
    """Each item has one in every edition, what was left out has its own, and what is in no list is named."""
    run("issue", "drop", "2017-11", "3")
    shown = run("issue", "show", "2017-11").out
    assert "     2  Telakoiden töitä riittää myös sisämaahan  [" in shown
    assert "In no list: nobody gets these\n     3  Yritysneuvojien parhaat keinot yksissä kansissa  [" in shown
    assert f"    +3  Talvimatkailun laatuopas auttaa pieniä kohteita  [{GUIDE}]\n" in shown
    told = json.loads(run("issue", "show", "2017-11", "--json").out)
    assert told["left_out"][2] == {
        "number": "+3",
        "key": GUIDE,
        "title": "Talvimatkailun laatuopas auttaa pieniä kohteita",
        "mark": "",
    }
    assert told["numbers"]["3"].startswith("yritysneuvojien-parhaat")


@pytest.mark.parametrize(("locale", "day"), [("C.UTF-8", "12 December 2017"), ("fi_FI.UTF-8", "12.12.2017")])
@pytest.mark.usefixtures("publication")
def test_the_day_stands_by_the_title_of_an_event(
    run: Run, monkeypatch: pytest.MonkeyPatch, locale: str, day: str
) -> None:
    """Events of one title are told apart where an issue is made, where it is shown, and where nobody gets them."""
    monkeypatch.setenv("LC_ALL", locale)
    run("collect")
    made = run("issue", "new", "2017-11", "--date", "2017-11-24").out
    shown = run("issue", "show", "2017-11").out
    run("issue", "drop", "2017-11", "vertaispaivat")
    dropped = run("issue", "show", "2017-11").out
    for said in (made, shown, dropped):
        assert f"Yritysneuvojien vertaispäivät, {day}" in said


@pytest.mark.usefixtures("approved")
def test_an_approved_issue_says_what_a_change_means(run: Run) -> None:
    """The approval holds for what was approved; the person is told to give it anew."""
    said = run("issue", "drop", "2017-11", "1")
    assert "It was approved: what is sent is what was approved, so approve it again before it is sent." in said.out
    assert json.loads(run("status", "--json").out)["issues"][0]["state"] == "draft"


@pytest.mark.usefixtures("real")
def test_what_readers_had_is_taken_by_a_persons_word_and_named(run: Run) -> None:
    """The issue and the day are said; a letter that was sent stays what it was, and says so."""
    with open_newsletter(clock=FakeClock(MORNING), mailer=ScriptedMailer()) as newsletter:
        key = newsletter.issues.read("2017-11").order[SegmentId("advisers")][0]
        newsletter.deliveries.send("2017-11", by="Aino")
    sent = run("issue", "drop", "2017-11", key)
    run("issue", "new", "2017-12", "--date", "2017-12-15")
    taken = run("issue", "take", "2017-12", key)
    assert "It was sent: readers have the letter as it was approved, and no step changes that." in sent.out
    assert "Readers have had it before: it was sent in issue 2017-11 on 24.11.2017. It is your word now." in taken.out
    assert run("issue", "take", "2017-12", key).out.startswith("Nothing to change: it is so already (take ")


@pytest.mark.usefixtures("drafted")
def test_a_comment_that_goes_with_its_line_is_told(run: Run) -> None:
    """The title behind a key is the program's; what a person wrote there is named."""
    text = ISSUE.read_text(encoding="utf-8")
    ISSUE.write_text(
        text.replace(", # Telakoiden töitä riittää myös sisämaahan", ", # kysy Pekalta", 1), encoding="utf-8"
    )
    said = run("issue", "drop", "2017-11", "2")
    assert "The comment behind it in the list of advisers went with it: # kysy Pekalta" in said.out


@pytest.mark.usefixtures("drafted")
@pytest.mark.sqlite
def test_curating_needs_no_database_but_to_take_from_it(run: Run) -> None:
    """Without one, drop, move, edit and undo work, and say what is not known."""
    Path("newsletter.db").unlink()
    said = run("issue", "drop", "2017-11", "1")
    assert "The database cannot be read: whether the issue was approved or sent already is not known." in said.out
    assert run("issue", "take", "2017-11", "1").code == 0
    assert run("issue", "take", "2017-11", "+1").first_error.startswith("Error: There is no newsletter database")


@pytest.mark.usefixtures("drafted")
def test_an_edit_by_hand_is_merged_or_told(run: Run) -> None:
    """Elsewhere in the file it stays; in the very place the step is shown, left, and the one before is next."""
    run("issue", "drop", "2017-11", "3")
    run("issue", "edit", "2017-11", "1", "--title", "Toinen otsikko")
    text = ISSUE.read_text(encoding="utf-8")
    by_hand = text.replace("Toinen otsikko", "Kolmas otsikko")
    ISSUE.write_text(f"# oma huomio\n{by_hand}", encoding="utf-8")
    left = run("issue", "undo", "2017-11")
    assert left.first_error.startswith(
        "Error: issue.toml was edited since, in the very place: set title of [item.seutu"
    )
    assert '+ "Toinen otsikko"' in left.err
    undone = run("issue", "undo", "2017-11")
    assert "What was edited since stays as it is." in undone.out
    assert ISSUE.read_text(encoding="utf-8").startswith("# oma huomio\n")
    assert "Kolmas otsikko" in ISSUE.read_text(encoding="utf-8")
    assert any(key.startswith("yritysneuvojien-parhaat") for key in orders()["advisers"])


def test_a_step_made_from_an_older_file_is_merged_or_refused(drafted: Path) -> None:
    """Who looked before somebody saved has his step made where it still fits, and is told where it does not."""
    with open_newsletter(drafted / "newsletter.toml") as newsletter:
        seen = newsletter.issues.read("2017-11")
        key, other = seen.order[SegmentId("advisers")][:2]
        ISSUE.write_text(f"# tallennettu\n{ISSUE.read_text(encoding='utf-8')}", encoding="utf-8")
        drop = Drop(key=key, segments=tuple(seen.order)[:1])
        made = newsletter.issues.apply("2017-11", drop, made_from=seen.file_sha256)
        assert (made.is_changed, newsletter.issues.read("2017-11").order[SegmentId("advisers")][0]) == (True, other)
        with pytest.raises(StateError, match="is not in the list of advisers"):
            newsletter.issues.apply("2017-11", drop, made_from=seen.file_sha256)
        words = SetWords(table=("item", other), words={"title": "Uusi"}, was={"title": "Ei tämä"})
        with pytest.raises(StateError, match="was changed meanwhile"):
            newsletter.issues.apply("2017-11", words, made_from=seen.file_sha256)
        blind = SetWords(table=("item", other), words={"title": "Uusi"})
        with pytest.raises(StateError, match="what was to be replaced is not known"):
            newsletter.issues.apply("2017-11", blind, made_from=seen.file_sha256)
        assert newsletter.issues.apply("2017-11", blind, made_from=made.sha256).is_changed


def test_a_new_issue_has_no_steps_to_undo(drafted: Path, run: Run) -> None:
    """A file that was moved away takes its steps with it: the next one begins without."""
    run("issue", "drop", "2017-11", "1")
    shutil.move(ISSUE, drafted / "old.toml")
    run("issue", "new", "2017-11", "--date", "2017-11-24")
    before = ISSUE.read_bytes()
    assert run("issue", "undo", "2017-11").first_error == "Error: There is no step to undo in issue 2017-11."
    assert ISSUE.read_bytes() == before


@pytest.mark.usefixtures("drafted")
def test_an_event_that_is_taken_stands_by_its_day(run: Run) -> None:
    """It goes before the first that begins later, and an article before the events."""
    first = orders()["managers"]
    run("issue", "take", "2017-11", "+2", "--segment", "managers")
    run("issue", "take", "2017-11", GUIDE[:9], "--segment", "managers")
    after = orders()["managers"]
    assert [ItemKey(key) for key in after if key not in first] == [GUIDE, "matkailutyopaja-b21a456b"]
    assert after[-1].startswith("kaupunginjohtajien-talvitapaaminen")


def test_a_new_issue_says_what_was_picked_and_left_out(
    publication: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By segment, in names and by number, and why not; in the language of the terminal."""
    run("collect")
    english = run("issue", "new", "2017-11", "--date", "2017-11-24").out.splitlines()
    assert (
        english[0]
        == "business advisers: 12 picked, 8 left out: 5 about other topics, 2 too old, 1 cancelled or postponed"
    )
    assert english[2] == "     2  Telakoiden töitä riittää myös sisämaahan"
    assert english[26:30] == [
        "For nobody; to take one in: newsletter issue take 2017-11 +1",
        "    +1  FRUSH kokosi kiertotalouden väen Forssaan (too old)",
        "    +2  Matkailutyöpaja (cancelled or postponed)",
        "    +3  Talvimatkailun laatuopas auttaa pieniä kohteita (too old)",
    ]
    monkeypatch.setenv("LC_ALL", "fi_FI.UTF-8")
    finnish = run("issue", "new", "2017-12", "--date", "2017-12-15").out.splitlines()
    assert finnish[0].startswith("yritysneuvojat: 2 mukana, 15 jäi pois: 1 muista aiheista, 9 liian vanhaa, ")
    monkeypatch.setenv("LC_ALL", "sv_FI.UTF-8")
    (publication / "content/articles/kahvila.md").write_text(
        '---\ntitle: "Kahvila avautuu"\npublished: 2017-11-22\n---\nTervetuloa.\n', encoding="utf-8"
    )
    (publication / "content/articles/vanha.md").write_text(
        '---\ntitle: "Kahvila suljetaan"\npublished: 2017-09-30\n---\nKiitos.\n', encoding="utf-8"
    )
    run("collect")
    swedish = run("issue", "new", "2017-11", "--update").out.splitlines()
    assert swedish == [
        "företagsrådgivare: 13 med, 9 utanför: 5 om andra ämnen, 3 för gamla, 1 inställd eller uppskjuten",
        "    18  Kahvila avautuu",
        "stadsdirektörer: 13 med, 9 utanför: 5 om andra ämnen, 3 för gamla, 1 inställd eller uppskjuten",
        "    18  Kahvila avautuu",
        "De här går inte till någon; så här tar du med en: newsletter issue take 2017-11 +4",
        "    +4  Kahvila suljetaan (NEW, för gammal)",
        "Added 1 item to issues/2017-11/issue.toml.",
    ]
