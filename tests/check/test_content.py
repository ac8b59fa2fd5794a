from dataclasses import replace

import pytest

from newsletter.check.content import CHECKS
from newsletter.check.page.reading import CheckInput
from newsletter.check.page.rules import Hit
from newsletter.domain.content import Language
from newsletter.domain.issue import EditionSection
from tests.check.samples import (
    ARTICLE,
    ARTICLE_PLACE,
    EDITION,
    EVENT,
    EVENTS,
    GOOD,
    NAME,
    NEWS,
    SV,
    WORDS,
    WORDS_PLACE,
    with_body,
    with_html,
    with_items,
    with_preheader,
    with_subject,
    with_text,
    with_words,
)
from tests.check.table import Case, hits, untested

SWEDISH = "Rådgivningen flyttar till samma rum, och företagaren får svar på en gång. Det är vi som har ordnat det."
LONG = "Rahoitus, hankinnat ja elinvoima: kolme asiaa, joista syksyllä puhuttiin"
MIDDLING = "Rahoitus ja hankinnat samassa pöydässä, osa 2"


def with_sections(*sections: EditionSection) -> CheckInput:
    """Give the good edition laid out in other sections."""
    return replace(GOOD, edition=replace(EDITION, sections=sections))


def in_unknown_language() -> CheckInput:
    """Give an edition with items and greeting in a language whose small words the program does not know."""
    german = Language("de")
    item = replace(ARTICLE, language=german, lead=SWEDISH)
    sections = (EditionSection(section=NEWS, title="Neues", items=(item,)),)
    key = replace(EDITION.key, language=german)
    return replace(GOOD, edition=replace(EDITION, key=key, sections=sections))


CASES: list[Case] = [
    ("template-code-left", GOOD, ()),
    ("template-code-left", with_body("<p>&#123;&#123; nimi }}</p><style>@media print{#a{color:red}}</style>"), ()),
    ("template-code-left", with_body("<p>{% if nimi %}Hei</p>"), (Hit(facts={"found": "{% if nimi %}Hei"}),)),
    ("template-code-left", with_text(("Hei", "Hei {{ etunimi }}")), (Hit(facts={"found": "{{ etunimi }},"}),)),
    (
        "template-code-left",
        with_subject("Hei {{ nimi }}"),
        (Hit(facts={"found": "{{ nimi }}"}),),
    ),
    (
        "template-code-left",
        replace(with_items(replace(ARTICLE, lead="Terveisin {# nimi #}")), message=with_body("{# nimi #}").message),
        (Hit(facts={"found": "{# nimi #}"}, place=ARTICLE_PLACE),),
    ),
    ("slot-left", GOOD, ()),
    ("slot-left", with_body("<p>Sata %, [ks. liite], a@@b</p>"), ()),
    (
        "slot-left",
        with_body("<p>Hei @@0000:name@@ ja *|ETUNIMI|*</p>"),
        (Hit(facts={"found": "@@0000:name@@"}), Hit(facts={"found": "*|ETUNIMI|*"})),
    ),
    (
        "slot-left",
        with_body('<a href="https://slot.invalid/0000/unsubscribe">x</a>'),
        (Hit(facts={"found": "https://slot.invalid/0000/unsubscribe"}),),
    ),
    ("slot-left", with_subject(f"Hei{NAME}"), (Hit(facts={"found": f"Hei{NAME}"}, place=WORDS_PLACE),)),
    ("slot-left", with_preheader(f"Hei{NAME}"), (Hit(facts={"found": f"Hei{NAME}"}, place=WORDS_PLACE),)),
    ("slot-left", with_preheader("Hei *|ETUNIMI|*"), (Hit(facts={"found": "*|ETUNIMI|*"}),)),
    ("escape-left", GOOD, ()),
    ("escape-left", with_body(r"<p>Kansio C:\uutta\n</p>"), ()),
    ("escape-left", with_body(r'<p title="klo\u{a0}18">x</p>'), (Hit(facts={"found": r"\u{a0}18"}),)),
    ("escape-left", with_body(r'<p style="color:red;\ncolor:blue">x</p>'), (Hit(facts={"found": r"\ncolor:blue"}),)),
    ("edition-empty", GOOD, ()),
    ("edition-empty", with_sections(), (Hit(place=WORDS_PLACE),)),
    ("section-empty", GOOD, ()),
    ("section-empty", with_body("<h2>Uutta</h2><h3>Vain otsikko</h3><h3>Toinen</h3><p>Loppu</p>"), ()),
    (
        "section-empty",
        with_sections(EDITION.sections[0], EditionSection(section=EVENTS, title="Tapahtumat", items=())),
        (Hit(facts={"title": "Tapahtumat"}),),
    ),
    (
        "section-empty",
        with_body("<h2>Tyhjä</h2><p style='display:none'></p><h2>Toinen</h2><p>Jotain</p><h2>Viimeinen</h2>"),
        (Hit(facts={"title": "Tyhjä"}), Hit(facts={"title": "Viimeinen"})),
    ),
    ("subject-missing", GOOD, ()),
    ("subject-missing", with_subject(" \u00ad"), (Hit(place=WORDS_PLACE),)),
    ("subject-too-long", with_subject(LONG[:70]), ()),
    ("subject-too-long", with_subject(LONG[:71]), (Hit(facts={"length": "71", "limit": "70"}, place=WORDS_PLACE),)),
    ("subject-long-on-phones", with_subject(MIDDLING[:40]), ()),
    ("subject-long-on-phones", with_subject(LONG[:71]), ()),
    (
        "subject-long-on-phones",
        with_subject(LONG[:70]),
        (Hit(facts={"limit": "40", "found": "Rahoitus, hankinnat ja elinvoima: kolme"}, place=WORDS_PLACE),),
    ),
    (
        "subject-long-on-phones",
        with_subject(MIDDLING),
        (Hit(facts={"limit": "40", "found": "Rahoitus ja hankinnat samassa pöydässä,"}, place=WORDS_PLACE),),
    ),
    ("subject-in-capitals", with_subject("KIRAT!"), ()),
    ("subject-in-capitals", with_subject("KIRAT 1!A"), (Hit(place=WORDS_PLACE),)),
    ("subject-in-capitals", with_subject("SEUTUKIRJE 11/2017 on täällä"), ()),
    ("subject-in-capitals", with_subject("SEUTUKIRJE 11/2017"), (Hit(place=WORDS_PLACE),)),
    *(
        ("subject-shouts", with_subject(subject), ())
        for subject in (
            *(
                "SEUTU-uutiskirje marraskuu 2017",
                "ELY ja EAKR: haku auki!",
                "LEADER-tuki ja UNESCO-kohde",
                "SEUTUKIRJE nyt",
            ),
            *("Miksi EU-tuki?", "KAIKKI ISOLLA"),
        )
    ),
    *(
        ("subject-shouts", with_subject(subject), (Hit(facts={"found": found}, place=WORDS_PLACE),))
        for subject, found in (
            ("ILMOITTAUDU mukaan", "ILMOITTAUDU"),
            ("Lue HETI uusi kirje", "HETI"),
            ("Rahaa jaossa!!", "!!"),
            ("OBS! Ny utlysning?!", "OBS ?!"),
        )
    ),
    ("preheader-missing", GOOD, ()),
    ("preheader-missing", with_preheader(""), (Hit(place=WORDS_PLACE),)),
    ("preheader-length", with_preheader("x" * 35), ()),
    ("preheader-length", with_preheader("x" * 110), ()),
    ("preheader-length", with_preheader(""), ()),
    *(
        (
            "preheader-length",
            with_preheader("x" * length),
            (Hit(facts={"length": str(length), "shortest": "35", "longest": "110"}, place=WORDS_PLACE),),
        )
        for length in (34, 111)
    ),
    ("preheader-repeats-subject", GOOD, ()),
    ("preheader-repeats-subject", replace(with_preheader("")), ()),
    ("preheader-repeats-subject", with_preheader(WORDS.subject.upper()), (Hit(place=WORDS_PLACE),)),
    ("preheader-not-first", GOOD, ()),
    ("preheader-not-first", with_preheader(""), ()),
    (
        "preheader-not-first",
        with_html(
            ("<!--[if mso]><table", "<!-- x --><!--[if mso]><table"), ("<body", "<body><p>Näytä selaimessa</p><i")
        ),
        (Hit(facts={"found": "Näytä selaimessa Lisäksi kerromme joulu…"}),),
    ),
    ("items-in-other-language", GOOD, ()),
    (
        "items-in-other-language",
        with_items(replace(ARTICLE, title="Rådgivningen flyttar", language=SV), EVENT),
        (Hit(facts={"count": "1", "label": "2017-11"}),),
    ),
    ("text-in-other-language", GOOD, ()),
    ("text-in-other-language", with_items(replace(ARTICLE, lead=SWEDISH, language=SV)), ()),
    (
        "text-in-other-language",
        with_items(
            replace(ARTICLE, language=SV, body="Neuvojat ja rahoittajat ovat nyt samassa talossa, joka on uusi.")
        ),
        (Hit(facts={"title": ARTICLE.title, "language": "sv"}, place=ARTICLE_PLACE),),
    ),
    (
        "text-in-other-language",
        with_items(replace(ARTICLE, lead=SWEDISH)),
        (Hit(facts={"title": ARTICLE.title, "language": "fi"}, place=ARTICLE_PLACE),),
    ),
    (
        "text-in-other-language",
        with_words(replace(WORDS, greeting=SWEDISH)),
        (Hit(facts={"title": "Rådgivningen flyttar till samma rum, oc…", "language": "fi"}, place=WORDS_PLACE),),
    ),
    ("text-in-other-language", with_words(replace(WORDS, greeting="Hei. Och det är.")), ()),
    ("text-in-other-language", with_words(replace(WORDS, greeting="Och det är som ja ei.")), ()),
    (
        "text-in-other-language",
        with_words(replace(WORDS, greeting="Och det är som ja.")),
        (Hit(facts={"title": "Och det är som ja.", "language": "fi"}, place=WORDS_PLACE),),
    ),
    (
        "text-in-other-language",
        with_words(replace(WORDS, greeting="Och det är som av ja ei.")),
        (Hit(facts={"title": "Och det är som av ja ei.", "language": "fi"}, place=WORDS_PLACE),),
    ),
    ("text-in-other-language", in_unknown_language(), ()),
]


@pytest.mark.parametrize(("code", "given", "expected"), CASES)
def test_a_check_finds_what_it_is_for(code: str, given: CheckInput, expected: tuple[Hit, ...]) -> None:
    """Each check finds its culprits with facts and place, and nothing in an edition that has none."""
    assert hits(CHECKS, code, given) == expected


def test_every_check_has_a_case_of_both_kinds() -> None:
    """No check is without an edition that it finds fault with and one that it does not."""
    assert untested(CHECKS, CASES) == set()
