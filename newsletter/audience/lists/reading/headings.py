"""Know what a column is by its heading: in three languages, and in the exports of the programs that lists come from.

Its door is `columns_of`. What is not known is kept when somebody said so (`Layout`), and dropped otherwise: allergies
and telephones come along in every list, and nobody asked for them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from newsletter.audience.facts import ATTRIBUTE_NAME_LENGTH_MAX, attribute_name, is_known_fact, one_line, words_of
from newsletter.errors import ContentError, Place, UsageError
from newsletter.toml_file import did_you_mean


class Meaning(StrEnum):
    """What the cells of a column say."""

    ADDRESS = "address"
    NAME = "name"
    FIRST_NAME = "first name"
    LAST_NAME = "last name"
    LANGUAGE = "language"
    STATUS = "status"
    TAGS = "tags"
    CONSENT = "consent"  # the day of a consent, or a yes or no
    SIGNED_UP = "signed up"  # a day alone: no proof of what was agreed to
    GROUND = "ground"
    WORDING = "wording"
    TOPICS = "wanted topics"
    CADENCE = "cadence"
    PAUSED_UNTIL = "paused until"
    PERMISSION = "permission"  # yes or no to being written to
    REFUSAL = "refusal"  # the same asked the other way round
    STILL_IN = "still in"  # `no` says that the person has left
    LEFT = "left"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    BARRED = "barred"
    WHY_LEFT = "why left"
    FACT = "fact"
    DROPPED = "drop"


_EXACT: Mapping[Meaning, str] = {
    Meaning.ADDRESS: "email, e mail, email address, e mail address, mail, sähköposti, sähköpostiosoite, sposti,"
    " s posti, epost, e post, epostadress, e postadress",
    Meaning.NAME: "name, full name, nimi, koko nimi, vastaajan nimi, osallistujan nimi, namn, fullständigt namn",
    Meaning.FIRST_NAME: "first name, given name, etunimi, förnamn",
    Meaning.LAST_NAME: "last name, surname, family name, sukunimi, efternamn",
    Meaning.LANGUAGE: "language, lang, preferred language, kieli, asiointikieli, äidinkieli, språk, modersmål",
    Meaning.STATUS: "status, tila, tilauksen tila, subscription status, prenumerationsstatus",
    Meaning.TAGS: "tags, tag, labels, tunnisteet, tunniste, taggar, etiketter",
    Meaning.CONSENT: "consent, consent date, suostumus, suostumuspäivä, samtycke, samtyckesdatum",
    Meaning.SIGNED_UP: "optin time, opt in time, opt in date",
    Meaning.GROUND: "ground, legal basis, lawful basis, peruste, oikeusperuste,"
    " käsittelyperuste, rättslig grund, grund",
    Meaning.WORDING: "wording, consent wording, consent text, suostumusteksti, samtyckestext",
    Meaning.TOPICS: "wanted topics, toivotut aiheet, önskade ämnen",
    Meaning.CADENCE: "cadence, lähetystiheys, sändningstakt",
    Meaning.PAUSED_UNTIL: "paused until, tauko asti, tauolla asti, paus till, pausad till",
    Meaning.PERMISSION: "permission, email permission, opt in, optin, opted in, subscribed, subscribe, lupa,"
    " sähköpostilupa, suoramarkkinointilupa, tillstånd",
    Meaning.STILL_IN: "subscribed to emails",
    Meaning.LEFT: "unsub time, unsubscribed, unsubscribed at, unsubscribe date, unsubscribed date, date unsubscribed,"
    " opt out, opted out, optout, optout time, opt out time, opt out date, left, left at, has left, peruttu, perunut,"
    " peruutettu, peruuttanut, peruutuspäivä, perumispäivä, tilaus peruttu, tilaus päättynyt, poistunut, eronnut,"
    " lopettanut, avslutad, avslutat, avregistrerad, avregistreringsdatum, avprenumererad, avanmäld, uppsagd, utträdd",
    Meaning.BOUNCED: "clean time, cleaned, bounced, bounced at, bounce, hard bounce, hard bounced, email bounced,"
    " invalid email, palautunut, palautui, virheellinen osoite, osoite ei toimi, studsat, studsade, studs, hårdstuds,"
    " ogiltig adress",
    Meaning.COMPLAINED: "complained, complained at, complaint, spam, spam complaint, spam report, marked as spam,"
    " abuse, roskaposti, roskapostiksi merkinnyt, merkitty roskapostiksi, valitus, valittanut, klagomål, skräppost,"
    " markerad som skräppost, spamanmälan",
    Meaning.BARRED: "blocklisted, blacklisted, suppressed, do not email, do not mail, do not contact,"
    " markkinointikielto, suoramarkkinointikielto, sähköpostikielto, reklamspärr, direktreklamspärr, spärrad",
    Meaning.WHY_LEFT: "unsub reason, unsub reason other",
}
_KNOWN = {words: meaning for meaning, written in _EXACT.items() for words in written.split(", ")}

_MAILING = (
    r"uutiskirj|markkinoin|tiedott|postituslist|sähköpostilist|nyhetsbrev|marknadsför|e postlist|newslett|marketing"
)
_QUESTIONS: Sequence[tuple[Meaning, re.Pattern[str]]] = (
    (Meaning.LANGUAGE, re.compile(rf"(?=.*({_MAILING})).*(kieli|kielellä|språk|language)")),
    (
        Meaning.LEFT,
        re.compile(rf"(?=.*({_MAILING})).*(peru[nt]|peruut|poistunut|avregistr|avprenum|avslut|unsub|opted out)"),
    ),
    (
        Meaning.REFUSAL,
        re.compile(
            rf"(?=.*({_MAILING})).*(\ben (halua|tilaa|hyväksy|salli|anna)|\bei saa\b|\bei\b|kielto|kiel[lt]|\binte\b"
            r"|avböj|undanbe|\bnot\b|don't|opt out|\bno\b)"
        ),
    ),
    (Meaning.PERMISSION, re.compile(f"({_MAILING})")),
    (
        Meaning.ADDRESS,
        re.compile(
            r"^(?!.*(\d|tyyp|näyttö|typ|visning|display|lupa|permission|kampan|campaign)).*"
            r"\b(sähköposti|sposti|e ?mail|e ?post)(\b|osoit|adress)"
        ),
    ),
)
"""What a heading asks in whole words, as sign-up forms and surveys do; the first that fits counts."""

_NUMBERING = re.compile(r"^\s*+(?:q|kysymys|fråga|question)?\s*+\d{1,3}\s*+[.):]\s*+(?=\S)", re.IGNORECASE)
_REMARK = re.compile(r"(?<!\s)\s*+\([^()]*\)\s*+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What a person said of a list's columns.

    Attributes:
        mapping: A heading, and what it is: a `Meaning`, or the name of a fact.
        keep: Headings, or names of facts, that are to be kept as they are.
        asked: The facts that a segment's rule asks for.
        may_be_bare: A list may be addresses alone, one a line, without a heading.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    keep: Sequence[str] = ()
    asked: Sequence[str] = ()
    may_be_bare: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a list.

    Attributes:
        heading: As written, on one line; empty when there is none.
        meaning: What its cells say.
        fact: The name under which a fact is kept.
    """

    heading: str
    meaning: Meaning
    fact: str = ""

    @property
    def becomes(self) -> str:
        """Name it as messages do."""
        return f"attribute {self.fact}" if self.meaning is Meaning.FACT else str(self.meaning)


def names_addresses(headings: Sequence[str], layout: Layout) -> bool:
    """Tell whether one of these names a column of addresses; a title of one cell needs more than the word."""
    meanings = [_column(heading, layout).meaning for heading in headings if heading.strip()]
    is_certain = any(_exact(heading) is Meaning.ADDRESS or _mapped(heading, layout) for heading in headings)
    return Meaning.ADDRESS in meanings and (is_certain or len(meanings) > 1)


def is_plain(heading: str) -> bool:
    """Tell whether a heading says of a person what stands in every list: nothing belongs below it but that."""
    return _exact(heading) in {Meaning.ADDRESS, Meaning.NAME, Meaning.FIRST_NAME, Meaning.LAST_NAME}


def columns_of(headings: Sequence[str], layout: Layout, place: Place) -> tuple[Column, ...]:
    """Give what each column is.

    Raises:
        ContentError: Two columns are the same.
        UsageError: The layout names a heading that is not there, or a fact that can be none.
    """
    columns = [_column(heading, layout) for heading in headings]
    certain = [_exact(one.heading) is Meaning.ADDRESS or bool(_mapped(one.heading, layout)) for one in columns]
    if any(certain):
        # `Sähköposti` is the address where `Mihin sähköpostiosoitteeseen?` stands beside it.
        columns = [
            one if is_certain or one.meaning is not Meaning.ADDRESS else replace(one, meaning=Meaning.DROPPED)
            for one, is_certain in zip(columns, certain, strict=True)
        ]
    first: dict[str, int] = {}
    for number, column in enumerate(columns, start=1):
        if column.meaning in _ONE_EACH or column.meaning is Meaning.FACT:
            earlier = first.setdefault(column.becomes, number)
            if earlier != number:
                raise ContentError(
                    f"Columns {earlier} and {number} are both {column.becomes!r}.",
                    hint=f'Say which one counts: --map "{column.heading}=drop" drops the second.',
                    place=place,
                )
    return tuple(columns)


_ONE_EACH = frozenset(Meaning) - {
    Meaning.FACT,
    Meaning.DROPPED,
    # Any of several such columns may hold the word that keeps a person from being mailed.
    *(Meaning.PERMISSION, Meaning.REFUSAL, Meaning.STILL_IN, Meaning.LEFT, Meaning.BOUNCED, Meaning.COMPLAINED),
    *(Meaning.BARRED, Meaning.WHY_LEFT),
}


def refuse_strange_mapping(mapping: Mapping[str, str], headings: Sequence[str]) -> None:
    """Refuse a mapping that a person typed for a heading that the list has not.

    Raises:
        UsageError: As said; the nearest heading is named.
    """
    known = {words_of(heading): one_line(heading) for heading in headings if heading.strip()}
    for heading in mapping:
        if words_of(heading) not in known:
            hint = did_you_mean(heading, list(known.values())) or f"It has: {', '.join(known.values())}"
            raise UsageError(f"The list has no column {heading!r}.", hint=hint)


def _column(heading: str, layout: Layout) -> Column:
    """Give what one column is, by itself."""
    heading = one_line(heading)
    if target := _mapped(heading, layout):
        return _as_mapped(heading, target)
    if meaning := _exact(heading) or _asked_in_words(heading):
        return Column(heading=heading, meaning=meaning)
    name = attribute_name(_bare(heading))
    kept = {attribute_name(one) or words_of(one) for one in (*layout.keep, *layout.asked)}
    if name and (is_known_fact(name) or name in kept):
        return Column(heading=heading, meaning=Meaning.FACT, fact=name)
    if not name and words_of(heading) in kept:
        raise UsageError(
            f"The column {heading!r} has no usable name for a fact.",
            hint=f'Give it one of at most {ATTRIBUTE_NAME_LENGTH_MAX} letters: --map "{heading}=name"',
        )
    return Column(heading=heading, meaning=Meaning.DROPPED)


def _mapped(heading: str, layout: Layout) -> str:
    """Give what a person said that a heading is, or an empty text."""
    words = words_of(heading)
    return next((target for written, target in layout.mapping.items() if words_of(written) == words), "")


def _as_mapped(heading: str, target: str) -> Column:
    """Give the column that a person named.

    Raises:
        UsageError: The name can be none.
    """
    words = words_of(target)
    if words in frozenset(Meaning) - {Meaning.FACT}:
        return Column(heading=heading, meaning=Meaning(words))
    if name := attribute_name(target):
        return Column(heading=heading, meaning=Meaning.FACT, fact=name)
    raise UsageError(
        f"{target!r} is no name of a fact.", hint=f"Write at most {ATTRIBUTE_NAME_LENGTH_MAX} letters, like role."
    )


def _bare(heading: str) -> str:
    """Take the number of a question and a remark in brackets off a heading."""
    return _REMARK.sub("", _NUMBERING.sub("", heading))


def _exact(heading: str) -> Meaning | None:
    """Know a heading by its words."""
    return _KNOWN.get(words_of(heading)) or _KNOWN.get(words_of(_bare(heading)))


def _asked_in_words(heading: str) -> Meaning | None:
    """Know a heading by what it asks."""
    words = words_of(_bare(heading))
    return next((meaning for meaning, pattern in _QUESTIONS if pattern.search(words)), None)
