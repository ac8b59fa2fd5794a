"""How Finnish, Swedish and English write days of the week with dates, and call an issue by its month.

Patterns only: what is right or wrong is for `dates`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from newsletter.domain.content import Language
from newsletter.language.names import EN, FI, MONTHS, MONTHS_SHORT, SV, WEEKDAYS_SHORT

MONTHS_BEHIND_MOST = 6
"""A month without a year that is further behind than this is taken for one to come."""

_TIME_WORDS = {
    FI: "",
    SV: "i för från under sedan till efter av den om på mellan och före",
    EN: "in for from during since until after of by on at between and the before last this to",
}
_MONTHS = MONTHS | {FI: MONTHS_SHORT[FI]}
"""Finnish ones without what follows the stem."""
_NAME = {language: "|".join(names) for language, names in _MONTHS.items()}
_BEFORE_A_TIME = {language: frozenset(words.split()) for language, words in _TIME_WORDS.items()}
"""Words after which a month is a time spoken of, and not a name of the issue."""
_LETTER = {
    FI: r"(?:\w{0,30}kirje\w{0,30}|numero\w{0,30}|katsaus\w{0,30})",
    SV: r"(?:\w{0,30}brev\w{0,30}|nummer\w{0,30}|numret)",
    EN: r"(?:newsletter|issue|edition|bulletin)",
}
_GAP = r"[\s,:|–-]+"
_YEAR = r"(?P<year>(?:19|20)\d\d)\b"

_DATE_FI = (
    r"\b(?P<weekday>ma|ti|ke|to|pe|la|su|maanantai|tiistai|keskiviikko|torstai|perjantai|lauantai|sunnuntai)"
    rf"(?:na|n|sta|ksi)?\s+(?P<day>\d{{1,2}})\.\s?(?:(?P<month>\d{{1,2}})\.(?:{_YEAR})?|"
    rf"(?P<name>{_NAME[FI]})kuuta(?:\s+(?P<year_after>(?:19|20)\d\d))?)"
)
_DATE_SV = (
    r"\b(?P<weekday>må|ti|on|to|fr|lö|sö|(?:mån|tis|ons|tors|fre|lör|sön)(?:dag(?:en)?)?)\.?\s+(?:den\s+)?"
    rf"(?P<day>\d{{1,2}})(?:\.\s?(?P<month>\d{{1,2}})\.(?:{_YEAR})?|\.?\s+(?P<name>{_NAME[SV]})\b"
    r"(?:\s+(?P<year_after>(?:19|20)\d\d))?)"
)
_WEEKDAY_EN = r"\b(?P<weekday>Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:day|s|sday|nesday|rs|rsday|urday)?\.?,?\s+(?:the\s+)?"
_DATES_EN = (
    rf"{_WEEKDAY_EN}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<name>{_NAME[EN]})\b(?:,?\s+{_YEAR})?",
    rf"{_WEEKDAY_EN}(?P<name>{_NAME[EN]})\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+{_YEAR})?",
)
DATES: Mapping[Language, tuple[re.Pattern[str], ...]] = {
    FI: (re.compile(_DATE_FI, re.IGNORECASE),),
    SV: (re.compile(_DATE_SV, re.IGNORECASE),),
    EN: tuple(map(re.compile, _DATES_EN)),
}
"""Dates with a weekday before them."""

_WISHES = {
    FI: (rf"\bhyvää\s+(?:\w+\s+)?(?P<name>{_NAME[FI]})kuuta\b", rf"\buutta\s+vuotta\s+{_YEAR}"),
    SV: (rf"\b(?:god|glad|trevlig|fin)\s+(?P<name>{_NAME[SV]})\b", rf"\bnytt\s+år\s+{_YEAR}"),
    EN: (rf"\b(?i:happy)\s+(?P<name>{_NAME[EN]})\b", rf"\b(?i:new\s+year)\s+{_YEAR}"),
}
_LETTERS_OF = {
    FI: rf"\b(?P<name>{_NAME[FI]})kuun\s+{_LETTER[FI]}\b",
    SV: rf"\b(?P<name>{_NAME[SV]})(?:s|\s+månads)?[\s-]?{_LETTER[SV]}\b",
    EN: rf"\b(?P<name>{_NAME[EN]})(?:['’]s)?\s+(?i:{_LETTER[EN]})\b",
}
_MONTH = {FI: rf"\b(?P<name>{_NAME[FI]})kuu\b", SV: rf"\b(?P<name>{_NAME[SV]})\b", EN: rf"\b(?P<name>{_NAME[EN]})\b"}

OPENINGS: Mapping[Language, tuple[str, ...]] = {
    language: (
        _LETTERS_OF[language],
        rf"\b(?i:{_LETTER[language]}|{{names}}){_GAP}{_MONTH[language]}(?:\s+{_YEAR})?",
        *_WISHES[language],
    )
    for language in (FI, SV, EN)
}
"""How a greeting calls the issue by its month."""
SUBJECTS: Mapping[Language, tuple[str, ...]] = {
    language: (
        *patterns,
        rf"\b(?i:{_LETTER[language]}|{{names}}){_GAP}{_YEAR}",
        rf"{_MONTH[language]}\s+{_YEAR}",
        rf"{_MONTH[language]}\s*\Z",
        rf"(?<![\d.])\d{{1,2}}/{_YEAR}",
    )
    for language, patterns in OPENINGS.items()
}
"""How a subject does; in a greeting the further ones speak of time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A month, a year or both by which an issue is called, and the words that do."""

    text: str
    month: int | None
    year: int | None


def month_number(name: str, language: Language) -> int:
    """Give a month's number by its name, for Finnish its stem; 0 for none."""
    names = [known.lower() for known in _MONTHS[language]]
    return names.index(name.lower()) + 1 if name.lower() in names else 0


def weekday_number(name: str, language: Language) -> int:
    """Give a weekday's number by its name or its short form; Monday is 0. Two letters tell."""
    return [known[:2].lower() for known in WEEKDAYS_SHORT[language]].index(name[:2].lower())


def names_issue(
    said: str, patterns: Mapping[Language, Sequence[str]], language: Language, names: Sequence[str]
) -> Iterator[Named]:
    """Find the months and years that call an issue by its name, each place of the text once.

    `patterns` are `SUBJECTS` or `OPENINGS`; a language we do not know has no months.
    """
    known = "|".join(map(re.escape, names)) or r"(?!)"
    flags = re.NOFLAG if language == EN else re.IGNORECASE
    taken: list[range] = []
    for pattern in patterns.get(language, ()):
        for match in re.finditer(pattern.replace("{names}", known), said, flags):
            is_bare = pattern.startswith(_MONTH[language])
            if not any(match.start() in span for span in taken) and not (is_bare and _speaks_of_time(match, language)):
                taken.append(range(*match.span()))
                named = match.groupdict()
                year = int(named["year"]) if named.get("year") else None
                month = month_number(named.get("name") or "", language) or None
                yield Named(text=match[0], month=month, year=year)


def _speaks_of_time(match: re.Match[str], language: Language) -> bool:
    """Tell whether a word or number before a month says that it is no name: `in October`, `1 oktober 2017`."""
    before = match.string[: match.start()].split()
    return bool(before) and (before[-1].lower() in _BEFORE_A_TIME[language] or before[-1][:1].isdigit())
