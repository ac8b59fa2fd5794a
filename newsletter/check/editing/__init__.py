"""What an editor's own words, dates and items get wrong, whatever the template makes of them.

    leftovers  what was never meant for readers: reminders, mark-up, characters that nobody sees
    dates      days that contradict one another, the issue's date, or the issue's month
    items      items that lack something, or stand twice
    issue      what is wrong with the issue as a whole
    stale      events that are no longer as the issue says

The doors: `CHECKS` for an edition, `issue.judge_issue` and `stale.judge_events` for the issue.
"""

from newsletter.check.editing import dates, items, leftovers
from newsletter.check.page.rules import Check

CHECKS: tuple[Check, ...] = (*leftovers.CHECKS, *dates.CHECKS, *items.CHECKS)
"""In the order of the documentation."""
