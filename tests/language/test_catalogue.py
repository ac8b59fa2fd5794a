import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from jinja2 import Environment
from jinja2.ext import extract_from_ast

from newsletter.errors import UsageError
from newsletter.language.catalogue import (
    LOCALES,
    _sentences,
    catalogue_languages,
    translate,
)

ROOT = Path(__file__).parents[2]
LANGUAGES = ("en", "fi", "sv")
SPEAKERS = ("translate", "MessageId", "t", "_")
"""What functions that take an English sentence are called, in Python and in templates."""


def placeholders(wording: str) -> frozenset[str]:
    """Give the names that stand in a sentence for facts."""
    return frozenset(re.findall(r"\{(\w+)\}", wording))


@cache
def read_catalogue(language: str) -> Catalog:
    """Read a language's file as translators' programs do, with everything in it: fuzzy entries and comments too."""
    with (LOCALES / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def entries(language: str) -> list[Message]:
    """Give a catalogue's entries without its header."""
    return [message for message in read_catalogue(language) if message.id]


def forms(words: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """Give singular and plural, or the one form there is."""
    return (words,) if isinstance(words, str) else tuple(words or ())


def sentences_in_python(source: str) -> Iterator[str]:
    """Give the English sentences that a module hands to a speaker, literally."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            called = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            if called in SPEAKERS[:2]:
                position = 1 if called == "translate" else 0
                for argument in node.args[position : position + 1]:
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                        yield argument.value


def sentences_in_template(source: str) -> Iterator[str]:
    """Give the English sentences that a template hands to a speaker, literally."""
    for _, _, found in extract_from_ast(Environment(autoescape=True).parse(source), SPEAKERS):
        said = (found,) if isinstance(found, str) else found or ()
        yield from (sentence for sentence in said if sentence is not None)


@cache
def sentences_used() -> set[str]:
    """Give every English sentence that stands in code or templates."""
    modules = (path for path in (ROOT / "newsletter").rglob("*.py"))
    templates = (path for path in (ROOT / "templates").rglob("*.j2"))
    found = {sentence for path in modules for sentence in sentences_in_python(path.read_text("utf-8"))}
    return found | {sentence for path in templates for sentence in sentences_in_template(path.read_text("utf-8"))}


def test_the_search_finds_sentences_in_code_and_templates() -> None:
    """The search that the completeness rests on sees both kinds of speaker, and only what they say."""
    module = (
        'translate("fi", "Said.", name="x"); MessageId("Kept for " "later."); catalogue.translate(a, b); print("No.")'
    )
    template = '{{ t("Shown.") }}{% if _("Asked?", name=t("Inside.")) %}{{ other("No.") }}{% endif %}'

    found = (set(sentences_in_python(module)), set(sentences_in_template(template)))

    assert found == ({"Said.", "Kept for later."}, {"Shown.", "Asked?", "Inside."})


def test_there_is_a_catalogue_for_each_language_of_the_house() -> None:
    """Finnish, Swedish and English each have a file."""
    assert catalogue_languages() == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_lacks_no_entry(language: str) -> None:
    """Every sentence of any catalogue, and of code and templates, stands in every catalogue."""
    everywhere = {forms(message.id)[0] for other in LANGUAGES for message in entries(other)} | sentences_used()

    assert everywhere - {forms(message.id)[0] for message in entries(language)} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_is_read_as_translators_programs_read_it(language: str) -> None:
    """Our reader finds every entry and form that Babel finds, to the letter."""
    assert _sentences(language) == {forms(one.id)[0]: forms(one.string) for one in entries(language)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_is_singular_and_all_else_plural(language: str) -> None:
    """A language with another rule would need another reader."""
    catalogue = read_catalogue(language)

    assert (catalogue.num_plurals, catalogue.plural_expr) == (2, "(n != 1)")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_is_finished(language: str) -> None:
    """No entry is fuzzy and no form of it is empty."""
    unfinished = [
        message.id for message in entries(language) if message.fuzzy or not all(forms(message.string) or [""])
    ]

    assert unfinished == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_wording_keeps_the_placeholders_of_its_sentence(language: str) -> None:
    """Each form names the same placeholders as the English one; only `count` may be left unsaid in a form."""
    broken = [
        form
        for message in entries(language)
        for form in forms(message.string)
        if placeholders(form) | {"count"} != frozenset().union(*map(placeholders, forms(message.id))) | {"count"}
    ]

    assert broken == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_with_a_plural_has_both_forms(language: str) -> None:
    """Where English has two forms, so has the language."""
    halves = [message.id for message in entries(language) if len(forms(message.id)) != len(forms(message.string))]

    assert halves == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_stands_in_a_catalogue_once(language: str) -> None:
    """Two people who add the same sentence notice it: Babel itself would keep the last one silently."""
    written = re.findall(r'^msgid (.*(?:\n".*")*)', (LOCALES / f"{language}.po").read_text("utf-8"), re.MULTILINE)

    assert [sentence for sentence, times in Counter(written).items() if times > 1] == []


def test_english_says_what_the_key_says() -> None:
    """The English catalogue repeats its keys, so that code and templates show what will be read."""
    assert [message.id for message in entries("en") if forms(message.id) != forms(message.string)] == []


@pytest.mark.parametrize(
    ("language", "facts", "expected"),
    [
        ("fi", {"count": 1}, "1 kuva on ilman leveyttä."),
        ("fi", {"count": 0}, "0 kuvaa on ilman leveyttä."),
        ("sv", {"count": 2}, "2 bilder saknar bredd."),
        ("en", {"count": "2"}, "2 images have no width."),
        ("de", {"count": 1}, "1 image has no width."),
        ("../fi", {"count": 1}, "1 image has no width."),
    ],
)
def test_count_chooses_the_form(language: str, facts: dict[str, str | int], expected: str) -> None:
    """A sentence with a plural is said by its count, and an unknown language is spoken to in English."""
    assert translate(language, "{count} image has no width.", **facts) == expected


def test_a_sentence_that_no_catalogue_has_is_said_as_it_is() -> None:
    """An organisation's own template may use a sentence we never heard of."""
    assert translate("fi", "Only here: {what}.", what="this") == "Only here: this."


def test_an_empty_sentence_says_nothing() -> None:
    """The empty key is the header of a .po file, and must not reach a reader."""
    assert translate("fi", "") == ""


def test_a_fact_is_no_sentence() -> None:
    """Braces in a fact are not filled again."""
    assert translate("fi", "Only {first} and {second}.", first="{second}", second="b") == "Only {second} and b."


def test_a_missing_fact_is_named() -> None:
    """A sentence that lacks a fact is an error of the caller, and says which."""
    with pytest.raises(UsageError) as caught:
        translate("fi", "Only {first} and {second}.", first="a")

    assert caught.value.message == "The sentence 'Only {first} and {second}.' needs the fact 'second'."
