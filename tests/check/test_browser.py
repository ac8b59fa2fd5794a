import re
from dataclasses import replace

import pytest

from newsletter.check import look, run_slow_checks
from newsletter.check.browser import (
    ANSWERED_BY,
    AXE_ADVICE,
    AXE_VIOLATION,
    CONTRAST_LOW,
    CONTRAST_LOW_DARK,
    LINK_ONLY_BY_COLOUR,
    RULES,
    SIDEWAYS_SCROLL,
    TARGET_SMALL,
    Contrast,
    Element,
    Fault,
    Overflow,
    View,
    judge,
)
from newsletter.check.findings import CHECKS
from newsletter.check.page.reading import read
from newsletter.check.page.rules import Hit, Rule
from newsletter.domain.issue import Finding, Severity
from newsletter.errors import UsageError
from tests.check.samples import ARTICLE, ARTICLE_PLACE, EVENT, EVENT_PLACE, GOOD, KEY, WORDS, WORDS_PLACE
from tests.fakes.browser import FakeBrowser

PALE = Contrast(foreground="#cccccc", background="#ffffff", ratio=1.6, least=4.5)
TITLE, LEAD = Element(text=ARTICLE.title), Element(text=ARTICLE.lead)
NOWHERE = Element(text="Alatunniste", html="<p>")
TITLE_SHOWN = "Rahoitusneuvonta siirtyy samaan huonees…"
LEAD_SHOWN = "Neuvojat ja rahoittajat istuvat nyt sam…"
GREETING_SHOWN = "Hyvää marraskuuta! Tässä numerossa kats…"
PALE_FACTS = {"foreground": "#cccccc", "background": "#ffffff", "ratio": "1.6", "least": "4.5"}


def fault(rule: str, element: Element = NOWHERE, *, is_advice: bool = False, contrast: Contrast | None = None) -> Fault:
    """Make a breach of a rule of axe-core."""
    return Fault(rule=rule, help="Things must be so", is_advice=is_advice, element=element, contrast=contrast)


def seen(*faults: Fault, is_dark: bool = False, overflow: Overflow | None = None, width: int = 375) -> View:
    """Make a view of a page."""
    return View(width=width, is_dark=is_dark, overflow=overflow, faults=faults)


PALE_TITLE = fault("color-contrast", TITLE, contrast=PALE)

CASES: list[tuple[str, tuple[View, ...], list[tuple[Rule, Hit]]]] = [
    ("nothing", (seen(), seen(is_dark=True)), []),
    (
        "contrast, each pair of colours once, in each light",
        (
            seen(PALE_TITLE, fault("color-contrast", LEAD, contrast=PALE)),
            seen(PALE_TITLE, is_dark=True),
            seen(PALE_TITLE, width=1024),
        ),
        [
            (CONTRAST_LOW, Hit(facts={"element": TITLE_SHOWN, **PALE_FACTS}, place=ARTICLE_PLACE)),
            (CONTRAST_LOW_DARK, Hit(facts={"element": TITLE_SHOWN, **PALE_FACTS}, place=ARTICLE_PLACE)),
        ],
    ),
    (
        "two pairs of colours are two faults",
        (seen(PALE_TITLE, fault("color-contrast", contrast=replace(PALE, ratio=3.0, least=3.25))),),
        [
            (CONTRAST_LOW, Hit(facts={"element": TITLE_SHOWN, **PALE_FACTS}, place=ARTICLE_PLACE)),
            (CONTRAST_LOW, Hit(facts={"element": "Alatunniste", **PALE_FACTS, "ratio": "3", "least": "3.25"})),
        ],
    ),
    (
        "what reaches furthest on the narrowest screen, with every width at which something does",
        (
            seen(width=320, overflow=Overflow(reach=900, element=LEAD)),
            seen(width=375, overflow=Overflow(reach=880, element=TITLE)),
            seen(width=1024),
        ),
        [
            (
                SIDEWAYS_SCROLL,
                Hit(
                    facts={
                        "element": LEAD_SHOWN,
                        "widths": "320, 375",
                        "reach": "900",
                    },
                    place=ARTICLE_PLACE,
                ),
            )
        ],
    ),
    (
        "an element without words is named by its tag",
        (seen(width=320, overflow=Overflow(reach=400, element=Element(text="", html="<hr>"))),),
        [(SIDEWAYS_SCROLL, Hit(facts={"element": "<hr>", "widths": "320", "reach": "400"}))],
    ),
    (
        "links one by one, traced by where they lead",
        (
            seen(
                fault("link-in-text-block", Element(text="tämä", link=EVENT.link or "")),
                fault("target-size", Element(text="", source="nuoli.png")),
            ),
        ),
        [
            (LINK_ONLY_BY_COLOUR, Hit(facts={"element": "tämä"}, place=EVENT_PLACE)),
            (TARGET_SMALL, Hit(facts={"element": "nuoli.png"})),
        ],
    ),
    (
        "any other rule once, its elements counted over all views",
        (
            seen(fault("aria-roles"), fault("aria-roles", Element(text="", html="<b role=x>"))),
            seen(fault("aria-roles"), is_dark=True),
            seen(fault("tabindex", Element(text=WORDS.greeting), is_advice=True)),
        ),
        [
            (
                AXE_VIOLATION,
                Hit(
                    facts={"element": "Alatunniste", "count": "2", "rule": "aria-roles", "help": "Things must be so"},
                ),
            ),
            (
                AXE_ADVICE,
                Hit(
                    facts={
                        "element": GREETING_SHOWN,
                        "count": "1",
                        "rule": "tabindex",
                        "help": "Things must be so",
                    },
                    place=WORDS_PLACE,
                ),
            ),
        ],
    ),
    (
        "contrast of which no colours are known",
        (seen(fault("color-contrast")),),
        [
            (
                AXE_VIOLATION,
                Hit(
                    facts={
                        "element": "Alatunniste",
                        "count": "1",
                        "rule": "color-contrast",
                        "help": "Things must be so",
                    }
                ),
            )
        ],
    ),
]


@pytest.mark.parametrize(("views", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_was_seen_is_judged(views: tuple[View, ...], expected: list[tuple[Rule, Hit]]) -> None:
    """Each fault is told under its rule, with its facts, and traced to what an editor wrote where it can be."""
    assert list(judge(read(GOOD), views)) == expected


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_sentence_names_only_facts_there_are(rule: Rule) -> None:
    """The placeholders of message and fix are among the facts of every hit, and each rule has a case."""
    given = [hit.facts.keys() for _, _, hits in CASES for one, hit in hits if one is rule]
    wanted = set(re.findall(r"{(\w+)}", rule.message + rule.fix))

    assert {frozenset(wanted - facts) for facts in given} == {frozenset()}


@pytest.mark.parametrize(("axe_rule", "codes"), ANSWERED_BY.items(), ids=list(ANSWERED_BY))
def test_what_a_fast_check_found_is_not_told_twice(axe_rule: str, codes: set[str]) -> None:
    """axe-core's second opinion is told only where the first saw nothing."""
    views = (seen(fault(axe_rule)),)

    assert [list(judge(read(GOOD), views, found={code, "other"})) for code in sorted(codes)] == [[]] * len(codes)
    assert [rule for rule, _ in judge(read(GOOD), views, found={"other"})] == [AXE_VIOLATION]


def test_only_codes_that_there_are_answer_for_axe() -> None:
    """A fast check that was renamed must not let a fault be told twice."""
    assert set().union(*ANSWERED_BY.values()) - {one.rule.code for one in CHECKS} == set()


def test_findings_of_a_browser_are_like_all_others() -> None:
    """They carry severity, edition and place, the gravest first."""
    views = (seen(fault("target-size"), PALE_TITLE),)

    assert run_slow_checks(GOOD, views) == (
        Finding(
            code="contrast-low",
            severity=Severity.ERROR,
            facts={"element": TITLE_SHOWN, **PALE_FACTS},
            edition=KEY,
            place=ARTICLE_PLACE,
        ),
        Finding(code="target-small", severity=Severity.WARNING, facts={"element": "Alatunniste"}, edition=KEY),
    )


def test_fast_findings_keep_a_browsers_own_from_saying_the_same() -> None:
    """A finding of a fast check answers for the rule of axe-core."""
    found = (Finding(code="image-without-alt", severity=Severity.ERROR, edition=KEY),)

    assert run_slow_checks(GOOD, (seen(fault("image-alt")),), found=found) == ()


def test_a_browser_is_asked_at_every_width_and_in_the_dark_where_axe_runs() -> None:
    """One page, four widths, and axe-core on a phone and on a desk in both lights."""
    browser = FakeBrowser()

    views = look(browser, "<p>Hei", axe="axe")

    assert (browser.shown, browser.views) == (
        ["<p>Hei"],
        [
            (320, False, "measure"),
            *((375, False, "measure"), (375, False, "axe"), (375, True, "axe")),
            (600, False, "measure"),
            *((1024, False, "measure"), (1024, False, "axe"), (1024, True, "axe")),
        ],
    )
    assert views == (
        View(width=320),
        *(View(width=375), View(width=375, is_dark=True)),
        View(width=600),
        *(View(width=1024), View(width=1024, is_dark=True)),
    )


def test_what_the_scripts_give_becomes_values() -> None:
    """The browser's plain lists and dicts are read whole."""
    element = {"text": "Hei", "link": "https://a.fi", "source": "", "html": "<p>"}
    contrast = {"foreground": "#cccccc", "background": "#ffffff", "ratio": 1.6, "least": 4.5}
    told = {"rule": "color-contrast", "help": "h", "is_advice": False, "element": element, "contrast": contrast}
    browser = FakeBrowser(
        overflow=lambda width: {"reach": 900, "element": element} if width == 320 else None,
        faults=lambda width, is_dark: [told] if (width, is_dark) == (375, True) else [],
    )

    views = look(browser, "<p>Hei", axe="axe")

    known = Element(text="Hei", link="https://a.fi", html="<p>")
    assert views[0] == View(width=320, overflow=Overflow(reach=900, element=known))
    assert views[2] == View(
        width=375,
        is_dark=True,
        faults=(Fault(rule="color-contrast", help="h", is_advice=False, element=known, contrast=PALE),),
    )


def test_another_file_than_axe_core_is_told() -> None:
    """Whoever names a wrong file learns it before anything is judged."""
    with pytest.raises(UsageError) as caught:
        look(FakeBrowser(is_axe=False), "<p>Hei", axe="1")

    assert caught.value.message == "The file given as axe-core is something else."


def test_an_axe_core_that_answers_otherwise_is_told() -> None:
    """A release with another shape of results is no traceback."""
    with pytest.raises(UsageError) as caught:
        look(FakeBrowser(faults=lambda _width, _is_dark: [{"id": "x"}]), "<p>Hei", axe="axe")

    assert caught.value.message == "axe-core answers in a way we do not know."
