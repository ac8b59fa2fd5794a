from newsletter.domain.audience import Headcount, SubscriberStatus
from newsletter.domain.content import Language, SegmentId
from newsletter.track.coverage import coverage_page

FI, SV = Language("fi"), Language("sv")
ACTIVE = SubscriberStatus.ACTIVE


def test_each_combination_has_a_bar_and_a_row_that_add_up() -> None:
    """Languages of those who get the issue and reasons of the others, by the names that people know."""
    advisers, both = (SegmentId("a"),), (SegmentId("a"), SegmentId("b"))
    headcounts = (
        Headcount(segments=advisers, language=FI, status=ACTIVE, is_suppressed=False, people=1200),
        Headcount(segments=advisers, language=SV, status=ACTIVE, is_suppressed=True, people=3),
        Headcount(segments=both, language=SV, status=ACTIVE, is_suppressed=False, people=40),
        Headcount(segments=(), language=FI, status=ACTIVE, is_suppressed=False, people=5),
    )

    page = coverage_page(headcounts, "<Kirje>", " & ".join)

    assert '<th scope="row">a</th><td>1,203</td><td>1,200</td><td>0</td><td>0</td><td>3</td>' in page
    assert '<th scope="row">a &amp; b</th><td>40</td><td>0</td><td>40</td><td>0</td><td>0</td>' in page
    assert '<th scope="row">in no segment</th><td>5</td><td>0</td><td>0</td><td>5</td><td>0</td>' in page
    assert "a: 1200 gets it, fi, 3 suppressed; a &amp; b: 40 gets it, sv; in no segment: 5 in no segment" in page
    assert "1,248 people are known" in page
    assert "<Kirje>" not in page


def test_nobody_is_a_page_too() -> None:
    """Before the first list is imported there is nothing to draw."""
    assert "0 people are known" in coverage_page((), "Kirje", " & ".join)
