"""What a real Chromium and the real axe-core see in mails of the tests' own."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from newsletter.check import Browser, CheckInput, look, run_slow_checks
from newsletter.chromium import Chromium, find_chromium
from newsletter.domain.issue import Finding
from newsletter.errors import Place
from tests.check.samples import ARTICLE, ARTICLE_PLACE, GOOD, MESSAGE
from tests.conftest import REPOSITORY

pytestmark = pytest.mark.browser

AXE = REPOSITORY / "node_modules" / "axe-core" / "axe.min.js"
LONG_WORD = "elinvoimaverkosto" * 6


@pytest.fixture(scope="module")
def axe() -> str:
    """Give the source of axe-core."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: npm ci")
    return AXE.read_text("utf-8")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give one Chromium for all of these tests: starting it takes a second."""
    program = find_chromium()
    if program is None:
        pytest.skip("no Chromium is installed")
    with Chromium(program, undone="nothing was seen") as opened:
        yield opened


def spoilt(addition: str, *, style: str = "") -> CheckInput:
    """Give the good edition with something more at its end and in its style sheet."""
    html = MESSAGE.html.replace("</body>", f"{addition}</body>").replace("</style>", f"{style}</style>")
    return replace(GOOD, message=replace(MESSAGE, html=html))


def said(findings: tuple[Finding, ...]) -> list[tuple[str, str, Place | None]]:
    """Give of each finding its code, its element and its place."""
    return [(one.code, one.facts["element"], one.place) for one in findings]


PALE = "color:#cccccc;background:#ffffff"


@pytest.mark.parametrize(
    ("addition", "expected"),
    [
        pytest.param("", [], id="good"),
        pytest.param(
            f'<p style="{PALE}">Heikko teksti</p>',
            [("contrast-low", "Heikko teksti", None), ("contrast-low-dark", "Heikko teksti", None)],
            id="pale",
        ),
        pytest.param(
            f'<p style="{PALE}">{ARTICLE.title}</p>',
            [
                ("contrast-low", "Rahoitusneuvonta siirtyy samaan huonees…", ARTICLE_PLACE),
                ("contrast-low-dark", "Rahoitusneuvonta siirtyy samaan huonees…", ARTICLE_PLACE),
            ],
            id="pale words of an editor",
        ),
        pytest.param(f'<p style="display:none;{PALE}">Piilossa</p>', [], id="hidden"),
        pytest.param('<img src="cid:kuva">', [("axe-violation", "cid:kuva", None)], id="picture without words"),
        pytest.param(
            '<table role="presentation" width="900"><tr><td>Leveä taulukko</td></tr></table>',
            [("sideways-scroll", "Leveä taulukko", None)],
            id="wide table",
        ),
        pytest.param(
            '<table role="presentation"><tr><td><p>Vain venytetty</p><p style="width:900px">Leveä kappale</p>'
            "<p>Sekin vain venytetty</p></td></tr></table>",
            [("sideways-scroll", "Leveä kappale", None)],
            id="wide among stretched ones",
        ),
        pytest.param(
            '<div><p style="width:900px">Leveä</p></div><div><p style="width:900px">Toinen leveä</p></div>',
            [("sideways-scroll", "Leveä", None)],
            id="two wide ones",
        ),
        pytest.param(f"<p>{LONG_WORD}</p>", [("sideways-scroll", f"{LONG_WORD[:39]}…", None)], id="long word"),
        pytest.param(f'<div style="overflow:hidden"><p>{LONG_WORD}</p></div>', [], id="cut off"),
        pytest.param(
            '<p style="color:#111111;background:#ffffff">Lue '
            '<a href="https://a.fi/x" style="color:#222222;text-decoration:none">tämä sivu</a> tänään kokonaan</p>',
            [("link-only-by-colour", "tämä sivu", None)],
            id="link like text",
        ),
        pytest.param(
            '<div style="font-size:9px;line-height:10px"><div><a href="https://a.fi/1">yksi</a></div>'
            '<div><a href="https://a.fi/2">kaksi</a></div></div>',
            [("target-small", "yksi", None), ("target-small", "kaksi", None)],
            id="small links",
        ),
        pytest.param('<p tabindex="5">Ensin tämä</p>', [("axe-advice", "Ensin tämä", None)], id="advice"),
    ],
)
def test_a_spoilt_mail_is_found_out(
    browser: Browser, axe: str, addition: str, expected: list[tuple[str, str, Place | None]]
) -> None:
    """Each fault under its code, by the words that an editor would look for, and nothing else."""
    subject = spoilt(addition)

    assert said(run_slow_checks(subject, look(browser, subject.message.html, axe=axe))) == expected


def test_a_fault_of_the_dark_alone_is_found(browser: Browser, axe: str) -> None:
    """Colours that only readers in the dark see are judged in the dark, and only there, with their numbers."""
    dark = "@media (prefers-color-scheme: dark) { .dim { color: #333333; background: #222222 } }"
    subject = spoilt('<p class="dim">Hämärä teksti</p>', style=dark)

    (found,) = run_slow_checks(subject, look(browser, subject.message.html, axe=axe))

    assert (found.code, found.facts) == (
        "contrast-low-dark",
        {
            "element": "Hämärä teksti",
            "foreground": "#333333",
            "background": "#222222",
            "ratio": "1.25",
            "least": "4.5",
        },
    )


def test_a_wide_table_is_told_with_each_width_it_is_too_wide_for(browser: Browser, axe: str) -> None:
    """900 pixels fit a screen of 1024 and no smaller one."""
    subject = spoilt('<table role="presentation" width="900"><tr><td>Leveä taulukko</td></tr></table>')

    (found,) = run_slow_checks(subject, look(browser, subject.message.html, axe=axe))

    assert found.facts["widths"] == "320, 375, 600"
    assert 900 <= int(found.facts["reach"]) <= 920
