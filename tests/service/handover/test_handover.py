"""A publication in one file, and out of it again elsewhere; the cipher is a fast stand-in."""

import io
import json
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.errors import NewsletterError, SendingInProgress, UsageError
from newsletter.service.handover.place import shared_by
from newsletter.service.handover.record import packed_at
from newsletter.service.handover.service import HandoverService, Packed, unpack
from newsletter.wiring import Newsletter, open_newsletter
from tests.fakes.clock import FakeClock

WORDS = "neljä sanaa on hyvä"
MOMENT = datetime(2017, 11, 24, 7, 0, tzinfo=UTC)

pytestmark = pytest.mark.sqlite


def scramble(content: bytes, passphrase: str) -> bytes:
    """Stand in for a cipher: it opens with its own passphrase alone."""
    return passphrase.encode() + bytes(255 - byte for byte in content)


def unscramble(content: bytes, passphrase: str) -> bytes:
    """Open what `scramble` closed."""
    if not content.startswith(passphrase.encode()):
        raise UsageError("The passphrase does not open it.")
    return bytes(255 - byte for byte in content[len(passphrase.encode()) :])


def pack(folder: Path, target: str = "seutu.pack", *, passphrase: str = WORDS) -> Packed:
    """Pack a publication."""
    with open_newsletter(folder / "newsletter.toml", clock=FakeClock(MOMENT)) as newsletter:
        return _handover(newsletter).pack(folder / target, passphrase=passphrase, by="aino on laptop")


def _handover(newsletter: Newsletter) -> HandoverService:
    return HandoverService(newsletter.resources, newsletter.database, encrypt=scramble)


def test_everything_comes_out_of_a_pack_but_what_it_says(drafted: Path, tmp_path: Path) -> None:
    """Files are the same to the byte, the database holds what it held; a password stays out and is named."""
    text = (drafted / "newsletter.toml").read_text(encoding="utf-8")
    smtp = '\n[mailer.smtp]\nhost = "127.0.0.1"\nuser_name = "seutu"\npassword_file = "content/smtp.password"\n'
    (drafted / "newsletter.toml").write_text(text + smtp, encoding="utf-8")
    (drafted / "content/smtp.password").write_text("hyvin salainen", encoding="utf-8")
    (drafted / "outbox").mkdir()
    packed = pack(drafted)
    unpacked = unpack(packed.path, tmp_path / "there", passphrase=WORDS, decrypt=unscramble)

    files = {path.relative_to(unpacked.folder) for path in unpacked.folder.rglob("*") if path.is_file()}
    database = Path("newsletter.db")
    assert {Path(name) for name in ("newsletter.key", "newsletter.departures", "issues/2017-11/issue.toml")} <= files
    assert all((drafted / name).read_bytes() == (unpacked.folder / name).read_bytes() for name in files - {database})
    assert _people(unpacked.folder / database) == _people(drafted / database)
    assert Path("content/smtp.password") not in files
    assert b"hyvin salainen" not in packed.path.read_bytes()
    assert [sentence.split(":")[0] for sentence in packed.left_out] == [
        "content/smtp.password",
        "subscribers/",
        "outbox/",
    ]
    assert unpacked.missing == ("content/smtp.password (mailer.smtp.password_file of newsletter.toml)",)
    assert (unpacked.at, packed_at(drafted / "newsletter.key")) == (MOMENT, MOMENT)


def _people(database: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("SELECT * FROM subscriber ORDER BY id").fetchall()


def test_a_copy_out_of_a_pack_asks_before_it_sends(drafted: Path, tmp_path: Path) -> None:
    """Two copies that both send would mail everybody twice: the one from the pack is doubted until it is adopted."""
    folder = unpack(pack(drafted).path, tmp_path / "there", passphrase=WORDS, decrypt=unscramble).folder
    with open_newsletter(folder / "newsletter.toml") as there, open_newsletter(drafted / "newsletter.toml") as here:
        doubt, own = there.database.doubt(), here.database.doubt()
        there.database.adopt(by="bertil")
        adopted = there.database.doubt()

    assert doubt is not None
    assert "was copied, moved to another disk" in doubt.message
    assert (own, adopted) == (None, None)


@pytest.mark.parametrize(
    ("target", "passphrase", "message"),
    [
        ("newsletter.toml", WORDS, "exists already"),
        ("new.pack", "lyhyt", "fewer than 10 characters"),
        ("absent/new.pack", WORDS, "cannot be packed: No such file or directory"),
    ],
)
def test_what_cannot_be_packed_leaves_nothing_behind(drafted: Path, target: str, passphrase: str, message: str) -> None:
    """Each refusal says why, and no half file, no copy of the database and no record of a pack is left."""
    before = sorted(drafted.rglob("*"))
    with pytest.raises(NewsletterError, match=message):
        pack(drafted, target, passphrase=passphrase)

    assert sorted(path for path in drafted.rglob("*") if "newsletter.db" not in path.name) == sorted(
        path for path in before if "newsletter.db" not in path.name
    )


def test_nobody_packs_in_the_middle_of_a_sending_and_what_a_kill_left_is_removed(drafted: Path) -> None:
    """A database from the middle of a sending would not know who got it; a killed pack's copy of it does not stay."""
    (drafted / ".packing-killed").mkdir()
    with (
        open_newsletter(drafted / "newsletter.toml") as newsletter,
        newsletter.resources.only_sender("aino, 2017-11"),
        pytest.raises(SendingInProgress),
    ):
        pack(drafted)
    (drafted / ".seutu.pack.unfinished").touch()
    pack(drafted)

    assert not [*drafted.glob(".packing-*"), *drafted.glob("*.unfinished")]


def test_who_packs_second_leaves_the_first_ones_copy_alone(drafted: Path) -> None:
    """Two at once: the second is refused, and the first pack is whole."""

    def scramble_beside_another(content: bytes, passphrase: str) -> bytes:
        copies = list(drafted.glob(".packing-*/copy.db"))
        with pytest.raises(SendingInProgress):
            pack(drafted, "second.pack")
        assert copies == list(drafted.glob(".packing-*/copy.db")) != []
        return scramble(content, passphrase)

    with open_newsletter(drafted / "newsletter.toml", clock=FakeClock(MOMENT)) as newsletter:
        handover = HandoverService(newsletter.resources, newsletter.database, encrypt=scramble_beside_another)
        handover.pack(drafted / "first.pack", passphrase=WORDS, by="aino on laptop")

    assert (drafted / "first.pack").exists()


def _with(change: Callable[[dict[str, bytes]], None]) -> Callable[[bytes], bytes]:
    """Give what changes the members of a tar."""

    def changed(content: bytes) -> bytes:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as tar:
            members = {one.name: file.read() for one in tar.getmembers() if (file := tar.extractfile(one)) is not None}
        change(members)
        target = io.BytesIO()
        with tarfile.open(fileobj=target, mode="w:gz") as tar:
            for name, data in members.items():
                info = tarfile.TarInfo(name)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
        return target.getvalue()

    return changed


def _escape(members: dict[str, bytes]) -> None:
    manifest = json.loads(members["packed.json"])
    members["../outside.txt"] = members["newsletter.toml"]
    manifest["sums"]["../outside.txt"] = manifest["sums"]["newsletter.toml"]
    members["packed.json"] = json.dumps(manifest).encode()


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[: len(content) // 2],
        lambda _content: b"",
        _with(lambda members: members.update({"newsletter.key": b"0" * 65})),
        _with(lambda members: members.__delitem__("newsletter.db")),
        _with(lambda members: members.__delitem__("packed.json")),
        _with(lambda members: members.update({"packed.json": b'{"at": "today"}'})),
        _with(_escape),
    ],
    ids=["cut", "empty", "changed", "missing", "unnamed", "mislabelled", "escaping"],
)
def test_a_damaged_pack_unpacks_nothing(drafted: Path, tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    """One file missing, changed, or meant for elsewhere: the whole is refused, and the folder is not made."""
    path = pack(drafted).path
    path.write_bytes(scramble(damage(unscramble(path.read_bytes(), WORDS)), WORDS))
    with pytest.raises(UsageError, match="no pack of a publication, or is damaged; nothing was unpacked"):
        unpack(path, tmp_path / "there", passphrase=WORDS, decrypt=unscramble)

    assert not (tmp_path / "there").exists()
    assert not (tmp_path / "outside.txt").exists()


def test_what_a_killed_unpacking_left_is_removed_by_the_next(drafted: Path, tmp_path: Path) -> None:
    """It holds the key and the people in the open."""
    (tmp_path / ".there.unpacking-killed").mkdir()
    unpack(pack(drafted).path, tmp_path / "there", passphrase=WORDS, decrypt=unscramble)

    assert [path.name for path in tmp_path.iterdir() if "there" in path.name] == ["there"]


def test_a_folder_with_something_in_it_is_left_alone(drafted: Path) -> None:
    """Nothing is ever written over."""
    path = pack(drafted).path
    with pytest.raises(UsageError, match="is not empty"):
        unpack(path, drafted, passphrase=WORDS, decrypt=unscramble)


def test_a_publication_whose_parts_lie_elsewhere_is_not_packed_in_halves(
    drafted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key outside the folder would be missing there."""
    (drafted / "newsletter.key").rename(tmp_path / "elsewhere.key")
    (drafted / "newsletter.departures").rename(tmp_path / "elsewhere.departures")
    monkeypatch.setenv("NEWSLETTER_KEY_FILE", str(tmp_path / "elsewhere.key"))
    with pytest.raises(UsageError, match="lies outside the publication's folder"):
        pack(drafted)


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("/home/aino/seutu", None),
        ("/home/aino/dropboxes/seutu", None),
        ("/home/aino/Dropbox/seutu", "Dropbox"),
        ("/Users/aino/OneDrive - Kunta/seutu", "OneDrive"),
        ("/Users/aino/Library/Mobile Documents/com~apple~CloudDocs/seutu", "iCloud"),
        ("/Users/aino/Library/CloudStorage/GoogleDrive-aino@example.org/My Drive", "Google Drive"),
        ("/srv/office disk/seutu", "a network folder (cifs)"),
        ("/srv/office disk/local/seutu", None),
    ],
)
def test_folders_that_others_share_are_known(tmp_path: Path, folder: str, expected: str | None) -> None:
    """By the name that a service gives its folder, or by the file system that lies deepest around it."""
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/sda1 / ext4 rw 0 0\n//server/x /srv/office\\040disk cifs rw 0 0\n"
        "/dev/sdb1 /srv/office\\040disk/local ext4 rw 0 0\n"
    )

    assert shared_by(Path(folder), mounts=mounts) == expected
