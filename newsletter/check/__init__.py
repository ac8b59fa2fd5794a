"""See what a rendered edition would do to its readers, before anybody gets it.

The door: `run_checks` on a `CheckInput`, `check_issue` and `check_events` on the issue, then `apply_waivers`, and
`describe` for a finding's sentences. Every check is a pure function over the parsed edition. The slow checks, run only
when asked for, are such functions over what a browser saw: `look`, with a `Browser` from outside, then
`run_slow_checks`. Must not know how editions are made, stored or sent; never changes a message.
"""

from newsletter.check.browser import Browser, look
from newsletter.check.findings import (
    CHECKS,
    RULES,
    FindingText,
    apply_waivers,
    check_events,
    check_issue,
    describe,
    run_checks,
    run_slow_checks,
)
from newsletter.check.page.reading import CheckInput, ImageFile

__all__ = [
    "CHECKS",
    "RULES",
    "Browser",
    "CheckInput",
    "FindingText",
    "ImageFile",
    "apply_waivers",
    "check_events",
    "check_issue",
    "describe",
    "look",
    "run_checks",
    "run_slow_checks",
]
