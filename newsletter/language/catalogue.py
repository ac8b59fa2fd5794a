"""Every sentence a reader, an editor or a visitor sees that is not content, in his or her language.

The door is `translate`. The English sentence is the key: it stands in code and templates as it will be read, and
`locales/<language>.po` holds its wording in each language. The files are read at first use and kept; there is no
compiled catalogue that could lag behind its source. They are read here and not by a package: each command that says a
sentence would pay for it with a tenth of its time.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NewType

from newsletter.errors import UsageError

MessageId = NewType("MessageId", str)
"""An English sentence as the key to its wordings. A test looks for `MessageId("...")` to hold the files complete."""

FALLBACK_LANGUAGE = "en"
LOCALES = Path(__file__).parent / "locales"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


_QUOTED = r'"[^"\\]*(?:\\.[^"\\]*)*"'
_ENTRY = re.compile(
    rf"^msgid ({_QUOTED}(?:\n{_QUOTED})*)\n(?:msgid_plural {_QUOTED}(?:\n{_QUOTED})*\n)?"
    rf"((?:msgstr(?:\[\d\])? {_QUOTED}(?:\n{_QUOTED})*(?:\n|\Z))+)",
    re.MULTILINE,
)
_FORM = re.compile(rf"msgstr(?:\[\d\])? ({_QUOTED}(?:\n{_QUOTED})*)")
_ESCAPED = re.compile(r"\\(.)")


@cache
def catalogue_languages() -> tuple[str, ...]:
    """Give the languages that have a catalogue, in alphabetical order."""
    return tuple(sorted(path.stem for path in LOCALES.glob("*.po")))


def translate(language: str, message_id: str, /, **facts: str | int) -> str:
    """Say a sentence in a language, with its placeholders filled.

    Where the sentence has a plural, the fact `count` chooses the form: one or not one, which "?" is too. A language
    without a catalogue is spoken to in English, and so is a sentence that a catalogue lacks (a test keeps that from
    happening to our own). A fact is never read as a sentence: braces in it stay as they are.

    `message_id` is the English sentence with `{named}` placeholders; further facts are ignored.

    Raises:
        UsageError: A placeholder has no fact.
    """
    if not message_id:
        return ""
    known = language if language in catalogue_languages() else FALLBACK_LANGUAGE
    forms = _sentences(known).get(message_id) or _sentences(FALLBACK_LANGUAGE).get(message_id) or (message_id,)
    # Finnish, Swedish and English agree on it, and a test holds the files to that.
    wording = forms[0] if len(forms) == 1 or str(_fact("count", message_id, facts)) == "1" else forms[1]
    return _PLACEHOLDER.sub(lambda match: str(_fact(match[1], message_id, facts)), wording)


def _fact(name: str, message_id: str, facts: dict[str, str | int]) -> str | int:
    """Give a fact, or say which one the sentence lacks."""
    if name not in facts:
        raise UsageError(f"The sentence {message_id!r} needs the fact {name!r}.")
    return facts[name]


@cache
def _sentences(language: str) -> Mapping[str, tuple[str, ...]]:
    """Read a language: English sentences with their wording, one form or two; without what has none yet."""
    text = (LOCALES / f"{language}.po").read_text("utf-8")
    found = {_said(entry[1]): tuple(_said(form) for form in _FORM.findall(entry[2])) for entry in _ENTRY.finditer(text)}
    return {sentence: forms for sentence, forms in found.items() if sentence and all(forms)}


def _said(quoted: str) -> str:
    text = "".join(line[1:-1] for line in quoted.split("\n"))
    return _ESCAPED.sub(lambda match: "\n" if match[1] == "n" else match[1], text)
