"""Lists cut to what a statement takes."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Value = TypeVar("Value")

VALUES_IN_ONE_STATEMENT = 5_000
"""SQLite takes 32,766 values in a statement, PostgreSQL 65,535."""


def portions(values: Iterable[Value]) -> Iterator[list[Value]]:
    """Cut values into lists that one statement can take."""
    remaining = iter(values)
    while portion := list(islice(remaining, VALUES_IN_ONE_STATEMENT)):
        yield portion
