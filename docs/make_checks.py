"""Write docs/checks.md: every check with its code, severity, sentence, remedy and reason, from the code itself.

python docs/make_checks.py
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from newsletter.check import accessibility, browser, clients, content, deliverability, editing, images, links, losses
from newsletter.check.editing import issue, stale
from newsletter.check.findings import WAIVER_UNKNOWN, WAIVER_UNUSED
from newsletter.check.page.rules import Check, Rule

TARGET = Path(__file__).with_name("checks.md")

OPENING = """\
# Checks

`newsletter issue check LABEL` looks at every edition of an issue before it is approved. An **error** keeps the issue
from being approved, a **warning** asks for a look, a **note** only tells. Findings are written in Finnish, Swedish or
English, as `LANG` or `--language` says, and name the line of `issue.toml` where the culprit could be traced to what an
editor wrote. What was found in every edition is told once.

A finding is accepted by its code, with a reason that becomes part of what is approved:

    [[waiver]]
    code = "link-text-vague"
    reason = "The button stands right under its heading."

`newsletter issue check LABEL --slow` also opens every edition in a Chromium, at 320, 375, 600 and 1024 pixels, in light
and in dark, and lets [axe-core](https://github.com/dequelabs/axe-core) test it: the table **In a browser**. That takes
a second an edition. It needs a Chromium, Chrome or Edge (Linux or macOS) and `npm ci`, or `NEWSLETTER_AXE` with the
path of an `axe.min.js`.

This page is written by `docs/make_checks.py`; a test fails when it is older than the checks. Words in *italics* stand
for what is found.
"""

ROOMS: tuple[tuple[str, Sequence[Check]], ...] = (
    ("Content", content.CHECKS),
    ("Words, dates and items", editing.CHECKS),
    ("What readers would not see", losses.CHECKS),
    ("Delivery", deliverability.CHECKS),
    ("Links", links.CHECKS),
    ("Images", images.CHECKS),
    ("Accessibility", accessibility.CHECKS),
    ("Mail programs", clients.CHECKS),
)


def document() -> str:
    """Give the page as it should be."""
    tables: list[tuple[str, Sequence[Rule]]] = [(title, [one.rule for one in checks]) for title, checks in ROOMS]
    tables.append(("In a browser", browser.RULES))
    tables.append(("The issue as a whole", issue.RULES))
    tables.append(("Events and their sources", stale.RULES))
    tables.append(("Waivers", [WAIVER_UNUSED, WAIVER_UNKNOWN]))
    return OPENING + "".join(f"\n## {title}\n\n" + "\n".join(rows(rules)) + "\n" for title, rules in tables)


def rows(rules: Sequence[Rule]) -> Iterator[str]:
    """Give one table's lines."""
    yield "| code | severity | what | what to do | why |"
    yield "|---|---|---|---|---|"
    for rule in rules:
        cells = (f"`{rule.code}`", str(rule.severity), shown(rule.message), shown(rule.fix), shown(rule.basis))
        yield f"| {' | '.join(cells)} |"


def shown(sentence: str) -> str:
    """Write a sentence for Markdown: placeholders in italics, no bar or tag that would be taken for a table or HTML."""
    literal = sentence.replace("|", "\\|").replace("<", "&lt;")
    return re.sub(r"\{(\w+)\}", r"*\1*", literal)


if __name__ == "__main__":
    TARGET.write_text(document(), encoding="utf-8")
    print(f"Wrote {TARGET.name}.")
