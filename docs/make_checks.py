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


PUBLISHED: tuple[tuple[str, str, str], ...] = (
    ("html has lang; content inside body has lang and dir", "EMC, Parcel", "language-missing content-language-missing"),
    ("the language is the content's own", "axe, Mailgun", "language-differs text-in-other-language"),
    ("a title", "EMC, Parcel, Mailgun", "title-missing"),
    ("layout tables are presentation", "EMC, Parcel, Mailgun", "layout-table-without-role"),
    ("images have alternate text, which is none where they decorate", "EMC, Parcel, Mailgun", "image-without-alt"),
    ("a linked image says where it leads", "EMC, Parcel, Mailgun", "linked-image-without-alt"),
    ("alternate text is no file name", "Parcel", "alt-is-file-name"),
    ("links have discernible text", "EMC, Parcel, Mailgun", "link-without-text"),
    ("link text is descriptive, and one text leads to one place", "EMC, Parcel", "link-text-vague link-text-ambiguous"),
    ("links are told from text by more than colour", "EMC, Parcel, Mailgun", "link-only-by-colour"),
    ("contrast, in dark too", "EMC, Parcel, Mailgun", "contrast-low contrast-low-dark"),
    (
        "one main heading, no level skipped, none empty",
        "Parcel, Mailgun",
        "main-heading heading-level-skipped heading-empty",
    ),
    ("VML has alternate text and holds no links or headings", "Parcel", "vml-unread"),
    ("text is not too small, lines are apart", "Parcel", "text-too-small lines-too-close"),
    ("targets are large enough", "axe, Mailgun", "target-small"),
    ("content reflows", "WCAG", "sideways-scroll"),
    ("no scripts, forms, media, frames, moving pictures", "Parcel, Mailgun", "active-content"),
    ("everything else that axe-core tests (Mailgun's checks are its rules)", "Mailgun", "axe-violation axe-advice"),
)
"""What others ask of the accessibility of mails, and which checks of ours look for it."""
NOT_APPLYING = (
    "landmarks (a mail is a part of the page of a mail program, which has its own)",
    "labels of fields, captions of media, access keys, image maps, time limits: a mail of ours has none of these",
    "zooming forbidden by the viewport: the templates set none, and mail programs ignore it",
    "justified text and text in pictures: no template of ours has either; look at your own in the preview",
)


def published() -> str:
    """Say which published rule is which check, and which do not apply."""
    lines = ["| rule | whose | check |", "|---|---|---|"]
    for rule, whose, codes in PUBLISHED:
        lines.append(f"| {rule} | {whose} | {', '.join(f'`{code}`' for code in codes.split())} |")
    return (
        "\n## Published rules of accessibility\n\n"
        "Of the Email Markup Consortium (EMC), whose reports use Parcel's checker, of Parcel, and of Mailgun Inspect,\n"
        "whose rules are those of axe-core.\n\n"
        + "\n".join(lines)
        + "\n\nNot applying:\n\n"
        + "".join(f"- {one}\n" for one in NOT_APPLYING)
    )


def document() -> str:
    """Give the page as it should be."""
    tables: list[tuple[str, Sequence[Rule]]] = [(title, [one.rule for one in checks]) for title, checks in ROOMS]
    tables.append(("In a browser", browser.RULES))
    tables.append(("The issue as a whole", issue.RULES))
    tables.append(("Events and their sources", stale.RULES))
    tables.append(("Waivers", [WAIVER_UNUSED, WAIVER_UNKNOWN]))
    return (
        OPENING + "".join(f"\n## {title}\n\n" + "\n".join(rows(rules)) + "\n" for title, rules in tables) + published()
    )


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
