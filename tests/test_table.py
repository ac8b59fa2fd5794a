from pathlib import Path

import pytest

from newsletter.errors import ConfigurationError
from newsletter.table import read_secret


def _secret(folder: Path, file: str | None = "key", **environment: str) -> str:
    return read_secret("NEWSLETTER_X", file, folder, environment)


def test_the_variable_wins_over_the_file(tmp_path: Path) -> None:
    """A variable that is set is the secret; otherwise the file is, without the line's end."""
    (tmp_path / "key").write_text("from the file\n")
    (tmp_path / "key").chmod(0o600)

    assert _secret(tmp_path, NEWSLETTER_X="from the variable") == "from the variable"
    assert _secret(tmp_path) == "from the file"


@pytest.mark.parametrize(
    ("content", "mode", "file", "message"),
    [
        (None, 0o600, None, "NEWSLETTER_X is not set."),
        (None, 0o600, "key", "key cannot be read."),
        ("s", 0o640, "key", "key holds a secret and is open to others."),
        (" \n", 0o600, "key", "key is empty."),
        ("one\ntwo\n", 0o600, "key", "key holds more than one line, or control characters."),
    ],
)
def test_a_secret_that_is_missing_or_open_is_refused(
    tmp_path: Path, content: str | None, mode: int, file: str | None, message: str
) -> None:
    """Each says what is wrong and what to do, and never what the secret is."""
    if content is not None:
        (tmp_path / "key").write_text(content)
        (tmp_path / "key").chmod(mode)

    with pytest.raises(ConfigurationError) as caught:
        _secret(tmp_path, file)

    assert str(caught.value) == message
    assert caught.value.hint


def test_a_variable_of_several_lines_is_refused(tmp_path: Path) -> None:
    """It could not stand in a request; an empty one, or one of spaces, counts as not set."""
    with pytest.raises(ConfigurationError) as caught:
        _secret(tmp_path, None, NEWSLETTER_X="hush\nhush")

    assert str(caught.value) == "NEWSLETTER_X holds more than one line, or control characters."
    with pytest.raises(ConfigurationError, match=r"^NEWSLETTER_X is not set\.$"):
        _secret(tmp_path, None, NEWSLETTER_X=" \n")
