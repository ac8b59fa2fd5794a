"""A publication of the test's own, and the command run in it as a person would."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from newsletter.cli import main
from newsletter.wiring import lay_out_publication, open_newsletter


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def first_error(self) -> str:
        """Give the first line of the error."""
        return next((line for line in self.err.splitlines() if line.startswith("Error: ")), "")


Run = Callable[..., Ran]


@pytest.fixture(scope="session")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay out the sample publication once; tests copy it."""
    folder = tmp_path_factory.mktemp("laid_out") / "seutu"
    lay_out_publication(folder)
    return folder


@pytest.fixture(scope="session")
def drafted_once(laid_out: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Draft an issue once; tests copy it."""
    folder = shutil.copytree(laid_out, tmp_path_factory.mktemp("drafted") / "seutu")
    with open_newsletter(folder / "newsletter.toml") as newsletter:
        newsletter.audience.import_file(folder / "subscribers/example.csv", wording="asked for it")
        newsletter.items.collect()
        newsletter.issues.new("2017-11", planned=date(2017, 11, 24))
    return folder


@pytest.fixture(scope="session")
def approved_once(drafted_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Approve it once; tests copy it."""
    folder = shutil.copytree(drafted_once, tmp_path_factory.mktemp("approved") / "seutu")
    with open_newsletter(folder / "newsletter.toml") as newsletter:
        newsletter.issues.approve("2017-11", by="Aino")
    return folder


@pytest.fixture
def publication(laid_out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a fresh publication and stand in its folder."""
    return _stand_in(laid_out, tmp_path, monkeypatch)


@pytest.fixture
def drafted(drafted_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a publication with people, content and a draft of 2017-11, and stand in its folder."""
    return _stand_in(drafted_once, tmp_path, monkeypatch)


@pytest.fixture
def approved(approved_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a publication whose issue 2017-11 is approved, and stand in its folder."""
    return _stand_in(approved_once, tmp_path, monkeypatch)


def _stand_in(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = shutil.copytree(template, tmp_path / "seutu")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process and give what it said."""

    def run_command(*words: str) -> Ran:
        capsys.readouterr()
        code: object = 0
        try:
            main(list(words))
        except SystemExit as end:
            code = end.code
        said = capsys.readouterr()
        return Ran(code=int(str(code or 0)), out=said.out, err=said.err)

    return run_command
