"""A damaged database, as a person meets it: every command says so, and the way to the backup."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from newsletter import open_newsletter
from newsletter.errors import StorageDamaged
from tests.cli.conftest import Run

PAGE = 4096

pytestmark = pytest.mark.sqlite

COMMANDS = (
    ("status",),
    ("subscriber", "list"),
    ("issue", "send", "2017-11", "--confirm", "2017-11"),
    ("db", "backup", "copy.db"),
)


def _zero(folder: Path, page: int) -> None:
    with (folder / "newsletter.db").open("r+b") as file:
        file.seek((page - 1) * PAGE)
        file.write(bytes(PAGE))


def _zero_people(folder: Path) -> None:
    """Write zeros over the pages where the people's table and its indexes begin."""
    with closing(sqlite3.connect(folder / "newsletter.db")) as connection:
        roots = connection.execute("SELECT rootpage FROM sqlite_master WHERE tbl_name = 'subscriber'").fetchall()
        assert connection.execute("PRAGMA page_size").fetchone() == (PAGE,)
    for (root,) in roots:
        _zero(folder, root)


def _cut(folder: Path) -> None:
    path = folder / "newsletter.db"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _write_over(folder: Path) -> None:
    (folder / "newsletter.db").write_bytes(b"This is no database.\n" * 999)


DAMAGES = {"zeroed page": _zero_people, "truncated": _cut, "zeroed header": lambda f: _zero(f, 1), "text": _write_over}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damage_is_called_damage_with_the_way_to_the_backup(
    approved: Path, run: Run, damage: Callable[[Path], None]
) -> None:
    """Every command ends with 1, names the damaged file and the command that puts a backup back; `doctor` sees it."""
    damage(approved)

    said = [run(*words) for words in COMMANDS]
    doctor = run("doctor")

    assert [one.code for one in said] == [1] * len(COMMANDS)
    assert [one.first_error[:23] for one in said] == ["Error: newsletter.db is"] * len(COMMANDS)
    assert ["damaged" in one.first_error for one in said] == [True] * len(COMMANDS)
    assert ["`newsletter db restore BACKUP`" in one.err for one in said] == [True] * len(COMMANDS)
    assert ("WRONG  database: newsletter.db is" in doctor.out, doctor.code) == (True, 2)
    assert not (approved / "copy.db").exists()


def test_a_damaged_database_is_kept_when_a_backup_is_put_back(approved: Path, run: Run) -> None:
    """What is left in it may still be wanted: it is copied as it is, for its owner alone."""
    assert run("db", "backup", "good.db").code == 0
    _zero_people(approved)
    before = (approved / "newsletter.db").read_bytes()

    restored = run("db", "restore", "good.db", "--yes")

    (kept,) = (approved / "backups").glob("damaged-*.db")
    assert (restored.code, f"was damaged and lies in backups/{kept.name}" in restored.out) == (0, True)
    assert (kept.read_bytes() == before, kept.stat().st_mode & 0o077) == (True, 0)
    assert run("subscriber", "list").code == 0


def test_what_makes_no_sense_is_looked_into(approved: Path) -> None:
    """A value that no program of ours wrote is damage where the file is damaged, and else a fault of the program."""
    with open_newsletter(approved / "newsletter.toml") as newsletter:
        database = newsletter.resources.database
        with pytest.raises(ValueError, match="nonsense"), database.read():
            raise ValueError("nonsense")
        _zero_people(approved)
        with pytest.raises(StorageDamaged), database.read():
            raise ValueError("nonsense")
