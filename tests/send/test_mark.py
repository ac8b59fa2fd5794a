"""The mark beside the database, with real files that are copied, moved and put back."""

import fcntl
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from newsletter.errors import StorageError
from newsletter.send.mark import doubt_about, mark_path, write_mark

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
LAST = "issue 2017-11 on 2017-11-24 07:00 UTC"


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """Give the file that tells this machine from others."""
    path = tmp_path / "machine-id"
    path.write_text("0123456789abcdef\n", encoding="ascii")
    return path


@pytest.fixture
def database(tmp_path: Path, machine: Path) -> Path:
    """Give a database whose mark knows of four calls."""
    folder = tmp_path / "seutu"
    folder.mkdir()
    path = folder / "newsletter.db"
    write_mark(path, calls=4, last=LAST, is_synced=True, machine_id=machine)
    return path


def told(database: Path, machine: Path, *, calls: int = 4) -> str | None:
    """Give what speaks against a database that knows of so many calls, in words."""
    doubt = doubt_about(database, lambda: calls, machine_id=machine)
    if doubt is None:
        return None
    assert doubt.hint.endswith("`newsletter db adopt`.")
    return doubt.message


def has_generations(folder: Path) -> bool:
    """Tell whether the file system of a folder tells a file from a later one of the same number (Linux, 64 bits)."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.ioctl(handle, 0x80087601, bytearray(8))
    except OSError:
        return False
    finally:
        os.close(handle)
    return True


def test_the_mark_lies_beside_the_database_for_its_owner_alone(database: Path) -> None:
    """Its name is the database's with an ending that is ignored like a journal's."""
    mark = mark_path(database)

    assert mark.name == "newsletter.db-mark"
    assert stat.S_IMODE(mark.stat().st_mode) == 0o600


@pytest.mark.parametrize("calls", [4, 5, 4000])
def test_a_ledger_that_knows_as_much_as_the_mark_may_send(database: Path, machine: Path, calls: int) -> None:
    """The ledger is written first, so a killed sender or a power cut leaves it ahead of the mark: no older one."""
    assert told(database, machine, calls=calls) is None


@pytest.mark.parametrize("calls", [0, 3])
def test_an_older_or_a_new_database_is_doubted_with_what_it_lacks(database: Path, machine: Path, calls: int) -> None:
    """The person learns what was sent last, and how to go on."""
    assert told(database, machine, calls=calls) == (
        "newsletter.db is older than its folder remembers: mails were handed over that it knows nothing of, the last"
        f" for {LAST}. Was a backup put back, or a new database made?"
    )


def test_a_copied_folder_is_doubted_and_names_the_other(database: Path, machine: Path, tmp_path: Path) -> None:
    """A copy is another file than its mark says, on this machine too; the original goes on."""
    copy = shutil.copytree(database.parent, tmp_path / "copy") / database.name

    assert told(database, machine) is None
    assert told(copy, machine) == (
        "This folder was copied, moved to another disk, or put back from a backup: newsletter.db-mark was written in"
        f" {database.parent} on {os.uname().nodename}. What was sent there since is not known here. The last mails"
        f" known here: {LAST}."
    )


def test_a_moved_folder_is_the_same_one(database: Path, machine: Path, tmp_path: Path) -> None:
    """Renaming a folder copies nothing, and is not asked about."""
    moved = database.parent.rename(tmp_path / "moved") / database.name

    assert told(moved, machine) is None


def test_a_folder_that_was_put_back_where_it_was_is_doubted(database: Path, machine: Path, tmp_path: Path) -> None:
    """Most file systems give the same number to the next file; its generation tells the two apart."""
    folder, number = database.parent, mark_path(database).stat().st_ino
    backup = shutil.copytree(folder, tmp_path / "backup")
    shutil.rmtree(folder)
    shutil.copytree(backup, folder)

    if mark_path(database).stat().st_ino == number and not has_generations(folder):
        pytest.skip("this file system gives numbers again and has no generations")
    assert "put back from a backup" in (told(database, machine) or "")


@pytest.mark.skipif(not SHARED_MEMORY.is_dir(), reason="needs the file system of Linux that lives in memory")
def test_a_file_system_without_generations_tells_a_copy_by_its_number(machine: Path) -> None:
    """Where only the number of a file can be asked, that must do."""
    with TemporaryDirectory(dir=SHARED_MEMORY) as name:
        database = Path(name) / "seutu" / "newsletter.db"
        database.parent.mkdir()
        write_mark(database, calls=4, is_synced=False, machine_id=machine)
        copy = shutil.copytree(database.parent, Path(name) / "copy") / database.name

        assert told(database, machine) is None
        assert "This folder was copied" in (told(copy, machine) or "")


def test_the_same_disk_in_another_machine_is_doubted(database: Path, machine: Path) -> None:
    """A copied virtual machine has the same files; its machine id is made anew."""
    machine.write_text("fedcba9876543210\n", encoding="ascii")

    assert "This folder was copied" in (told(database, machine) or "")


@pytest.mark.parametrize("lose", [Path.unlink, lambda path: path.write_text("\n", encoding="ascii")])
def test_a_machine_without_an_id_proves_nothing(
    database: Path, machine: Path, tmp_path: Path, lose: Callable[[Path], object]
) -> None:
    """A container that shares its folder with the machine around it often has no id, or an empty one."""
    lose(machine)
    copy = shutil.copytree(database.parent, tmp_path / "copy") / database.name

    assert told(database, machine) is None
    assert "This folder was copied" in (told(copy, machine) or "")


def test_a_mark_from_a_machine_without_an_id_proves_nothing(database: Path, machine: Path, tmp_path: Path) -> None:
    """The other way round likewise: written in a container, read outside of it."""
    write_mark(database, calls=4, is_synced=False, machine_id=tmp_path / "no machine-id")

    assert told(database, machine) is None


def test_the_machines_id_is_not_given_away(database: Path, machine: Path) -> None:
    """machine-id(5): the id itself must not leave the machine; a digest of it tells as much."""
    assert machine.read_text(encoding="ascii").strip() not in mark_path(database).read_text(encoding="utf-8")


def test_a_database_with_calls_and_no_mark_has_been_elsewhere(tmp_path: Path, machine: Path) -> None:
    """One that was put somewhere alone, or is of an older version, has no mark; one that never sent needs none."""
    database = tmp_path / "newsletter.db"

    assert told(database, machine, calls=0) is None
    assert told(database, machine, calls=2) == (
        "newsletter.db knows of mails that were handed over, but newsletter.db-mark is not beside it: it was brought"
        " here without it, or last sent with an older version of this program, which wrote none."
    )


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[1]",
        '{"calls": 4}',
        '{"calls": "4", "last": "", "place": "", "file": "", "machine": ""}',
        '{"calls": 4, "last": "", "place": "", "file": 7, "machine": ""}',
    ],
)
def test_a_damaged_mark_is_doubted(database: Path, machine: Path, content: str) -> None:
    """Whatever cannot be read proves nothing."""
    mark_path(database).write_text(content, encoding="utf-8")

    assert told(database, machine) == (
        "newsletter.db-mark is damaged: nobody can tell whether newsletter.db is the newest database."
    )


def test_a_mark_is_written_over_in_place(database: Path, machine: Path) -> None:
    """The file stays the same one, and what a longer mark left in it is not read."""
    number = mark_path(database).stat().st_ino
    write_mark(database, calls=5, is_synced=False, machine_id=machine)

    assert mark_path(database).stat().st_ino == number
    assert told(database, machine, calls=5) is None


def test_a_deep_folder_is_marked_like_any_other(tmp_path: Path, machine: Path) -> None:
    """However long the name of the place is, the mark is read whole."""
    folder = tmp_path.joinpath(*["ä" * 100] * 10)
    folder.mkdir(parents=True)
    write_mark(folder / "newsletter.db", calls=4, is_synced=False, machine_id=machine)

    assert told(folder / "newsletter.db", machine) is None


def test_a_mark_that_cannot_be_used_says_so(tmp_path: Path) -> None:
    """Neither writing nor reading fails silently."""
    database = tmp_path / "newsletter.db"
    mark_path(database).mkdir()

    with pytest.raises(StorageError, match=r"newsletter\.db-mark cannot be used"):
        write_mark(database, calls=0, is_synced=True)
    with pytest.raises(StorageError, match=r"newsletter\.db-mark cannot be used"):
        doubt_about(database, lambda: 0)
