"""Which language a text is in."""

import pytest

from newsletter.language.guess import language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Kunta on avannut uuden haun, ja se on auki myös yrityksille.", "fi"),
        ("Kommunen har öppnat en ny utlysning som är öppen för alla och gäller i år.", "sv"),
        ("The municipality has opened a call for companies, and it is open to all.", "en"),
        ("Kauhajoki 2017", None),
        ("Kunta on auki ja se on kiva. The city is open and it is on.", None),
        ("", None),
    ],
)
def test_common_words_tell_a_language(text: str, language: str | None) -> None:
    """What its words do not tell clearly is left open, and a person says it."""
    assert language_of(text) == language
