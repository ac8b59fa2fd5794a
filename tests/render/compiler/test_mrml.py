import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import TemplateError
from newsletter.render.compiler import mrml as compiler
from newsletter.render.compiler.mrml import CompiledMjml, compile_here
from newsletter.render.compiler.references import referenced

DOCUMENT = (
    '<mjml lang="fi"><mj-head><mj-title>{title}</mj-title>{head}</mj-head><mj-body><mj-section><mj-column>'
    "{content}</mj-column></mj-section></mj-body></mjml>"
)


class _Reader(HTMLParser):
    """Notes the attributes of one tag and the text inside it, as a browser reads them."""

    def __init__(self, tag: str) -> None:
        super().__init__()
        self.tag = tag
        self.attributes: list[dict[str, str | None]] = []
        self.text = ""
        self._is_inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag."""
        if tag == self.tag:
            self.attributes.append(dict(attrs))
            self._is_inside = True

    def handle_endtag(self, tag: str) -> None:
        """Leave the tag."""
        self._is_inside = self._is_inside and tag != self.tag

    def handle_data(self, data: str) -> None:
        """Note the text."""
        if self._is_inside:
            self.text += data


def compiled(content: str, *, head: str = "", title: str = "Otsikko") -> str:
    """Compile a column's content."""
    return compile_here(DOCUMENT.format(content=content, head=head, title=title), template_name="t.mjml.j2").html


def read(html: str, tag: str) -> _Reader:
    """Read one kind of tag."""
    reader = _Reader(tag)
    reader.feed(html)
    reader.close()
    return reader


NONCHARACTERS = [
    *(chr(code) for code in range(0xFDD0, 0xFDF0)),
    *(chr(plane + end) for plane in range(0, 0x110000, 0x10000) for end in (0xFFFE, 0xFFFF)),
]
TRAPS = [
    "klo\u00a018",
    "soft\u00adhyphen",
    "👩\u200d💻",
    "a\u0301",
    "rivi\nvaihto",
    '" onmouseover="x',
    "\\u{a0}",
    "ä > b",
    "“Q” > x",
    "{{ 7 }}",
]


@pytest.mark.parametrize("value", TRAPS)
def test_value_in_an_attribute_is_what_a_browser_reads(value: str) -> None:
    """What the compiler's debug format would spoil comes out as it went in, and adds no attribute."""
    html = compiled(f'<mj-text><abbr title="{referenced(value)}">x</abbr></mj-text>')

    assert read(html, "abbr").attributes == [{"title": value}]


@pytest.mark.parametrize("value", TRAPS)
def test_value_in_text_and_title_is_what_a_browser_reads(value: str) -> None:
    """The same holds between tags, in the document's title and in the label the compiler makes of it."""
    html = compiled(f"<mj-text><abbr>{referenced(value)}</abbr></mj-text>", title=referenced(value))

    assert read(html, "abbr").text == value
    assert read(html, "title").text == re.sub(r"[ \n]+", " ", value)
    assert read(html, "div").attributes[0]["aria-label"] == re.sub(r"[ \n]+", " ", value)


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters=NONCHARACTERS), max_size=40))
def test_any_value_survives_the_compiler(value: str) -> None:
    """Any text, in an attribute and between tags, comes out whole and without a tag or attribute of its own."""
    html = compiled(f'<mj-text><abbr title="{referenced(value)}">[{referenced(value)}]</abbr></mj-text>')

    reader = read(html, "abbr")
    assert (reader.attributes, reader.text) == ([{"title": value}], f"[{value}]")


def test_nothing_is_fetched_that_was_not_chosen() -> None:
    """No web font and no icon from the compiler's makers is linked; comments of authors do not reach readers."""
    html = compiled(
        '<mj-text>x</mj-text><!-- TODO: korjaa --><mj-social><mj-social-element name="facebook" '
        'href="https://www.example.org">Facebook</mj-social-element></mj-social>'
    )

    assert "googleapis" not in html
    assert "mailjet" not in html
    assert "TODO" not in html


def test_style_meant_for_the_elements_is_written_onto_them() -> None:
    """`mj-style inline="inline"` is inlined, and other style sheets stay where they are."""
    html = compiled(
        '<mj-text><i class="x">ä</i></mj-text>',
        head='<mj-style inline="inline">.x { color: #123456 }</mj-style><mj-style>.ö > b { color: #abcdef }</mj-style>',
    )

    assert 'style="color: #123456;"' in html
    assert ".\\f6  > b { color: #abcdef }" in html
    assert html.count("<!--[if") == html.count("<![endif]-->")


def test_language_and_title_reach_the_document() -> None:
    """The result is a whole document in its language."""
    html = compiled("<mj-text>x</mj-text>")

    assert html.startswith('<!doctype html><html lang="fi"')
    assert read(html, "title").text == "Otsikko"


def test_what_the_compiler_cannot_read_is_a_template_error() -> None:
    """A mistake that only the compiler finds is told as one, with the template's name."""
    with pytest.raises(TemplateError, match=r"t\.mjml\.j2:1:1: The MJML compiler cannot read this template"):
        compiler._compiled("<mjml><mj-body>", "t.mjml.j2")


def test_same_source_gives_the_same_bytes() -> None:
    """Compiling again changes nothing."""
    source = DOCUMENT.format(content="<mj-text>Hei</mj-text>", head="", title="T")

    assert compile_here(source, template_name="a") == compile_here(source, template_name="a")
    assert isinstance(compile_here(source, template_name="a"), CompiledMjml)
