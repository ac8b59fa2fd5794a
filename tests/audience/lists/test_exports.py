import io
import resource
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.audience.lists.exports import Exported, write_people
from newsletter.audience.lists.reading.people_file import read_list
from newsletter.audience.lists.reading.rows import PersonRow
from newsletter.domain.audience import Consent, Subscriber, SubscriberStatus
from newsletter.domain.content import Language
from newsletter.errors import StorageError, UsageError

AINO = Subscriber(
    address="aino@example.com",
    name="Aino Mäkelä",
    language=Language("fi"),
    attributes={"role": "x", "municipality": "Ähtäri"},
    tags=("a", "b"),
)
CONSENT = Consent(at=datetime(2017, 11, 3, tzinfo=UTC), source="form", wording="Tilaan.")
GUNILLA = Subscriber(address="gunilla@example.com", language=Language("sv"), status=SubscriberStatus.UNSUBSCRIBED)


def test_an_export_is_a_file_that_excel_reads(tmp_path: Path) -> None:
    """UTF-8 with a mark, semicolons, CRLF; its owner's alone; nothing else is left in the folder."""
    path = tmp_path / "people.csv"

    count = write_people(
        [Exported(subscriber=AINO, consent=CONSENT), Exported(subscriber=GUNILLA)],
        path,
        attributes=["municipality", "role"],
    )

    assert count == 2
    assert path.read_bytes().decode("utf-8") == (
        "\ufeffemail;name;language;status;ground;wording;consent;tags;wanted topics;cadence;paused until;"
        "municipality;role\r\n"
        "aino@example.com;Aino Mäkelä;fi;active;consent;Tilaan.;2017-11-03;a,b;;;;Ähtäri;x\r\n"
        "gunilla@example.com;;sv;unsubscribed;;;;;;;;;\r\n"
    )
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_a_formula_is_harmless_in_a_spreadsheet(start: str, tmp_path: Path) -> None:
    """A cell that begins like a formula gets an apostrophe, in every column; the lossless form leaves it."""
    person = replace(AINO, name=f"{start}1+1", attributes={"role": f"{start}cmd"}, tags=())
    written = []
    for is_lossless in (False, True):
        path = tmp_path / f"{is_lossless}.csv"
        write_people([Exported(subscriber=person)], path, attributes=["role"], is_lossless=is_lossless)
        written.append(path.read_bytes().decode("utf-8-sig").split("\r\n", 1)[1].replace('"', "").removesuffix("\r\n"))

    assert written == [
        f"aino@example.com;'{start}1+1;fi;active;;;;;;;;'{start}cmd",
        f"aino@example.com;{start}1+1;fi;active;;;;;;;;{start}cmd",
    ]


def test_an_address_can_be_a_formula_too(tmp_path: Path) -> None:
    """`=` and `+` may begin an address."""
    path = tmp_path / "people.csv"
    write_people([Exported(subscriber=replace(AINO, address="=cmd@example.com"))], path, attributes=[])

    assert path.read_text("utf-8-sig").splitlines()[1].startswith("'=cmd@example.com;")


WORDS = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=10)


@given(name=WORDS, role=WORDS, tags=st.frozensets(st.from_regex(r"[a-zäö]{1,5}", fullmatch=True), max_size=3))
def test_a_lossless_export_is_imported_again_as_it_was(
    name: str, role: str, tags: frozenset[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Names and attributes come back to the letter (in NFC, as an import stores them), formulas too."""
    path = tmp_path_factory.mktemp("export") / "people.csv"
    (stored,) = _rows(f'email;name;role\naino@example.com;"{_quoted(name)}";"{_quoted(role)}"'.encode())
    assert isinstance(stored, PersonRow)
    person = replace(AINO, name=stored.name, attributes=dict(stored.attributes), tags=tuple(sorted(tags)))

    write_people([Exported(subscriber=person)], path, attributes=["role"], is_lossless=True)

    assert _rows(path.read_bytes()) == [
        PersonRow(
            line=2,
            address=person.address,
            name=person.name,
            language=person.language,
            status=person.status,
            attributes=person.attributes,
            tags=person.tags,
        )
    ]


def _rows(content: bytes) -> list[object]:
    """Read rows from memory, without their cells."""
    return [replace(row, cells=()) for row in read_list(io.BytesIO(content), "people.csv").rows()]


def _quoted(text: str) -> str:
    return text.replace('"', '""')


@pytest.mark.parametrize("kind", ["file", "link", "dangling link", "folder"])
def test_what_stands_at_the_name_is_kept(kind: str, tmp_path: Path) -> None:
    """Neither a file nor a link nor a folder is overwritten or followed, and no half file is left."""
    path = tmp_path / "people.csv"
    kept = tmp_path / "kept.csv"
    kept.write_text("mine")
    match kind:
        case "file":
            path.write_text("mine")
        case "link":
            path.symlink_to(kept)
        case "dangling link":
            path.symlink_to(tmp_path / "nowhere")
        case _:
            path.mkdir()
    before = sorted(tmp_path.iterdir())

    with pytest.raises(UsageError) as caught:
        write_people([Exported(subscriber=AINO)], path, attributes=[])

    assert caught.value.message == f"There is something at {path} already; it is kept."
    assert (sorted(tmp_path.iterdir()), kept.read_text()) == (before, "mine")


@pytest.mark.parametrize("folder", ["missing", "file"])
def test_a_folder_that_is_none_is_refused(folder: str, tmp_path: Path) -> None:
    """The caller named a place where nothing can be written."""
    (tmp_path / "file").write_text("")

    with pytest.raises(UsageError):
        write_people([Exported(subscriber=AINO)], tmp_path / folder / "people.csv", attributes=[])


def test_a_disk_that_takes_no_more_leaves_no_half_file(tmp_path: Path) -> None:
    """A write that the system refuses half-way makes no export (here it allows this process 4,000 bytes a file)."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, limits[1]))
    try:
        with pytest.raises(StorageError) as caught:
            write_people([Exported(subscriber=AINO)] * 1_000, tmp_path / "people.csv", attributes=[])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert caught.value.message == f"{tmp_path / 'people.csv'} could not be written: File too large."
    assert list(tmp_path.iterdir()) == []


def test_people_that_cannot_be_read_to_the_end_leave_no_half_file(tmp_path: Path) -> None:
    """A database that fails half-way through the walk makes no export."""

    def failing() -> Iterator[Exported]:
        yield Exported(subscriber=AINO)
        raise StorageError("The database is locked.")

    with pytest.raises(StorageError):
        write_people(failing(), tmp_path / "people.csv", attributes=[])

    assert list(tmp_path.iterdir()) == []
