"""A newsletter generation and mailing service: collect, curate, render, check, approve, send, report.

`open_newsletter` is the library's door: the same verbs as the `newsletter` command.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from newsletter.wiring import open_newsletter

__all__ = ["open_newsletter"]


def __getattr__(name: str) -> object:
    """Load the door when it is asked for, so that `newsletter --help` stays quick."""
    if name == "open_newsletter":
        from newsletter.wiring import open_newsletter  # noqa: PLC0415

        return open_newsletter
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
