import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.content import Language
from newsletter.language.finnish import engine_at_hand
from newsletter.language.hyphens import SOFT_HYPHEN, softened

FI, SV = Language("fi"), Language("sv")
LONG = "Elinvoimaverkostohankkeen"
WORDS = st.sampled_from([LONG, "rahoitushakemuksista", "kaupunginjohtajille", "SEUTU", "ja", "123", "a@b.example/x-y"])


@pytest.fixture
def _voikko() -> None:
    """Skip where nobody knows Finnish words."""
    if engine_at_hand() is None:
        pytest.skip("neither libvoikko nor pyvoikko is installed")


@pytest.mark.usefixtures("_voikko")
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"{LONG} kysely", "Elin|voima|verkosto|hankkeen kysely"),
        (f"”{LONG}”, {LONG}!", "”Elin|voima|verkosto|hankkeen”, Elin|voima|verkosto|hankkeen!"),
        ("SEUTU-rahoitushakemuksista", "SEUTU-rahoitus|hakemuksista"),
        ("yritysneuvojien", "yritysneuvojien"),
        ("yritysneuvontaan", "yritys|neuvontaan"),
        (f"www.{LONG}.example {LONG}@malli.example kunta/{LONG}", None),
        ("Elin\u00advoimaverkostohanke", None),
        ("talous" * 7, None),
    ],
)
def test_long_words_may_break_where_their_parts_meet(text: str, shown: str | None) -> None:
    """Sixteen letters are long; addresses and what is softened already stay as they are."""
    assert softened(text, FI) == (text if shown is None else shown.replace("|", SOFT_HYPHEN))


@pytest.mark.parametrize("language", ["sv", "en", "et"])
def test_other_languages_stay_as_they_are(language: str) -> None:
    """A Finnish compound in a Swedish title is a name."""
    assert softened(LONG, Language(language)) == LONG


@given(st.lists(WORDS).map(" ".join) | st.text())
def test_nothing_but_soft_hyphens_is_added(text: str) -> None:
    """The text is the same without them, and asking twice adds none."""
    once = softened(text, FI)

    assert once.replace(SOFT_HYPHEN, "") == text.replace(SOFT_HYPHEN, "")
    assert softened(once, FI) == once
