"""Make the few sentences that stand for an item: its summary where there is a real one, else how its text begins.

Doors: `lead` for a text, `summarise` for a summary and the text behind it. Works on plain text in which blocks are
parted by blank lines and each member of a bullet list begins a line with its mark. Must not know HTML.
"""

import re

from newsletter.domain.content import Language
from newsletter.language import sentences

LEAD_SIZE = 240
"""Characters a lead aims at: on ten articles of the first source, leads of this size read as a whole on all ten."""
_SENTENCES_MAX = 3
_SHORT_SHARE = 3
"""A lead shorter than a third of its size ("Tervetuloa!") takes one more sentence, even a long one."""
_LONG_FACTOR = 2
"""A sentence of more than twice the size is cut; a summary of more than that is no summary."""

# No dashes among the marks: in Finnish, "– Hienoa, sanoo Virtanen." opens a quotation. A number needs its follower, for
# "1. marraskuuta" opens a paragraph.
_LIST = re.compile(r"^[^\S\n]*(?:[•‣▪◦·*+-]\s|1[.)]\s[^\n]*\n\s*2[.)]\s)", re.MULTILINE)
_ADDRESS_IN_BRACKETS = re.compile(
    r"(?<!\s)\s*+(?:\((?=[^()]*+\))[^()]*?(?:https?://|www\.)[^()]*\)"
    r"|\[(?=[^\[\]]*+\])[^\[\]]*?(?:https?://|www\.)[^\[\]]*\])"
)
_CUT_OFF = re.compile(
    r"\s*(?:\[?(?:…|\.{3})\]?|\b(?:jatka lukemista|lue lisää|lue koko juttu|läs mer|läs vidare|fortsätt läsa|read more|"
    r"continue reading)\b[^.!?]{0,80})[\s.»›→]*$",
    re.IGNORECASE,
)
_TAIL_SIZE = 200
"""Where the sign of a cut is looked for: on a summary of a million full stops, the whole would take for ever."""
_LOOSE_END = " ,;:–—-"


def summarise(summary: str, text: str, *, language: Language, size: int = LEAD_SIZE) -> str:
    """Give an item's lead: its summary as it stands, unless that is a cut copy of the text; else the text's lead.

    A cut copy ends in an ellipsis or in "Jatka lukemista". It serves only where there is no text, and then without
    its last, broken sentence; a single broken one loses its last word. A summary more than twice the size is shortened
    like a text.
    """
    plain = " ".join(summary.split())
    whole = plain[:-_TAIL_SIZE] + _CUT_OFF.sub("", plain[-_TAIL_SIZE:])
    if plain and whole == plain and len(plain) <= size * _LONG_FACTOR:
        return plain
    from_text = lead(text, language=language, size=size)
    if from_text or not plain:
        return from_text
    complete = [sentence for sentence in sentences.split(whole, language) if sentence.endswith((".", "!", "?"))]
    if whole == plain or complete:
        return lead(" ".join(complete) or whole, language=language, size=size)
    return shorten(whole, len(whole) - 1) if whole else ""


def lead(text: str, *, language: Language, size: int = LEAD_SIZE) -> str:
    """Give the first one to three whole sentences of a text, about `size` characters, or nothing from a bare list.

    Stops before the first bullet list and before the line that announces it. An address printed in brackets is left
    out. A first sentence of more than twice the size is cut between words, with an ellipsis.
    """
    lines = text.replace("\r\n", "\n")
    bullets = _LIST.search(lines)
    running = _ADDRESS_IN_BRACKETS.sub("", lines[: bullets.start()] if bullets else lines)
    found = [sentence for sentence in sentences.split(running, language) if re.search(r"\w", sentence)]
    if bullets and found and found[-1].endswith(":"):
        found.pop()
    chosen = ""
    for sentence in found[:_SENTENCES_MAX]:
        longer = f"{chosen} {sentence}".strip()
        may_be_long = len(chosen) < size // _SHORT_SHARE and len(longer) <= size * _LONG_FACTOR
        if chosen and len(longer) > size and not may_be_long:
            break
        chosen = longer
    return shorten(chosen, size) if len(chosen) > size * _LONG_FACTOR else chosen


def shorten(text: str, size: int) -> str:
    """Give a text of at most `size` characters, cut between words and ended by an ellipsis where it was longer.

    A first word longer than `size` stays whole: half a word misleads more than a long line.
    """
    if len(text) <= size or " " not in text:
        return text
    words, space, _ = text[:size].rpartition(" ")
    return f"{(words if space else text.split(' ', 1)[0]).rstrip(_LOOSE_END)}…"
