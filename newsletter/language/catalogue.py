"""Every sentence a reader, an editor or a visitor sees that is not content, in his or her language.

The door is `translate`. The English sentence is the key: it stands in code and templates as it will be read, and
`locales/<language>.po` holds its wording in each language. The files are read by Babel at first use and kept; there is
no compiled catalogue that could lag behind its source. Must not know who asks: mails, findings and pages are alike.
"""

import re
from dataclasses import dataclass
from functools import cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path
from typing import NewType

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from newsletter.errors import UsageError

MessageId = NewType("MessageId", str)
"""An English sentence as the key to its wordings. A test looks for `MessageId("...")` to hold the files complete."""

FALLBACK_LANGUAGE = "en"
LOCALES = Path(__file__).parent / "locales"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sentences:
    """One language, ready to be asked.

    Attributes:
        translations: From singular English to the language, with its plural rule and the fallback behind it.
        plurals: English singular to English plural, for the entries that have one.
    """

    translations: GNUTranslations
    plurals: dict[str, str]


@cache
def catalogue_languages() -> tuple[str, ...]:
    """Give the languages that have a catalogue, in alphabetical order."""
    return tuple(sorted(path.stem for path in LOCALES.glob("*.po")))


def read_catalogue(language: str) -> Catalog:
    """Read a language's .po file, with everything in it: fuzzy entries and comments too."""
    with (LOCALES / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def translate(language: str, message_id: str, /, **facts: str | int) -> str:
    """Say a sentence in a language, with its placeholders filled.

    Where the sentence has a plural, the fact `count` chooses the form. A language without a catalogue is spoken to in
    English, and so is a sentence that a catalogue lacks (a test keeps that from happening to our own). A fact is never
    read as a sentence: braces in it stay as they are.

    Args:
        language: As `fi`.
        message_id: The English sentence, with `{named}` placeholders.
        facts: What stands in for the placeholders; further ones are ignored.

    Raises:
        UsageError: A placeholder has no fact.
    """
    if not message_id:
        return ""
    known = language if language in catalogue_languages() else FALLBACK_LANGUAGE
    sentences = _sentences(known)
    plural = sentences.plurals.get(message_id)
    if plural is None:
        wording = sentences.translations.gettext(message_id)
    else:
        wording = sentences.translations.ngettext(message_id, plural, int(_fact("count", message_id, facts)))
    return _PLACEHOLDER.sub(lambda match: str(_fact(match[1], message_id, facts)), wording)


def placeholders(wording: str) -> frozenset[str]:
    """Give the names of the placeholders in a sentence."""
    return frozenset(_PLACEHOLDER.findall(wording))


def _fact(name: str, message_id: str, facts: dict[str, str | int]) -> str | int:
    """Give a fact, or say which one the sentence lacks."""
    if name not in facts:
        raise UsageError(f"The sentence {message_id!r} needs the fact {name!r}.")
    return facts[name]


@cache
def _sentences(language: str) -> _Sentences:
    """Read a language once, and put English behind it."""
    catalogue = read_catalogue(language)
    # The standard library's reader evaluates the plural rule of the file; Babel's catalogue alone does not.
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    translations = GNUTranslations(compiled)
    plurals = {message.id[0]: message.id[1] for message in catalogue if isinstance(message.id, tuple)}
    if language != FALLBACK_LANGUAGE:
        english = _sentences(FALLBACK_LANGUAGE)
        translations.add_fallback(english.translations)
        plurals = english.plurals | plurals
    return _Sentences(translations=translations, plurals=plurals)
