"""The HTML of a mail as a page that can do nothing: no script, no form, no origin, nothing from elsewhere.

The mail is foreign to the page that shows it. It is served with a policy of its own that shuts it in (`sandbox`), the
frame around it shuts it in a second time, and its bytes are changed only where a person chose to see it otherwise:
dark, or darkened by a mail program. Door: `framed`, `frame_policy` and `SANDBOX`.
"""

import re

from newsletter.web.messages.choices import Choices, Scheme
from newsletter.web.messages.darkened import darkened

SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
"""A link opens in a tab of its own, so that it can be tried; all else is shut. Never scripts, never our origin."""

_HEAD = re.compile(r"<head[^<>]*>", re.IGNORECASE)
_DOCTYPE = re.compile(r"\A\s*<!doctype[^>]*>", re.IGNORECASE)
_PREFERS = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)", re.IGNORECASE)
# Conditions that hold, and do not, in every frame: a browser can be asked for dark only as a whole.
_ALWAYS, _NEVER = "(min-width: 0px)", "(min-width: 999999px)"
# The policy refuses what these would load, but a browser may open a connection before it asks the policy (measured:
# Chromium 156 does for a frame), and a connection alone tells that the mail was opened.
_REACHING = re.compile(r"<(/?)(iframe|frame|frameset|object|embed|portal|fencedframe|link)\b", re.IGNORECASE)
_REMOTE = re.compile(
    r"""<(?:img|td|table|body|div)\b[^<>]*\b(?:src|srcset|background)\s*=\s*+(?:["']\s*+)?(?:https?:)?//"""
    r"""|url\(\s*+(?:["']\s*+)?(?:https?:)?//""",
    re.IGNORECASE,
)

_FORCED_STYLE = (
    "html{background:#fff!important;filter:invert(.9) hue-rotate(180deg)}"
    "img,video,[background]{filter:invert(1) hue-rotate(180deg)}"
)
"""What mail programs do that darken by themselves: every lightness is turned over, every hue stays, pictures stay."""

_META = '<meta name="referrer" content="no-referrer"><meta name="responsive-embedded-sizing" content="allow-origins=*">'
"""A mail tells nobody where it was read; and where a browser can (Chromium 154), its frame grows as tall as it is."""

_NO_IMAGES_STYLE = "img{outline:1px dashed #8a8a8a;outline-offset:-1px}"


def frame_policy(choices: Choices) -> str:
    """Give the Content-Security-Policy under which a mail is shown."""
    images = "'none'" if not choices.has_images else "data: https: http:" if choices.is_remote else "data:"
    return (
        f"sandbox {SANDBOX}; default-src 'none'; style-src 'unsafe-inline'; img-src {images}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )


def has_remote_content(html: str) -> bool:
    """Tell whether a mail would load pictures from the internet."""
    return _REMOTE.search(html) is not None


def framed(html: str, choices: Choices) -> str:
    """Give a mail's HTML as it looks in the chosen light, its links in tabs of their own."""
    is_dark = choices.scheme is Scheme.DARK

    def decided(match: re.Match[str]) -> str:
        return _ALWAYS if (match[1].lower() == "dark") is is_dark else _NEVER

    style = f":root{{color-scheme:{'dark' if is_dark else 'light'} only!important}}"
    if choices.scheme is Scheme.FORCED:
        style += _FORCED_STYLE
    if not choices.has_images:
        style += _NO_IMAGES_STYLE
    # The first base element of a document wins, so ours stands before any of the mail's.
    ours = f'<base target="_blank">{_META}<style>{style}</style>'
    decided_html = _REACHING.sub(r"<\1x-\2", _PREFERS.sub(decided, html))
    if choices.scheme in (Scheme.GMAIL, Scheme.OUTLOOK):
        decided_html = darkened(decided_html, is_whole=choices.scheme is Scheme.OUTLOOK)
    place = _HEAD.search(decided_html) or _DOCTYPE.search(decided_html)
    position = place.end() if place else 0
    return decided_html[:position] + ours + decided_html[position:]
