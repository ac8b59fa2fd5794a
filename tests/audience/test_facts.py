"""The one form of what is said of a person."""

import pytest

from newsletter.audience.facts import is_visible, one_line

FAMILY = "👩\u200d👩\u200d👧"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (f"Aino {FAMILY} Aalto", f"Aino {FAMILY} Aalto"),
        ("Aino 👩🏽\u200d💻", "Aino 👩🏽\u200d💻"),
        ("Aino 🏳️\u200d🌈 ❤️\u200d🔥", "Aino 🏳️\u200d🌈 ❤️\u200d🔥"),
        ("Ai\u200dno\u200b 👩\u200d", "Aino 👩"),
        ("Aino\u202e", "Aino"),
    ],
)
def test_only_what_joins_emoji_stays_of_the_invisible(written: str, kept: str) -> None:
    """A family stays one picture; a joiner anywhere else, a direction mark and a soft space go."""
    assert (one_line(written), is_visible(one_line(written))) == (kept, True)


def test_a_control_character_is_no_name() -> None:
    """What stays of it after the invisible has gone is told to the person who typed it."""
    assert not is_visible(one_line("Ai\x07no"))
