"""Find what a text is about by its words: the longest keyword owns its letters.

The door is `TopicMatcher`, prepared once for many texts of one language.

How a project manager writes keywords:

- A keyword is found anywhere inside a word, in any case, so it is best written as the part that never changes:
  `rahoit` finds *rahoitus*, *rahoituksen* and *hankerahoitus*. Where the stem changes, write both forms: `hankinta`,
  `hankinna`.
- A keyword of several words finds them in a row, each but the last with any ending: `julkis hankin` finds *julkisten
  hankintojen*.
- A keyword of capitals alone is an acronym and stands for itself, with or without a case ending: `EU` finds *EU:n* and
  *EU-rahoitus*, never *seutu*.
- A blocked word is a keyword that speaks of nothing: it takes its letters away from every shorter one, whichever topic
  that belongs to.
"""

import re
import sys
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from newsletter.domain.content import Language, Topic, TopicGrade, TopicHit, TopicId

TITLE_WEIGHT = 3
PRIMARY_WEIGHT = 3
"""From this weight on a topic is a primary one: one word in the title, or three in a text that is not long."""
FULL_WEIGHT_WORDS = 300
"""In a longer text a word weighs less, so that one in a hundred is asked for: a long text mentions much."""

_INVISIBLE = re.compile("[\u00ad\u200b\u200c\u200d\u2060\ufeff]")
_HYPHENS = re.compile("[\u2010\u2011]")
_WORD = re.compile(r"\w+(?:[-:'’]\w+)*")
_ACRONYM_LENGTH_MIN = 2
_ENDING = r"\w{0,30}\s++"
"""Between the words of a phrase; bounded, because a source may hold a word of a million letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claimant:
    """A keyword or a blocked word: what it looks for, and for which topic (None blocks)."""

    pattern: re.Pattern[str]
    topic_id: TopicId | None
    is_acronym: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """Letters [start, end) of a text that a claimant wants."""

    start: int
    end: int
    topic_id: TopicId | None

    @property
    def rank(self) -> tuple[int, int]:
        """Sort the longest claim first, and of two alike the earlier."""
        return self.start - self.end, self.start


class TopicMatcher:
    """All topics of a publication, ready to be found in texts of one language: each can block the others' words."""

    def __init__(self, topics: Sequence[Topic], language: Language) -> None:
        self._order = [topic.id for topic in topics]
        self._claimants = [
            _claimant(word, owner)
            for topic in topics
            for words, owner in (
                (topic.keywords.get(language, ()), topic.id),
                (topic.blocked.get(language, ()), None),
            )
            for word in words
            if word.strip()
        ]

    def find(self, title: str, text: str) -> tuple[TopicHit, ...]:
        """Find the topics of a plain text, the weightiest first, then in the order of the publication."""
        weights = dict.fromkeys(self._order, 0.0)
        words: dict[TopicId, dict[str, None]] = {topic_id: {} for topic_id in self._order}
        of_text = min(1, FULL_WEIGHT_WORDS / (len(text.split()) or 1))
        for part, weight in ((title, TITLE_WEIGHT), (text, of_text)):
            for topic_id, word in self._owned_words(_plain(part)):
                weights[topic_id] += weight
                words[topic_id].setdefault(word)
        return tuple(
            TopicHit(topic_id=topic_id, grade=_grade(weights[topic_id]), words=tuple(words[topic_id]))
            for topic_id in sorted(self._order, key=lambda topic_id: -weights[topic_id])
            if weights[topic_id]
        )

    def _owned_words(self, text: str) -> Iterable[tuple[TopicId, str]]:
        """Give the whole words that each topic owns letters of, in the order of the text."""
        words = [match.span() for match in _WORD.finditer(text)]
        said: dict[tuple[int, int], str] = {}
        for claim in _settle(self._claims(text)):
            if claim.topic_id is not None:
                first, _ = _word_at(words, claim.start)
                _, last = _word_at(words, claim.end - 1)
                if (first, last) not in said:
                    said[first, last] = " ".join(text[first:last].split())
                yield claim.topic_id, said[first, last]

    def _claims(self, text: str) -> Iterable[_Claim]:
        folded, origin = _fold(text)
        for claimant in self._claimants:
            for match in claimant.pattern.finditer(text if claimant.is_acronym else folded):
                start, end = match.span()
                if not claimant.is_acronym:
                    start, end = origin[start], origin[end - 1] + 1
                yield _Claim(start=start, end=end, topic_id=claimant.topic_id)


def _claimant(word: str, topic_id: TopicId | None) -> _Claimant:
    plain = _plain(word).strip()
    if len(plain) >= _ACRONYM_LENGTH_MIN and plain.isalpha() and plain.isupper():
        pattern = re.compile(rf"(?<!\w){re.escape(plain)}(?!\w)")
        return _Claimant(pattern=pattern, topic_id=topic_id, is_acronym=True)
    parts = [re.escape(part.casefold()) for part in plain.split()]
    return _Claimant(pattern=re.compile(_ENDING.join(parts)), topic_id=topic_id, is_acronym=False)


def _settle(claims: Iterable[_Claim]) -> list[_Claim]:
    """Let the longest claim own its letters, and give the owners in the order of the text.

    Claims on exactly the same letters share them. Every letter is looked at once per claim on it, so a text of many
    megabytes takes seconds and not hours.
    """
    starts: list[int] = []
    ends: dict[int, int] = {}
    settled: list[_Claim] = []
    for claim in sorted(dict.fromkeys(claims), key=lambda claim: claim.rank):
        place = bisect_right(starts, claim.start)
        if ends.get(claim.start) == claim.end:
            settled.append(claim)
        elif (place == 0 or ends[starts[place - 1]] <= claim.start) and (
            place == len(starts) or starts[place] >= claim.end
        ):
            starts.insert(place, claim.start)
            ends[claim.start] = claim.end
            settled.append(claim)
    return sorted(settled, key=lambda claim: claim.start)


def _word_at(words: Sequence[tuple[int, int]], letter: int) -> tuple[int, int]:
    """Give the word that a letter stands in, or the letter alone when it is punctuation."""
    index = bisect_right(words, (letter, sys.maxsize)) - 1
    if index >= 0 and words[index][1] > letter:
        return words[index]
    return letter, letter + 1


def _plain(text: str) -> str:
    """Give the text as it is compared: composed letters, no soft hyphens, one kind of hyphen."""
    return _HYPHENS.sub("-", unicodedata.normalize("NFC", _INVISIBLE.sub("", text)))


def _fold(text: str) -> tuple[str, Sequence[int]]:
    """Give the text without case, and for each of its letters the position it came from (`ß` becomes two)."""
    folded = text.casefold()
    if len(folded) == len(text):
        return folded, range(len(text))
    pieces = [letter.casefold() for letter in text]
    origin = [position for position, piece in enumerate(pieces) for _ in piece]
    return "".join(pieces), origin


def _grade(weight: float) -> TopicGrade:
    return TopicGrade.PRIMARY if round(weight, 6) >= PRIMARY_WEIGHT else TopicGrade.MENTION
