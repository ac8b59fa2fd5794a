import pytest

from newsletter.check.accessibility import CHECKS, VAGUE_LINK_TEXTS
from newsletter.check.page.reading import CheckInput
from newsletter.check.page.rules import Hit
from tests.check.samples import (
    ARTICLE,
    ARTICLE_PLACE,
    EVENT,
    GOOD,
    with_body,
    with_html,
    with_link,
)
from tests.check.table import Case, hits, untested

LONG = "Tämä lause on niin pitkä, että se ei mahdu puhelimessa yhdelle riville mitenkään."
LONG_EXCERPT = "Tämä lause on niin pitkä, että se ei ma…"


def linked_image(image: str, label: str = "") -> CheckInput:
    """Give the good edition with an image in a link."""
    return with_body(f'<a href="https://www.seutu.fi"{label}><img width="9" src="/kuvat/{image}"></a>')


CASES: list[Case] = [
    ("language-missing", GOOD, ()),
    ("language-missing", with_html(('lang="fi"', 'lang="fi-FI"')), ()),
    *(
        ("language-missing", with_html(('lang="fi"', lang)), (Hit(),))
        for lang in ("", 'lang=" "', 'lang="und"', 'lang="UND-x"')
    ),
    ("language-differs", GOOD, ()),
    ("language-differs", with_html(('lang="fi"', 'lang="FI-fi"')), ()),
    ("language-differs", with_html(('lang="fi"', "")), ()),
    (
        "language-differs",
        with_html(('lang="fi"', 'lang="sv-FI"')),
        (Hit(facts={"found": "sv-FI", "wanted": "fi"}),),
    ),
    ("content-language-missing", GOOD, ()),
    ("content-language-missing", with_html((' dir="ltr"', "")), (Hit(facts={"missing": "dir"}),)),
    (
        "content-language-missing",
        with_html(('<div lang="fi" dir="ltr">', "<div>")),
        (Hit(facts={"missing": "lang, dir"}),),
    ),
    ("vml-unread", GOOD, ()),
    (
        "vml-unread",
        with_body('<!--[if mso]><v:rect alt="" fill="t"><p>a</p></v:rect><v:image alt="x" /><![endif]-->'),
        (),
    ),
    (
        "vml-unread",
        with_body('<!--[if mso]><v:rect fill="t"></v:rect><v:rect alt=""><a href="x">a</a></v:rect><![endif]-->'),
        (
            Hit(facts={"found": '<v:rect fill="t"></v:rect>'}),
            Hit(facts={"found": '<v:rect alt=""><a href="x">a</a></v:rect>'}),
        ),
    ),
    ("title-missing", GOOD, ()),
    ("title-missing", with_html(("<title>", "<!--"), ("</title>", "-->")), (Hit(),)),
    ("title-missing", with_html(("<title>Rahoitus ja hankinnat samassa pöydässä", "<title>&nbsp;")), (Hit(),)),
    ("image-without-alt", GOOD, ()),
    ("image-without-alt", linked_image('a.png" alt="'), ()),
    ("image-without-alt", linked_image("a.png"), (Hit(facts={"source": "/kuvat/a.png"}),)),
    ("linked-image-without-alt", GOOD, ()),
    ("linked-image-without-alt", linked_image("a.png"), ()),
    ("linked-image-without-alt", linked_image('a.png" alt="Seudun sivut'), ()),
    ("linked-image-without-alt", with_body('<a href="https://a.fi"><img alt="" src="a"> Sivut</a>'), ()),
    ("linked-image-without-alt", linked_image('a.png" alt=" '), (Hit(facts={"source": "/kuvat/a.png"}),)),
    ("alt-is-file-name", GOOD, ()),
    ("alt-is-file-name", linked_image('.png" alt="'), ()),
    ("alt-is-file-name", linked_image("a.png"), ()),
    ("alt-is-file-name", linked_image('tori_01.png" alt="Tori illalla'), ()),
    ("alt-is-file-name", linked_image('forssa.png" alt="forssa'), ()),
    ("alt-is-file-name", linked_image('tori_01.png" alt="tori_01'), (Hit(facts={"found": "tori_01"}),)),
    ("alt-is-file-name", linked_image('a.png" alt="Tori.JPG'), (Hit(facts={"found": "Tori.JPG"}),)),
    ("layout-table-without-role", GOOD, ()),
    ("layout-table-without-role", with_body("<table><tr><th>Kunta</th></tr></table>"), ()),
    ("layout-table-without-role", with_body('<table role="Table"></table><table role="none"></table>'), ()),
    (
        "layout-table-without-role",
        with_body("<table><tr><td><table><caption>Kunnat</caption></table></td></tr></table><table></table>"),
        (Hit(facts={"count": "2"}),),
    ),
    ("main-heading", GOOD, ()),
    ("main-heading", with_html(("h1", "h2")), (Hit(facts={"count": "0"}),)),
    ("main-heading", with_body("<h1>Toinen</h1><h1 hidden>Kolmas</h1>"), (Hit(facts={"count": "2"}),)),
    ("heading-level-skipped", GOOD, ()),
    ("heading-level-skipped", with_html(("h1", "h6")), ()),
    (
        "heading-level-skipped",
        with_html((f'<h3><a href="{ARTICLE.link}">', f'<h4><a href="{ARTICLE.link}">')),
        (
            Hit(
                facts={"title": "Rahoitusneuvonta siirtyy samaan huonees…", "level": "4", "before": "2"},
                place=ARTICLE_PLACE,
            ),
        ),
    ),
    ("heading-empty", with_body('<h2><img src="a" alt="Uutiset"></h2><h3 style="display:none"></h3>'), ()),
    ("heading-empty", with_body("<h2> </h2><h3>\u00ad</h3>"), (Hit(facts={"count": "2"}),)),
    ("link-without-text", GOOD, ()),
    ("link-without-text", with_link("https://a.fi", ""), (Hit(facts={"address": "https://a.fi"}),)),
    ("link-without-text", with_link("https://a.fi", "→"), (Hit(facts={"address": "https://a.fi"}),)),
    ("link-without-text", linked_image("a.png"), ()),
    ("link-without-text", with_body('<a href="https://a.fi" aria-label="Sivut">→</a>'), ()),
    ("link-without-text", with_body('<a href="https://a.fi" hidden></a><a name="alku"></a>'), ()),
    ("link-text-vague", with_link("https://a.fi", "Lue lisää rahoituksesta"), ()),
    ("link-text-vague", with_body('<a href="https://a.fi" hidden>Lue lisää</a>'), ()),
    ("link-text-vague", with_body('<a href="https://a.fi" aria-label="Lue lisää rahoituksesta">Lue lisää</a>'), ()),
    *(
        ("link-text-vague", with_link("https://a.fi", text), (Hit(facts={"text": text}),))
        for text in ("Lue lisää »", "Täällä.", "Läs mer", "HERE")
    ),
    (
        "link-text-vague",
        with_html((f">{ARTICLE.title}<", ">Lue\u00a0li\u00adsää →<")),
        (Hit(facts={"text": "Lue lisää →"}, place=ARTICLE_PLACE),),
    ),
    ("link-text-ambiguous", GOOD, ()),
    ("link-text-ambiguous", with_body(f'<a href="{ARTICLE.link}">{ARTICLE.title}</a>'), ()),
    ("link-text-ambiguous", with_body('<a href="a">Sivu</a><a href="b" hidden>Sivu</a>'), ()),
    ("link-text-ambiguous", with_body('<a href="a"><img src="a"></a><a href="b"><img src="b"></a>'), ()),
    (
        "link-text-ambiguous",
        with_html((f">{EVENT.title}<", f">{ARTICLE.title.upper()}<")),
        (Hit(facts={"text": ARTICLE.title.upper(), "count": "2"}),),
    ),
    ("text-too-small", with_body('<p style="font-size:14px">Pieni</p><p style="font-size:0">x<b></b></p>'), ()),
    ("text-too-small", with_body('<p style="font-size:9px" hidden>Piilossa</p>'), ()),
    (
        "text-too-small",
        with_body(
            '<p style="font-size:13px">Pieni</p><p style="font-size:10pt">A <b style="font-size:75%">Pienin</b></p>'
        ),
        (Hit(facts={"size": "10", "found": "Pienin", "limit": "14"}),),
    ),
    (
        "text-too-small",
        with_body(
            '<div style="font-size:20px"><p style="font-size:0.5em">Puolet</p><p style="font-size:.9rem">x</p></div>'
        ),
        (Hit(facts={"size": "10", "found": "Puolet", "limit": "14"}),),
    ),
    ("lines-too-close", GOOD, ()),
    ("lines-too-close", with_body(f'<p style="line-height:1.4">{LONG}</p>'), ()),
    ("lines-too-close", with_body(f'<p style="line-height:1">{LONG[:59]}</p>'), ()),
    (
        "lines-too-close",
        with_body(f'<p style="line-height:1">{LONG[:60]}</p>'),
        (Hit(facts={"height": "1", "found": LONG_EXCERPT, "limit": "1.4"}),),
    ),
    ("lines-too-close", with_body(f'<h2 style="line-height:1.1">{LONG}</h2><p>Teksti</p>'), ()),
    ("lines-too-close", with_body(f'<p style="line-height:1.1;font-size:20px">{LONG}</p>'), ()),
    ("lines-too-close", with_body(f'<p style="line-height:normal">{LONG}</p>'), ()),
    *(
        (
            "lines-too-close",
            with_body(f'<div style="font-size:20px;line-height:{height}"><p style="font-size:16px">{LONG}</p></div>'),
            (Hit(facts={"height": shown, "found": LONG_EXCERPT, "limit": "1.4"}),),
        )
        for height, shown in (("1.3", "1.3"), ("20px", "1.2"), ("100%", "1.2"))
    ),
]


def test_vague_texts_are_in_the_form_they_are_compared_in() -> None:
    """Every text of the table is in small letters and without stops, or it would never be found."""
    assert {text for text in VAGUE_LINK_TEXTS if text != text.casefold().strip(" .:→»>›…!")} == set()


@pytest.mark.parametrize(("code", "given", "expected"), CASES)
def test_a_check_finds_what_it_is_for(code: str, given: CheckInput, expected: tuple[Hit, ...]) -> None:
    """Each check finds its culprits with facts and place, and nothing in an edition that has none."""
    assert hits(CHECKS, code, given) == expected


def test_every_check_has_a_case_of_both_kinds() -> None:
    """No check is without an edition that it finds fault with and one that it does not."""
    assert untested(CHECKS, CASES) == set()
