"""How a report looks."""

import csv
import json
from dataclasses import replace
from io import StringIO
from zoneinfo import ZoneInfo

import pytest

from newsletter.domain.delivery import Balance, DeliveryState, ReasonCount, SendingId, SendingState
from newsletter.track.pages import as_csv, as_json, as_table
from tests.track.test_report import DOUBT, a_report, an_account

IN_DOUBT = a_report(an_account(state=SendingState.RUNNING, last=DeliveryState.UNKNOWN, unknown=(DOUBT,)))
FINISHED = a_report(an_account())


def test_a_table_can_be_added_up() -> None:
    """The terminal shows both sums in full, rows per segment and edition, reasons, doubt and what to do."""
    assert as_table(IN_DOUBT, zone=ZoneInfo("Europe/Helsinki")) == (
        "Issue 2017-11: sending through smtp, under way\n"
        "began     2017-11-14 11:00 EET\n"
        "\n"
        "candidates 10 = 9 planned + 1 pending\n"
        "planned 9 = 0 queued + 0 sending + 8 accepted + 0 rejected + 0 skipped + 1 unknown\n"
        "of the accepted: 3 delivered\n"
        "The report balances.\n"
        "\n"
        "segment            planned  open  accepted  rejected  skipped  unknown\n"
        "Yritysneuvojat           7     0         6         0        0        1\n"
        "Kaupunginjohtajat        3     0         2         0        0        1\n"
        "\n"
        "edition               planned  open  accepted  rejected  skipped  unknown\n"
        "advisers.fi                 6     0         6         0        0        0\n"
        "advisers+managers.fi        1     0         0         0        0        1\n"
        "managers.fi                 2     0         2         0        0        0\n"
        "\n"
        "unknown: 1 x no such mailbox\n"
        "\n"
        "unknown: batch 7, advisers+managers.fi, 1 since 2017-11-14 11:00 EET: no answer in 30 s\n"
        "\n"
        "1 mail may have gone out. Most often they did: leave them if in doubt. "
        "`newsletter issue report 2017-11 --people unknown` names the readers.\n"
        "  newsletter issue resolve 2017-11 --leave\n"
    )


def test_a_finished_rehearsal_says_so() -> None:
    """The first lines tell a rehearsal from the real thing, and when it ended."""
    rehearsal = replace(FINISHED, sending=replace(FINISHED.sending, is_rehearsal=True, mailer="outbox"))
    assert as_table(rehearsal).splitlines()[:3] == [
        "Issue 2017-11: rehearsal through outbox, finished",
        "began     2017-11-14 09:00 UTC",
        "ended     2017-11-14 09:05 UTC",
    ]


def test_a_report_that_does_not_balance_shouts() -> None:
    """A wrong sum cannot be overlooked."""
    assert "The report DOES NOT BALANCE." in as_table(a_report(an_account(candidates=11))).splitlines()


def test_an_empty_report_has_no_empty_tables() -> None:
    """A table without rows is left out whole."""
    nobody = Balance(candidates=0, excluded={}, planned=0, states={})
    empty = replace(FINISHED, balance=nobody, segments=(), editions=(), reasons=())
    assert as_table(empty) == (
        "Issue 2017-11: sending through smtp, finished\n"
        "began     2017-11-14 09:00 UTC\n"
        "ended     2017-11-14 09:05 UTC\n"
        "\n"
        "candidates 0 = 0 planned\n"
        "planned 0 = 0 queued + 0 sending + 0 accepted + 0 rejected + 0 skipped + 0 unknown\n"
        "The report balances.\n"
    )


def test_json_holds_everything() -> None:
    """A program gets every number under a stable name, and moments with their offset."""
    states = {"accepted": 5, "delivered": 3, "unknown": 1}
    assert json.loads(as_json(IN_DOUBT)) == {
        "label": "2017-11",
        "sending": 1,
        "mailer": "smtp",
        "is_rehearsal": False,
        "is_trial": False,
        "state": "sending",
        "pause_reason": None,
        "approval_hash": IN_DOUBT.sending.approval_hash,
        "started_at": "2017-11-14T09:00:00+00:00",
        "finished_at": None,
        "balance": {"holds": True, "candidates": 10, "excluded": {"pending": 1}, "planned": 9, "states": states},
        "segments": [
            {"name": "Yritysneuvojat", "planned": 7, "states": {"accepted": 3, "delivered": 3, "unknown": 1}},
            {"name": "Kaupunginjohtajat", "planned": 3, "states": {"accepted": 2, "unknown": 1}},
        ],
        "editions": [
            {"name": "advisers.fi", "planned": 6, "states": {"accepted": 3, "delivered": 3}},
            {"name": "advisers+managers.fi", "planned": 1, "states": {"unknown": 1}},
            {"name": "managers.fi", "planned": 2, "states": {"accepted": 2}},
        ],
        "domains": [],
        "reasons": [{"state": "unknown", "reason": "no such mailbox", "deliveries": 1}],
        "unknown": [
            {
                "batch": 7,
                "edition": "advisers+managers.fi",
                "attempt": 1,
                "claimed_at": "2017-11-14T09:00:00+00:00",
                "reason": "no answer in 30 s",
                "deliveries": 1,
            }
        ],
        "advice": [
            {
                "message": "1 mail may have gone out. Most often they did: leave them if in doubt. "
                "`newsletter issue report 2017-11 --people unknown` names the readers.",
                "command": "newsletter issue resolve 2017-11 --leave",
            }
        ],
    }


def test_json_says_when_it_ended() -> None:
    """A finished sending has its end."""
    assert json.loads(as_json(FINISHED))["finished_at"] == "2017-11-14T09:05:00+00:00"


def test_csv_is_one_number_a_line() -> None:
    """A spreadsheet gets group, name, state and count, and can pivot them."""
    assert list(csv.reader(StringIO(as_csv(FINISHED)))) == [
        ["sending", "kind", "group", "name", "state", "count"],
        ["1", "sending", "candidates", "", "", "10"],
        ["1", "sending", "excluded", "pending", "", "1"],
        ["1", "sending", "all", "", "accepted", "5"],
        ["1", "sending", "all", "", "delivered", "3"],
        ["1", "sending", "all", "", "rejected", "1"],
        ["1", "sending", "segment", "Yritysneuvojat", "accepted", "3"],
        ["1", "sending", "segment", "Yritysneuvojat", "delivered", "3"],
        ["1", "sending", "segment", "Yritysneuvojat", "rejected", "1"],
        ["1", "sending", "segment", "Kaupunginjohtajat", "accepted", "2"],
        ["1", "sending", "segment", "Kaupunginjohtajat", "rejected", "1"],
        ["1", "sending", "edition", "advisers.fi", "accepted", "3"],
        ["1", "sending", "edition", "advisers.fi", "delivered", "3"],
        ["1", "sending", "edition", "advisers+managers.fi", "rejected", "1"],
        ["1", "sending", "edition", "managers.fi", "accepted", "2"],
        ["1", "sending", "reason", "no such mailbox", "rejected", "1"],
    ]


def test_csv_tells_sendings_apart() -> None:
    """Several sendings of an issue share one heading; each line says which it is of, and rehearsals say so."""
    nobody = Balance(candidates=0, excluded={}, planned=0, states={})
    bare = replace(FINISHED, balance=nobody, segments=(), editions=(), reasons=())
    rehearsal = replace(bare, sending=replace(bare.sending, id=SendingId(2), is_rehearsal=True))
    assert list(csv.reader(StringIO(as_csv(bare, rehearsal)))) == [
        ["sending", "kind", "group", "name", "state", "count"],
        ["1", "sending", "candidates", "", "", "0"],
        ["2", "rehearsal", "candidates", "", "", "0"],
    ]


@pytest.mark.parametrize(
    ("reason", "in_csv", "in_table"),
    [
        ("=HYPERLINK(0)", "'=HYPERLINK(0)", "=HYPERLINK(0)"),
        ("-1 spam", "'-1 spam", "-1 spam"),
        ("550 \x1b[2Jno\r\nsuch user", "550  [2Jno  such user", "550  [2Jno  such user"),
    ],
)
def test_a_strangers_reason_is_inert(reason: str, in_csv: str, in_table: str) -> None:
    """What a mail server answers is shown, but neither obeyed by a terminal nor computed by a spreadsheet."""
    rejected = ReasonCount(state=DeliveryState.REJECTED, reason=reason, deliveries=1)
    report = replace(FINISHED, reasons=(rejected,))
    assert list(csv.reader(StringIO(as_csv(report))))[-1][3] == in_csv
    assert as_table(report).splitlines()[-1] == f"rejected: 1 x {in_table}"
    assert json.loads(as_json(report))["reasons"][0]["reason"] == reason
