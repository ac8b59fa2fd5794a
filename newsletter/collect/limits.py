"""How much of a source is read at most: one place for every bound that hostile or broken content meets.

The bounds are generous for what people write and small for a machine; whoever meets one gets a notice, never silence.
"""

MAXIMUM_BODY_BYTES = 10_000_000
"""Of one snapshot, unpacked. A gzip body of 0.2 MB can grow to 200 MB."""

MAXIMUM_ITEMS = 2_000
"""Of one source; what comes after is left out with a notice."""

MAXIMUM_OCCURRENCES = 200
"""Of one recurring event."""

SERIES_WINDOW_DAYS = 400
"""How far before and after the fetch an endless series is expanded."""

MAXIMUM_TITLE_CHARACTERS = 300
TITLE_FROM_TEXT_CHARACTERS = 80
"""Of the first words that stand in for a title."""

MAXIMUM_TEXT_CHARACTERS = 200_000
"""Of one item's text as we keep it."""

MAXIMUM_MARKUP_CHARACTERS = 1_000_000
"""Of one item's text as a source writes it; pictures pasted into it count."""

MAXIMUM_SUMMARY_CHARACTERS = 5_000
"""A summary is read by a person who chooses; an issue takes a few sentences of it."""

MAXIMUM_NESTING = 200
"""Of HTML elements, as sites nest them; `safe_html` says what becomes of more."""

MAXIMUM_PLACE_CHARACTERS = 200
MAXIMUM_NAME_CHARACTERS = 100
MAXIMUM_TAG_CHARACTERS = 60

MAXIMUM_EVENT_DAYS = 366
"""An event that lasts longer has probably a wrong year; it is taken with a warning."""
