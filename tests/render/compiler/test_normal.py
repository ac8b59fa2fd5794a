from pathlib import Path

import pytest

from newsletter.errors import Place, TemplateError
from newsletter.render.compiler.normal import DEPTH_MAX, MjmlWarning, normalised


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
        ("<mj-text>a<BR>b<Br/>c<WBR></mj-text>", "<mj-text>a<br />b<br />c<wbr /></mj-text>"),
        (
            "<mj-text><img src='https://a/?b=1&c=2&amp;d&copy=3' alt='a&nbsp;b & c > d'></mj-text>",
            '<mj-text><img src="https://a/?b=1&#38;c=2&#38;d&#38;copy=3" alt="a&#160;b &#38; c &#62; d" /></mj-text>',
        ),
        ("<mj-text>&#128;&#x92;&#XE4;&#xe5;</mj-text>", "<mj-text>€’äå</mj-text>"),
        ("<mj-text>a<!-- b -- c --->d</mj-text>", "<mj-text>ad</mj-text>"),
        (
            "<mj-text><!--[if mso]>a -- b<![endif]--></mj-text>",
            "<mj-text><!--[if mso]>a -&#45; b<![endif]--></mj-text>",
        ),
        (
            "<mj-text><!--[if !mso]><!-- --><b>x</b><!--<![endif]--></mj-text>",
            "<mj-text><!--[if !mso]><!--><b>x</b><!--<![endif]--></mj-text>",
        ),
        ("<mj-raw><style>a{scroll-behavior:auto}</style></mj-raw>",) * 2,
        ("<mj-text font-family='a;'>x</mj-text>", '<mj-text font-family="a;">x</mj-text>'),
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
        (body("\n  Terve"), 2, 3, "Text stands directly in mj-column: 'Terve'."),
        (body("\n<mj-include path='x'/>"), 2, 1, "mj-include cannot be used."),
        (
            body("\n<mj-text\n\n><a href='x'\n onclick='y'>z</a></mj-text>"),
            5,
            2,
            "The attribute 'onclick' would be a script.",
        ),
        (body("<mj-text><script>x</script></mj-text>"), 1, 48, "script cannot stand in HTML."),
        (body("<mj-text><SCRIPT>x</SCRIPT></mj-text>"), 1, 48, "script cannot stand in HTML."),
        (body("<mj-text><mj-button>x</mj-button></mj-text>"), 1, 48, "mj-button cannot stand in HTML."),
        (body("<mj-text><a href='java&#9;script:x'>y</a></mj-text>"), 1, 51, "The href of 'a' has an address"),
        (body("<mj-button href='JavaScript:x'>y</mj-button>"), 1, 50, "The href of 'mj-button' has an address"),
        (body("<mj-image src='//a.b/c'/>"), 1, 49, "The src of 'mj-image' has an address"),
        (body("<mj-image src='data:image/png,x'/>"), 1, 49, "The src of 'mj-image' has an address"),
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
        (body("<mj-text>" + "<i>" * 20000 + "</i>" * 20000 + "</mj-text>"), 1, None, "Tags are nested too deeply"),
        (body("<mj-style>a {}</mj-style>"), 1, 39, "mj-style cannot stand in mj-column; it belongs in mj-head."),
        (
            "<mjml><mj-body>\n<mj-style>a {}</mj-style></mj-body></mjml>",
            2,
            1,
            "mj-style cannot stand in mj-body; it belongs in mj-head.",
        ),
        (body("<mj-selector path='a'/>"), 1, 39, "mj-selector cannot be used."),
        (body("<mj-wrapper>x</mj-wrapper>"), 1, 39, "mj-wrapper cannot stand in mj-column; it belongs in mj-body."),
        (body("<mj-column></mj-column>"), 1, 39, "it belongs in mj-group or mj-section."),
        (body("\n<mj-text>x</mj-tex>"), 2, 11, "tag mismatch: mj-text line 2, column 1 and mj-tex."),
        (body("<mj-text><b>x</b><b\n>y</mj-text>"), 2, 3, "tag mismatch: b line 1, column 56 and mj-text."),
        ("<mjml>\n <mj-body>\n\n", 2, 2, "Premature end of data in tag mj-body line 2, column 2."),
        (body("\n<mj-text>a\n &#0; b < c</mj-text>"), 3, 2, "A reference names no character."),
        (body("\n<mj-text>a\n &amp;&nbsp;&#xFFFE;</mj-text>"), 3, 13, "A reference names no character."),
        (body("\n<mj-text>a\n &nbsp; b < c</mj-text>"), 3, 11, "A < begins no tag."),
        (body("<mj-text>a\n &nbsp; ]]> c</mj-text>"), 2, 9, "Sequence ']]>' not allowed in content."),
        (body("\n<mj-text><a href=x>y</a></mj-text>"), 2, 10, "The value of an attribute stands in no quotes."),
        (body("\n<mj-text><td nowrap>y</td></mj-text>"), 2, 10, "The attribute nowrap has no value."),
        (body("\n<mj-text><a @x='1'>y</a></mj-text>"), 2, 10, "A tag holds what is no attribute."),
        (body("\n<mj-text>x <!-- y </mj-text>\n"), 2, 12, "Comment not terminated."),
        (body("\n<mj-text>x <![CDATA[ y\n </mj-text>\n"), 2, 12, "CDATA not terminated."),
        (body("<mj-text>" + "x" * 10**7 + "y</mj-text>"), 1, None, "Text node too long."),
        ("<?php x ?>\n" + body(""), 1, 1, "A processing instruction cannot stand in MJML."),
        (body("") + "\n <?php x ?>", 2, 2, "A processing instruction cannot stand in MJML."),
        (head("<mj-title>a<?php x ?></mj-title>"), 1, 16, "A processing instruction cannot stand in mj-title."),
        ("<mjml><mj-head></mj-head></mjml>", 1, 1, "There is no mj-body."),
        ("<mjml><mj-body></mj-body>\n<mj-body></mj-body></mjml>", 2, 1, "There is a second mj-body."),
        (head("</mj-head>\n<mj-head>"), 2, 1, "There is a second mj-head."),
        (head("<mj-attributes>\n<mj-class color='red'/></mj-attributes>"), 2, 1, "mj-class has no name."),
        (head("<mj-attributes>\n<mj-text>x</mj-text></mj-attributes>"), 2, 1, "mj-text cannot hold anything in"),
        (head("<mj-attributes>\n<mj-raw><b/></mj-raw></mj-attributes>"), 2, 1, "mj-raw cannot hold anything in"),
        (head("</mj-head>\n<mj-raw>x</mj-raw><mj-head>"), 2, 1, "mj-raw cannot stand at the start"),
        (body("<mj-text>\n<iframe src='https://a.b'></iframe></mj-text>"), 2, 1, "iframe cannot stand in HTML."),
        (body("<mj-text>\n<plaintext>x</plaintext></mj-text>"), 2, 1, "plaintext cannot stand in HTML."),
        (body("<mj-text>\n<EMBED src='https://a.b'></mj-text>"), 2, 1, "embed cannot stand in HTML."),
        (head("<mj-raw>\n<base href='https://a.b'></mj-raw>"), 2, 1, "base cannot stand in HTML."),
        (head("<mj-raw>\n<meta http-equiv='Refresh' content='0'></mj-raw>"), 2, 1, "A mail cannot send its reader"),
        (body("<mj-text><button formaction='javascript:x'>x</button></mj-text>"), 1, 56, "The formaction of 'button'"),
        (body("<mj-text><img srcset='a 1x, javascript:x 2x'></mj-text>"), 1, 53, "The srcset of 'img' has an address"),
        (body("<mj-text><b srcdoc='x'>x</b></mj-text>"), 1, 51, "The attribute 'srcdoc' would be a script."),
        (body("<mj-text><b style='width:expression(x)'>x</b></mj-text>"), 1, 51, "The attribute 'style' would be a"),
        (body("<mj-text color='url(javascript:x)'>x</mj-text>"), 1, 48, "The attribute 'color' would be a script."),
        (
            body("<mj-text><svg xmlns:x='http://www.w3.org/1999/xlink'><a x:href='javascript:y'/></svg></mj-text>"),
            1,
            None,
            "The x:href of 'a' has an address",
        ),
        (body("<mj-text font-family='a;color:red'>x</mj-text>"), 1, 48, "The font-family of 'mj-text' holds more than"),
        (body("<mj-text\n color='red}b{'>x</mj-text>"), 2, 2, "The color of 'mj-text' holds more than one style."),
        (head("<mj-style>a{x:expression(y)}</mj-style>"), 1, 16, "The style sheet in mj-style would run a script."),
        (body("<mj-text>a\n<!--[if mso]><b>x</b>--></mj-text>"), 2, 1, "A comment for Outlook is not whole."),
        (
            body("<mj-text><i>a</i>\n<!--[if mso]><script>x</script><![endif]--></mj-text>"),
            2,
            1,
            "A comment for Outlook holds a script.",
        ),
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


@pytest.mark.parametrize(
    ("source", "line", "column", "message"),
    [
        (head("<mj-title>a</mj-title>\n<mj-title>b</mj-title>"), 2, 1, "There is a second mj-title, so the first is"),
        (head("<mj-preview>a</mj-preview>\n<mj-preview/>"), 2, 1, "There is a second mj-preview, so the first is"),
        (head("<mj-title>a\n<b>c</b></mj-title>"), 2, 1, "mj-title takes text alone, so the tag b is ignored."),
        (head("<mj-title\n lang='fi'>a</mj-title>"), 2, 2, "mj-title has no attribute 'lang', so it is ignored."),
        (head("<mj-style>a<b>c</b></mj-style>"), 1, 27, "mj-style takes text alone, so the tag b is ignored."),
        (head("<mj-style inline='true'>a{}</mj-style>"), 1, 26, "mj-style is inlined by inline='inline', not 'true'."),
        (head("<mj-style>@import 'x';</mj-style>"), 1, 16, "mj-style fetches a style sheet from another server"),
        (head("<mj-raw><style>@IMPORT 'x';</style></mj-raw>"), 1, 24, "style fetches a style sheet from another"),
        (head("<mj-attributes><mj-all colour='x'/></mj-attributes>"), 1, 39, "No tag has an attribute 'colour'"),
        (body("<mj-text\n mj-class='x'>a</mj-text>"), 2, 2, "There is no mj-class 'x', so it is ignored."),
        (body("<mj-image alt='x'/>"), 1, 39, "mj-image has no src, so it shows nothing."),
        (body("<mj-text>\n<FORM><input name='x'></FORM></mj-text>"), 2, 1, "Most mail programs leave form out."),
        (body("<mj-text\n\n colour='x'>a</mj-text>"), 3, 2, "mj-text has no attribute 'colour'"),
        (body("<mj-text css-class=' colour=1' colour='x'>a</mj-text>"), 1, 70, "mj-text has no attribute 'colour'"),
    ],
)
def test_what_would_be_ignored_is_a_warning_with_its_place(source: str, line: int, column: int, message: str) -> None:
    """The letter is made, and nothing that was written into it disappears without a word."""
    warning = normalised(source, template_name="t").warnings[0]

    assert message in warning.message
    assert (warning.line, warning.column) == (line, column)


def test_classes_and_defaults_that_mean_something_are_no_matter() -> None:
    """A class that is defined, and a default that some tag takes, are not complained of."""
    source = (
        "<mjml><mj-head><mj-attributes><mj-class name='x' inner-padding='1px'/><mj-all color='red' align='left'/>"
        "</mj-attributes></mj-head><mj-body><mj-section><mj-column><mj-text mj-class='x'>a</mj-text></mj-column>"
        "</mj-section></mj-body></mjml>"
    )

    assert normalised(source, template_name="t").warnings == ()


def test_address_of_a_background_cannot_end_its_style() -> None:
    """The compiler writes it into url('...'), where a quote, a bracket or a line end would begin other styles."""
    source = (
        '<mjml><mj-body><mj-section background-url="https://a.b/c\');x:(d &quot;&#10;\\e.png"></mj-section>'
        "</mj-body></mjml>"
    )

    assert '"https://a.b/c%27%29;x:%28d%20%22%0A%5Ce.png"' in normalised(source, template_name="t").mjml.replace(
        "&#59;", ";"
    )


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
