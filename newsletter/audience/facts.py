"""Give what is said of a person one form: the names of facts, and texts on one line.

Its door is `attribute_name` and `one_line`: a list and the command line keep the same thing under the same name.
"""

import re
import unicodedata
from collections.abc import Mapping

from newsletter.domain.audience import comparable

_ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    "role": ("role", "rooli", "roll"),
    "municipality": ("municipality", "kunta", "paikkakunta", "kommun"),
}

ATTRIBUTE_NAME_LENGTH_MAX = 60
_JOINER = "\u200d"
_EMOJI = "[\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]\ufe0f?"
_JOINED_EMOJI = re.compile(f"({_EMOJI}(?:{_JOINER}{_EMOJI})+)")
_SEPARATORS = re.compile(r"[\s_\-]+")


def attribute_name(text: str) -> str:
    """Give the name under which a fact is kept, whichever way it is written; an empty text when it can be none."""
    words = words_of(text)
    known = (attribute for attribute, synonyms in _ATTRIBUTES.items() if words in synonyms)
    is_usable = words.isprintable() and 0 < len(words) <= ATTRIBUTE_NAME_LENGTH_MAX and "@" not in words
    return next(known, words.replace(" ", "_") if is_usable else "")


def is_known_fact(name: str) -> bool:
    """Tell whether a fact is one that every publication may have."""
    return name in _ATTRIBUTES


def words_of(heading: str) -> str:
    """Give a heading in small letters, with spaces for the signs that stand for them and no sign around it."""
    return _SEPARATORS.sub(" ", comparable(heading).strip(" *:"))


def one_line(cell: str) -> str:
    """Give a text in NFC, without invisible characters, each run of white space as one space and none around it.

    What joins the parts of an emoji stays: without it a family is four people in a row.
    """
    text = " ".join(unicodedata.normalize("NFC", cell).split())
    if text.isprintable():
        return text
    # Zero-width spaces and soft hyphens come along from web pages; a direction mark would turn round what follows it.
    parts = _JOINED_EMOJI.split(text)  # every other one is such an emoji
    parts[::2] = ("".join(one for one in part if unicodedata.category(one) != "Cf") for part in parts[::2])
    return "".join(parts).strip()


def is_visible(text: str) -> bool:
    """Tell whether a text that is on one line can be seen whole: nothing in it is a control character."""
    return text.replace(_JOINER, "").isprintable()
