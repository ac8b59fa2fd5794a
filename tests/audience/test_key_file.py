import os
import stat
from pathlib import Path

import pytest

from newsletter.audience.key_file import create_key_file, read_key_file
from newsletter.errors import ConfigurationError

GOOD = bytes(range(32)).hex()


def write(path: Path, content: str, mode: int = 0o600) -> Path:
    """Write a key file as a person might have it."""
    path.write_text(content)
    path.chmod(mode)
    return path


def test_a_new_key_file_is_random_and_its_owners_alone(tmp_path: Path) -> None:
    """Two key files differ, hold 32 bytes as hexadecimal digits, and can be read by nobody else, whatever the umask."""
    before = os.umask(0)
    try:
        keys = [create_key_file(tmp_path / name) for name in ("one.key", "two.key")]
    finally:
        os.umask(before)

    assert keys == [read_key_file(tmp_path / name).first for name in ("one.key", "two.key")]
    assert (len(set(keys)), {len(key) for key in keys}) == (2, {32})
    assert (tmp_path / "one.key").read_text() == f"{keys[0].hex()}\n"
    assert stat.S_IMODE((tmp_path / "one.key").stat().st_mode) == 0o600


def test_a_key_file_is_never_overwritten(tmp_path: Path) -> None:
    """A second key would make every suppression unreadable, so the first stays to the byte."""
    path = write(tmp_path / "newsletter.key", "mine")

    with pytest.raises(ConfigurationError) as caught:
        create_key_file(path)

    assert path.read_text() == "mine"
    assert caught.value.message == "There is a key file newsletter.key already; it is kept."


def test_a_dangling_link_is_not_followed(tmp_path: Path) -> None:
    """A link at the name counts as a file: the key is not written where somebody else points."""
    (tmp_path / "newsletter.key").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(ConfigurationError):
        create_key_file(tmp_path / "newsletter.key")

    assert not (tmp_path / "elsewhere").exists()


def test_a_missing_folder_is_named_as_the_reason(tmp_path: Path) -> None:
    """A key file that cannot be written is a fault of the configuration."""
    with pytest.raises(ConfigurationError) as caught:
        create_key_file(tmp_path / "missing" / "newsletter.key")

    assert caught.value.message == "The key file newsletter.key cannot be written: No such file or directory."


@pytest.mark.parametrize("content", [GOOD, f"{GOOD}\n", f" {GOOD.upper()} \r\n"])
def test_a_key_survives_being_copied_by_hand(content: str, tmp_path: Path) -> None:
    """Space around the digits and their case do not matter to a key that came out of a password manager."""
    assert read_key_file(write(tmp_path / "newsletter.key", content)).first == bytes(range(32))


@pytest.mark.parametrize(
    "content",
    [
        "",
        "secret",
        "change-me",
        GOOD[:-2],
        GOOD + "00",
        "z" * 64,
        "00" * 32,
        "0123" * 16,
        "deadbeef" * 8,
        "ä" * 64,
        "\0" * 32,
    ],
)
def test_a_short_or_typed_key_is_refused_without_being_shown(content: str, tmp_path: Path) -> None:
    """Only 32 random bytes are a key; the message says what to do and nothing of what the file holds."""
    with pytest.raises(ConfigurationError) as caught:
        read_key_file(write(tmp_path / "newsletter.key", content))

    assert caught.value.message == (
        "The key file newsletter.key does not hold 32 random bytes as 64 hexadecimal digits."
    )


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o700 | 0o001])
def test_a_key_file_that_others_can_use_is_refused(mode: int, tmp_path: Path) -> None:
    """The message gives the command that mends it."""
    path = write(tmp_path / "newsletter.key", GOOD, mode)

    with pytest.raises(ConfigurationError) as caught:
        read_key_file(path)

    assert (caught.value.message, caught.value.hint) == (
        "Others on this machine can read the key file newsletter.key.",
        f"Run: chmod 600 {path}",
    )


def test_a_missing_key_file_is_not_replaced(tmp_path: Path) -> None:
    """Reading never makes a key: the old one may be in a backup."""
    with pytest.raises(ConfigurationError) as caught:
        read_key_file(tmp_path / "newsletter.key")

    assert caught.value.message == "There is no key file newsletter.key."
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_no_key_file(tmp_path: Path) -> None:
    """What cannot be read is a fault of the configuration too."""
    (tmp_path / "newsletter.key").mkdir(mode=0o700)

    with pytest.raises(ConfigurationError) as caught:
        read_key_file(tmp_path / "newsletter.key")

    assert caught.value.message == "The key file newsletter.key cannot be read: Is a directory."
