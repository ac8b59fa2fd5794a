"""What a source must stay."""

import pytest

from newsletter.collect import parse
from newsletter.collect.watching.contract import lost_dates
from newsletter.domain.content import SourceKind
from newsletter.errors import SourceError
from tests.collect.looking.test_discover import CALENDAR, FEED
from tests.collect.samples import a_snapshot, a_source


@pytest.mark.parametrize(
    ("kind", "body", "told"),
    [
        (SourceKind.FEED, CALENDAR, "gave a calendar instead of a feed"),
        (SourceKind.CALENDAR, FEED, "gave a feed instead of a calendar"),
    ],
)
def test_source_that_became_another_kind_says_what_to_write(kind: SourceKind, body: bytes, told: str) -> None:
    """Its keeper reads which kind it is now, not only that it cannot be read."""
    with pytest.raises(SourceError, match=told) as caught:
        parse(a_snapshot(body), a_source(kind))
    assert 'write kind = "' in str(caught.value.hint)


def test_articles_that_lost_their_dates_are_told_once_they_had_some() -> None:
    """A feed without dates from the beginning is no news; one date is enough."""
    source = a_source(SourceKind.FEED)
    bare = parse(a_snapshot(b"<rss><channel><item><title>A</title></item></channel></rss>"), source)
    assert lost_dates(bare, was_dated=False) is None
    told = lost_dates(bare, was_dated=True)
    assert told is not None
    assert told.message == "None of its articles has a date any more."
    assert lost_dates(parse(a_snapshot(FEED), source), was_dated=True) is None
    assert lost_dates(parse(a_snapshot(CALENDAR), a_source(SourceKind.CALENDAR)), was_dated=True) is None
