import pytest

from newsletter.check.clients import CHECKS, GRACEFUL_FEATURES, WANTED_FEATURES, Feature, features
from newsletter.check.page.reading import CheckInput
from newsletter.check.page.rules import Hit
from tests.check.samples import GOOD, with_body, with_html
from tests.check.table import Case, hits, untested


def with_style(inline: str = "", sheet: str = "") -> CheckInput:
    """Give the good edition with one more inline style and style sheet."""
    return with_body(f'<p style="{inline}"></p><style>{sheet}</style>')


def lacking(feature: str, *clients: str) -> tuple[Hit, ...]:
    """Give the hit on a feature that some programs lack."""
    return (Hit(facts={"feature": feature, "clients": ", ".join(clients)}),)


def simpler(*features: str) -> tuple[Hit, ...]:
    """Give the hit on features that may be missed."""
    return (Hit(facts={"features": ", ".join(features)}),)


GMAIL = ("Gmail (web)", "Gmail (iPhone)", "Gmail (Android)")
OUTLOOK = "Outlook (Windows)"

CASES: list[Case] = [
    ("active-content", GOOD, ()),
    ("active-content", with_body('<p title="onclick">button form</p>'), ()),
    (
        "active-content",
        with_body('<script>1</script><form onsubmit="x()"><input><input></form><p onclick="y()"></p>'),
        (Hit(facts={"found": "<script>, <form>, <input>, onsubmit, onclick"}),),
    ),
    ("remote-style", GOOD, ()),
    ("remote-style", with_body('<link rel="icon" href="https://www.seutu.fi/a.png">'), ()),
    (
        "remote-style",
        with_body('<link rel="StyleSheet" href="x.css"><style>@import url(x); @font-face{src:url(y)}</style>'),
        (Hit(facts={"found": "<link>, @font-face, @import"}),),
    ),
    ("conditional-comments", GOOD, ()),
    (
        "conditional-comments",
        with_body(
            "<!-- tavallinen --><!--[if !mso]><!--><p>a<!-- sisällä --></p><!--<![endif]-->"
            "<!--[if mso | IE]><v:rect></v:rect><![endif]--><!--[if !mso]> --><p>b</p><!-- <![endif]-->"
        ),
        (),
    ),
    *(
        ("conditional-comments", with_html(("</body>\n</html>\n", broken)), (Hit(facts={"found": found}),))
        for broken, found in (
            ("<!--[if mso]><p>auki", "<!--[if mso]><p>auki"),
            ("<!--[if mso]>a<!--[if mso]>b<![endif]-->", "<!--[if mso]>b<![endif]-->"),
            ("<p>a</p><![endif]--> loppu", "<![endif]--> loppu"),
            ("<!--[if mso]>a<!-- b --> c<![endif]-->", "--> c<![endif]-->"),
        )
    ),
    ("dark-mode-incomplete", GOOD, ()),
    (
        "dark-mode-incomplete",
        with_html(("@media (prefers-color-scheme: dark)", "@media print"), ('content="light dark"', 'content="light"')),
        (Hit(facts={"missing": "meta color-scheme, @media (prefers-color-scheme: dark)"}),),
    ),
    (
        "dark-mode-incomplete",
        with_html((":root { color-scheme: light dark }", ""), ('name="color-scheme"', 'name="theme"')),
        (Hit(facts={"missing": "meta color-scheme, color-scheme"}),),
    ),
    (
        "dark-mode-incomplete",
        with_html((":root { color-scheme: light dark }", ":root { color-scheme: light; theme: dark }")),
        (Hit(facts={"missing": "color-scheme"}),),
    ),
    ("style-unsupported", GOOD, ()),
    ("style-unsupported", with_style("border-radius:4px;flexible:1;color:red", "p:hover{color:red}"), ()),
    ("style-unsupported", with_style("display: FLEX"), lacking("display:flex", OUTLOOK)),
    ("style-unsupported", with_style("z-index:2"), lacking("z-index", *GMAIL, OUTLOOK)),
    ("style-unsupported", with_style("width:2.5rem"), lacking("rem unit", OUTLOOK)),
    ("style-unsupported", with_style("width:2.5em;font-family:rem"), ()),
    (
        "style-unsupported",
        with_style(sheet="@media print { p:first-child > a { color: red } }"),
        lacking(":first-child", *GMAIL, OUTLOOK),
    ),
    ("style-simpler-somewhere", GOOD, ()),
    ("style-simpler-somewhere", with_style("display:flex"), ()),
    ("style-simpler-somewhere", with_style("border-radius:4px;border-radius:5px"), simpler("border-radius")),
    (
        "style-simpler-somewhere",
        with_style("cursor:pointer", "@supports (color: red) { a:focus-visible { color: red } }"),
        simpler("@supports", "cursor", ":focus-visible"),
    ),
]


def test_the_features_that_are_judged_by_hand_are_in_the_table() -> None:
    """A refreshed table that renames a feature must not turn a judgement into a dead word."""
    assert (GRACEFUL_FEATURES | WANTED_FEATURES) - {feature.name for feature in features()} == set()


def test_the_table_is_read_as_it_was_derived() -> None:
    """A line of the shipped table becomes a feature with its signs and the programs that lack it."""
    flex = next(feature for feature in features() if feature.name == "display:flex")

    assert flex == Feature(
        name="display:flex", signs=(("display", "flex"), ("display", "inline-flex")), lacking=("Outlook (Windows)",)
    )


@pytest.mark.parametrize(("code", "given", "expected"), CASES)
def test_a_check_finds_what_it_is_for(code: str, given: CheckInput, expected: tuple[Hit, ...]) -> None:
    """Each check finds its culprits with facts and place, and nothing in an edition that has none."""
    assert hits(CHECKS, code, given) == expected


def test_every_check_has_a_case_of_both_kinds() -> None:
    """No check is without an edition that it finds fault with and one that it does not."""
    assert untested(CHECKS, CASES) == set()
