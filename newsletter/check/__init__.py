"""See what a rendered edition would do to its readers, before anybody gets it.

The door: `run_checks` on a `CheckInput`, then `apply_waivers`, and `describe` for a finding's sentences. Every check is
a pure function over the parsed edition. Must not know how editions are made, stored or sent; never changes a message.
"""

from newsletter.check.findings import CHECKS, RULES, FindingText, apply_waivers, describe, run_checks
from newsletter.check.reading import CheckInput, ImageFile

__all__ = ["CHECKS", "RULES", "CheckInput", "FindingText", "ImageFile", "apply_waivers", "describe", "run_checks"]
