import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from newsletter.language.finnish import (
    Engine,
    LibVoikko,
    PyVoikko,
    _known,
    compound_boundaries,
    engine_at_hand,
)


@pytest.fixture(params=[LibVoikko, PyVoikko], scope="module")
def engine(request: pytest.FixtureRequest) -> Engine:
    """Load each engine in turn."""
    try:
        made: Engine = request.param()
    except ImportError as missing:
        pytest.skip(f"{request.param.__name__}: {missing}")
    return made


@pytest.mark.parametrize(
    "parts",
    [
        "elin|voima|verkosto|hankkeen",
        "seutu|kaupunki|ohjelmassa",
        "Rahoitus|hakemuksista",
        "kaupungin|johtajille",
        "omistajan|vaihdos|palvelut",
        "kierto|talous|tapahtuma",
        "Elin|voima|verkosto|hanke",
        "epä|järjestelmällisyys",
        "yritykset",
        "qwertyuiopasdfgh",
        "",
    ],
)
def test_each_engine_knows_where_the_words_of_a_compound_meet(engine: Engine, parts: str) -> None:
    """Both say the same, in any case form, with and without a capital; an unknown word has no boundaries."""
    words = parts.split("|")
    expected = tuple(len("".join(words[:count])) for count in range(1, len(words)))

    assert _known(engine, "".join(words)) == expected


class Ambiguous:
    """An engine that reads every word in two ways."""

    def analyses(self, word: str) -> list[frozenset[int]]:
        """Agree on one boundary only."""
        return [frozenset({4, len(word) - 5}), frozenset({4})]


def test_only_what_all_readings_agree_on_counts() -> None:
    """A word that can be taken apart in two ways is broken where both do."""
    assert _known(Ambiguous(), "elinvoimahanke") == (4,)


def test_an_engine_may_be_asked_from_several_threads(engine: Engine) -> None:
    """Voikko itself may not be: two threads in one handle end the process."""
    words = [
        f"{first}{second}{third}"
        for first in ("talous", "kunta", "seutu")
        for second in ("neuvonta", "palvelu")
        for third in ("päivä", "ohjelma", "verkosto", "hanke")
    ]
    expected = [engine.analyses(word) for word in words]

    with ThreadPoolExecutor(8) as pool:
        found = [list(pool.map(engine.analyses, words)) for _ in range(3)]

    assert found == [expected] * 3


def test_the_best_engine_of_the_machine_answers() -> None:
    """The door asks whoever is there, and nobody where nobody is."""
    known = (4, 9) if engine_at_hand() is not None else ()

    assert compound_boundaries("elinvoimaverkosto") == known


def test_without_an_engine_nothing_is_known() -> None:
    """Where neither is installed, words have no boundaries and nothing fails."""
    script = (
        "import sys; sys.modules['libvoikko'] = sys.modules['pyvoikko'] = None\n"
        "from newsletter.language.finnish import compound_boundaries, engine_at_hand\n"
        "print(engine_at_hand(), compound_boundaries('elinvoimaverkosto'))"
    )

    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)

    assert done.stdout == "None ()\n"


def test_a_missing_library_is_no_noise() -> None:
    """Where the package is there and the system's library is not, nobody is told of the makers' own mistakes."""
    pytest.importorskip("libvoikko")
    script = (
        "import libvoikko; libvoikko.VoikkoLibrary.open = lambda *_, **__: (_ for _ in ()).throw(OSError('none'))\n"
        "from newsletter.language.finnish import LibVoikko\n"
        "try: LibVoikko()\n"
        "except ImportError as error: print(error)"
    )

    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)

    assert (done.stdout, done.stderr) == ("libvoikko or its Finnish dictionary is missing\n", "")
