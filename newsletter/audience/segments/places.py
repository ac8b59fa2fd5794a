"""Finland's municipalities: which region each lies in, which languages it has, and every way its name is written.

The table is made by docs/make_municipalities.py: Statistics Finland's classifications of municipalities and regions,
CC BY 4.0, and the statutes on languages. People write `Helsinki` or `Helsingfors`, so both names count.
"""

import csv
import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from newsletter.domain.audience import comparable

SPOKEN = ("bilingual", "finnish", "swedish")
"""What languages a municipality can have."""

_TABLE = Path(__file__).with_name("municipalities.tsv")


class Municipality(NamedTuple):
    """A line of the table."""

    code: str
    finnish: str
    swedish: str
    region_finnish: str
    region_swedish: str
    languages: str


@functools.cache
def municipalities() -> tuple[Municipality, ...]:
    """Give all of them, in the order of their codes."""
    with _TABLE.open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file, delimiter="\t")
    return tuple(Municipality(*row) for row in rows)


@functools.cache
def regions() -> dict[str, str]:
    """Give the Finnish name of each region by its name in either language."""
    named = {one.region_finnish: one.region_finnish for one in municipalities()}
    return {**named, **{one.region_swedish: one.region_finnish for one in municipalities()}}


def region_called(name: str) -> str | None:
    """Give the Finnish name of the region that is called so in Finnish or Swedish, or None."""
    forms = {comparable(known): finnish for known, finnish in regions().items()}
    return forms.get(comparable(name))


def names_in(wanted: Sequence[str]) -> tuple[str, ...]:
    """Give the names of every municipality of regions, which are named in Finnish."""
    return _names(lambda one: one.region_finnish in wanted)


def names_speaking(languages: str) -> tuple[str, ...]:
    """Give the names of every municipality that is bilingual, Finnish or Swedish."""
    return _names(lambda one: one.languages == languages)


def _names(is_meant: Callable[[Municipality], bool]) -> tuple[str, ...]:
    meant = [one for one in municipalities() if is_meant(one)]
    spelt = (spelling for one in meant for name in (one.finnish, one.swedish) for spelling in _spellings(name))
    return tuple(dict.fromkeys(spelt))


def _spellings(name: str) -> tuple[str, ...]:
    """Give the ways in which a name is written: what the classification shortens, and what it adds to tell apart."""
    return tuple({name: None, name.replace("S:t ", "Sankt "): None, name.removesuffix(" Tl"): None})
