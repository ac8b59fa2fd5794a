"""The half for Windows, never run there: tests walk it on Linux with the POSIX modules hidden.

Rights follow the folder (a user's own folders are closed to others), names are made durable by the file system, and
nothing limits a process's memory.
"""

import multiprocessing.connection
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path

HAS_PIPES = False
"""Windows hands no pipes on by number."""

_BINARY = getattr(os, "O_BINARY", 0)
_LOCKED_AT = 1 << 30
"""Beyond the end of every file that is locked: Windows lets nobody read a locked byte."""


def lock(handle: int) -> None:
    """Take the lock of an open file; closing the file or dying frees it.

    Raises:
        BlockingIOError: Somebody else holds it.
    """
    # Known to the type checker on Windows alone.
    msvcrt = import_module("msvcrt")
    os.lseek(handle, _LOCKED_AT, os.SEEK_SET)
    try:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    except PermissionError as error:
        raise BlockingIOError(error.errno, "Somebody else holds the lock") from error


def create_private(path: Path) -> int:
    """Make a file that was not there; give it open for writing.

    Raises:
        FileExistsError: Something is there.
        OSError: The folder cannot be written.
    """
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY)


def rewrite_private(path: Path) -> int:
    """Empty a file, or make it; give it open for writing."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _BINARY)


def open_private(path: Path) -> int:
    """Open a file for reading and writing; where it is missing it is made."""
    return os.open(path, os.O_RDWR | os.O_CREAT | _BINARY)


def append_private(path: Path) -> int:
    """Open a file for reading and for writing at its end; where it is missing it is made."""
    return os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | _BINARY)


def make_private_folder(path: Path) -> None:
    """Make a folder, if there is none."""
    path.mkdir(parents=True, exist_ok=True)


def close_folder(_path: Path) -> None:
    """Do nothing: rights follow the folder around it."""


def is_open_to_others(_path: Path) -> bool:
    """Doubt no file: Windows shows every one as open to all."""
    return False


def rights_of(_path: Path) -> str:
    """Name a file's rights."""
    return "with its folder's rights"


def copy_rights(source: Path, target: Path) -> None:
    """Let a file be written if another may be."""
    shutil.copymode(source, target)


def file_identity(handle: int) -> str:
    """Tell an open file from every other of its disk."""
    return str(os.fstat(handle).st_ino)


def sync(handle: int) -> None:
    """Have what was written to a file outlive a power cut."""
    os.fsync(handle)


def sync_folder(_path: Path) -> None:
    """Do nothing: Windows opens no folder, and NTFS keeps a journal of names."""


def is_administrator() -> bool:
    """Deny it: nothing here depends on it."""
    return False


def start_apart(command: Sequence[str], environment: Mapping[str, str], *, handle: int) -> subprocess.Popen[bytes]:
    """Start a program that Ctrl-C in our terminal does not reach, which hears and says nothing but through a handle."""
    # Handles of Windows are no descriptors; where tests walk this half, they are.
    getattr(os, "set_handle_inheritable", os.set_inheritable)(handle, True)
    return subprocess.Popen(  # noqa: S603 - our own interpreter and code; content goes in as bytes
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
        close_fds=False,
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )


def connection(handle: int) -> Connection:
    """Give the connection of a handle that we were started with."""
    made: Connection = getattr(multiprocessing.connection, "PipeConnection", Connection)(handle)
    return made


def spawn_on_pipes(_arguments: Sequence[str], *, reads: int, writes: int) -> tuple[int, int, int]:
    """Refuse it.

    Raises:
        OSError: Always.
    """
    raise OSError(f"Windows gives no program pipes as descriptors {reads} and {writes}")


def end_group(_process: int) -> None:
    """Do nothing: there are no groups."""


def after_fork(_forget: Callable[[], None]) -> None:
    """Do nothing: nobody forks."""


def end_after(_seconds: int) -> None:
    """Do nothing: a child ends when its pipe does."""


def limit_memory(_growth_bytes: int) -> None:
    """Do nothing: there are no limits."""


def resident_bytes(_process: int) -> int:
    """Give 0: nobody says."""
    return 0
