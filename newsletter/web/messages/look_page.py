"""A page that shows letters side by side, each in a frame in which nothing runs and nothing is loaded.

Door: `side_by_side`. It must not know how they were made.
"""

import html
from collections.abc import Sequence

from newsletter.web.messages.choices import Choices, Scheme
from newsletter.web.messages.frame import framed

WIDTH_PIXELS = 600
_STYLE = (
    "body{margin:24px;background:#d9dede;color:#1b2224;font:14px system-ui,sans-serif}h1{font-size:20px}"
    f"main{{display:flex;gap:24px}}figure{{margin:0;flex:0 0 {WIDTH_PIXELS}px}}figcaption{{padding-bottom:8px}}"
    f"iframe{{width:{WIDTH_PIXELS}px;height:85vh;border:0;background:#fff}}"
)


def side_by_side(title: str, letters: Sequence[tuple[str, str, bool]]) -> str:
    """Give the page.

    Of each letter: what it is called, its HTML with pictures in it, and whether it is seen in the dark.
    """
    figures = "".join(
        f"<figure><figcaption>{html.escape(name)}</figcaption>"
        f'<iframe sandbox title="{html.escape(name)}" srcdoc="{html.escape(_seen(letter, is_dark=is_dark))}"></iframe>'
        "</figure>"
        for name, letter, is_dark in letters
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{_STYLE}</style><h1>{html.escape(title)}</h1><main>{figures}</main></html>"
    )


def _seen(letter: str, *, is_dark: bool) -> str:
    return framed(letter, Choices(scheme=Scheme.DARK if is_dark else Scheme.LIGHT))
