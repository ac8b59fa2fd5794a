"""What every test may ask for: a migrated database of its own, a sample publication, and skips that cannot hide."""

import fcntl
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from newsletter.send.mark import mark_path
from newsletter.storage.copying import copy_into
from newsletter.storage.database import Database
from newsletter.storage.migrate import migrate
from newsletter.wiring import lay_out_publication, open_newsletter
from tests import postgresql
from tests.fakes.clock import FakeClock
from tests.grounds import ASKED
from tests.statements import share_compiled_statements

REPOSITORY = Path(__file__).parent.parent
MORNING = datetime(2017, 11, 24, 7, 0, tzinfo=UTC)
"""When the issue is approved and sent, by the tests' clock."""

# A busy machine is no fault of the code: no deadline an example, and no complaint that a fixture or example was slow.
# `make test` tries the same examples each time and tells the first that fails as it is: red means a change, never a
# chance. New examples, and the smallest that fails, belong to `make reliability`.
settings.register_profile(
    "suite",
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate, Phase.target],
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "seeds", max_examples=500, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")


share_compiled_statements()

MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes folders of its own there, which nobody else may enter
"""Folders that are kept in memory: a copied publication costs a third there, and no test waits for a disk."""
MEMORY_BYTES = 4 * 2**30
"""Three runs are kept, each of less than half of a gigabyte."""


def has_room_in_memory() -> bool:
    """Tell whether the tests' folders may lie in memory: there is room, and programs may be started from it."""
    if not os.access(MEMORY, os.W_OK):
        return False
    there = os.statvfs(MEMORY)
    return there.f_bavail * there.f_frsize > MEMORY_BYTES and not there.f_flag & os.ST_NOEXEC


def pytest_configure() -> None:
    """Strip the environment of what a developer may have set for real work, and let tests press Ctrl-C.

    A shell that runs the suite in the background makes its children ignore Ctrl-C; our tests send it on purpose.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in [
        name for name in os.environ if name.startswith("NEWSLETTER_") and not name.startswith("NEWSLETTER_TESTS_")
    ]:
        del os.environ[name]
    os.environ["LC_ALL"] = "C.UTF-8"  # findings speak the terminal's language
    if has_room_in_memory():
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


NOT_OURS = "is not beside this repository"
"""Why a test skips that reads what belongs to others: nothing that could be installed is missing then."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On a server run what asks for a database: the rest was run without one."""
    if postgresql.server_url() is None:
        return
    asks = [item for item in items if {"database", "stand_in"} & set(getattr(item, "fixturenames", ()))]
    own = [item for item in items if item.get_closest_marker("postgresql") and item not in asks]
    kept = {*asks, *own}
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = [item for item in items if item in kept]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Turn a skip into a failure where everything is required: a skipped test may hide a missing install."""
    report: pytest.TestReport = yield  # type: ignore[assignment]
    is_required = "NEWSLETTER_TESTS_REQUIRE_ALL" in os.environ and NOT_OURS not in str(report.longrepr)
    if report.skipped and is_required and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be skipped: {report.longrepr}"
    return report  # type: ignore[return-value]


MakeOnce = Callable[[str, Callable[[Path], None]], Path]


@pytest.fixture(scope="session")
def make_once(tmp_path_factory: pytest.TempPathFactory) -> MakeOnce:
    """Make something once in a run, by whichever of its processes comes first; tests copy it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def made(name: str, make: Callable[[Path], None]) -> Path:
        path, finished = shared / "once" / name, shared / "once" / f"{name}.finished"
        path.parent.mkdir(exist_ok=True)
        with path.with_name(f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not finished.exists():
                make(path)
                finished.touch()
        return path

    return made


@pytest.fixture(scope="session")
def database_template(make_once: MakeOnce) -> Path:
    """Give a migrated, empty database file that tests copy: migrating for each would cost a minute."""

    def make(path: Path) -> None:
        database = Database(f"sqlite:///{path}")
        migrate(database)
        database.close()

    return make_once("newsletter.db", make)


@pytest.fixture(scope="session")
def postgresql_template(make_once: MakeOnce) -> str:
    """Give a migrated, empty database on the server of this run."""

    def make(path: Path) -> None:
        url = postgresql.create_database()
        database = Database(url)
        migrate(database)
        database.close()
        path.write_text(url, encoding="utf-8")

    return make_once("postgresql", make).read_text(encoding="utf-8")


@pytest.fixture
def sqlite_database(database_template: Path, tmp_path: Path) -> Iterator[Database]:
    """Give a migrated, empty SQLite file of the test's own, for what is true of such files only."""
    path = tmp_path / "newsletter.db"
    shutil.copyfile(database_template, path)
    opened = Database(f"sqlite:///{path}")
    yield opened
    opened.close()


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """Give a migrated, empty database of the test's own: a SQLite file, or one on the server of this run."""
    if postgresql.server_url() is None:
        yield request.getfixturevalue("sqlite_database")
    else:
        url = postgresql.create_database(like=request.getfixturevalue("postgresql_template"))
        opened = Database(url)
        yield opened
        opened.close()
        postgresql.drop_database(url)


@pytest.fixture(scope="session")
def laid_out(make_once: MakeOnce) -> Path:
    """Lay out the sample publication as it is, in three languages, once; tests copy it."""

    def make(folder: Path) -> None:
        lay_out_publication(folder)
        # What tells a copy from its original, for a test stands in a publication that was always where it is.
        mark_path(folder / "newsletter.db").unlink()

    return make_once("laid_out", make)


@pytest.fixture(scope="session")
def in_finnish(laid_out: Path, make_once: MakeOnce) -> Path:
    """Lay it out in Finnish alone: three editions instead of nine, for all that does not ask for languages."""

    def make(folder: Path) -> None:
        path = shutil.copytree(laid_out, folder) / "newsletter.toml"
        path.write_text(path.read_text(encoding="utf-8").replace('["fi", "sv", "en"]', '["fi"]'), encoding="utf-8")

    return make_once("in_finnish", make)


@pytest.fixture(scope="session")
def drafted_once(in_finnish: Path, make_once: MakeOnce) -> Path:
    """Draft an issue in Finnish once; tests copy it."""
    return make_once("drafted", lambda folder: _draft(in_finnish, folder))


@pytest.fixture(scope="session")
def whole_draft_once(laid_out: Path, make_once: MakeOnce) -> Path:
    """Draft an issue in three languages once; tests copy it."""
    return make_once("whole_draft", lambda folder: _draft(laid_out, folder))


@pytest.fixture(scope="session")
def approved_once(drafted_once: Path, make_once: MakeOnce) -> Path:
    """Approve the issue in Finnish once; tests copy it."""
    return make_once("approved", lambda folder: _approve(drafted_once, folder))


@pytest.fixture(scope="session")
def whole_approved_once(whole_draft_once: Path, make_once: MakeOnce) -> Path:
    """Approve the issue in three languages once; tests copy it."""
    return make_once("whole_approved", lambda folder: _approve(whole_draft_once, folder))


def _draft(template: Path, folder: Path) -> None:
    shutil.copytree(template, folder)
    with open_newsletter(folder / "newsletter.toml") as newsletter:
        newsletter.lists.import_file(folder / "subscribers/example.csv", basis=ASKED)
        newsletter.items.collect()
        newsletter.issues.new("2017-11", planned=date(2017, 11, 24))


def _approve(template: Path, folder: Path) -> None:
    shutil.copytree(template, folder)
    with open_newsletter(folder / "newsletter.toml") as newsletter:
        newsletter.issues.approve("2017-11", by="Aino")


@pytest.fixture(scope="session")
def real_once(drafted_once: Path, make_once: MakeOnce) -> Path:
    """Name a sender and an unsubscribe mailbox that are no examples, and approve the issue with them; tests copy it."""
    return make_once("real", lambda folder: _approve_with_real_names(drafted_once, folder))


@pytest.fixture(scope="session")
def whole_real_once(whole_draft_once: Path, make_once: MakeOnce) -> Path:
    """Do the same in three languages."""
    return make_once("whole_real", lambda folder: _approve_with_real_names(whole_draft_once, folder))


def _approve_with_real_names(template: Path, folder: Path) -> None:
    path = shutil.copytree(template, folder) / "newsletter.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("@seutu.example", "@seutuohjelma.fi"), encoding="utf-8")
    with open_newsletter(path, clock=FakeClock(MORNING)) as newsletter:
        newsletter.issues.approve("2017-11", by="Aino")


StandIn = Callable[[Path], Path]


@pytest.fixture
def stand_in(make_once: MakeOnce, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """Copy a publication and stand in its folder; its database is a file, or one on the server of this run."""
    made: list[str] = []

    def copied(template: Path) -> Path:
        folder = shutil.copytree(template, tmp_path / "seutu")
        monkeypatch.chdir(folder)
        if postgresql.server_url() is not None:
            made.append(postgresql.create_database(like=_on_server(template, make_once)))
            path = folder / "newsletter.toml"
            there = made[-1].replace("+psycopg", "")
            text = path.read_text(encoding="utf-8").replace("sqlite:///newsletter.db", there)
            path.write_text(text, encoding="utf-8")
        return folder

    yield copied
    for url in made:
        postgresql.drop_database(url)


def _on_server(template: Path, make_once: MakeOnce) -> str:
    """Copy the database of a publication to the server, once in a run."""

    def make(path: Path) -> None:
        url = postgresql.create_database()
        source, target = Database(f"sqlite:///{template / 'newsletter.db'}"), Database(url)
        migrate(target)
        copy_into(source, target, told=lambda _table: None)
        source.close()
        target.close()
        path.write_text(url, encoding="utf-8")

    return make_once(f"{template.name}.postgresql", make).read_text(encoding="utf-8")


@pytest.fixture
def publication(in_finnish: Path, stand_in: StandIn) -> Path:
    """Give a fresh publication in Finnish and stand in its folder."""
    return stand_in(in_finnish)


@pytest.fixture
def whole_publication(laid_out: Path, stand_in: StandIn) -> Path:
    """Give a fresh publication in three languages and stand in its folder."""
    return stand_in(laid_out)


@pytest.fixture
def drafted(drafted_once: Path, stand_in: StandIn) -> Path:
    """Give a publication in Finnish with people, content and a draft of 2017-11, and stand in its folder."""
    return stand_in(drafted_once)


@pytest.fixture
def whole_draft(whole_draft_once: Path, stand_in: StandIn) -> Path:
    """Give a publication in three languages with a draft of 2017-11, and stand in its folder."""
    return stand_in(whole_draft_once)


@pytest.fixture
def approved(approved_once: Path, stand_in: StandIn) -> Path:
    """Give a publication whose issue 2017-11 is approved in Finnish, and stand in its folder."""
    return stand_in(approved_once)


@pytest.fixture
def whole_approved(whole_approved_once: Path, stand_in: StandIn) -> Path:
    """Give a publication whose issue 2017-11 is approved in three languages, and stand in its folder."""
    return stand_in(whole_approved_once)


@pytest.fixture
def real(real_once: Path, stand_in: StandIn) -> Path:
    """Give a publication whose Finnish issue 2017-11 may go to real readers, approved in the morning; stand in it."""
    return stand_in(real_once)


@pytest.fixture
def whole_real(whole_real_once: Path, stand_in: StandIn) -> Path:
    """Give the same in three languages."""
    return stand_in(whole_real_once)
