from pathlib import Path

import pytest

from newsletter.errors import Place, TemplateError
from newsletter.render.normal import DEPTH_MAX, MjmlWarning, normalised


def body(content: str) -> str:
    """Put content into a column, on line 1."""
    return f"<mjml><mj-body><mj-section><mj-column>{content}</mj-column></mj-section></mj-body></mjml>"


def head(content: str) -> str:
    """Put content into the head."""
    return f"<mjml><mj-head>{content}</mj-head><mj-body></mj-body></mjml>"


def written(content: str) -> str:
    """Give what becomes of a column's content."""
    mjml = normalised(body(content), template_name="t.mjml.j2").mjml
    return mjml.removeprefix("<mjml><mj-body><mj-section><mj-column>").removesuffix(
        "</mj-column></mj-section></mj-body></mjml>"
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("<mj-text>&nbsp;&auml;&amp;&lt;</mj-text>", "<mj-text>&#160;ä&#38;&#60;</mj-text>"),
        ("<mj-text>a & b &unknown; &c</mj-text>", "<mj-text>a &#38; b &#38;unknown; &#38;c</mj-text>"),
        ("<mj-text>ä > b</mj-text>", "<mj-text>ä &#62; b</mj-text>"),
        ("<mj-text><b>a</b>\n<i>b</i></mj-text>", "<mj-text><b>a</b> <i>b</i></mj-text>"),
        ("<mj-text>a\n<b>c</b></mj-text>", "<mj-text>a\n<b>c</b></mj-text>"),
        ("<mj-text>a<br>b<br/>c<hr class='x'></mj-text>", '<mj-text>a<br />b<br />c<hr class="x" /></mj-text>'),
        ("<mj-text><p></p></mj-text>", "<mj-text><p></p></mj-text>"),
        ("<mj-text><a title='&quot; \\'>x</a></mj-text>", '<mj-text><a title="&#34; &#92;">x</a></mj-text>'),
        ("<mj-text><i style='a:b;\n c:d'>x</i></mj-text>", '<mj-text><i style="a:b;  c:d">x</i></mj-text>'),
        ("<mj-text><i title='a&#10;b'>x</i></mj-text>", '<mj-text><i title="a&#10;b">x</i></mj-text>'),
        (
            "<mj-text><!-- TODO --><!--[if mso]><b>ä</b><![endif]--></mj-text>",
            "<mj-text><!--[if mso]><b>&#228;</b><![endif]--></mj-text>",
        ),
        ("<mj-text padding='0 40px 0.5px 10px'>x</mj-text>", '<mj-text padding="0px 40px 0.5px 10px">x</mj-text>'),
        ("<mj-text mj-class='a b'>x</mj-text>", '<mj-text mj-class="b a">x</mj-text>'),
        ("<mj-image src='https://a/b.png'/>", '<mj-image src="https://a/b.png" alt=""></mj-image>'),
        ("<mj-text><img src='cid:a' alt='Kuva'></mj-text>", '<mj-text><img src="cid:a" alt="Kuva" /></mj-text>'),
        ("<mj-raw><style>.ä>b{}</style></mj-raw>", "<mj-raw><style>.\\e4 >b{}</style></mj-raw>"),
        ("<mj-text><![CDATA[a < b]]></mj-text>", "<mj-text>a &#60; b</mj-text>"),
        (
            "<mj-text><b xml:lang='fi' xmlns:o='urn:o' o:x='1'>a</b></mj-text>",
            '<mj-text><b xml:lang="fi" o:x="1">a</b></mj-text>',
        ),
    ],
)
def test_each_trap_of_the_compiler_is_cured(content: str, expected: str) -> None:
    """What the compiler gets wrong is written so that it gets it right, and nothing else changes."""
    assert written(content) == expected


def test_head_is_written_as_the_compiler_needs_it() -> None:
    """Titles are text, style sheets ASCII, defaults carry no alt, and inline styles are kept for the inliner."""
    normal = normalised(
        head(
            "<!-- x --><mj-title>A &amp;\n B</mj-title><mj-preview>P</mj-preview><mj-style>.a &gt; b{}</mj-style>"
            "<mj-style inline='inline'>.c{}</mj-style><mj-attributes><mj-image padding='0'/></mj-attributes>"
        ),
        template_name="t.mjml.j2",
    )

    assert normal.mjml == (
        "<mjml><mj-head><mj-title>A &#38; B</mj-title><mj-preview>P</mj-preview><mj-style>.a > b{}</mj-style>"
        '<mj-attributes><mj-image padding="0px"></mj-image></mj-attributes></mj-head><mj-body></mj-body></mjml>'
    )
    assert normal.inline_css == ".c{}"


def test_declaration_and_byte_order_mark_are_left_out() -> None:
    """What an editor program puts before the first tag does no harm, and lines keep their numbers."""
    assert normalised("\ufeff<?xml version='1.0'\n?>" + body(""), template_name="t").mjml == body("")


@pytest.mark.parametrize(
    ("source", "line", "column", "message"),
    [
        (body("\n<mj-text>\n &nbsp;<b>x</mj-text>"), 3, 12, "Opening and ending tag mismatch"),
        (body("\n <mj-tetx>x</mj-tetx>"), 2, 2, "There is no tag 'mj-tetx' in MJML."),
        (body("\n<div>x</div>"), 2, 1, "There is no tag 'div' in MJML."),
        (body("\n  Terve"), 1, 28, "Text stands directly in mj-column: 'Terve'."),
        (body("\n<mj-include path='x'/>"), 2, 1, "mj-include cannot be used."),
        (
            body("\n<mj-text\n\n><a href='x'\n onclick='y'>z</a></mj-text>"),
            4,
            2,
            "The attribute 'onclick' would be a script.",
        ),
        (body("<mj-text><script>x</script></mj-text>"), 1, 48, "script cannot stand in HTML."),
        (body("<mj-text><SCRIPT>x</SCRIPT></mj-text>"), 1, 48, "script cannot stand in HTML."),
        (body("<mj-text><mj-button>x</mj-button></mj-text>"), 1, 48, "mj-button cannot stand in HTML."),
        (body("<mj-text><a href='java&#9;script:x'>y</a></mj-text>"), 1, 48, "The href of 'a' has an address"),
        (body("<mj-button href='JavaScript:x'>y</mj-button>"), 1, 39, "The href of 'mj-button' has an address"),
        (body("<mj-image src='//a.b/c'/>"), 1, 39, "The src of 'mj-image' has an address"),
        (body("<mj-image src='data:image/png,x'/>"), 1, 39, "The src of 'mj-image' has an address"),
        (body("<mj-raw position='file-start'>x</mj-raw>"), 1, 39, "mj-raw cannot stand at the start"),
        (body("<?php x ?>"), 1, None, "A processing instruction cannot stand in MJML."),
        (body("<mj-text><?php x ?></mj-text>"), 1, 39, "A processing instruction cannot stand in HTML."),
        (
            head("<mj-attributes><mj-class name='a'><mj-text/></mj-class></mj-attributes>"),
            1,
            31,
            "mj-class cannot hold",
        ),
        ("<html></html>", 1, 1, "The outermost tag is 'html'."),
        ("", 1, 1, "The MJML is not well-formed"),
        ('\n<!DOCTYPE x [<!ENTITY a "b">]>' + body("&a;"), 2, 1, "A document type declaration cannot stand"),
        (body("<mj-text>" + "<i>" * 200 + "</i>" * 200 + "</mj-text>"), 1, None, f"more than {DEPTH_MAX} deep"),
        (body("<mj-text>" + "<i>" * 20000 + "</i>" * 20000 + "</mj-text>"), 1, None, "Excessive depth"),
        (body("<mj-wrapper>x</mj-wrapper>"), 1, 39, "mj-wrapper cannot stand in mj-column; it belongs in mj-body."),
        (body("<mj-column></mj-column>"), 1, 39, "it belongs in mj-group or mj-section."),
        (head("<mj-attributes>" * 200 + "</mj-attributes>" * 200), 1, None, f"more than {DEPTH_MAX} deep"),
    ],
)
def test_what_cannot_be_written_is_refused_with_its_place(
    source: str, line: int, column: int | None, message: str
) -> None:
    """Whatever a mail must not have, or the compiler not see, is an error with template, line and column."""
    with pytest.raises(TemplateError, match=message.replace(".", r"\.")) as caught:
        normalised(source, template_name="t.mjml.j2")

    assert caught.value.place is not None
    assert caught.value.hint
    assert (caught.value.place.path, caught.value.place.line) == (Path("t.mjml.j2"), line)
    if column is not None:
        assert caught.value.place == Place(path=Path("t.mjml.j2"), line=line, column=column)


def test_misspelt_tag_has_a_suggestion() -> None:
    """The hint names the tag that was probably meant."""
    with pytest.raises(TemplateError) as caught:
        normalised(body("<mj-tetx>x</mj-tetx>"), template_name="t")

    assert caught.value.hint == "Did you mean mj-text?"


def test_what_would_go_wrong_silently_is_a_warning_with_its_place() -> None:
    """A font from elsewhere and an icon that is not there are told, and the letter is made all the same."""
    source = (
        "<mjml><mj-head>\n<mj-font name='X' href='https://example.org/x.css'/></mj-head><mj-body><mj-section><mj-column>\n"
        " <mj-social><mj-social-element href='https://example.org'>x</mj-social-element></mj-social>"
        "</mj-column></mj-section></mj-body></mjml>"
    )

    assert normalised(source, template_name="t").warnings == (
        MjmlWarning(message="mj-font fetches a font from another server.", line=2, column=1, template_name="t"),
        MjmlWarning(message="mj-social-element has no src, so it has no icon.", line=3, column=13, template_name="t"),
    )
