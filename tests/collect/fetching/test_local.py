from pathlib import Path

import pytest

from newsletter.collect.archive import unpack
from newsletter.collect.fetching.local import snapshot_of_file, snapshot_of_folder
from newsletter.domain.content import Snapshot, SourceId, SourceKind
from newsletter.errors import SourceError
from tests.collect.samples import FETCHED, a_source


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("a.ics", "text/calendar"), ("a.XML", "application/xml"), ("a.txt", "text/plain"), ("a", "")],
)
def test_file_is_read_as_it_is(tmp_path: Path, name: str, media_type: str) -> None:
    """The bytes of a file are a snapshot; its name says what it is."""
    path = tmp_path / name
    path.write_bytes(b"\xff\x00x")
    assert snapshot_of_file(a_source(SourceKind.TEXT, str(path)), FETCHED) == Snapshot(
        source_id=SourceId("esimerkki"),
        fetched_at=FETCHED,
        location=str(path),
        media_type=media_type,
        body=b"\xff\x00x",
    )


def test_file_that_cannot_be_read_is_named_without_its_whole_path(tmp_path: Path) -> None:
    """Missing, a folder, or too large: each says what to do."""
    (tmp_path / "iso").write_bytes(bytes(10_000_001))
    messages = []
    for name in ("puuttuu.txt", ".", "iso"):
        with pytest.raises(SourceError) as caught:
            snapshot_of_file(a_source(SourceKind.TEXT, str(tmp_path / name)), FETCHED)
        assert caught.value.hint
        messages.append(caught.value.message)
    assert messages == [
        "Source 'esimerkki': there is no file 'puuttuu.txt'.",
        f"Source 'esimerkki': {tmp_path.name!r} cannot be read (Is a directory).",
        "Source 'esimerkki' is larger than 10 MB.",
    ]


def test_folder_is_its_markdown_files(tmp_path: Path) -> None:
    """Hidden files, README.md, other kinds and links out of the folder are left alone."""
    folder = tmp_path / "kansio"
    for name in ("b.md", "a.md", "alla/c.md", "README.md", "alla/readme.md", ".piilo.md", ".git/d.md", "kuva.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    (tmp_path / "salaisuus.md").write_text("x")
    (folder / "linkki.md").symlink_to(tmp_path / "salaisuus.md")
    (folder / "sisalinkki.md").symlink_to(folder / "a.md")
    snapshot = snapshot_of_folder(a_source(SourceKind.FOLDER, str(folder)), FETCHED)
    assert unpack(snapshot.body) == {
        "a.md": b"a.md",
        "alla/c.md": b"alla/c.md",
        "b.md": b"b.md",
        "sisalinkki.md": b"a.md",
    }


def test_folder_that_did_not_change_has_the_same_digest(tmp_path: Path) -> None:
    """Touching a file is no change."""
    source = a_source(SourceKind.FOLDER, str(tmp_path))
    (tmp_path / "a.md").write_text("x")
    before = snapshot_of_folder(source, FETCHED).sha256
    (tmp_path / "a.md").touch()
    assert snapshot_of_folder(source, FETCHED).sha256 == before


def test_folder_without_anything_to_read_is_a_fault(tmp_path: Path) -> None:
    """A missing folder, one without Markdown files, and an address are not read as empty."""
    messages = []
    for location in (str(tmp_path / "puuttuu"), str(tmp_path), "https://kunta.example/kansio"):
        with pytest.raises(SourceError) as caught:
            snapshot_of_folder(a_source(SourceKind.FOLDER, location), FETCHED)
        assert caught.value.hint
        messages.append(caught.value.message)
    assert messages == [
        "Source 'esimerkki': there is no folder 'puuttuu' on this machine.",
        f"Source 'esimerkki': the folder {tmp_path.name!r} holds no Markdown file.",
        "Source 'esimerkki': there is no folder 'kansio' on this machine.",
    ]


def test_folder_of_more_than_ten_megabytes_is_a_fault(tmp_path: Path) -> None:
    """The limit is of all files together."""
    for name in ("a.md", "b.md"):
        (tmp_path / name).write_bytes(bytes(5_000_001))
    with pytest.raises(SourceError, match="is larger than 10 MB"):
        snapshot_of_folder(a_source(SourceKind.FOLDER, str(tmp_path)), FETCHED)
