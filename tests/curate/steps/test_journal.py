"""Steps are undone and done again across restarts, and a kill at any write leaves the old file or the new."""

import json
from pathlib import Path

import pytest

from newsletter import machine
from newsletter.curate.steps.change import Change, Document, change, document_of
from newsletter.curate.steps.edits import edited
from newsletter.curate.steps.journal import JOURNAL_NAME, History, open_journal
from newsletter.domain.content import ItemKey, SegmentId
from newsletter.domain.step import Drop, End, Move
from newsletter.errors import IssueFileError, StateError

ADVISERS = (SegmentId("advisers"),)
TEXT = '[order]\nadvisers = [\n  "a", # A\n  "b", # B\n  "c", # C\n]\n' + "".join(
    f'[item.{key}]\ntitle = "{key.upper()}"\n' for key in "abc"
)


def document(text: str) -> Document:
    """Give a text as a document."""
    return document_of(text, Path("issue.toml"))


FIRST = change(document(TEXT), Drop(key=ItemKey("b"), segments=ADVISERS))
SECOND = change(FIRST.after, Move(key=ItemKey("c"), segments=ADVISERS, to=End.FIRST))


def noted(folder: Path, *changes: Change) -> Path:
    """Note changes as made, and give the path of the issue."""
    path = folder / "issue.toml"
    for one in changes:
        with open_journal(path) as journal:
            journal.note_step(one)
    return path


def history(path: Path, there: Document) -> History:
    """Give what the journal says of a file."""
    with open_journal(path) as journal:
        return journal.history(there)


def whats(found: History) -> tuple[list[str], list[str]]:
    """Name what can be undone and what can be done again."""
    return [entry.what for entry in found.done], [entry.what for entry in found.undone]


DROPPED, MOVED = "drop b for advisers", "move c to be first for advisers"


def test_steps_are_undone_to_the_byte_and_done_again(tmp_path: Path) -> None:
    """Each opens the journal anew, as each command does; the first file comes back, and so does the last."""
    path, there = noted(tmp_path, FIRST, SECOND), SECOND.after
    for _ in range(2):
        with open_journal(path) as journal:
            entry = journal.history(there).done[-1]
            back = document(edited(there.text, entry.taking_back(there) or ()))
            journal.note_turn("undo", there, back)
        there = back
    assert there == document(TEXT)
    assert whats(history(path, there)) == ([], [MOVED, DROPPED])

    for wanted in (FIRST.after, SECOND.after):
        with open_journal(path) as journal:
            entry = journal.history(there).undone[-1]
            again = document(edited(there.text, entry.making_again(there) or ()))
            journal.note_turn("redo", there, again)
        there = again
        assert there == wanted
    assert whats(history(path, there)) == ([DROPPED, MOVED], [])


def test_a_new_step_ends_what_could_be_done_again(tmp_path: Path) -> None:
    """After an undo, another step begins another way."""
    path = noted(tmp_path, FIRST)
    with open_journal(path) as journal:
        journal.note_turn("undo", FIRST.after, FIRST.before)
    other = change(FIRST.before, Move(key=ItemKey("c"), segments=ADVISERS, to=End.FIRST))
    assert whats(history(noted(tmp_path, other), other.after)) == ([MOVED], [])


def test_a_step_that_was_left_is_not_offered_again(tmp_path: Path) -> None:
    """What can neither be undone nor done again is passed over, so that the person gets on."""
    path, by_hand = noted(tmp_path, FIRST, SECOND), document(f"{SECOND.after.text}\n# hand\n")
    with open_journal(path) as journal:
        journal.note_left("undo", by_hand)
    assert whats(history(path, by_hand)) == ([DROPPED], [])
    with open_journal(path) as journal:
        journal.note_turn("undo", by_hand, FIRST.before)
        journal.note_left("redo", FIRST.before)
    assert whats(history(path, FIRST.before)) == ([], [])


def test_a_kill_at_any_byte_leaves_the_old_file_or_the_new(tmp_path: Path) -> None:
    """The line is durable before the file is: cut anywhere, or with the file not written, the step never was."""
    path = noted(tmp_path, FIRST)
    journal = tmp_path / JOURNAL_NAME
    first = journal.read_bytes()
    noted(tmp_path, SECOND)
    whole = journal.read_bytes()
    for size in (*range(len(first), len(whole), 97), len(whole) - 1, len(whole)):
        journal.write_bytes(whole[:size])
        assert whats(history(path, FIRST.after)) == ([DROPPED], [])
        # The next step counts, whatever stands before it.
        noted(tmp_path, SECOND)
        assert whats(history(path, SECOND.after)) == ([DROPPED, MOVED], [])


def test_what_a_person_took_back_by_hand_is_no_step_any_more(tmp_path: Path) -> None:
    """The file is as it was before the step: there is nothing to undo."""
    assert history(noted(tmp_path, FIRST), FIRST.before) == History()


def test_an_undo_merges_with_an_edit_by_hand_or_is_none(tmp_path: Path) -> None:
    """Elsewhere in the file, both stay; in the very place, the step cannot be undone."""
    entry = history(noted(tmp_path, FIRST), FIRST.after).done[0]
    beside = document(FIRST.after.text.replace('title = "A"', 'title = "Oma"'))
    assert edited(beside.text, entry.taking_back(beside) or ()) == TEXT.replace('title = "A"', 'title = "Oma"')
    within = document(FIRST.after.text.replace('  "a", # A\n  "c", # C\n', '  "c",\n\n"a"\n'))
    assert entry.taking_back(within) is None


def test_two_do_not_change_an_issue_at_once(tmp_path: Path) -> None:
    """Who comes second waits for the first, and in the end says why nothing was done."""
    path = tmp_path / "issue.toml"
    with open_journal(path), pytest.raises(StateError) as caught, open_journal(path, patience_seconds=0.02):
        pass
    assert str(caught.value) == "Somebody else is changing this issue now."


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """Where no journal can be kept, nothing is changed."""
    (tmp_path / JOURNAL_NAME).mkdir()
    with pytest.raises(IssueFileError) as caught, open_journal(tmp_path / "issue.toml"):
        pass
    assert str(caught.value).startswith("The journal beside issue.toml cannot be written: ")


def test_a_journal_is_its_owners(tmp_path: Path) -> None:
    """It holds what the issue says, line by line, and lines of others' making count for nothing."""
    noted(tmp_path, FIRST)
    journal = tmp_path / JOURNAL_NAME
    assert not machine.is_open_to_others(journal)
    journal.write_bytes(b"[1]\nnonsense\n\xff\n" + journal.read_bytes())
    assert json.loads(journal.read_bytes().splitlines()[-1])["what"] == DROPPED
    assert whats(history(tmp_path / "issue.toml", FIRST.after)) == ([DROPPED], [])
