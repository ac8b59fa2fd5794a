from pathlib import Path

import pytest

from newsletter.errors import StateError, StorageError
from newsletter.files import write_whole
from newsletter.service.issues.lock_file import read_lock


def test_a_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    """The new content stands under the name, and nothing unfinished stays beside it."""
    path = tmp_path / "x.txt"
    path.write_text("old", encoding="utf-8")

    write_whole(path, "ä\nb\n")

    assert path.read_bytes() == "ä\nb\n".encode()
    assert [found.name for found in tmp_path.iterdir()] == ["x.txt"]


def test_a_file_that_cannot_be_written_is_told_in_words(tmp_path: Path) -> None:
    """A folder that cannot be made is no traceback, and leaves nothing behind."""
    (tmp_path / "taken").write_text("no folder", encoding="utf-8")

    with pytest.raises(StorageError, match=r"x\.txt cannot be written"):
        write_whole(tmp_path / "taken" / "in" / "x.txt", "x")

    assert [found.name for found in tmp_path.iterdir()] == ["taken"]


def test_a_damaged_lock_is_refused_and_a_missing_one_is_none(tmp_path: Path) -> None:
    """A lock that lacks its hash is not taken for an approval."""
    (tmp_path / "issue.lock").write_text('approved_by = "Aino"\n', encoding="utf-8")

    with pytest.raises(StateError, match="damaged"):
        read_lock(tmp_path / "issue.lock")
    assert read_lock(tmp_path / "absent.lock") is None
