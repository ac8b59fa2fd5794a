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
    """Give a text in NFC, without invisible characters, each run of white space as one space and none around it."""
    text = " ".join(unicodedata.normalize("NFC", cell).split())
    if text.isprintable():
        return text
    # Zero-width spaces and soft hyphens come along from web pages; a direction mark would turn round what follows it.
    return "".join(character for character in text if unicodedata.category(character) != "Cf").strip()
