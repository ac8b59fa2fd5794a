"""The few sentences that stand for an item."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.curate.excerpt import LEAD_SIZE, lead, shorten, summarise
from newsletter.domain.content import Language

FI = Language("fi")
SEED = Path(__file__).parents[3] / "shared" / "seutu" / "artikkelit.txt"
LONG = "Tämä virke jatkuu ja jatkuu " + "sana " * 100 + "loppuun asti."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Eka on tässä. Toka seuraa. Kolmas vielä. Neljäs ei enää.", "Eka on tässä. Toka seuraa. Kolmas vielä."),
        ("Eka kappale.\n\nToka kappale.", "Eka kappale. Toka kappale."),
        ("Eka rivi\nkatkeaa tässä.", "Eka rivi katkeaa tässä."),
        ("Alku ennen luetteloa.\n\nLuettelo:\n\n• eka\n• toka\n\nLoppu.", "Alku ennen luetteloa."),
        ("Alku on tässä.\n\n- eka\n- toka", "Alku on tässä."),
        ("Alku on tässä.\n\n1. eka\n2. toka", "Alku on tässä."),
        ("Mukaan pääsee näin:\n1) soita\n2) tule", ""),
        ("1. marraskuuta alkaa haku.\n\nToka.", "1. marraskuuta alkaa haku. Toka."),
        ("– Hienoa, sanoo Niemi.\n\nToka.", "– Hienoa, sanoo Niemi. Toka."),
        ("• vain\n• luettelo", ""),
        ("Näin se käy:\n\nYksi kappale.", "Näin se käy: Yksi kappale."),
        ("Raportti valmistui (www.example.org ). Se on hyvä.", "Raportti valmistui. Se on hyvä."),
        ("Työ jatkuu. (Lisää osoitteessa: https://example.org/a .) Tule mukaan.", "Työ jatkuu. Tule mukaan."),
        ("Työ jatkuu [https://example.org] taas.", "Työ jatkuu taas."),
        ("Työ (jatkuu) taas.", "Työ (jatkuu) taas."),
        ("Eka.\r\n\r\nToka.\r\n\r\n• luettelo\r\n", "Eka. Toka."),
        ("***\n\nTeksti alkaa.", "Teksti alkaa."),
        ("", ""),
    ],
)
def test_lead_is_how_a_text_begins(text: str, expected: str) -> None:
    """Up to three whole sentences, none from a list, no line that announces one, no address in brackets."""
    assert lead(text, language=FI) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tässä on noin kaksikymmentä. Toinen virke ei mahdu enää tähän.", "Tässä on noin kaksikymmentä."),
        (
            "Hei! Tämä toinen virke on pitkä, mutta se tarvitaan.",
            "Hei! Tämä toinen virke on pitkä, mutta se tarvitaan.",
        ),
        (
            "Tämä ainoa virke on pidempi kuin koko, muttei tuplasti.",
            "Tämä ainoa virke on pidempi kuin koko, muttei tuplasti.",
        ),
        (LONG, "Tämä virke jatkuu ja jatkuu…"),
        (f"Hei! {LONG}", "Hei!"),
    ],
)
def test_lead_keeps_to_its_size(text: str, expected: str) -> None:
    """A sentence that does not fit stays out, but for one after a very short start; only an endless one is cut."""
    assert lead(text, language=FI, size=30) == expected


@pytest.mark.parametrize(
    ("summary", "text", "expected"),
    [
        ("Toimittajan oma nosto.", "Teksti alkaa toisin.", "Toimittajan oma nosto."),
        ("Toimittajan\n  oma nosto", "", "Toimittajan oma nosto"),
        ("", "Teksti alkaa.", "Teksti alkaa."),
        ("", "", ""),
        ("Katkennut kopio jutu…", "Koko juttu alkaa näin.", "Koko juttu alkaa näin."),
        ("Katkennut kopio [...]", "Koko juttu alkaa näin.", "Koko juttu alkaa näin."),
        ("Kopio jutusta. Jatka lukemista →", "Koko juttu alkaa näin.", "Koko juttu alkaa näin."),
        ("Kopio. Continue reading Koko juttu", "Koko juttu alkaa näin.", "Koko juttu alkaa näin."),
        ("Kopia. Läs mer", "Hela texten.", "Hela texten."),
        ("Ehjä virke. Katkennut vir…", "", "Ehjä virke."),
        ("Ehjä virke. Lue lisää", "", "Ehjä virke."),
        ("Yksi katkennut vir…", "", "Yksi katkennut…"),
        ("…", "", ""),
        ("Nosto, jossa on … välissä jotakin.", "Teksti.", "Nosto, jossa on … välissä jotakin."),
        ("Koko juttu kopioitu. " * 30, "Koko juttu alkaa näin.", "Koko juttu alkaa näin."),
        (
            "Vain pitkä tiivistelmä. " * 30,
            "",
            "Vain pitkä tiivistelmä. Vain pitkä tiivistelmä. Vain pitkä tiivistelmä.",
        ),
    ],
)
def test_a_real_summary_comes_before_the_lead(summary: str, text: str, expected: str) -> None:
    """An item's own summary stands as it is; a cut copy or a whole article gives way to the lead."""
    assert summarise(summary, text, language=FI) == expected


@pytest.mark.parametrize(
    ("text", "size", "expected"),
    [
        ("lyhyt", 5, "lyhyt"),
        ("yksi kaksi kolme", 11, "yksi kaksi…"),
        ("yksi kaksi kolme", 10, "yksi…"),
        ("yksi – kaksi", 8, "yksi…"),
        ("pitkäyksittäinensana ja muuta", 6, "pitkäyksittäinensana…"),
    ],
)
def test_shorten_cuts_between_words(text: str, size: int, expected: str) -> None:
    """Text is cut between words, and a cut is shown."""
    assert shorten(text, size) == expected


@given(st.text(alphabet="abc ÄÖ.,-", max_size=60), st.integers(min_value=1, max_value=60))
def test_shorten_never_cuts_a_word(text: str, size: int) -> None:
    """What is kept are whole words of the text, from its beginning."""
    words = " ".join(text.split())
    kept = shorten(words, size)
    assert words.startswith(kept.removesuffix("…"))
    assert len(kept) <= max(size, len(words.split(" ")[0]) + 1)
    assert kept == words or words[len(kept.removesuffix("…"))] in " ,-"


@pytest.mark.parametrize(
    "text", ["." * 200_000 + "x", "(" * 200_000, "(www. " * 50_000, "1. \n" * 50_000, " " * 200_000]
)
def test_an_endless_text_is_read_in_time(text: str) -> None:
    """A hostile source cannot keep curation busy, neither by its summary nor by its text."""
    assert len(summarise(text, text, language=FI)) <= len(text)


def test_leads_of_the_seed_page_are_whole_sentences() -> None:
    """Every article of the first source gets a lead of whole sentences, of a sensible size, from its beginning."""
    if not SEED.exists():
        pytest.skip("the seed page is not beside this repository")
    bodies = re.split(r"\n\d{1,2}\.\d{1,2}\.\d{4}\n", SEED.read_text(encoding="utf-8"))[1:]
    leads = [lead(body.strip().split("\n", 1)[1], language=FI) for body in bodies]
    assert len(leads) == 10
    assert [each for each in leads if not 100 <= len(each) <= LEAD_SIZE or each[-1] not in ".!”"] == []
