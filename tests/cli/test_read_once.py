"""What a verb reads: each file of the publication once, however many rooms need what stands in it."""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Run

_opened: list[Path] | None = None


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open" and _opened is not None and isinstance(arguments[0], str):
        _opened.append(Path(arguments[0]))


@pytest.fixture(scope="session")
def _hook() -> None:
    """Listen to every opening of this process; Python lets nobody stop listening."""
    sys.addaudithook(_note)


@pytest.fixture
def opened(_hook: None) -> Iterator[list[Path]]:
    """Give what was opened since, in order."""
    global _opened  # noqa: PLW0603 - the hook has no other way to know
    _opened = []
    yield _opened
    _opened = None


def _texts(opened: list[Path], root: Path) -> Counter[str]:
    """Count the readings of each text of a publication that people edit."""
    return Counter(
        path.name for path in opened if path.suffix in (".toml", ".j2") and path.is_relative_to(root) and path.exists()
    )


@pytest.mark.parametrize("verb", ["check", "approve --yes", "show", "render", "list"])
def test_a_verb_of_an_issue_reads_each_file_once(drafted: Path, run: Run, opened: list[Path], verb: str) -> None:
    """What a verb read it hands on: it neither reads nor parses a file of the publication again."""
    name, *options = verb.split()
    label = [] if name == "list" else ["2017-11"]

    ran = run("issue", name, *label, *options)

    texts = _texts(opened, drafted)
    assert (ran.code, texts["issue.toml"], texts["segments.toml"]) == (0, 1, 1)
    assert {name: times for name, times in texts.items() if times > 1} == {}


def test_the_status_reads_each_file_once(approved: Path, run: Run, opened: list[Path]) -> None:
    """Status parses segments.toml once for all issues, and each issue once though its approval is compared too."""
    older = approved / "issues" / "2017-10"
    older.mkdir()
    (older / "issue.toml").write_bytes((approved / "issues" / "2017-11" / "issue.toml").read_bytes())
    opened.clear()

    ran = run("status")

    assert ran.code == 0
    assert _texts(opened, approved) == {"newsletter.toml": 1, "segments.toml": 1, "issue.toml": 2}


def test_a_sending_reads_anew_only_what_may_have_changed_while_it_asked(
    approved: Path, run: Run, opened: list[Path]
) -> None:
    """Sending reads issue and segments to show whom it would reach, and once more when the audience is fixed."""
    ran = run("issue", "send", "2017-11", "--rehearse", "--confirm", "2017-11")

    assert ran.code == 0
    assert _texts(opened, approved) == {"newsletter.toml": 1, "segments.toml": 2, "issue.toml": 2}
