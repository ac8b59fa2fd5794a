"""The half for Linux and macOS."""

import fcntl
import os
import resource
import shutil
import signal
import stat
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

HAS_PIPES = True
"""A program can be given pipes as descriptors of its own."""

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_FIRST_FREE = 10
"""Descriptors from here on collide with none that a program expects."""
_GET_GENERATION = 0x80087601
"""FS_IOC_GETVERSION of Linux on 64 bits. Elsewhere, and where a file system has none, it is refused."""


def lock(handle: int) -> None:
    """Take the lock of an open file; closing the file or dying frees it, however.

    Raises:
        BlockingIOError: Somebody else holds it.
        OSError: The file system has no locks.
    """
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def create_private(path: Path) -> int:
    """Make a file that was not there, readable by its owner alone; give it open for writing.

    Raises:
        FileExistsError: Something is there.
        OSError: The folder cannot be written.
    """
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def rewrite_private(path: Path) -> int:
    """Empty a file, or make it, readable by its owner alone; give it open for writing."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)


def open_private(path: Path) -> int:
    """Open a file for reading and writing; where it is missing it is made, readable by its owner alone."""
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def append_private(path: Path) -> int:
    """Open a file for reading and for writing at its end; a missing one is made, readable by its owner alone."""
    return os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)


def make_private_folder(path: Path) -> None:
    """Make a folder for its owner alone, if there is none."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def close_folder(path: Path) -> None:
    """Close a folder to others."""
    path.chmod(0o700)


def is_open_to_others(path: Path) -> bool:
    """Tell whether others than its owner may read or write a file."""
    return bool(path.stat().st_mode & _OTHERS)


def rights_of(path: Path) -> str:
    """Name a file's rights."""
    return f"mode {stat.S_IMODE(path.stat().st_mode):04o}"


def copy_rights(source: Path, target: Path) -> None:
    """Let a file be read and written by those who may another."""
    shutil.copymode(source, target)


def file_identity(handle: int) -> str:
    """Tell an open file from every other of its disk, also from a later one that was given the same number."""
    number, generation = os.fstat(handle).st_ino, bytearray(8)
    try:
        fcntl.ioctl(handle, _GET_GENERATION, generation)
    except OSError:
        return str(number)
    return f"{number}.{int.from_bytes(generation[:4], 'little')}"


def sync(handle: int) -> None:
    """Have what was written to a file outlive a power cut."""
    if hasattr(fcntl, "F_FULLFSYNC"):  # pragma: no cover - macOS, whose fsync stops at the disk's own cache
        fcntl.fcntl(handle, fcntl.F_FULLFSYNC)
    else:
        os.fdatasync(handle)


def sync_folder(path: Path) -> None:
    """Have the names in a folder outlive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def is_administrator() -> bool:
    """Tell whether the program may do everything."""
    return os.geteuid() == 0


def start_apart(command: Sequence[str], environment: Mapping[str, str], *, handle: int) -> subprocess.Popen[bytes]:
    """Start a program that Ctrl-C in our terminal does not reach, which hears and says nothing but through a handle.

    The handle has the same number there; of our environment it sees what is given.
    """
    return subprocess.Popen(  # noqa: S603 - our own interpreter and code; content goes in as bytes
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
        pass_fds=(handle,),
        start_new_session=True,
    )


def connection(handle: int) -> Connection:
    """Give the connection of a handle that we were started with."""
    return Connection(handle)


def spawn_on_pipes(arguments: Sequence[str], *, reads: int, writes: int) -> tuple[int, int, int]:
    """Start a program in a group of its own, two pipes at its descriptors `reads` and `writes`, its words unheard.

    Returns:
        Its process, what we write to it with, and what we read from it with: ours to close.

    Raises:
        OSError: It does not start.
    """
    read_by_it, to_it = _pipe()
    from_it, written_by_it = _pipe()
    nowhere = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_WRONLY, 0) for number in (1, 2)]
    pipes = [(os.POSIX_SPAWN_DUP2, read_by_it, reads), (os.POSIX_SPAWN_DUP2, written_by_it, writes)]
    try:
        process = os.posix_spawn(arguments[0], [*arguments], os.environ, file_actions=[*nowhere, *pipes], setpgroup=0)
    except OSError:
        os.close(to_it)
        os.close(from_it)
        raise
    finally:
        os.close(read_by_it)
        os.close(written_by_it)
    return process, to_it, from_it


def _pipe() -> tuple[int, int]:
    """Make a pipe whose descriptors collide with none of a program's."""
    ends = []
    for low in os.pipe():
        ends.append(fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, _FIRST_FREE))
        os.close(low)
    return ends[0], ends[1]


def end_group(process: int) -> None:
    """End a program of `spawn_on_pipes` with everything it started, and wait for it."""
    with suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)
    os.waitpid(process, 0)


def after_fork(forget: Callable[[], None]) -> None:
    """Call something in every process that is forked from ours."""
    os.register_at_fork(after_in_child=forget)


def end_after(seconds: int) -> None:
    """Have the system end this process then, whatever it does; 0 takes it back."""
    signal.alarm(seconds)


def limit_memory(growth_bytes: int) -> None:  # pragma: no cover - in a child of `Contained`
    """Have the system refuse this process more memory than so much beyond what it has, where it does."""
    with suppress(OSError, ValueError):  # no /proc, or no limit: `resident_bytes` tells whoever started us
        mapped_bytes = int(Path("/proc/self/statm").read_bytes().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        resource.setrlimit(resource.RLIMIT_AS, (mapped_bytes + growth_bytes, mapped_bytes + growth_bytes))


def resident_bytes(process: int) -> int:
    """Give the bytes of memory that a process holds; 0 where nobody says."""
    try:
        return int(Path(f"/proc/{process}/statm").read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:  # pragma: no cover - no /proc: macOS, which counts the largest of a process's own in bytes
        if process == os.getpid():
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        command = ["ps", "-o", "rss=", "-p", str(process)]
        said = subprocess.run(command, capture_output=True, check=False).stdout  # noqa: S603 - fixed words and a number
        return int(said) * 1024 if said.strip() else 0
