import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.picture import Picture
from newsletter.web.messages.mail import SIZE_BYTES_MAX, Mail, Mailbox, OutboxMessage, read_mail

WIRE = (
    b"From: =?utf-8?b?TWFsbGlrYXVwdW5raQ==?= <kirje@malli.example>\r\n"
    b"To: Aino Esimerkki\r\n <aino@example.com>\r\n"
    b"Subject: =?utf-8?b?UMOkaXbDpHQ=?=\r\n"
    b"MIME-Version: 1.0\r\n"
    b'Content-Type: multipart/alternative; boundary="x"\r\n\r\n'
    b"--x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"Hyv=C3=A4=C3=A4 p=C3=A4iv=C3=A4=C3=A4\r\n\r\n"
    b"--x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Hei</p>\r\n--x--\r\n"
)


def put(outbox: Path, name: str, content: bytes = WIRE, *, at: int = 1_000_000_000) -> Path:
    """Write a file into the outbox as of a moment."""
    path = outbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (at, at))
    return path


def test_a_mail_is_taken_apart_as_a_mail_program_would() -> None:
    """Headers are decoded, both alternatives are found, the bytes stay readable."""
    assert read_mail(WIRE) == Mail(
        headers=(
            ("From", "Mallikaupunki <kirje@malli.example>"),
            ("To", "Aino Esimerkki <aino@example.com>"),
            ("Subject", "Päivät"),
            ("MIME-Version", "1.0"),
            ("Content-Type", 'multipart/alternative; boundary="x"'),
        ),
        html="<p>Hei</p>",
        text="Hyvää päivää\n",
        raw=WIRE.decode().replace("\r\n", "\n"),
    )


def test_pictures_of_a_mail_are_seen_in_its_html() -> None:
    """A browser cannot look into the mail, so they stand in the HTML; what another mail would name so does not."""
    picture = Picture(name="a.png", media_type="image/png", content=b"\x89PNG", width_pixels=1, height_pixels=1)
    wire = (
        b'Content-Type: multipart/related; boundary="x"\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\n'
        b'<img src="' + picture.source.encode() + b'"><img src="cid:other">\r\n'
        b"--x\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\nContent-ID: <other>\r\n\r\n"
        b"iVBORw==\r\n--x--\r\n"
    )

    assert (read_mail(wire).html or "").strip() == '<img src="data:image/png;base64,iVBORw=="><img src="cid:other">'


def test_a_picture_that_cannot_be_read_leaves_the_mail_readable() -> None:
    """An unknown way of writing it is no reason to show nothing."""
    wire = (
        b'Content-Type: multipart/related; boundary="x"\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\n'
        b'<img src="cid:a">\r\n--x\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: nonsense\r\n\r\n\xff\r\n'
        b"--x--\r\n"
    )

    assert (read_mail(wire).html or "").strip() == '<img src="cid:a">'


@given(st.binary(max_size=400) | st.binary(max_size=200).map(lambda body: WIRE[:250] + body))
def test_no_bytes_keep_the_reader_from_opening(content: bytes) -> None:
    """Any file can lie in the folder; what is broken is left out, never raised."""
    assert isinstance(read_mail(content).raw, str)


@pytest.mark.parametrize(
    "content", [b"Content-Type: text/html; charset=nonsense\r\n\r\n<p>", b"", b"Subject: x\r\n\r\n"]
)
def test_a_part_that_cannot_be_read_is_absent(content: bytes) -> None:
    """An unknown alphabet or an empty mail shows no HTML."""
    assert read_mail(content).html is None


def test_the_newest_mail_stands_first(tmp_path: Path) -> None:
    """A page of the list holds so many, the newest first, across the folders of the issues."""
    put(tmp_path, "2017-10/aa.eml", at=1_000_000_000)
    put(tmp_path, "2017-11/bb.eml", at=1_000_000_100)
    put(tmp_path, "2017-11/cc.eml", at=1_000_000_050)

    messages, total = Mailbox(tmp_path).page(start=0, count=2)

    assert ([message.key for message in messages], total) == (["bb", "cc"], 3)
    assert messages[0] == OutboxMessage(
        folder="2017-11",
        key="bb",
        at=datetime.fromtimestamp(1_000_000_100, UTC),
        size_bytes=len(WIRE),
        to="Aino Esimerkki <aino@example.com>",
        subject="Päivät",
    )


def test_only_mails_are_listed(tmp_path: Path) -> None:
    """Unfinished files, links and whatever else lies there are no mails."""
    outside = put(tmp_path.parent, f"{tmp_path.name}-outside/x.eml")
    put(tmp_path, "2017-11/.aa.part")
    put(tmp_path, "2017-11/notes.txt")
    put(tmp_path, "2017-11/a b.eml")
    put(tmp_path, "loose.eml")
    (tmp_path / "2017-11" / "ab.eml").symlink_to(outside)
    (tmp_path / "linked").symlink_to(outside.parent)

    assert Mailbox(tmp_path).page(start=0, count=9) == ((), 0)


@pytest.mark.parametrize(
    ("folder", "key"),
    [
        ("2017-11", "ab"),
        ("linked", "x"),
        ("..", "x"),
        ("2017-11", "../x"),
        ("2017-11/..", "x"),
        ("2017-11", "x\0"),
        ("2017-11", ""),
        ("2017-11", "none"),
    ],
)
def test_no_name_opens_anything_but_a_mail_of_the_outbox(tmp_path: Path, folder: str, key: str) -> None:
    """Links, parents and names that are none lead nowhere (P4)."""
    outbox = tmp_path / "outbox"
    outside = put(tmp_path, "x.eml")
    put(outbox, "2017-11/cc.eml")
    (outbox / "2017-11" / "ab.eml").symlink_to(outside)

    assert Mailbox(outbox).read(folder, key) is None


def test_a_file_too_large_for_a_mail_is_not_opened(tmp_path: Path) -> None:
    """It is listed with its head, and no memory is spent on the rest."""
    put(tmp_path, "2017-11/aa.eml", WIRE + b"x" * SIZE_BYTES_MAX)

    assert (Mailbox(tmp_path).page(start=0, count=1)[1], Mailbox(tmp_path).read("2017-11", "aa")) == (1, None)


def test_a_folder_that_is_not_there_holds_no_mails(tmp_path: Path) -> None:
    """Nothing was rehearsed yet."""
    assert Mailbox(tmp_path / "none").page(start=0, count=1) == ((), 0)
