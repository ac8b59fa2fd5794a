"""What a command costs before and beside its work: CPU of the whole command, its children too."""

import os
import resource
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from benchmarks.harness import PYTHON, Line, in_turns
from newsletter import open_newsletter
from newsletter.audience.grounds import Basis
from newsletter.domain.audience import Ground
from newsletter.wiring import lay_out_publication

LABEL = "2017-11"
EDITIONS = 9
FLOOR = "import pydantic, sqlalchemy.dialects.sqlite, click"
"""What reads a configuration, opens a database and takes a command cannot do with less."""


def status_of_the_month() -> Line:
    """`newsletter status` beside importing what it stands on."""
    return _beside_the_floor(["status"], name="newsletter status", bound=2)


def check_of_nine_editions() -> Line:
    """`newsletter issue check` of the sample's nine editions beside the same."""
    return _beside_the_floor(["issue", "check", LABEL], name=f"newsletter issue check of {EDITIONS} editions", bound=3)


def _beside_the_floor(words: Sequence[str], *, name: str, bound: float) -> Line:
    """Measure a command and the floor in turns."""
    with publication() as folder:
        command = [str(Path(PYTHON).with_name("newsletter")), *words]
        ours, floor = in_turns(
            lambda: command_milliseconds(command, folder),
            lambda: command_milliseconds([PYTHON, "-c", FLOOR], folder),
            rounds=15,
        )
    return Line(
        name=name,
        milliseconds=ours,
        against=f'python -c "{FLOOR}"',
        against_milliseconds=floor,
        bound=bound,
        unit="x",
        measured=ours / floor,
    )


def command_milliseconds(command: Sequence[str], folder: Path) -> float:
    """Run a command once and give its CPU time in milliseconds; a failing one ends the benchmark."""
    # As on everybody's machine, where Python keeps what it compiled.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


@contextmanager
def publication() -> Iterator[Path]:
    """Give a publication with people, content and a draft in three languages."""
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "publication"
        lay_out_publication(folder)
        configuration = folder / "newsletter.toml"
        with open_newsletter(configuration) as newsletter:
            newsletter.lists.import_file(
                folder / "subscribers" / "example.csv", basis=Basis(ground=Ground.CONSENT, wording="for the benchmark")
            )
            newsletter.items.collect()
            newsletter.issues.new(LABEL, planned=date(2017, 11, 24))
            assert len(newsletter.issues.render(LABEL).editions) == EDITIONS
        yield folder
