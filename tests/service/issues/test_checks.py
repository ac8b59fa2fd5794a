from contextlib import nullcontext
from pathlib import Path

import pytest

from newsletter.domain.issue import Finding, Severity
from newsletter.errors import ConfigurationError, UsageError
from newsletter.service.issues.checks import SlowTools, look_in_browser, read_axe
from tests.check.samples import GOOD, KEY
from tests.fakes.browser import FakeBrowser


def lay(folder: Path, source: str) -> Path:
    """Put a file where npm puts axe-core."""
    path = folder / "node_modules" / "axe-core" / "axe.min.js"
    path.parent.mkdir(parents=True)
    path.write_text(source, "utf-8")
    return path


def test_axe_is_what_was_named_or_the_first_that_npm_laid(tmp_path: Path) -> None:
    """A named file comes before all others, and the publication's own before the program's."""
    first, second, none = tmp_path / "first", tmp_path / "second", tmp_path / "none"
    lay(first, "first")
    named = lay(second, "second")

    read = [
        read_axe(named, beside=(first, second)),
        read_axe(None, beside=(first, second)),
        read_axe(None, beside=(none, second)),
    ]

    assert read == ["second", "first", "second"]


def test_where_axe_is_missing_the_message_says_how_to_get_it(tmp_path: Path) -> None:
    """What to install, and the variable that names it."""
    with pytest.raises(UsageError) as caught:
        read_axe(None, beside=(tmp_path,))

    assert (caught.value.message, caught.value.hint) == (
        "axe-core is not installed; no edition was looked at in a browser.",
        "Run `npm install axe-core` in the publication's folder, or name its axe.min.js in NEWSLETTER_AXE.",
    )


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_named_file_that_is_no_text_is_a_mistake_of_the_variable(tmp_path: Path, content: bytes | None) -> None:
    """Whether it is missing or no text at all, nothing else is taken in its place."""
    named = tmp_path / "axe.min.js"
    if content is not None:
        named.write_bytes(content)
    lay(tmp_path, "beside")

    with pytest.raises(ConfigurationError) as caught:
        read_axe(named, beside=(tmp_path,))

    assert (
        caught.value.message
        == "The file that NEWSLETTER_AXE names cannot be read; no edition was looked at in a browser."
    )


def test_every_edition_is_seen_as_a_reader_sees_it() -> None:
    """One browser sees them all; what it finds is told with what the fast checks found in mind, and progress too."""
    element = {"text": "", "link": "", "source": "cid:kuva", "html": "<img>"}
    told = [
        {"rule": rule, "help": "h", "is_advice": False, "element": element, "contrast": None}
        for rule in ("image-alt", "target-size")
    ]
    browser = FakeBrowser(faults=lambda _width, _is_dark: told)
    tools = SlowTools(open_browser=lambda: nullcontext(browser), read_axe=lambda: "axe")
    progress: list[tuple[int, int]] = []

    seen = look_in_browser(
        (GOOD, GOOD),
        tools,
        as_read=lambda message: f"filled: {message.subject}",
        found=(Finding(code="image-without-alt", severity=Severity.ERROR, edition=KEY),),
        progress=lambda done, total: progress.append((done, total)),
    )

    small = Finding(code="target-small", severity=Severity.WARNING, facts={"element": "cid:kuva"}, edition=KEY)
    assert seen == (small, small)
    assert browser.shown == [f"filled: {GOOD.message.subject}"] * 2
    assert progress == [(1, 2), (2, 2)]
