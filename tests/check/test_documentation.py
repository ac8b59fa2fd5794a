import runpy
from pathlib import Path

from newsletter.check import RULES

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_of_checks_is_current() -> None:
    """docs/checks.md is what its script makes of the code today; run the script when this fails."""
    document = runpy.run_path(str(DOCS / "make_checks.py"))["document"]

    assert (DOCS / "checks.md").read_text("utf-8") == document()


def test_the_page_of_checks_names_every_rule() -> None:
    """No code that a finding can carry is missing from the page."""
    page = (DOCS / "checks.md").read_text("utf-8")

    assert [rule.code for rule in RULES if f"| `{rule.code}` |" not in page] == []


def test_the_table_of_outlook_is_current() -> None:
    """docs/mail.md says what the looks use and Outlook lacks, with what is seen instead; the script writes it anew."""
    script = runpy.run_path(str(DOCS / "make_client_support.py"))
    page = (DOCS / "mail.md").read_text("utf-8")

    assert page == script["page_with"](script["outlook_table"](), page)


def test_every_published_rule_names_checks_that_there_are() -> None:
    """A rule of others is looked for by a check of ours, or is named as not applying."""
    published = runpy.run_path(str(DOCS / "make_checks.py"))["PUBLISHED"]

    assert {code for _, _, codes in published for code in codes.split()} <= {rule.code for rule in RULES}
    assert all(codes for _, _, codes in published)
