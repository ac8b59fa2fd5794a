"""Where sentences end in Finnish, Swedish and English."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.content import Language
from newsletter.language.sentences import split

FI, SV, EN = Language("fi"), Language("sv"), Language("en")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tervetuloa! Kahvi on katettu. Tuletko?", ("Tervetuloa!", "Kahvi on katettu.", "Tuletko?")),
        ("Mukana on mm. Forssa. Työ jatkuu.", ("Mukana on mm. Forssa.", "Työ jatkuu.")),
        ("Väkeä oli n. 50. Paikka oli Salo.", ("Väkeä oli n. 50. Paikka oli Salo.",)),
        ("Kysy esim. Annalta tai ks. Liite 2.", ("Kysy esim. Annalta tai ks. Liite 2.",)),
        (
            "Mukana olivat yritykset ym. Oppilaitoksia tarvitaan.",
            ("Mukana olivat yritykset ym. Oppilaitoksia tarvitaan.",),
        ),
        ("Budjetti on 2 milj. Euroopan rahaa. Se riittää.", ("Budjetti on 2 milj. Euroopan rahaa.", "Se riittää.")),
        ("Vastaava on vt. Johtaja Niemi.", ("Vastaava on vt. Johtaja Niemi.",)),
        ("Työn teki Malli Oy. Se valmistui.", ("Työn teki Malli Oy.", "Se valmistui.")),
        ("Puhujana A. Niemi ja K.-J. Laine. Tule!", ("Puhujana A. Niemi ja K.-J. Laine.", "Tule!")),
        ("P.S. Muista ilmoittautua.", ("P.S. Muista ilmoittautua.",)),
        ("Tapaamme 3.–4.10. Salossa. Tule mukaan.", ("Tapaamme 3.–4.10. Salossa.", "Tule mukaan.")),
        ("Päivä on 17.11. Forssassa.", ("Päivä on 17.11. Forssassa.",)),
        ("Järjestys on 20. Ystävyyspäivä on 21.", ("Järjestys on 20. Ystävyyspäivä on 21.",)),
        ("Päivä on 17. marraskuuta.", ("Päivä on 17. marraskuuta.",)),
        ("Aloitimme vuonna 2016. Nyt mennään.", ("Aloitimme vuonna 2016.", "Nyt mennään.")),
        ("Alku on klo 9. Kahvi odottaa.", ("Alku on klo 9.", "Kahvi odottaa.")),
        ("Alku on klo 13.10. Kahvi odottaa.", ("Alku on klo 13.10.", "Kahvi odottaa.")),
        ("Aika on klo\u00a09–15. Kahvi odottaa.", ("Aika on klo\u00a09–15.", "Kahvi odottaa.")),
        ("Verkosto kasvaa. 24 kaupunkia on mukana.", ("Verkosto kasvaa.", "24 kaupunkia on mukana.")),
        ("Sivut ovat s. 24 ja v. 2017.", ("Sivut ovat s. 24 ja v. 2017.",)),
        ("Kysy puh. 010, mukaan mahtuu enint. 20 henkeä.", ("Kysy puh. 010, mukaan mahtuu enint. 20 henkeä.",)),
        ("Näinkö! 5 kaupunkia tuli.", ("Näinkö! 5 kaupunkia tuli.",)),
        ("”Kyllä.” Niin hän sanoi. (Lisää alla.) Kiitos.", ("”Kyllä.”", "Niin hän sanoi.", "(Lisää alla.)", "Kiitos.")),
        ("Kysy (anna@seutu.example. Puhelin 040). Kiitos.", ("Kysy (anna@seutu.example. Puhelin 040).", "Kiitos.")),
        (
            "Osoite (ks. www.seutu.example. Kartta on sivulla) muuttui. Hei.",
            ("Osoite (ks. www.seutu.example. Kartta on sivulla) muuttui.", "Hei."),
        ),
        ("Sulku ( jäi auki. Virke. Toinen.", ("Sulku ( jäi auki.", "Virke.", "Toinen.")),
        (
            "Paikka on (alk. Klo 9) Salo. Puhuu toim.joht. Liisa Mäki. Tule!",
            ("Paikka on (alk. Klo 9) Salo.", "Puhuu toim.joht. Liisa Mäki.", "Tule!"),
        ),
        ("Hän sanoi: ”Hienoa!” ja lähti.", ("Hän sanoi: ”Hienoa!” ja lähti.",)),
        ("Odotamme… Sitten alkaa.", ("Odotamme…", "Sitten alkaa.")),
        ("Eka. – Toka, sanoo Niemi.", ("Eka.", "– Toka, sanoo Niemi.")),
        ("Katso osoite www.example.org. Se on hyvä.", ("Katso osoite www.example.org.", "Se on hyvä.")),
        ("Otsikko ilman pistettä\n\nUusi kappale", ("Otsikko ilman pistettä", "Uusi kappale")),
        ("Rivi\nkatkeaa tässä. Ja \r\n\r\n jatkuu", ("Rivi katkeaa tässä.", "Ja", "jatkuu")),
        (" . Alku puuttuu.", (".", "Alku puuttuu.")),
        ("", ()),
        (" \n\n ", ()),
    ],
)
def test_splits_finnish(text: str, expected: tuple[str, ...]) -> None:
    """A full stop ends a sentence before a capital, unless it can mean something else."""
    assert split(text, FI) == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        (
            SV,
            "Vi ses kl. 9. Alla är välkomna, t.ex. Anna. Hej!",
            ("Vi ses kl. 9.", "Alla är välkomna, t.ex. Anna.", "Hej!"),
        ),
        (SV, "Mötet hålls bl.a. Ordnat av oss. Kom!", ("Mötet hålls bl.a. Ordnat av oss.", "Kom!")),
        (EN, "Ask Dr. Hill, e.g. Monday. Thanks.", ("Ask Dr. Hill, e.g. Monday.", "Thanks.")),
        (EN, "He said no. Then he left.", ("He said no.", "Then he left.")),
        (Language("et"), "Tere. See on n. Tallinn.", ("Tere.", "See on n.", "Tallinn.")),
    ],
)
def test_each_language_has_its_abbreviations(language: Language, text: str, expected: tuple[str, ...]) -> None:
    """Abbreviations are those of the text's language; a language without any still has sentences."""
    assert split(text, language) == expected


@given(st.text(alphabet='aBc. !?…\n"”()5–\u00a0', max_size=80))
def test_loses_no_letter(text: str) -> None:
    """Put together again, the sentences hold every character but spaces, in order."""
    assert "".join("".join(split(text, FI)).split()) == "".join(text.split())


@pytest.mark.parametrize(
    "text",
    [
        "(" * 99_999,
        "(a. B)" * 30_000,
        "." * 200_000 + "x",
        "a." * 100_000,
        ".)" * 100_000 + "x",
        "a. " * 60_000,
        "\n " * 99_999,
    ],
)
def test_an_endless_text_is_read_in_time(text: str) -> None:
    """A hostile source cannot keep the splitter busy: the time grows with the length, not with its square."""
    assert "".join("".join(split(text, FI)).split()) == "".join(text.split())
