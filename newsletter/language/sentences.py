"""Split text into sentences, as Finnish, Swedish and English write them.

The door is `split`. A boundary missed costs a longer excerpt, one too many breaks a sentence in two: so where a full
stop can mean either, it ends nothing.
"""

import re
from collections import deque

from newsletter.domain.content import Language


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ABBREVIATIONS = {
    Language("fi"): _words(
        "alk. ao. ap. apul. art. dipl. ed. ekr. em. enint. ent. esim. fil. huom. ilt. jkr. jne. keskim. ko. ks. kts. "
        "l. maks. milj. min. joht. kaup. krs. lis. maist. ml. mm. mrd. n. nk. nro. ns. nyk. os. p. par. pj. prof. "
        "puh. s. seur. synt. tms. toim. ts. v. vas. viim. tekn. toht. tri. valt. vpj. vrt. vs. vt. väh. yht. ylim. "
        "ym. yms. yo."
    ),
    Language("sv"): _words(
        "anm. avd. bl.a. ca. d.v.s. dr. dvs. e.d. enl. etc. ev. f.d. f.n. f.ö. fr.o.m. föreg. jfr. kl. m.a.o. m.fl. "
        "m.m. max. milj. min. mrd. nr. o.d. o.s.v. obs. ordf. osv. p.g.a. prof. resp. s. s.k. sekr. t.ex. t.o.m. t.v. "
        "tel. tfn. u.a. univ. vd. äv."
    ),
    Language("en"): _words(
        "a.m. approx. assoc. ave. ca. capt. cf. co. dept. dr. e.g. est. etc. fig. gen. gov. i.e. inc. jr. ltd. mr. "
        "mrs. ms. mt. nos. p. p.m. pp. prof. rev. sen. sr. st. vol. vs."
    ),
}

_BRACKET = re.compile(r"[()]")
_BRACKET_LETTERS = 300
"""What stands in brackets is no longer."""
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
_SPACES = re.compile(r"[^\S\u00a0\u202f]+")
_LOOK_BACK_LETTERS = 60
"""Enough for the last words before a stop; without a bound, a long text without sentences takes quadratic time."""
_CLOSERS = "”\"'’»)]"
_OPENERS = "”“\"'‘’«»([–—- \u00a0"
_STOP = re.compile(rf"(?<![.!?…])([.!?…]++)([{re.escape(_CLOSERS)}]*+)\s+")
_AFTER_OPENERS = re.compile(rf"[{re.escape(_OPENERS)}]*+(.?)", re.DOTALL)
_INITIALS = re.compile(r"[^\W\d_](?:[.-]{1,2}[^\W\d_])*")
_SHORT_NUMBER = re.compile(r"(?:[\d.]+[–—-])?(?:\d{1,2}\.)?\d{1,2}")
_CLOCK = re.compile(r"\b(?:klo|kello|kl\.)\s[\d.:–—-]+$", re.IGNORECASE)
_BEFORE_DIGIT = re.compile(r"[^\W\d_]{4,}$")


def split(text: str, language: Language) -> tuple[str, ...]:
    """Give the sentences of a text, each on one line; no sentence reaches over a blank line.

    Ends are full stops, question and exclamation marks before a capital letter, also inside quotation marks; what goes
    on inside brackets is one sentence. A full stop ends nothing after an abbreviation, an initial, an ordinal number or
    a day and month. Before a number it ends a sentence only after a whole word.

    Args:
        text: Plain text; line feeds inside a paragraph count as spaces.
        language: Chooses the abbreviations; for one without any, only initials and numbers are known.
    """
    paragraphs = (_SPACES.sub(" ", paragraph).strip() for paragraph in _BLANK_LINE.split(text.replace("\r\n", "\n")))
    return tuple(sentence for paragraph in paragraphs for sentence in _sentences(paragraph, language))


def _sentences(paragraph: str, language: Language) -> list[str]:
    found = []
    start = 0
    brackets = _brackets(paragraph)
    for match in _STOP.finditer(paragraph):
        while brackets and brackets[0][1] < match.end():
            brackets.popleft()
        is_inside = bool(brackets) and brackets[0][0] < match.start()
        if not is_inside and _is_boundary(paragraph, start, match, language):
            found.append(paragraph[start : match.end()].rstrip())
            start = match.end()
    return [*found, paragraph[start:]] if paragraph[start:] else found


def _brackets(paragraph: str) -> deque[tuple[int, int]]:
    """Give where the outermost brackets open and close; one that does not close soon is a slip, and holds nothing."""
    found: deque[tuple[int, int]] = deque()
    opened: list[int] = []
    for match in _BRACKET.finditer(paragraph):
        position = match.start()
        if match[0] == "(":
            opened.append(position)
        elif opened and position - (begin := opened.pop()) <= _BRACKET_LETTERS:
            while found and found[-1][0] > begin:
                found.pop()
            found.append((begin, position))
    return found


def _is_boundary(paragraph: str, start: int, stop: re.Match[str], language: Language) -> bool:
    """Tell whether a stop ends the sentence that began at `start`."""
    before = paragraph[max(start, stop.start() - _LOOK_BACK_LETTERS) : stop.start()]
    after = _AFTER_OPENERS.match(paragraph, stop.end())
    assert after is not None, "it may match nothing"
    begins = after[1]
    if not (begins.isupper() or begins.isdigit()):
        return False
    if stop[1] != "." or stop[2]:
        return begins.isupper()
    if begins.isdigit():
        return _BEFORE_DIGIT.search(before) is not None and not _is_abbreviation(before, language)
    return _CLOCK.search(before) is not None or not (_is_abbreviation(before, language) or _is_short_number(before))


def _is_abbreviation(before: str, language: Language) -> bool:
    word = _last_word(before)
    known = _ABBREVIATIONS.get(language, frozenset())
    parts = word.casefold().split(".")
    is_known = f"{word.casefold()}." in known or all(f"{part}." in known for part in parts)
    return is_known or (word.isupper() and _INITIALS.fullmatch(word) is not None)


def _is_short_number(before: str) -> bool:
    """Tell whether what stands before a full stop reads as an ordinal or a date: `20`, `3.–4.10`."""
    return _SHORT_NUMBER.fullmatch(_last_word(before)) is not None


def _last_word(before: str) -> str:
    return before.rsplit(None, 1)[-1].lstrip(_OPENERS) if before.strip() else ""
