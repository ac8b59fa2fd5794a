from dataclasses import replace
from datetime import date

from newsletter.check import check_issue
from newsletter.domain.audience import LeftOut
from newsletter.domain.content import SegmentId
from newsletter.domain.issue import Finding, Severity
from newsletter.domain.rules import HasTag
from newsletter.domain.segments import Asked, AskedOfNobody
from newsletter.errors import Place
from tests.check.samples import ARTICLE, EVENT, EVENT_PLACE, ISSUE, PATH, PUBLICATION


def test_nothing_is_found_in_a_good_issue() -> None:
    """An issue near its period, all of whose items somebody gets, has no findings."""
    assert check_issue(replace(ISSUE, date=date(2018, 2, 28)), PUBLICATION, LeftOut()) == ()


def test_an_item_that_nobody_gets_is_noted() -> None:
    """A table whose key stands in no order is told, as a note: leaving it out is the editor's right."""
    issue = replace(ISSUE, order={SegmentId("advisers"): (ARTICLE.key,), SegmentId("managers"): ()})

    expected = Finding(
        code="item-in-no-segment",
        severity=Severity.NOTE,
        facts={"title": EVENT.title, "key": EVENT.key},
        place=EVENT_PLACE,
    )
    assert check_issue(issue, PUBLICATION, LeftOut()) == (expected,)


def test_what_a_segment_asks_for_and_nobody_has_is_a_warning() -> None:
    """It may be a slip of the pen in segments.toml, whose line is named; the nearest stands beside it."""
    place = Place(path=PATH, line=41)
    asked = Asked(rule=HasTag(tag="johto"), name="tag", value="johto", place=place)
    found = check_issue(
        ISSUE,
        PUBLICATION,
        LeftOut(),
        [AskedOfNobody(segment=SegmentId("managers"), asked=asked, nearest="johtoryhmä")],
    )

    expected = Finding(
        code="asked-of-nobody",
        severity=Severity.WARNING,
        facts={"segment": "managers", "asked": "tag 'johto'", "nearest": "johtoryhmä"},
        place=place,
    )
    assert found == (expected,)


def test_an_issue_dated_far_from_its_period_is_found() -> None:
    """A mistyped year of the planned day would judge every event wrongly, so it stands in the way."""
    issue = replace(ISSUE, date=date(2071, 11, 24))

    expected = Finding(
        code="issue-date-far",
        severity=Severity.ERROR,
        facts={"date": "2071-11-24", "label": "2017-11"},
        place=Place(path=PATH),
    )
    assert check_issue(issue, PUBLICATION, LeftOut()) == (expected,)
