"""One more source in newsletter.toml."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.config.source_entry import add_source, check_name, entry_text
from newsletter.errors import ConfigurationError, UsageError

ENTRY = {"id": "kunta", "kind": "feed", "address": "https://kunta.example/feed", "language": "fi"}
BLOCK = '[[source]]\nid = "{}"  # oma\nsegments = [\n  "a",  # yksi\n]\n'


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        ("# alku\n[publication]\nid = 1\n", ""),
        (f"{BLOCK.format('a')}\n{BLOCK.format('b')}", "\n# Aiheet\n[[topic]]\nid = 2 # x\n"),
        (BLOCK.format("a"), "# loppu\n"),
        ("\ufeff[a]\nb = 1\n", ""),
        ("", ""),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_source_is_written_behind_the_others_and_every_byte_stays(
    tmp_path: Path, before: str, behind: str, end: str
) -> None:
    """Comments, spaces, a mark at the beginning and the file's own line ends stay; a last line without one gets it."""
    path = tmp_path / "newsletter.toml"
    before, behind = before.replace("\n", end), behind.replace("\n", end)
    own_end = end if before else "\n"
    for written in (before + behind, (before + behind).removesuffix(end)):
        path.write_text(written, encoding="utf-8", newline="")
        add_source(path, ENTRY)
        assert path.read_bytes().decode() == f"{before}{own_end}{entry_text(ENTRY).replace(chr(10), own_end)}{behind}"


@settings(max_examples=25)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\x7f"), max_size=20))
def test_whatever_stands_in_a_value_comes_out_of_it(tmp_path_factory: pytest.TempPathFactory, value: str) -> None:
    """A file name with quotation marks, backslashes or line breaks is read as it was written."""
    path = tmp_path_factory.getbasetemp() / "arvo.toml"
    path.write_text("", encoding="utf-8")
    add_source(path, {"id": "a", "path": value})


def test_what_changed_meanwhile_is_kept_and_a_name_is_given_once(tmp_path: Path) -> None:
    """The file is read again before it is written: another's change stays, and no source comes in a second time."""
    path = tmp_path / "newsletter.toml"
    add = {**ENTRY, "id": "toinen"}
    path.write_text("[a]\n", encoding="utf-8")
    add_source(path, ENTRY)
    path.write_text(f"# uusi\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
    before = path.read_bytes()
    for entry, told in ((ENTRY, "the id 'kunta'"), (add, "the address 'https://kunta.example/feed'")):
        with pytest.raises(UsageError, match=told):
            add_source(path, entry)
    assert path.read_bytes() == before
    path.write_text("[a\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="TOML syntax"):
        add_source(path, ENTRY)


def test_name_that_the_file_would_not_take_is_refused() -> None:
    """It is told before anything is written."""
    check_name("kunnan-uutiset")
    with pytest.raises(UsageError, match="cannot be the id of a source"):
        check_name("Kunnan uutiset")
