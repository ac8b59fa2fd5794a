"""What a list says that people want."""

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.audience.lists.imports import import_people
from newsletter.audience.lists.result import ImportResult
from newsletter.domain.content import Language, Topic, TopicId
from newsletter.domain.wants import Cadence, Wants
from tests.audience.lists.conftest import Transaction
from tests.audience.lists.test_imports import ASKED, EVERYBODY, FI, NOW, everybody, parse

TOPICS = (
    Topic(id=TopicId("rahoitus"), names={Language("fi"): "Rahoitus", Language("sv"): "Finansiering"}, keywords={}),
    Topic(id=TopicId("kiertotalous"), keywords={}),
)
HEADING = "email;toivotut aiheet;lähetystiheys;tauko asti\n"


def load(transaction: Transaction, rows: str, *, now: datetime = NOW) -> ImportResult:
    """Import people of whom a list says what they want."""
    return import_people(
        parse(HEADING + rows),
        transaction=transaction,
        now=now,
        source="import list.csv",
        basis=ASKED,
        default_language=FI,
        segments=EVERYBODY,
        topics=TOPICS,
    )


def test_a_list_may_say_what_people_want(transaction: Transaction) -> None:
    """Topics by id or name, cadence in three languages, a pause that is not over; the same list again adds nothing."""
    rows = (
        "aino@example.com;Finansiering, kiertotalous;joka kolmas;24.12.2017\n"
        "eero@example.com;;;2017-01-01\n"
        "kaisa@example.com;;every issue;\n"
    )
    first = load(transaction, rows)
    again = load(transaction, rows, now=NOW + timedelta(days=1))
    everything = {person.address: (person.wants, person.wants.since) for person in everybody(transaction)}
    until = datetime(2017, 12, 23, 22, 0, tzinfo=UTC)
    wants = Wants(topics=(TopicId("kiertotalous"), TopicId("rahoitus")), cadence=Cadence.THIRD, paused_until=until)
    assert everything == {
        "aino@example.com": (wants, NOW),
        "eero@example.com": (Wants(), None),
        "kaisa@example.com": (Wants(), NOW),
    }
    assert (first.added, again.unchanged, again.remarks.count) == (3, 3, 0)


def test_a_list_takes_back_nothing_that_a_person_said_here(transaction: Transaction) -> None:
    """Who has said nothing yet wants what the list says; for the others it stays, and the row is told."""
    load(transaction, "aino@example.com;;third;\neero@example.com;;;\n")
    result = load(transaction, "aino@example.com;;every;\neero@example.com;rahoitus;;\n")
    assert [person.wants for person in everybody(transaction)] == [
        Wants(cadence=Cadence.THIRD),
        Wants(topics=(TopicId("rahoitus"),)),
    ]
    assert [str(fault) for fault in result.remarks.first] == [
        "list.csv:2: What this person wants stays as it was said here; `newsletter subscriber edit` changes it."
    ]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("aino@example.com;rahoitusta;;", "list.csv:2: wanted topics: A wanted topic is none of newsletter.toml."),
        ("aino@example.com;;weekly;", "list.csv:2: cadence: The cadence is neither every issue nor every third."),
        (
            "aino@example.com;;;03/11/2018",
            "list.csv:2: paused until: The day a pause ends must be written as 2017-11-03 or 3.11.2017.",
        ),
    ],
)
def test_a_wish_that_cannot_be_kept_rejects_its_row(transaction: Transaction, row: str, told: str) -> None:
    """Nobody is added who would be sent more than was wanted."""
    result = load(transaction, row)
    assert everybody(transaction) == ()
    assert [str(fault).partition(" (Mend")[0] for fault in result.rejected.first] == [told]
