import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from newsletter.render.templates.markup import markdown_html, markdown_text, source_html, wrapped


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("<p>a <b>b</b><br>c</p>", "<p>a <b>b</b><br />c</p>"),
        ("a<script>x</script><style>y</style>b", "ab"),
        ('<p class="x" style="y" onclick="z">a</p>', "<p>a</p>"),
        ('<img src="https://example.org/a.png">a', "a"),
        ('<a href="https://example.org/?a=1&amp;b=2">a</a>', '<a href="https://example.org/?a=1&#38;b=2">a</a>'),
        ('<a href="java&#9;script:x">a</a><a href="//example.org">b</a><a href="/c">c</a>', "<a>a</a><a>b</a><a>c</a>"),
        (
            '<a href="mailto:a@example.org" title="&quot;&lt;">a</a>',
            '<a href="mailto:a@example.org" title="&#34;&#60;">a</a>',
        ),
        ("{{ 7 }} ä > b&nbsp;c\u00ad", "&#123;&#123; 7 &#125;&#125; ä &#62; b&#160;c&#173;"),
        ("</mj-text><mj-raw><script>x</script>", ""),
        ("a\x00\x08b", "ab"),
        ("", ""),
    ],
)
def test_html_of_a_source_is_reduced_to_a_short_list(text: str, written: str) -> None:
    """Text, emphasis, lists and safe links stay; all else goes, and every rare character is a reference."""
    assert source_html(text) == written


@pytest.mark.parametrize("text", ["<div>" * 50_000 + "syvä", "<b>" * 60 + "syvä & <i>kursiivi"])
def test_deep_nesting_is_flattened_at_once(text: str) -> None:
    """What nobody writes by hand loses its tags, keeps its words, and takes no time."""
    assert re.sub(r"\s+", " ", source_html(text)).strip() in {"syvä", "syvä &#38; kursiivi"}


@given(st.text(st.sampled_from("<>/ab =\"'&;p{}\\\u00a0ä\n-!"), max_size=60))
def test_anything_becomes_well_formed_and_stays_so(text: str) -> None:
    """The result is always XML, and cleaning it again changes nothing."""
    cleaned = source_html(text)

    etree.fromstring(f"<div>{cleaned}</div>")
    assert source_html(cleaned) == cleaned


@given(st.text(st.characters(exclude_categories=["Cc", "Cn", "Cs"], exclude_characters="<>&")))
def test_no_word_is_lost(text: str) -> None:
    """Text without markup is read as it was written."""
    assert html.unescape(source_html(text)) == text


def test_markdown_becomes_the_same_html() -> None:
    """Headings of a text stand below the title of the item; HTML in Markdown is shown, not obeyed."""
    text = "# Otsikko\n\n*Hei* [linkki](https://example.org/)\n\n- yksi\n\n<b>x</b> ![kuva](javascript:x)"

    assert markdown_html(text) == (
        '<h4>Otsikko</h4>\n<p><em>Hei</em> <a href="https://example.org/">linkki</a></p>\n<ul>\n<li>yksi</li>\n</ul>\n'
        "<p>&#60;b&#62;x&#60;/b&#62; ![kuva](javascript:x)</p>\n"
    )


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("3. marraskuuta", '<ol start="3">\n<li>marraskuuta</li>\n</ol>\n'),
        ("3. a\n15. b\n16. c", '<ol start="3">\n<li>a</li>\n<li value="15">b</li>\n<li value="16">c</li>\n</ol>\n'),
        ("1. a\n1. b", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>\n"),
        ("[x](www.example.org/a) <ftp:y>", "<p>x (www.example.org/a) ftp:y</p>\n"),
        ("[*x*](/a) [y](//example.org)", "<p><em>x</em> (/a) y (//example.org)</p>\n"),
        ("![kuva *a*](https://example.org/k.png)", "<p>kuva <em>a</em></p>\n"),
        ("a\n\n---\n\n    b\n    c", "<p>a</p>\n<hr />\n<p>b<br />c</p>\n"),
    ],
)
def test_no_word_and_no_number_of_markdown_is_lost(text: str, written: str) -> None:
    """Numbers of lists are those that were written, and what cannot be a link or a picture stands in words."""
    assert markdown_html(text) == written


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("# Otsikko\n\nHei *vaan*.\nJatkuu.", "Otsikko\n\nHei vaan. Jatkuu."),
        ("a  \nb", "a\nb"),
        ("- yksi\n- kaksi\n\n3. kolme\n4. neljä", "- yksi\n- kaksi\n\n3. kolme\n4. neljä"),
        ("3. marraskuuta\n15. marraskuuta\n16. marraskuuta",) * 2,
        ("1. yksi\n1. kaksi", "1. yksi\n2. kaksi"),
        ("Katso [ohje](www.example.org/ä) nyt.", "Katso ohje (www.example.org/ä) nyt."),
        ("<ftp:x> [ohje](ftp://example.org/a)", "ftp:x ohje (ftp://example.org/a)"),
        ('[ohje](https://example.org/a "Ohjeet")', "ohje (Ohjeet)\nhttps://example.org/a"),
        ("[![kuva](/k.png)](https://example.org/a)", "kuva\nhttps://example.org/a"),
        ("- yksi\n  - sisempi", "- yksi\n  - sisempi"),
        ("> sana\n>\n> toinen", "> sana\n> \n> toinen"),
        (
            "Katso [ohje](https://example.org/a) ja [lomake](https://example.org/b).",
            "Katso ohje ja lomake.\nhttps://example.org/a\nhttps://example.org/b",
        ),
        ("Osoite on <https://example.org/c> eli tuo.", "Osoite on\nhttps://example.org/c\neli tuo."),
        ("```\nkoodi  x\n```\n\n---\n\n`y`", "koodi  x\n\n* * *\n\ny"),
        ("![kuva](https://example.org/k.png)", "kuva"),
        ("Katso <https://example.org/a> .", "Katso\nhttps://example.org/a"),
        ("Katso <https://example.org/a>, ja tule!", "Katso\nhttps://example.org/a\nja tule!"),
        ("Katso ohje (<https://example.org/a>).", "Katso ohje\nhttps://example.org/a"),
        ("Ohje (<https://example.org/a>) auttaa.", "Ohje\nhttps://example.org/a\nauttaa."),
        ("Hei  \n... jatkuu", "Hei\n... jatkuu"),
        ("soft\u00adhyphen", "softhyphen"),
    ],
)
def test_markdown_becomes_readable_text(text: str, written: str) -> None:
    """Marks of Markdown are gone, bullets stay, and each address has a line of its own."""
    assert markdown_text(text) == written


def test_lines_are_broken_at_plain_spaces_only() -> None:
    """A date held by no-break spaces is not torn apart, and a long address is not cut."""
    address = "https://example.org/" + "a" * 80
    text = (
        f"Tilaisuus on tiistaina 5.\u00a0joulukuuta klo\u00a09 ja sen osoite on {address} kaikille\nUusi rivi\n\nLoppu"
    )

    assert wrapped(text, 32) == (
        "Tilaisuus on tiistaina\n5.\u00a0joulukuuta klo\u00a09 ja sen\nosoite on\n"
        + address
        + "\nkaikille\nUusi rivi\n\nLoppu"
    )


@given(st.text(st.sampled_from("ab \n"), max_size=80))
def test_wrapping_keeps_words_and_width(text: str) -> None:
    """Every word stays, in order, and no line of several words is too wide."""
    lines = wrapped(text, 10).split("\n")

    assert " ".join(lines).split() == text.split()
    assert all(len(line) <= 10 or " " not in line for line in lines)
