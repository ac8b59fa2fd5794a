"""Read what a cell says: a language, a status, a yes or a no, a ground, a day, tags, addresses.

Its doors raise a ValueError whose words are shown; none repeats the cell, which may hold somebody's address.
"""

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from newsletter.domain.audience import Ground, SubscriberStatus, SuppressionReason, comparable, distinct_tags
from newsletter.domain.content import Language
from newsletter.domain.wants import Cadence


class Answer(StrEnum):
    """What somebody answered to a question for permission."""

    YES = "yes"
    NO = "no"


_LANGUAGES: Mapping[str, str] = {
    "fi": "fi, fin, suomi, finska, finnish",
    "sv": "sv, swe, ruotsi, svenska, swedish",
    "en": "en, eng, englanti, engelska, english",
    "de": "de, deu, ger, saksa, tyska, german, deutsch",
    "et": "et, est, viro, estniska, estonian, eesti",
    "ru": "ru, rus, venäjä, ryska, russian",
}
_LANGUAGE_OF = {word: code for code, words in _LANGUAGES.items() for word in words.split(", ")}
_LANGUAGE_CODE = re.compile(r"([a-z]{2,3})(?:[-_].*)?")

StatusWord = SubscriberStatus | SuppressionReason | Answer | None
"""What a status column says of a person."""

_STATUSES: Mapping[StatusWord, str] = {
    SubscriberStatus.ACTIVE: "active, subscribed, enabled, confirmed, aktiivinen, tilaaja, tilattu, vahvistettu, aktiv,"
    " prenumerant, bekräftad",
    SubscriberStatus.PENDING: "pending, unconfirmed, odottaa, vahvistamatta, väntar, obekräftad",
    SuppressionReason.UNSUBSCRIBED: "unsubscribed, left, opted out, opt out, peruuttanut, perunut, peruttu, poistunut,"
    " eronnut, avslutad, avregistrerad, avanmäld",
    SuppressionReason.HARD_BOUNCE: "bounced, hard bounce, cleaned, undeliverable, palautunut, studsat",
    SuppressionReason.COMPLAINT: "complained, complaint, spam, spam complaint, abuse, roskaposti, klagomål",
    SuppressionReason.MANUAL: "blocklisted, blacklisted, blocked, suppressed, manual, estetty, kielto, spärrad",
    SuppressionReason.ERASED: "erased, poistettu, raderad",
    Answer.NO: "disabled, inactive, non subscribed, not subscribed, nonsubscribed, passiivinen, ei tilaaja,"
    " ei aktiivinen, inaktiv, ej prenumerant",
    # Of an event, not of a newsletter: who took part and who fell ill.
    None: "registered, attending, attended, participant, ilmoittautunut, osallistuu, osallistui, osallistuja, anmäld,"
    " deltar, deltagare",
}
_STATUS_OF = {word: status for status, words in _STATUSES.items() for word in words.split(", ")}

_NO = re.compile(
    r"(?:ei|en|no|not|nej|n|e|0|false|epätosi|falskt|off|-+|unchecked)(?:\b|$)|.*\b(?:inte|not|don't|ei)\b"
)
_YES = re.compile(
    r"(?:kyllä|joo|yes|y|k|ja|j|true|tosi|sant|on|ok|x|1|haluan|tilaan|hyväksyn|suostun|annan|jag|i|checked)\b|[✓✔☑]"
)
_NEVER = re.compile(r"|0|0+[-.:/ 0]*|-+|n/?a|null|none|never|\\n|false|no|nej|ei|ei koskaan|aldrig|epätosi|falskt")
_SPAM = re.compile(r"spam|abuse|complain|roskaposti|skräppost")

_GROUNDS: Mapping[Ground, str] = {
    Ground.CONSENT: "consent, suostumus, samtycke",
    Ground.LEGITIMATE_INTEREST: "legitimate interest, oikeutettu etu, berättigat intresse",
    Ground.PUBLIC_TASK: "public task, public interest, yleinen etu, julkinen tehtävä, allmänt intresse, uppgift av"
    " allmänt intresse",
}
_GROUND_OF = {word: ground for ground, words in _GROUNDS.items() for word in words.split(", ")}

_CADENCES: Mapping[Cadence, str] = {
    Cadence.EVERY: "every, every issue, all, joka, jokainen, joka numero, kaikki, varje, varje nummer, alla",
    Cadence.THIRD: "third, every third, every third issue, joka kolmas, joka kolmas numero, var tredje, vart tredje,"
    " vart tredje nummer",
}
_CADENCE_OF = {word: cadence for cadence, words in _CADENCES.items() for word in words.split(", ")}

_ISO_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?: ?Z|[+-]\d\d:?\d\d)?)?")
_FINNISH_DAY = re.compile(r"(\d\d?)\.(\d\d?)\.(\d{4})(?:,? (?:klo |kl\. ?)?\d\d?[.:]\d\d(?:[.:]\d\d)?)?")

_PLAIN_WRAPPING = re.compile(r"(?:mailto:)?<?([^<>\s]+)>?", re.IGNORECASE)
_SPELT_AT = re.compile(r"(?<!\s)\s*+[(\[{]\s*+(?:at|ät|a|miukumauku)\s*+[)\]}]\s*+", re.IGNORECASE)
_NAMED = re.compile(r"<([^<>@\s]+@[^<>@\s]+)>")
_BETWEEN_ADDRESSES = re.compile(r"[;,/|\s]+")


def language_of(cell: str) -> Language | None:
    """Know a language by its code or its name in three languages; `fi-FI` is `fi`, any other code stays itself."""
    word = cell.casefold()
    if not word:
        return None
    if code := _LANGUAGE_OF.get(word):
        return Language(code)
    if match := _LANGUAGE_CODE.fullmatch(word):
        return Language(_LANGUAGE_OF.get(match[1], match[1]))
    raise ValueError("The language is no name or code that is known, such as fi, sv, en or de.")


def status_of(cell: str) -> StatusWord:
    """Know a status by its name in three languages, as programs export it."""
    word = " ".join(re.sub(r"[_\-]+", " ", comparable(cell)).split())
    if not word or word in _STATUS_OF:
        return _STATUS_OF.get(word)
    raise ValueError("The status is none of active, pending, unsubscribed, bounced and complained.")


def answer_of(cell: str) -> Answer | None:
    """Know a yes or a no, also as a day on which it was given; None when nothing was answered."""
    word = comparable(cell)
    if not word:
        return None
    if _NO.match(word):
        return Answer.NO
    if _YES.match(word) or _ISO_DAY.fullmatch(cell) or _FINNISH_DAY.fullmatch(cell):
        return Answer.YES
    raise ValueError("The answer to the question for permission is neither yes nor no.")


def is_told(cell: str) -> bool:
    """Tell whether a cell says that something happened: with a day, a yes, a reason; not with 0 or `no`."""
    return not _NEVER.fullmatch(comparable(cell))


def is_spam_complaint(cell: str) -> bool:
    """Tell whether a reason for leaving is a complaint."""
    return _SPAM.search(comparable(cell)) is not None


def ground_of(cell: str) -> Ground | None:
    """Know a ground by its name in three languages."""
    word = comparable(cell)
    if not word or word in _GROUND_OF:
        return _GROUND_OF.get(word)
    raise ValueError("The ground is none of consent, legitimate interest and public task.")


def cadence_of(cell: str) -> Cadence | None:
    """Know how often somebody wants the newsletter, in three languages."""
    word = comparable(cell)
    if not word or word in _CADENCE_OF:
        return _CADENCE_OF.get(word)
    raise ValueError("The cadence is neither every issue nor every third.")


def day_of(cell: str, what: str = "day of consent") -> date | None:
    """Read a day that can be read in one way only: 03/11/2017 is two days, and neither is taken. A time is left out."""
    if not cell:
        return None
    try:
        if match := _ISO_DAY.fullmatch(cell):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _FINNISH_DAY.fullmatch(cell):
            return date(int(match[3]), int(match[2]), int(match[1]))
    except ValueError:
        pass
    raise ValueError(f"The {what} must be written as 2017-11-03 or 3.11.2017.")


def tags_of(cell: str) -> tuple[str, ...]:
    """Split a cell into tags; quotation marks around one (Mailchimp) are none of it."""
    return distinct_tags(tag for part in re.split(r"[,;|]", cell) if (tag := part.strip(" \"'[]")))


def addresses_in(cell: str) -> tuple[tuple[str, ...], bool]:
    """Give the addresses that a cell holds as people write them, and whether anything had to be read out of it.

    `mailto:`, a name before `<address>`, `(at)` and several addresses are read; what fits nothing is given as it is.
    """
    text = cell.strip()
    if (
        "(" not in text
        and "<" not in text
        and "[" not in text
        and text.count("@") == 1
        and text[:7].lower() != "mailto:"
    ):
        return (cell,), False
    spelt = _SPELT_AT.sub("@", text)
    if named := _NAMED.findall(spelt):
        return tuple(named), True
    parts = [part for part in _BETWEEN_ADDRESSES.split(spelt) if "@" in part]
    if not parts or (len(parts) == 1 and _BETWEEN_ADDRESSES.search(spelt)):
        return (cell,), False
    return tuple(match[1] if (match := _PLAIN_WRAPPING.fullmatch(part)) else part for part in parts), True
