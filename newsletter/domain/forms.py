"""How much of an item a mail shows: what each form leaves out, and whether its readers can find that elsewhere."""

import re
from dataclasses import replace

from newsletter.domain.issue import IssueItem, ItemForm

_WORD = re.compile(r"\w+")


def repeats_lead(item: IssueItem) -> bool:
    """Tell whether an item's text has every word of its lead."""
    return set(_WORD.findall(item.lead)) <= set(_WORD.findall(item.body))


def is_cut(item: IssueItem) -> bool:
    """Tell whether the form of an item keeps some of its words from the mail."""
    if item.form is ItemForm.TITLE:
        return bool(item.lead or item.body)
    return item.form is ItemForm.LEAD and bool(set(_WORD.findall(item.body)) - set(_WORD.findall(item.lead)))


def is_lost(item: IssueItem) -> bool:
    """Tell whether words are cut that no link leads to: they stand nowhere."""
    return is_cut(item) and not item.link


def shorter(item: IssueItem) -> IssueItem:
    """Give an item as a title with its link; where no link leads to the rest, its lead stays, or else its text."""
    if item.link:
        return replace(item, form=ItemForm.TITLE)
    return replace(item, form=ItemForm.LEAD) if item.form is ItemForm.WHOLE and item.lead and item.body else item
