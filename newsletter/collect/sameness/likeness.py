"""How alike two titles, places or texts are. Plain functions over words; pure."""

import re
from difflib import SequenceMatcher

from newsletter.domain.content import Article

_TAG = re.compile(r"<[^<>]*+>")
_WORD = re.compile(r"\w+")
_SHINGLE_WORDS = 3
_SHINGLES_LEAST = 5
"""Of a text of fewer nothing can be told but that it is the same."""
_OVERLAP_LEAST = 0.8
_CONTAINED_LEAST = 0.9
_TITLE_LEAST = 0.8


def words_of(text: str) -> tuple[str, ...]:
    """Give the words of a text, so that capitals and punctuation make no difference."""
    return tuple(_WORD.findall(text.casefold()))


def text_words(article: Article) -> tuple[str, ...]:
    """Give the words of an article's text, or of its summary where it has no text."""
    return words_of(_TAG.sub(" ", article.body_html) or article.summary)


def are_titles_alike(one: str, other: str) -> bool:
    """Tell whether two titles differ by no more than a correction does."""
    first, second = " ".join(words_of(one)), " ".join(words_of(other))
    return first == second or SequenceMatcher(None, first, second).ratio() >= _TITLE_LEAST


def are_places_alike(one: str | None, other: str | None) -> bool:
    """Tell whether two places can be one: one names no less than the other, or nothing at all."""
    first, second = set(words_of(one or "")), set(words_of(other or ""))
    return first <= second or second <= first


def are_texts_alike(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Tell whether two texts are nearly the same, or one is nearly all of the other.

    Measured over three words at a time: articles of one site share at most 0.013 of them, an edited copy 0.93.
    """
    first, second = _shingles(one), _shingles(other)
    if min(len(first), len(second)) < _SHINGLES_LEAST:
        return bool(one) and one == other
    shared = len(first & second)
    return shared >= _OVERLAP_LEAST * len(first | second) or shared >= _CONTAINED_LEAST * min(len(first), len(second))


def _shingles(words: tuple[str, ...]) -> set[tuple[str, ...]]:
    """Give every three words that follow each other."""
    return {words[start : start + _SHINGLE_WORDS] for start in range(len(words) - _SHINGLE_WORDS + 1)}
