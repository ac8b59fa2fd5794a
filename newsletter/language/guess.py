"""Tells which of the three languages a text is in, by its commonest words. Door: `language_of`."""

import re
from collections import Counter

from newsletter.domain.content import Language

_COMMON = {
    Language("fi"): "ja on ei se että oli mutta myös kun tai sekä ovat mukaan jo voi kuin joka ole olla uusi klo",
    Language("sv"): "och att det som en är på för med av inte till den ett om har de kan från ny vid kl",
    Language("en"): "the and of to in is for with that are be by this from at we you our new will",
}
_WORD = re.compile(r"[^\W\d_]+")
_LEAST = 3
"""Fewer common words say nothing."""
_CHARACTERS_READ = 50_000


def language_of(text: str) -> Language | None:
    """Give the language of a text, or None where its words do not tell."""
    words = Counter(_WORD.findall(text[:_CHARACTERS_READ].casefold()))
    counts = {language: sum(words[word] for word in common.split()) for language, common in _COMMON.items()}
    (first, most), (_, second), *_ = sorted(counts.items(), key=lambda pair: -pair[1])
    return first if most >= _LEAST and most > 2 * second else None
