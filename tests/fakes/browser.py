"""A browser that shows nothing: what its scripts see at each width and in each light is canned."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(kw_only=True)
class FakeBrowser:
    """Tells axe-core's source, its test and the measure of a page apart by what stands in the script.

    Attributes:
        overflow: From the width to what the measure gives.
        faults: From width and whether it is dark to what axe-core gives.
        is_axe: The source it is given is that of axe-core.
        shown: The pages that were opened.
        views: Widths and lights, each with what was asked for there.
    """

    overflow: Callable[[int], object] = lambda _width: None
    faults: Callable[[int, bool], object] = lambda _width, _is_dark: []
    is_axe: bool = True
    shown: list[str] = field(default_factory=list)
    views: list[tuple[int, bool, str]] = field(default_factory=list)
    _now: tuple[int, bool] = (0, False)

    def show(self, html: str) -> None:
        """Note the page."""
        self.shown.append(html)

    def view(self, *, width: int, is_dark: bool) -> None:
        """Note width and light."""
        self._now = (width, is_dark)

    def evaluate(self, script: str) -> object:
        """Give what is canned."""
        width, is_dark = self._now
        if "typeof axe" in script:
            return self.is_axe
        asked = "axe" if "axe.run(" in script else "measure"
        self.views.append((width, is_dark, asked))
        return self.faults(width, is_dark) if asked == "axe" else self.overflow(width)
