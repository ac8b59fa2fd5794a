"""Names that were taken back do not return: a newcomer guesses a module from the field's own words."""

import re
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "newsletter"
TAKEN_BACK = {
    "anything",
    "bell",
    "care",
    "data",
    "desk",
    "habits",
    "helper",
    "helpers",
    "info",
    "letter",
    "letters",
    "misc",
    "outside",
    "parts",
    "patience",
    "quiet",
    "standing",
    "tally",
    "tidings",
    "utils",
}
"""Words for which the glossary or the field has a plain one."""

_CLASS = re.compile(r"^\s*class (\w+)", re.MULTILINE)


def _words(name: str) -> set[str]:
    """Take a name in snake_case or CamelCase apart."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def _names() -> set[str]:
    """Give the names of all rooms, modules and classes."""
    paths = [path for path in PACKAGE.rglob("*.py") if "versions" not in path.parts]
    modules = {part for path in paths for part in path.relative_to(PACKAGE).with_suffix("").parts}
    return modules | {name for path in paths for name in _CLASS.findall(path.read_text(encoding="utf-8"))}


def test_no_name_that_was_taken_back_returns() -> None:
    """No room, module or class is called by a word that says nothing, or something else."""
    assert {name for name in _names() if _words(name) & TAKEN_BACK} == set()


def test_a_name_is_taken_apart_as_people_read_it() -> None:
    """The words of a name are found however it is written."""
    assert _words("_OnDesk") == {"on", "desk"}
    assert _words("quiet_config") == {"quiet", "config"}
