"""What Finnish words are made of.

Door: `compound_boundaries`. The knowledge is Voikko's: the system's library where it is installed, which is the quicker
one, else the extra `uutiskirje[finnish]`, else nobody knows, and nothing is said.
"""

import threading
from collections.abc import Hashable, Iterable
from functools import cache, lru_cache
from itertools import accumulate
from typing import Any, Protocol

KEPT_WORDS = 1024


class Engine(Hashable, Protocol):
    """Something that knows Finnish words."""

    def analyses(self, word: str) -> list[frozenset[int]]:
        """Give the boundaries of each way to read a word, or nothing for one it does not know."""
        ...


class LibVoikko:
    """The system's library; loading it takes 30 ms, a word 0.05.

    Raises:
        ImportError: Its package, the library or its Finnish dictionary is missing.
    """

    def __init__(self) -> None:
        import libvoikko  # noqa: PLC0415 - an optional package

        class Voikko(libvoikko.Voikko):  # type: ignore[misc]
            """One with nothing to free until it is loaded: its makers' looks for what is not there, and says so."""

            __handle = 0

        try:
            self._voikko = Voikko("fi")
        except (OSError, libvoikko.VoikkoException) as cause:
            raise ImportError("libvoikko or its Finnish dictionary is missing") from cause
        # Two threads in one handle corrupt the memory of the process and end it.
        self._lock = threading.Lock()

    def analyses(self, word: str) -> list[frozenset[int]]:
        """Read them off Voikko's structure, which has `=` before each part: `=ppppp=ppppp`."""
        with self._lock:
            found = self._voikko.analyze(word)
        return [_boundaries(len(part) for part in str(one["STRUCTURE"]).split("=") if part) for one in found]


class PyVoikko:
    """The same dictionary in Python packages; loading it takes a second, a word 1 ms to 50.

    Raises:
        ImportError: The extra `uutiskirje[finnish]` is not installed.
    """

    def __init__(self) -> None:
        import pyvoikko  # noqa: PLC0415 - an optional package

        self._analyse: Any = pyvoikko.analyse
        self._lock = threading.Lock()

    def analyses(self, word: str) -> list[frozenset[int]]:
        """Read them off the forms of the parts; a word with a capital is asked for in small letters."""
        small = word.lower()
        with self._lock:
            found = self._analyse(small)
        forms = [[part.FORM for part in one.COMPOUND_PARTS or ()] for one in found]
        return [_boundaries(map(len, parts)) if "".join(parts) == small else frozenset() for parts in forms]


def compound_boundaries(word: str) -> tuple[int, ...]:
    """Give where the words of a compound meet, as offsets: `elinvoimaverkosto` has 4 and 9.

    Only what every way to read the word agrees on is given. A word that is no compound, that nobody knows, or that
    nobody can be asked about has no boundaries.
    """
    engine = engine_at_hand()
    return () if engine is None else _known(engine, word)


@cache
def engine_at_hand() -> Engine | None:
    """Give the best engine of this machine, loaded once; None where there is none."""
    for make in (LibVoikko, PyVoikko):
        try:
            return make()
        except ImportError:
            continue
    return None


@lru_cache(maxsize=KEPT_WORDS)
def _known(engine: Engine, word: str) -> tuple[int, ...]:
    """Ask for a word once: the same ones stand in every edition."""
    readings = engine.analyses(word)
    return tuple(sorted(frozenset.intersection(*readings))) if readings else ()


def _boundaries(lengths: Iterable[int]) -> frozenset[int]:
    return frozenset(list(accumulate(lengths))[:-1])
