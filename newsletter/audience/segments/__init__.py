"""Read segments.toml: who is in each segment, which topics and sections it gets, and its name in each language.

    [[segment]]
    id = "advisers"
    rank = 1
    topics = ["rahoitus"]
    [segment.name]
    fi = "Yritysneuvojat"
    [segment.who]
    attribute = "role"
    equals = "yritysneuvoja"

A rule is one of these tables:

    { attribute = "role", equals = "x" }      the attribute has this value, however its letters are cased
    { attribute = "role", in = ["x", "y"] }   ... or one of these
    { attribute = "role", present = true }    ... or is there; starts_with = "x"
    { attribute = "staff", at_least = 10 }    ... or is such a number: at_most, more_than, less_than
    { region = "Uusimaa" }   { municipality_is = "bilingual" }
    { mail_domain = "example.fi" }
    { joined_after = 2026-01-31 }   { joined_before = 2026-01-31 }   { joined_within_days = 30 }
    { mailed = "never" }   { mailed_since = 2026-01-31 }
    { segment = "x" }                         the rule of another segment
    { language = "sv" }   { language = ["fi", "sv"] }
    { tag = "x" }
    { all = [rule, ...] }   { any = [rule, ...] }   { not = rule }

Its door is `read_segments`, which shows all faults of the file at once, and `StrayCount`, which explains why people are
in no segment. What the rules mean say `domain.rules` and `storage.rules`.
"""

from newsletter.audience.segments.nobody import find_asked_of_nobody
from newsletter.audience.segments.reading import SEGMENTS_MAX, read_segments
from newsletter.audience.segments.strays import Stray, StrayCount

__all__ = ["SEGMENTS_MAX", "Stray", "StrayCount", "find_asked_of_nobody", "read_segments"]
