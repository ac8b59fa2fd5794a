"""Soft hyphens: where a long word may be broken when the line is too narrow for it.

Door: `softened`, for headings and buttons alone. Subjects, plain text, addresses and what a screen reader is told of a
picture never have them: some programs show them, and no search finds a word with one inside.
"""

import re
from functools import lru_cache
from itertools import pairwise

from newsletter.domain.content import Language
from newsletter.language.finnish import compound_boundaries

SOFT_HYPHEN = "\u00ad"
LONG_WORD_LETTERS = 16
"""At 28 pixels bold, shorter words fit a phone of 320 pixels (measured on the first source's headings)."""
LONGEST_WORD_LETTERS = 40
"""Longer ones are no words, and one made to be read in many ways takes Voikko in Python seconds (64 letters: 9)."""
KEPT_TEXTS = 1024
"""The same headings stand in every edition."""

_LONG_WORD = re.compile(
    rf"(?<![\w{SOFT_HYPHEN}])[^\W\d_]{{{LONG_WORD_LETTERS},{LONGEST_WORD_LETTERS}}}(?![\w{SOFT_HYPHEN}])"
)
_MARKED_OR_LONG_WORD = re.compile(rf"(?<!\S)\S*(?:[@/\\]|\.\w)\S*|(?P<word>{_LONG_WORD.pattern})")
"""An address, a path, a file name, in which nothing may change, comes before any word in it."""


@lru_cache(maxsize=KEPT_TEXTS)
def softened(text: str, language: Language) -> str:
    """Put soft hyphens into the long words of a Finnish text, where the parts of a compound meet.

    A text in another language, and a word that cannot be taken apart, stay as they are; asking twice changes nothing.
    """
    if language != "fi" or _LONG_WORD.search(text) is None:
        return text

    def softened_word(match: re.Match[str]) -> str:
        if match["word"] is None:
            return match[0]
        cuts = (0, *compound_boundaries(match[0]), len(match[0]))
        return SOFT_HYPHEN.join(match[0][start:end] for start, end in pairwise(cuts))

    return _MARKED_OR_LONG_WORD.sub(softened_word, text)
