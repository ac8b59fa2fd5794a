import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.render.compiler.references import css_escaped, referenced, referenced_text, without_controls

SOUND = st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Äänekoski – “näin” 5 €…", "Äänekoski – “näin” 5 €…"),
        ("a & b < c > d", "a &#38; b &#60; c &#62; d"),
        ("\"'\\{}", "&#34;&#39;&#92;&#123;&#125;"),
        ("klo\u00a018 soft\u00adhyphen \u200d e\u0301", "klo&#160;18 soft&#173;hyphen &#8205; e&#769;"),
        ("\uff9e 🎉 →", "&#65438; &#127881; &#8594;"),
        ("a\tb\nc", "a&#9;b&#10;c"),
        ("a\r\nb\rc\x00\x1b\x85d", "a&#10;b&#10;cd"),
    ],
)
def test_what_is_not_plainly_safe_becomes_a_number(text: str, written: str) -> None:
    """Latin letters and common marks stay; markup, blanks, joiners and everything rare is a numeric reference."""
    assert referenced(text) == written


@given(SOUND)
def test_no_character_is_lost(text: str) -> None:
    """What a browser reads is what was written, for every character but controls."""
    assert html.unescape(referenced(text)) == text
    assert html.unescape(referenced_text(text)) == text


@given(st.text())
def test_nothing_can_be_read_as_markup(text: str) -> None:
    """Whatever the text, no reference holds a character that ends an attribute, a tag or a template."""
    assert not set(referenced(text)) & set("<>\"'\\{}\n\t")


def test_text_keeps_its_lines() -> None:
    """Between tags a line feed and a tab are harmless, and the source stays readable."""
    assert referenced_text("a\n\tb\u00a0") == "a\n\tb&#160;"


def test_controls_are_dropped() -> None:
    """Controls and half characters, which no mail can carry, are the only things that are lost."""
    assert without_controls("a\x07b\ud800c\ufffed\x7f") == "abcd"


def test_style_sheet_is_ascii_that_cannot_end_its_element() -> None:
    """Letters beyond ASCII, `<` and `&` are CSS escapes."""
    assert css_escaped(".ä > b { content: '</style>&' }\n") == ".\\e4  > b { content: '\\3c /style>\\26 ' }\n"
