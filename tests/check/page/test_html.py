import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.check.page.html import Heading, Image, Link, Run, declarations, excerpt, plain, read_page


def run(text: str, *, size: float = 16.0, height: float | None = None, level: int | None = None) -> Run:
    """Give a run of text that can be seen."""
    return Run(text=text, size_pixels=size, line_height=height, heading_level=level, is_hidden=False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  elin\u00advoima\n\tja\u00a0muu ", "elinvoima ja muu"),
        ("\u034f\u200c\u00a0\u034f", ""),
        ("", ""),
    ],
)
def test_plain_text_is_what_a_reader_reads(text: str, expected: str) -> None:
    """Soft hyphens and joiners are nothing, and every space is one ordinary space."""
    assert plain(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("x" * 40, "x" * 40), ("x" * 41, "x" * 39 + "…"), ("x" * 38 + " yz", "x" * 38 + "…")],
)
def test_an_excerpt_fits_into_a_sentence(text: str, expected: str) -> None:
    """An excerpt is at most 40 characters long and says when something is missing."""
    assert excerpt(text) == expected


def test_a_link_is_named_by_what_a_screen_reader_says() -> None:
    """A link's name is its label, else its text with the alt texts in it; its text is what is seen."""
    page = read_page(
        '<a href=" https://a.fi "><b>Tori<!-- ei --></b>&shy;<img alt="illalla"> tänään</a>'
        '<a href="b" aria-label="Sivut" hidden>x</a><a name="alku">ei linkki</a><area href="c">'
    )

    assert page.links == (
        Link(address="https://a.fi", text="Tori tänään", name="Toriillalla tänään", holds_image=True, is_hidden=False),
        Link(address="b", text="x", name="Sivut", holds_image=False, is_hidden=True),
    )


def test_an_image_knows_whether_it_is_all_its_link_shows() -> None:
    """An image is alone in its link when there is neither text nor another image."""
    page = read_page(
        '<img src=" a "><a href="x"><img src="b" alt="" width="9"></a><a href="x"><img src="c"> ja</a>'
        '<a href="x"><img src="d"><img src="e"></a>'
    )

    assert page.images == (
        Image(source="a", alt=None, width=None, is_only_in_link=False),
        Image(source="b", alt="", width="9", is_only_in_link=True),
        Image(source="c", alt=None, width=None, is_only_in_link=False),
        Image(source="d", alt=None, width=None, is_only_in_link=False),
        Image(source="e", alt=None, width=None, is_only_in_link=False),
    )


def test_a_heading_knows_whether_something_follows() -> None:
    """What stands under lower headings belongs to a heading; what stands under the next of its level does not."""
    page = read_page("<h1>A</h1><h2>B</h2><h2>C <i>D</i></h2><h3>E</h3><p>F</p><h2 hidden>G</h2><h2>H</h2>")

    assert page.headings == (
        Heading(level=1, name="A", is_followed=True),
        Heading(level=2, name="B", is_followed=False),
        Heading(level=2, name="C D", is_followed=True),
        Heading(level=3, name="E", is_followed=True),
        Heading(level=2, name="H", is_followed=False),
    )


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>a</p>", (run("a"),)),
        (
            '<div style="font-size:20px"><p style="font-size:90%">a<b>b</b></p>c</div>',
            (run("a", size=18), run("b", size=18), run("c", size=20)),
        ),
        ('<p style="font-size:12pt;line-height:24px">a</p>', (run("a", height=1.5),)),
        ('<p style="line-height:1.5"><b style="font-size:2em">a</b></p>', (run("a", size=32, height=1.5),)),
        ('<p style="line-height:150%"><b style="font-size:2em">a</b></p>', (run("a", size=32, height=0.75),)),
        ('<p style="line-height:1.5"><b style="line-height:normal">a</b></p>', (run("a"),)),
        ('<p style="font-size:small">a</p>', (run("a"),)),
        ("<h2>a <i>b</i></h2>", (run("a", level=2), run("b", level=2))),
        ("<style>a</style><script>b</script><title>c</title><p>d<!-- e --></p>", (run("d"),)),
    ],
)
def test_a_run_of_text_inherits_its_style(html: str, expected: tuple[Run, ...]) -> None:
    """Size and line height come from the nearest inline style around a text, as in a browser."""
    assert read_page(html).runs == expected


@pytest.mark.parametrize(
    "opening",
    [
        "<p hidden>",
        '<p style="display: none">',
        '<p style="visibility:hidden">',
        '<p style="font-size:0">',
        '<p style="font-size:0;line-height:20px">',
        '<p style="max-height:0;overflow:hidden">',
        '<p style="max-height:0px;overflow:hidden">',
    ],
)
def test_what_is_hidden_is_not_seen(opening: str) -> None:
    """Text hidden by any of the ways that mail templates use stays a run, but no seen one."""
    page = read_page(f"{opening}<b>a</b></p>")

    assert ([run.text for run in page.runs], page.seen_text) == (["a"], "")


@pytest.mark.parametrize("style", ["overflow:hidden", "max-height:0", "overflow:hidden;max-height:10px"])
def test_a_box_that_is_only_cut_is_seen(style: str) -> None:
    """It takes both no height and cutting off what overflows to hide a text."""
    assert read_page(f'<p style="{style}">a</p>').seen_text == "a"


def test_styles_for_outlook_alone_are_no_styles_of_the_page() -> None:
    """A style element in a conditional comment is not part of the sheet, nor of what is searched for leftovers."""
    page = read_page("<style>a{}</style><!--[if mso]><style>b{}</style><![endif]--><p>c</p>")

    assert (page.sheet, page.unstyled) == ("a{}", "<!--[if mso]><![endif]--><p>c</p>")


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("", {}),
        ("Color: RED; color:blue !important;", {"color": "blue"}),
        ("background:url(data:image/png;base64,AA);x", {"background": "url(data:image/png;base64,aa)"}),
        ("mso-hide:all", {"mso-hide": "all"}),
    ],
)
def test_an_inline_style_is_read_as_css(style: str, expected: dict[str, str]) -> None:
    """Semicolons in parentheses end nothing, the last of a name wins, and what is no declaration is left out."""
    assert dict(declarations(style)) == expected


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_any_text_can_be_read(html: str) -> None:
    """No text makes the reading fail: what is wrong with it is for the checks to say."""
    read_page(html)
    read_page(f"<html><body>{html}</body></html>")
