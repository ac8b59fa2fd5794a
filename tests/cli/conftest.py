"""The command, run as a person would."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from newsletter.cli import main


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
