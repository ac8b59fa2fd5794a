import pytest

from newsletter.config.terminal import terminal_language


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "en"),
        ({"LANG": "fi_FI.UTF-8"}, "fi"),
        ({"LANG": "sv_FI"}, "sv"),
        ({"LANG": "fi"}, "fi"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "FI-fi"}, "fi"),
        ({"LC_ALL": "", "LC_MESSAGES": "sv_SE.UTF-8", "LANG": "fi_FI.UTF-8"}, "sv"),
        ({"LC_ALL": "C", "LC_MESSAGES": "sv_SE.UTF-8"}, "en"),
    ],
)
def test_the_terminal_says_its_language_as_posix_does(environment: dict[str, str], expected: str) -> None:
    """LC_ALL before LC_MESSAGES before LANG; what is none of our languages is English."""
    assert terminal_language(environment) == expected
