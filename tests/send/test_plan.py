"""What "send" means now."""

from datetime import timedelta

import pytest

from newsletter.domain.content import SegmentId
from newsletter.domain.delivery import Forecast, Sending, SendingId, SendingState
from newsletter.domain.issue import EditionKey, parse_edition_key
from newsletter.domain.mailing import Capabilities
from newsletter.errors import StateError, UsageError
from newsletter.send.plan import (
    Lacking,
    Plan,
    batch_size,
    editions_of,
    lacking_editions,
    nearest_edition,
    plan_sending,
    questions,
)
from tests.send.samples import ADVISERS, EDITIONS, LABEL, MANAGERS, NOW, TO_ADVISERS, TO_BOTH, TO_MANAGERS, an_approval

APPROVAL = an_approval()
OTHER = an_approval(subject="Joulukuun hankinnat")


def begun(
    number: int,
    *,
    state: SendingState = SendingState.RUNNING,
    is_rehearsal: bool = False,
    mailer: str = "smtp",
    is_other: bool = False,
) -> Sending:
    """Give a sending of the issue."""
    return Sending(
        id=SendingId(number),
        label=LABEL,
        approval_hash=(OTHER if is_other else APPROVAL).hash,
        mailer=mailer,
        is_rehearsal=is_rehearsal,
        state=state,
        started_at=NOW + timedelta(days=number),
    )


REAL = begun(1)
PAUSED = begun(1, state=SendingState.PAUSED)
CANCELLED = begun(1, state=SendingState.CANCELLED)
REHEARSED = begun(2, state=SendingState.FINISHED, is_rehearsal=True)
REHEARSING = begun(3, is_rehearsal=True)
REHEARSING_OLD = begun(4, is_rehearsal=True, is_other=True)
REHEARSING_ELSEWHERE = begun(5, is_rehearsal=True, mailer="sandbox", state=SendingState.PAUSED)


@pytest.mark.parametrize(
    ("existing", "is_rehearsal", "expected"),
    [
        ([], False, Plan(go_on=None)),
        ([REHEARSED, REHEARSING], False, Plan(go_on=None)),
        ([CANCELLED], False, Plan(go_on=None)),
        ([REAL, REHEARSED], False, Plan(go_on=REAL)),
        ([PAUSED], False, Plan(go_on=PAUSED)),
        ([CANCELLED, begun(7)], False, Plan(go_on=begun(7))),
        ([], True, Plan(go_on=None)),
        ([REAL, REHEARSED], True, Plan(go_on=None)),
        ([REAL, REHEARSING], True, Plan(go_on=REHEARSING)),
        ([REHEARSING_OLD], True, Plan(go_on=None, abandoned=(REHEARSING_OLD,))),
        (
            [REHEARSING, REHEARSING_OLD, REHEARSING_ELSEWHERE],
            True,
            Plan(go_on=REHEARSING, abandoned=(REHEARSING_OLD, REHEARSING_ELSEWHERE)),
        ),
    ],
)
def test_send_goes_on_with_what_was_begun(existing: list[Sending], is_rehearsal: bool, expected: Plan) -> None:  # noqa: FBT001 - a table's column
    """Sending again goes on; rehearsals and the real sending never count for each other."""
    assert plan_sending(existing, approval=APPROVAL, mailer="smtp", is_rehearsal=is_rehearsal) == expected


@pytest.mark.parametrize(
    ("existing", "message"),
    [
        (begun(1, state=SendingState.FINISHED), r"Issue 2017-11 was sent on 2017-11-15\."),
        (begun(1, is_other=True), "was approved again after its sending had begun"),
        (begun(1, mailer="sendgrid"), "was begun through sendgrid; it cannot go on through smtp"),
    ],
)
def test_send_refuses_a_second_time_and_a_second_version(existing: Sending, message: str) -> None:
    """A sent issue is not sent again, and one on its way goes on only with the same words and mailer."""
    with pytest.raises(StateError, match=message):
        plan_sending([REHEARSED, existing], approval=APPROVAL, mailer="smtp", is_rehearsal=False)


@pytest.mark.parametrize(("batch_size_max", "expected"), [(100, 100), (500, 500), (1000, 500)])
def test_a_batch_is_as_large_as_mailer_and_doubt_allow(batch_size_max: int, expected: int) -> None:
    """The mailer's limit counts, and beyond 500 the doubt of one call grows for nothing."""
    capabilities = Capabilities(batch_size_max=batch_size_max, is_idempotent=False, is_rehearsal=False)
    assert batch_size(capabilities) == expected


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ([], None),
        ([ADVISERS], frozenset({TO_ADVISERS, TO_BOTH})),
        ([MANAGERS], frozenset({TO_MANAGERS, TO_BOTH})),
        ([ADVISERS, MANAGERS], frozenset(EDITIONS)),
    ],
)
def test_a_segment_goes_with_those_it_shares_readers_with(
    chosen: list[SegmentId], expected: frozenset[EditionKey] | None
) -> None:
    """Choosing a segment chooses every edition that reaches its people, whatever else they are in."""
    assert editions_of(chosen, EDITIONS) == expected


def test_an_unknown_segment_is_named() -> None:
    """A mistyped segment would silently reach nobody: it is refused, with the names there are."""
    with pytest.raises(UsageError, match=r"No edition of this issue is for mangers\.") as caught:
        editions_of([SegmentId("mangers")], EDITIONS)
    assert caught.value.hint == "There are: advisers, managers."


@pytest.mark.parametrize(
    ("before", "planned", "expected"),
    [
        (None, 900, ()),
        (100, 120, ()),
        (100, 121, ("121 people would get this issue; the last one had 100. Is that right?",)),
        (100, 3, ()),
    ],
)
def test_an_audience_that_grew_by_a_fifth_is_asked_about(
    before: int | None, planned: int, expected: tuple[str, ...]
) -> None:
    """More than 20 % more readers than last time is asked about; fewer, or a first issue, is not."""
    forecast = Forecast(
        candidates=planned,
        excluded={},
        planned={TO_ADVISERS: planned - 1, TO_MANAGERS: 1},
        planned_last_time=before,
    )
    assert questions(forecast) == expected


def _edition(name: str) -> EditionKey:
    return parse_edition_key(name)


@pytest.mark.parametrize(
    ("wanted", "approved", "expected"),
    [
        ("a+b.fi", "a.fi b.fi a.sv", "a.fi"),
        ("a+b.fi", "a.fi a+b.sv", "a.fi"),
        ("a+b+c.fi", "a.fi b+c.fi", "b+c.fi"),
        ("a+b.fi", "a+b+c.fi a+b+c+d.fi", "a+b+c.fi"),
        ("a+b.en", "a+b.sv a.fi", "a+b.sv"),
        ("a+b.fi", "c.fi d.fi", None),
    ],
)
def test_the_nearest_edition_shares_most_segments_in_the_same_language(
    wanted: str, approved: str, expected: str | None
) -> None:
    """The language counts first, then what is shared, then how little is added; what shares nothing is no help."""
    nearest = nearest_edition(_edition(wanted), list(map(_edition, approved.split())))
    assert nearest == (None if expected is None else _edition(expected))


def test_an_edition_that_nobody_approved_is_told_with_its_readers() -> None:
    """What is approved is not lacking, however many read it."""
    planned = {_edition("a.fi"): 7, _edition("a+b.fi"): 2, _edition("c.fi"): 1}
    assert lacking_editions(planned, [_edition("a.fi"), _edition("b.fi")]) == (
        Lacking(edition=_edition("a+b.fi"), people=2, nearest=_edition("a.fi")),
        Lacking(edition=_edition("c.fi"), people=1, nearest=None),
    )
