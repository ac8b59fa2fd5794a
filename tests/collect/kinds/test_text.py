import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from newsletter.collect.identity import key_for
from newsletter.collect.kinds.text import parse
from newsletter.collect.markup import text_of
from newsletter.domain.content import Article, Language, Problem, ProblemGrade, SegmentId, SourceId, SourceKind, TopicId
from newsletter.errors import SourceError
from tests.collect.samples import FETCHED, a_snapshot, a_source

PAGE = Path(__file__).parent.parent / "pages" / "verkosto.txt"
REAL_PAGE = Path(__file__).parents[4] / "shared" / "seutu" / "artikkelit.txt"
SOURCE = a_source(SourceKind.TEXT, "/sivut/verkosto.txt")
ID = SourceId("esimerkki")


def one_item(*, title: str, text: str, day: date) -> str:
    """Give a page of one article."""
    return f"{day:%d.%m.%Y}\n\n{title}\n\n{text}\n"


def an_article(title: str, body_html: str, **said: object) -> Article:
    """Give an article of the sample page."""
    identity = f"{said['published']} {title}"
    facts = {"key": key_for(ID, identity, title), "source_id": ID, "identity": identity, "language": Language("fi")}
    return Article(title=title, body_html=body_html, **{**facts, **said})  # type: ignore[arg-type]


def test_page_gives_its_articles_and_nothing_around_them() -> None:
    """Heading, pagination, tweets, signatures, postscripts, site addresses and hashtags are not text of an article."""
    harvest = parse(a_snapshot(PAGE.read_bytes()), SOURCE)
    assert harvest.articles[:3] == (
        an_article(
            "Pajapäivä kokosi neuvojat Kauhajoelle",
            "<p>Pajapäivään tuli neuvojia yhdestätoista kaupungista. Muistiinpanot ovat kaikkien luettavissa täällä:"
            ' <a href="https://aineistot.example/pajat/2017">https://aineistot.example/pajat/2017?utm_source=sivu</a>'
            ' .</p><p>Seuraava päivä pidetään keväällä (<a href="http://www.pajat.example/">www.pajat.example</a>).'
            " Siitä kerrotaan lisää täällä.</p>"
            "<p>17. marraskuuta sovittiin myös, kuka kokoaa hyvät mallit yhteen.</p>",
            published=date(2017, 11, 24),
            links=("https://aineistot.example/pajat/2017", "http://www.pajat.example/"),
        ),
        an_article(
            "Kysely aukeaa: kerro kaupunkisi tarpeista",
            "<p>Kysely on auki 15.12.2017 saakka. Vastaaminen vie vartin, ja siinä kysytään kolmea asiaa:</p>"
            "<ul><li>mitä palveluja yritykset pyytävät useimmin</li><li>mihin niistä ei ole tekijää</li>"
            "<li>mitä naapurikaupunki osaa paremmin</li></ul><p>Vastaa näin:</p>"
            "<ol><li>Avaa kyselyn linkki sähköpostistasi.</li><li>Vastaa kaupungin, älä itsesi puolesta.</li>"
            "<li>Lähetä lomake ennen joulua.</li></ol>"
            "<p>– Jokainen vastaus luetaan, lupaa Oona Rautalampi.</p><p>Hyviä hetkiä vastaamiseen toivottaa</p>",
            published=date(2017, 11, 24),
            author="Oona Rautalampi",
        ),
        an_article(
            "Kysely sulkeutui: kiitos kaupunkisi vastauksista",
            "<p>« Näin paljon vastauksia emme odottaneet », koordinaattori sanoo.</p>"
            "<p>Arvonnan voitti Salo. Tulokset esitellään talvipäivillä.</p>",
            published=date(2017, 11, 13),
            author="Oona Rautalampi",
            tags=("kysely", "kaupungit"),
        ),
    )
    assert [article.title for article in harvest.articles[3:]] == ["Päivä jota ei ole", "Pelkkä otsikko"]


def test_page_tells_what_it_left_out_and_what_looks_wrong() -> None:
    """Each doubt names its article and its line."""
    snapshot = a_snapshot(PAGE.read_bytes(), fetched_at=FETCHED + timedelta(days=7))
    assert parse(snapshot, SOURCE).problems == (
        Problem(
            source_id=ID,
            grade=ProblemGrade.NOTE,
            message="The postscript was left out.",
            item="Kysely aukeaa: kerro kaupunkisi tarpeista",
            line=39,
        ),
        Problem(
            source_id=ID,
            grade=ProblemGrade.WARNING,
            message="31.2.2017 is no day; the article has no date now.",
            item="Päivä jota ei ole",
            line=56,
            hint="Mend the date.",
        ),
        Problem(
            source_id=ID,
            grade=ProblemGrade.WARNING,
            message="The article has a title but no text.",
            item="Pelkkä otsikko",
            line=64,
        ),
        Problem(
            source_id=ID,
            grade=ProblemGrade.FAILED,
            message="An article has a date but no title.",
            item="1.1.2017",
            line=66,
        ),
    )


def test_article_from_before_the_web_keeps_its_date() -> None:
    """A person may paste what was written in 1985."""
    (article,) = parse(a_snapshot("17.11.1985\n\nVanha\n\nTeksti.\n"), SOURCE).articles
    assert (article.published, article.identity) == (date(1985, 11, 17), "1985-11-17 Vanha")


def test_segments_and_topics_of_the_source_are_on_every_article() -> None:
    """What the configuration says of a source holds for its articles."""
    source = replace(SOURCE, language=Language("sv"), segments=(SegmentId("advisers"),), topics=(TopicId("hankinnat"),))
    (article,) = parse(a_snapshot("1.2.2017\n\nRubrik\n\nText."), source).articles
    assert (article.language, article.segments, article.topics) == ("sv", ("advisers",), ("hankinnat",))


@pytest.mark.parametrize(
    ("lines", "body_html"),
    [
        ("Teksti.\nJatkuu.", "<p>Teksti. Jatkuu.</p>"),
        ("Näin:\n- yksi\n- kaksi", "<p>Näin:</p><ul><li>yksi</li><li>kaksi</li></ul>"),
        ("• yksi\n  jatkuu\n• kaksi", "<ul><li>yksi jatkuu</li><li>kaksi</li></ul>"),
        ("• yksi\nLoppu.", "<ul><li>yksi</li></ul><p>Loppu.</p>"),
        ("- Hieno päivä, hän sanoo.", "<p>- Hieno päivä, hän sanoo.</p>"),
        ("1. Vain yksi kohta.", "<p>1. Vain yksi kohta.</p>"),
        ("2. Alkaa kakkosesta.\n\n3. Jatkuu.", "<p>2. Alkaa kakkosesta.</p><p>3. Jatkuu.</p>"),
        ("1) yksi\n\n2) kaksi\n\nLoppu.", "<ol><li>yksi</li><li>kaksi</li></ol><p>Loppu.</p>"),
        ("<b>Ei</b> {{ merkkejä }} & muuta.", "<p>&lt;b&gt;Ei&lt;/b&gt; {{ merkkejä }} &amp; muuta.</p>"),
        ("Sivu http://127.0.0.1/ ei ole kenenkään.", "<p>Sivu http://127.0.0.1/ ei ole kenenkään.</p>"),
        ("Katso www.a.example!", '<p>Katso <a href="http://www.a.example/">www.a.example</a>!</p>'),
        ("Kirjoita www. eteen.", "<p>Kirjoita www. eteen.</p>"),
        ("Kuvateksti\nMaija Meikäläinen puhui pitkään.", "<p>Kuvateksti Maija Meikäläinen puhui pitkään.</p>"),
    ],
)
def test_blocks_become_paragraphs_and_lists(lines: str, body_html: str) -> None:
    """The page's own layout says what is a list, and only a printed address is a link."""
    (article,) = parse(a_snapshot(f"1.2.2017\n\nOtsikko\n\n{lines}\n\nLopuksi vielä tämä."), SOURCE).articles
    assert article.body_html == f"{body_html}<p>Lopuksi vielä tämä.</p>"


@pytest.mark.parametrize(
    ("ending", "author"),
    [
        ("Aino Kallio", "Aino Kallio"),
        ("Terveisin Ann-Marie von Essen-Lind", "Ann-Marie von Essen-Lind"),
        ("Aino Kallio\nprojektipäällikkö", "Aino Kallio"),
        ("Aino Kallio\n\nwww.kunta.example\n\nPS: Hyvää joulua!", "Aino Kallio"),
        ("Lisätietoja antaa Aino Kallio.", None),
        ("tervetuloa mukaan", None),
        ("Tule mukaan", None),
        ("• Aino Kallio", None),
        ("a\nb\nAino Kallio", None),
        ("Tämä on pitkä lause jonka lopussa on nimi mutta joka ei silti ole allekirjoitus Aino Kallio", None),
    ],
)
def test_signature_is_a_short_last_block_that_ends_in_a_name(ending: str, author: str | None) -> None:
    """A name at the end is the author, and not text; a sentence is text."""
    (article,) = parse(a_snapshot(f"1.2.2017\n\nOtsikko\n\nTeksti alkaa.\n\n{ending}"), SOURCE).articles
    assert article.author == author
    assert ("Kallio" in article.body_html) == (author is None and "Kallio" in ending)


def test_only_block_of_an_article_is_its_text_even_if_it_looks_like_a_name() -> None:
    """An article is not emptied for the sake of an author."""
    (article,) = parse(a_snapshot("1.2.2017\n\nUusi johtaja\n\nAino Kallio"), SOURCE).articles
    assert (article.author, article.body_html) == (None, "<p>Aino Kallio</p>")


def test_site_address_with_a_path_at_the_end_is_text() -> None:
    """Only a bare site is no text; a page that is named may be what the article is about."""
    (article,) = parse(a_snapshot("1.2.2017\n\nOpas\n\nTeksti.\n\nhttps://a.example/opas"), SOURCE).articles
    assert article.links == ("https://a.example/opas",)


def test_windows_text_gives_the_same_articles() -> None:
    """Notepad's encoding and line ends make no difference."""
    text = PAGE.read_text(encoding="utf-8").replace("\n", "\r\n").encode("cp1252")
    assert parse(a_snapshot(text), SOURCE) == parse(a_snapshot(PAGE.read_bytes()), SOURCE)


def test_long_text_before_the_first_date_is_reported() -> None:
    """An article whose date line is missing does not vanish without a word."""
    harvest = parse(a_snapshot("Teksti ilman päiväystä. " * 20 + "\n\n1.2.2017\n\nOtsikko\n\nTeksti."), SOURCE)
    assert [(problem.message, problem.line) for problem in harvest.problems] == [
        ("The text before the first date was left out.", 1)
    ]


def test_endless_article_is_left_out() -> None:
    """An article longer than any article is named, and the others stay."""
    page = f"1.2.2017\n\nLoputon\n\n{'sana ' * 50_000}\n\n2.2.2017\n\nTavallinen\n\nTeksti."
    harvest = parse(a_snapshot(page), SOURCE)
    assert [article.title for article in harvest.articles] == ["Tavallinen"]
    assert [problem.item for problem in harvest.problems] == ["Loputon"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("Uutisia ei ole.", "Source 'esimerkki': no article was found."),
        ("<!DOCTYPE html><html><body>Kirjaudu</body></html>", "is a web page's source code, not its text."),
        (b"\x81\x8d\x00\xff", "is no text."),
    ],
)
def test_what_is_no_pasted_page_is_refused(body: str | bytes, message: str) -> None:
    """A wrong file is a fault of the source, with what to do about it."""
    with pytest.raises(SourceError, match=re.escape(message)) as caught:
        parse(a_snapshot(body), SOURCE)
    assert caught.value.hint


@pytest.mark.skipif(not REAL_PAGE.exists(), reason="the programme's real page is not beside this repository")
def test_real_page_gives_ten_articles() -> None:
    """All ten articles of the programme's page are read, and nothing that stands around them."""
    harvest = parse(a_snapshot(REAL_PAGE.read_bytes()), SOURCE)
    days = [(2017, 11, 17)] * 3 + [(2017, 10, 13), (2017, 8, 28)] + [(2017, 6, 27)] * 3 + [(2017, 2, 21), (2017, 2, 20)]
    assert [article.published for article in harvest.articles] == [date(*day) for day in days]
    assert len({article.key for article in harvest.articles}) == 10
    signed = "Paavo Laaksonen"
    assert [article.author for article in harvest.articles] == [None] * 3 + [
        signed,
        None,
        signed,
        None,
        None,
        signed,
        signed,
    ]
    assert [article.tags for article in harvest.articles] == [()] * 9 + [("kokeilut", "seutukaupungit")]
    assert [len(article.links) for article in harvest.articles] == [1, 0, 1, 1, 2, 0, 0, 0, 0, 1]
    assert [article.body_html.count("<li>") for article in harvest.articles] == [0, 0, 0, 6, 0, 0, 0, 0, 0, 2]
    assert all(article.url is None and len(article.body_html) > 1000 for article in harvest.articles)
    around = ["artikkelit:", "Edelliset", "@", "t.co", "tuntia sitten", "Nov 16th", "P.S.", "lomailee", "#", "\u00a0"]
    texts = [text_of(article.body_html) for article in harvest.articles]
    assert [sign for sign in around for text in texts if sign in text] == []
    assert not any(text.rstrip().endswith((signed, "seutuohjelma.fi")) for text in texts)
