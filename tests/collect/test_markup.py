import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from newsletter.collect.markup import clean_html, decode, links_of, markdown_of, one_line, sound, text_of


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Pelkkää tekstiä & muuta", "<p>Pelkkää tekstiä &amp; muuta</p>"),
        ("yksi<div>kaksi<div>kolme</div></div>neljä", "<p>yksi</p><p>kaksi</p><p>kolme</p><p>neljä</p>"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><th>c</th></tr></table>", "<p>a b</p><p>c</p>"),
        ("<h1>Iso</h1><h2>Toinen</h2><h5>Pieni</h5>jatko", "<h3>Iso</h3><h3>Toinen</h3><h4>Pieni</h4><p>jatko</p>"),
        ("<blockquote>Lainaus</blockquote>", "<blockquote><p>Lainaus</p></blockquote>"),
        ("<ul><li>a<ul><li>b</ul><li><div>c</div></ul>", "<ul><li>a<ul><li>b</li></ul></li><li><p>c</p></li></ul>"),
        ("<p>a<br/>b</p><p>&nbsp;</p><p><b> </b></p>", "<p>a<br>b</p>"),
        ("<p>auki<p>myös<li>kohta", "<p>auki</p><p>myös</p><li>kohta</li>"),
        ("<p style='display:none' class=x onclick=y>teksti</p>", "<p>teksti</p>"),
        ("<script>alert(1)</script><style>p{}</style><p>jää</p>", "<p>jää</p>"),
        ("<svg><style><img src=x onerror=alert(1)></style></svg>jää", "<p>jää</p>"),
        ("<img src='https://x.fi/piste.gif' width=1>jää", "<p>jää</p>"),
        ("<form action='https://x.fi'><input name=a>lomake<button>lähetä</button></form>", "<p>lomake</p>"),
        ("<iframe src='https://x.fi'>kehys</iframe>jää", "<p>jää</p>"),
        ("{{ name }} <mj-text>x</mj-text> <%= y %>", "<p>{{ name }} x &lt;%= y %&gt;</p>"),
        ("a\x00\x08\ud800b", "<p>ab</p>"),
        ("", ""),
    ],
)
def test_only_the_short_list_of_elements_stays(written: str, kept: str) -> None:
    """What a mail can carry stays, in paragraphs; the rest goes, and its text stays where it was meant to be read."""
    assert clean_html(written) == kept


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://kunta.fi/a?utm_source=x&p=1", "https://kunta.fi/a?p=1"),
        ("/suhteellinen", "https://kunta.fi/suhteellinen"),
        ("mailto:kirjaamo@kunta.fi", "mailto:kirjaamo@kunta.fi"),
        ("tel:+358401234567", "tel:+358401234567"),
    ],
)
def test_link_keeps_a_usable_address(address: str, kept: str) -> None:
    """Links become absolute and lose their trackers."""
    html = clean_html(f'<a href="{address}" title=" Lue  lisää " target=_blank>x</a>', base="https://kunta.fi/uutiset/")
    assert html == f'<p><a href="{kept}" title="Lue lisää">x</a></p>'.replace("&", "&amp;")


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        "&#106;avascript:alert(1)",
        " javascript:alert(1)",
        "data:text/html;base64,eA==",
        "vbscript:x",
        "http://127.0.0.1/",
        "https://a:b@kunta.fi/",
        "",
    ],
)
def test_link_without_a_usable_address_is_only_text(address: str) -> None:
    """Nothing leads a reader into a script or somebody's own network."""
    assert clean_html(f'<p><a href="{address}">teksti</a> <a>toinen</a></p>') == "<p>teksti toinen</p>"


@given(st.text(alphabet=st.sampled_from("ab <>/\"'=&;pdivulashref:#x1")))
def test_cleaning_twice_changes_nothing_more(written: str) -> None:
    """What was cleaned is clean."""
    once = clean_html(written)
    assert clean_html(once) == once


@pytest.mark.parametrize("piece", ["<div>", "<b>", "<blockquote><font>", "<x"])
def test_deep_nesting_costs_its_markup_and_no_time(piece: str) -> None:
    """The sanitiser would need minutes for 50,000 nested elements; the text is kept without them."""
    begun = time.process_time()
    assert "lopussa" in clean_html(piece * 50_000 + ">lopussa")
    assert time.process_time() - begun < 3


def test_many_paragraphs_that_are_never_closed_are_no_nesting() -> None:
    """Old HTML leaves `<p>` and `<li>` open; that is no attack."""
    assert clean_html("<p>rivi <b>x</b>" * 300) == "<p>rivi <b>x</b></p>" * 300


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Yksi  <b>kaksi</b>\n kolme</p><p>Toinen</p>", "Yksi kaksi kolme\n\nToinen"),
        ("<p>a<br>b</p>", "a\nb"),
        ("<p>Lista:</p><ul><li>a</li><li>b</li></ul><p>Loppu</p>", "Lista:\n\n• a\n• b\n\nLoppu"),
        ("<ol><li>a</li><li><p>b</p></li></ol><ol><li>c</li></ol>", "1. a\n2. b\n\n1. c"),
        ("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>x", "• a\n• b\n• c\n\nx"),
        ("<h2>Otsikko</h2>teksti<blockquote>lainaus</blockquote>", "Otsikko\n\nteksti\n\nlainaus"),
        ("A &amp; B &lt;c&gt;", "A & B <c>"),
        ("<li>irrallinen</li>", "• irrallinen"),
        ("", ""),
    ],
)
def test_text_keeps_paragraphs_and_marks_list_items(html: str, text: str) -> None:
    """Paragraphs stand apart, and a list item can be told from a sentence."""
    assert text_of(html) == text


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>Yksi</p><p>Kaksi<br>rivi</p>", "Yksi\n\nKaksi  \nrivi"),
        ("<h3>Otsikko</h3><ul><li>a</li><li>b</li></ul>", "### Otsikko\n\n- a\n- b"),
        ('<a href="https://kunta.fi/a_b">Lue <b>tämä</b></a>', "[Lue **tämä**](https://kunta.fi/a_b)"),
        ("<blockquote>Lainaus</blockquote>", "> Lainaus"),
        ("<p>17. marraskuuta</p>", "17\\. marraskuuta"),
        ("<p>#kokeilut * ja _alaviiva_</p>", "#kokeilut \\* ja \\_alaviiva\\_"),
        ("<p>Aava &amp; Laine</p>", "Aava & Laine"),
        ("<p>&amp;amp; näin</p>", "\\&amp; näin"),
    ],
)
def test_markdown_is_what_an_editor_would_write(html: str, markdown: str) -> None:
    """An editor meets ordinary Markdown in issue.toml."""
    assert markdown_of(html) == markdown


@given(
    st.lists(st.text(alphabet=st.sampled_from("aäÖ1.)(*_#-+`[]<>&!\\|~=:;'\" "), min_size=1), min_size=1, max_size=3)
)
def test_markdown_says_the_same_as_the_html(paragraphs: list[str]) -> None:
    """Rendered again, the Markdown has the words it came from, whatever signs are in them."""
    escaped = (text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for text in paragraphs)
    html = clean_html("".join(f"<p>{text}</p>" for text in escaped))
    rendered = MarkdownIt("commonmark", {"html": False}).render(markdown_of(html))
    assert text_of(rendered) == text_of(html)


def test_links_are_web_addresses_each_once_in_order() -> None:
    """Mail addresses are no links of an article."""
    html = clean_html(
        '<a href="https://b.fi/?a=1&b=2">1</a><a href="mailto:a@b.fi">2</a>'
        '<a href="https://a.fi/">3</a><a href="https://b.fi/?a=1&b=2">4</a>'
    )
    assert links_of(html) == ("https://b.fi/?a=1&b=2", "https://a.fi/")


@pytest.mark.parametrize(
    ("written", "line"),
    [
        ("  Kaksi\r\n riviä\t", "Kaksi riviä"),
        ("elinvoima\u00adverkosto", "elinvoimaverkosto"),
        ("\u202eväärinpäin\u200b", "väärinpäin"),
        ("ka\u0308rki", "kärki"),
        ("Bcc: x\x00\x07", "Bcc: x"),
    ],
)
def test_title_is_one_safe_line(written: str, line: str) -> None:
    """A title can stand in a header as it is."""
    assert one_line(written) == line


def test_long_title_is_cut_after_a_whole_word() -> None:
    """A title of 20,000 characters is no title."""
    assert one_line("sana " * 5000, limit=20) == "sana sana sana sana…"
    assert one_line("a" * 400) == "a" * 299 + "…"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_text_is_decoded_as_finnish_programs_write_it(encoding: str) -> None:
    """UTF-8, UTF-16 and Windows-1252 all give the right letters."""
    assert decode("Äänekoski – ”näin”".encode(encoding)) == "Äänekoski – ”näin”"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("Äänekoski kylpee".encode()[:1] + "äyhää".encode(), "äyhää"),
        ("Häijyä työtä ö".encode()[:-1], "Häijyä työtä "),
        ("Häijyä".encode() + b"\x81", "Häijyä"),
        ("Häijyä työtä".encode("cp1252"), "Häijyä työtä"),
    ],
)
def test_one_damaged_letter_does_not_spoil_the_others(body: bytes, text: str) -> None:
    """A file that broke off in the middle of a letter is still UTF-8; one in Windows-1252 is not."""
    assert decode(body) == text


def test_bytes_that_are_no_text_are_refused() -> None:
    """A picture is not read as text."""
    with pytest.raises(UnicodeDecodeError):
        decode(b"\x81\x8d\xff\x00")


def test_sound_text_keeps_line_breaks_and_drops_control_characters() -> None:
    """Half characters and control characters never reach a mail."""
    assert sound("a\nb\tc\x0b\ud83d\x9f") == "a\nb\tc"


@given(st.text(st.characters(exclude_characters="<&"), max_size=40))
def test_words_without_markup_are_read_as_words_in_markup(text: str) -> None:
    """The short way, which most summaries of feeds take, gives what the long one gives."""
    assert text_of(text) == text_of(f"<p>{text}</p>")
