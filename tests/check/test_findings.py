import re
from collections import Counter
from dataclasses import replace

import pytest

from newsletter.check import CHECKS, RULES, FindingText, apply_waivers, check_issue, describe, run_checks
from newsletter.check.page.rules import Check
from newsletter.domain.audience import LeftOut
from newsletter.domain.content import SegmentId
from newsletter.domain.issue import Finding, Severity, Waiver
from newsletter.errors import Place, UsageError
from tests.check.editing.test_dates import CASES as DATES
from tests.check.editing.test_items import CASES as ITEMS
from tests.check.editing.test_leftovers import CASES as LEFTOVERS
from tests.check.samples import (
    ARTICLE,
    ARTICLE_PLACE,
    GOOD,
    ISSUE,
    KEY,
    MESSAGE,
    PATH,
    PUBLICATION,
    WORDS_PLACE,
    with_html,
)
from tests.check.test_accessibility import CASES as ACCESSIBILITY
from tests.check.test_clients import CASES as CLIENTS
from tests.check.test_content import CASES as CONTENT
from tests.check.test_deliverability import CASES as DELIVERABILITY
from tests.check.test_images import CASES as IMAGES
from tests.check.test_links import CASES as LINKS
from tests.check.test_losses import CASES as LOSSES

ALL_CASES = [
    *CONTENT,
    *LEFTOVERS,
    *DATES,
    *ITEMS,
    *LOSSES,
    *DELIVERABILITY,
    *LINKS,
    *IMAGES,
    *ACCESSIBILITY,
    *CLIENTS,
]

LARGE = Finding(code="html-large", severity=Severity.WARNING, facts={"size": "81", "limit": "102"}, edition=KEY)
EMPTY = Finding(code="edition-empty", severity=Severity.ERROR, edition=KEY, place=WORDS_PLACE)


def test_nothing_is_found_in_a_good_edition() -> None:
    """An edition without fault has no findings, not even notes."""
    assert run_checks(GOOD) == ()


def test_findings_come_gravest_first_and_say_where() -> None:
    """Each finding carries its rule's severity, the edition and the place; errors stand before warnings and notes."""
    html = with_html((f">{ARTICLE.title}<", ">Lue lisää<"), ('<html lang="fi"', "<html")).message.html
    given = replace(GOOD, message=replace(MESSAGE, html=html, subject="Rahoitus ja hankinnat samassa pöydässä nyt"))

    expected = (
        Finding(code="language-missing", severity=Severity.ERROR, edition=KEY),
        Finding(
            code="words-lost",
            severity=Severity.WARNING,
            facts={"title": ARTICLE.title, "words": ", ".join(ARTICLE.title.replace(":", "").split())},
            edition=KEY,
            place=ARTICLE_PLACE,
        ),
        Finding(
            code="link-text-vague",
            severity=Severity.WARNING,
            facts={"text": "Lue lisää"},
            edition=KEY,
            place=ARTICLE_PLACE,
        ),
        Finding(
            code="subject-long-on-phones",
            severity=Severity.NOTE,
            facts={"limit": "40", "found": "Rahoitus ja hankinnat samassa pöydässä n"},
            edition=KEY,
            place=WORDS_PLACE,
        ),
    )
    assert run_checks(given) == expected


def test_the_same_culprit_is_named_once() -> None:
    """A fault that stands twice in a mail with the same words is one finding."""
    vague = '<a href="https://a.fi">tästä</a>'
    given = replace(GOOD, message=replace(MESSAGE, html=MESSAGE.html.replace("</body>", f"{vague}{vague}</body>")))

    assert [finding.code for finding in run_checks(given)] == ["text-lacks-link", "link-text-vague"]


def test_a_mail_that_is_empty_is_found_fault_with() -> None:
    """No check stumbles over a message with nothing in it."""
    nothing = replace(MESSAGE, subject="", preheader="", html="", text="", headers=(), slots={})

    codes = {finding.code for finding in run_checks(replace(GOOD, message=nothing))}

    assert codes == {
        *("subject-missing", "preheader-missing", "unsubscribe-link-missing", "sender-missing"),
        *("postal-address-missing", "text-part-missing", "language-missing", "title-missing", "main-heading"),
        *("dark-mode-incomplete", "words-lost"),
    }


def test_every_code_stands_for_one_rule() -> None:
    """Codes are unique, lower-case and hyphened, because waivers name them."""
    codes = Counter(rule.code for rule in RULES)

    assert [code for code, times in codes.items() if times > 1 or not code.replace("-", "").islower()] == []


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.rule.code)
def test_a_sentence_names_only_facts_its_check_gives(check: Check) -> None:
    """The placeholders of message and fix are among the facts of every hit of the check's test cases."""
    wanted = set(re.findall(r"{(\w+)}", check.rule.message + check.rule.fix))
    given = [hit.facts.keys() for code, _, expected in ALL_CASES if code == check.rule.code for hit in expected]

    assert {frozenset(wanted - facts) for facts in given} == {frozenset()}


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("fi", FindingText(
            message="Viestin koko on 81 kt eli lähellä 102 kilotavun rajaa, jossa Gmail katkaisee viestin.",
            fix="Poista juttu tai pari tai lyhennä tekstejä, joista voi linkittää koko juttuun.")),
        ("sv", FindingText(
            message="Mejlet är 81 kB, nära gränsen 102 kB där Gmail kapar det.",
            fix="Ta bort ett eller ett par inslag eller korta av texter som har en sida att länka till.")),
        ("en", FindingText(
            message="The mail is 81 kB, close to the 102 kB at which Gmail cuts it off.",
            fix="Take out an item or two, or shorten texts that have a page to link to.")),
        ("de", FindingText(
            message="The mail is 81 kB, close to the 102 kB at which Gmail cuts it off.",
            fix="Take out an item or two, or shorten texts that have a page to link to.")),
    ],
)  # fmt: skip
def test_a_finding_is_said_in_the_readers_language(language: str, expected: FindingText) -> None:
    """A finding is described in Finnish, Swedish and English, with its facts; others read English."""
    assert describe(LARGE, language) == expected


def test_a_code_without_rule_cannot_be_described() -> None:
    """A finding that no check of ours made is an error of the caller."""
    with pytest.raises(UsageError) as caught:
        describe(replace(LARGE, code="made-up"), "fi")

    assert caught.value.message == "No check has the code 'made-up'."


def test_a_waiver_accepts_every_finding_of_its_code() -> None:
    """A waived finding keeps its severity and carries the reason, and an error no longer stands in the way."""
    waivers = (Waiver(code="edition-empty", reason="Odotettu", line=7), Waiver(code="edition-empty", reason="Toinen"))

    found = apply_waivers((EMPTY, LARGE, EMPTY), waivers, path=PATH)

    accepted = replace(EMPTY, waived="Odotettu")
    assert found == (accepted, LARGE, accepted)
    assert not accepted.stands_in_the_way


def test_a_waiver_that_accepts_nothing_is_found() -> None:
    """An unused waiver is a note at its line, and one whose code no check has is a warning."""
    waivers = (Waiver(code="html-too-large", reason="x", line=7), Waiver(code="html-to-large", reason="x", line=9))

    assert apply_waivers((LARGE,), waivers, path=PATH) == (
        LARGE,
        Finding(
            code="waiver-unused",
            severity=Severity.NOTE,
            facts={"code": "html-too-large"},
            place=Place(path=PATH, line=7),
        ),
        Finding(
            code="waiver-unknown",
            severity=Severity.WARNING,
            facts={"code": "html-to-large"},
            place=Place(path=PATH, line=9),
        ),
    )


@pytest.mark.parametrize(("people", "said"), [(12, "12 people get"), (1, "1 person gets"), (None, "? people get")])
def test_a_segment_without_items_is_found(people: int | None, said: str) -> None:
    """It is a warning that says how many people get nothing, as far as anybody can count them."""
    left_out = LeftOut(segments=(SegmentId("advisers"), SegmentId("pilots")), people=people)

    (found,) = check_issue(ISSUE, PUBLICATION, left_out)

    assert found == Finding(
        code="segment-without-items",
        severity=Severity.WARNING,
        facts={"segments": "advisers, pilots", "count": said.partition(" ")[0]},
        place=Place(path=PATH),
    )
    assert describe(found, "en").message == (f"No item of the issue is for advisers, pilots: {said} nothing this time.")


def test_where_every_segment_has_items_none_is_found() -> None:
    """The ordinary month is silent."""
    assert check_issue(ISSUE, PUBLICATION, LeftOut()) == ()


def test_a_useless_waiver_without_file_has_no_place() -> None:
    """Where the caller names no file, none is made up."""
    (found,) = apply_waivers((), (Waiver(code="html-large", reason="x", line=7),))

    assert (found.place, describe(found, "en").message) == (
        None,
        "Nothing was found that the waiver “html-large” would have to accept.",
    )


def test_a_waiver_of_a_slow_check_is_unused_only_where_that_ran() -> None:
    """Without a browser nobody knows whether the waiver is needed."""
    waivers = (Waiver(code="contrast-low", reason="x", line=7),)

    slow = apply_waivers((), waivers, path=PATH, is_slow=True)

    assert apply_waivers((), waivers, path=PATH) == ()
    assert [(one.code, one.facts) for one in slow] == [("waiver-unused", {"code": "contrast-low"})]


def test_a_finding_of_a_slow_check_is_waived_like_others() -> None:
    """The error keeps its severity, carries the reason, and no longer stands in the way."""
    contrast = Finding(code="contrast-low", severity=Severity.ERROR, edition=KEY)

    (found,) = apply_waivers((contrast,), (Waiver(code="contrast-low", reason="Logo", line=7),), is_slow=True)

    assert (found, found.stands_in_the_way) == (replace(contrast, waived="Logo"), False)
