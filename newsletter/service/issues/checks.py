"""Every edition of an issue before the checks; the slow ones see it in a browser, as a reader would.

Door: `check_inputs`, `look_in_browser` and, for who builds the tools, `read_axe`.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from newsletter.check import Browser, CheckInput, ImageFile, look, run_slow_checks
from newsletter.domain.issue import Edition, Finding, Message
from newsletter.domain.publication import Publication
from newsletter.errors import ConfigurationError, UsageError

UNDONE = "no edition was looked at in a browser"
"""What did not happen where a tool is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowTools:
    """What the slow checks need of the machine; each says in a UsageError what to install where it is missing."""

    open_browser: Callable[[], AbstractContextManager[Browser]]
    read_axe: Callable[[], str]


def read_axe(named: Path | None, *, beside: Sequence[Path]) -> str:
    """Read axe-core: the file that was named, or what npm put into the first of some folders that has it.

    Raises:
        ConfigurationError: The file that was named cannot be read.
        UsageError: None was named, and no folder has it.
    """
    if named is not None:
        try:
            return named.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            hint = "It is to hold the path of an axe.min.js."
            raise ConfigurationError(
                f"The file that NEWSLETTER_AXE names cannot be read; {UNDONE}.", hint=hint
            ) from error
    for folder in beside:
        path = folder / "node_modules" / "axe-core" / "axe.min.js"
        if path.is_file():
            return path.read_text("utf-8")
    raise UsageError(
        f"axe-core is not installed; {UNDONE}.",
        hint="Run `npm install axe-core` in the publication's folder, or name its axe.min.js in NEWSLETTER_AXE.",
    )


def check_inputs(editions: Iterable[tuple[Edition, Message]], publication: Publication) -> tuple[CheckInput, ...]:
    """Give each edition as the checks want it, with what is known of its pictures."""
    return tuple(
        CheckInput(
            message=message,
            edition=edition,
            publication=publication,
            images=tuple(
                ImageFile(
                    source=picture.source,
                    name=picture.name,
                    size_bytes=len(picture.content),
                    width_pixels=picture.width_pixels,
                )
                for picture in message.pictures
            ),
        )
        for edition, message in editions
    )


def look_in_browser(
    subjects: Sequence[CheckInput],
    tools: SlowTools,
    *,
    as_read: Callable[[Message], str],
    found: Sequence[Finding],
    progress: Callable[[int, int], None],
) -> tuple[Finding, ...]:
    """Show every edition to a browser and give what is wrong with what it saw.

    `as_read` gives a message's HTML as a reader gets it; what the fast checks `found` is not told twice; `progress` is
    told after each edition.

    Raises:
        UsageError: Browser or axe-core is missing, or does not do as it is told.
    """
    axe = tools.read_axe()
    seen: list[Finding] = []
    with tools.open_browser() as browser:
        for done, subject in enumerate(subjects, start=1):
            views = look(browser, as_read(subject.message), axe=axe)
            known = [finding for finding in found if finding.edition == subject.edition.key]
            seen += run_slow_checks(subject, views, found=known)
            progress(done, len(subjects))
    return tuple(seen)
