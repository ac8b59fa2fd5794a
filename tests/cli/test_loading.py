import subprocess
import sys
from pathlib import Path

import pytest

_SCRIPT = """
import sys
from newsletter.cli import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    assert not end.code, end.code
print(*sorted({part for name in sys.modules for part in (name.split(".")[0], name)}))
"""
FILLING = {"jinja2", "mjml", "css_inline"}
READING = {"httpx", "feedparser", "icalendar", "bs4", "yaml", "markdown_it"}
SERVING = {"fastapi", "uvicorn", "sendgrid", "alembic"}
RENDERING = ("newsletter.render.make_message", "newsletter.render.edition")
"""What the rendering process is told to import, and where it finds what it is asked for."""


@pytest.mark.parametrize(
    ("words", "unwanted"),
    [
        ("status", FILLING | READING | SERVING | {"lxml", "PIL", "email_validator"}),
        ("issue list", FILLING | READING | SERVING | {"lxml", "PIL"}),
        ("issue check 2017-11", READING | SERVING | {"babel", "newsletter.message.verify", "newsletter.curate.select"}),
    ],
)
def test_a_verb_loads_only_what_it_uses(drafted: Path, words: str, unwanted: set[str]) -> None:
    """`status` and `list` load no parser, template engine or HTTP client, and `check` nothing that collects."""
    command = [sys.executable, "-c", _SCRIPT, *words.split()]

    loaded = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1].split()

    assert "pydantic" in loaded
    assert unwanted & set(loaded) == set()


def test_the_rendering_process_loads_only_what_makes_a_mail() -> None:
    """A process of its own imports everything anew: no model of a file, no SQL, no decoder of pictures unasked."""
    script = f"import sys, {', '.join(RENDERING)}; print(*sys.modules, *{{name.split('.')[0] for name in sys.modules}})"

    loaded = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout.split()

    assert {"jinja2", "newsletter"} < set(loaded)
    assert {"pydantic", "sqlalchemy", "click", "PIL", "babel", "tinycss2", "newsletter.domain.rules"} & set(
        loaded
    ) == set()
