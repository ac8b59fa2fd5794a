"""A publication and an issue for the tests of rendering: ten articles with leads and links, six events."""

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from newsletter.domain.content import ItemKey, Language, SectionId, SegmentId
from newsletter.domain.issue import Edition, EditionKey, EditionWords, Issue, IssueItem, IssueLabel, ItemKind
from newsletter.domain.publication import Links, Publication, Section, SectionKind, Sender
from newsletter.domain.rules import AllOf
from newsletter.domain.segments import Segment
from newsletter.render.brand import Brand
from newsletter.render.compose import compose

TEMPLATES = Path(__file__).parents[2] / "templates" / "email"
HELSINKI = ZoneInfo("Europe/Helsinki")
FI, SV, EN = Language("fi"), Language("sv"), Language("en")
ADVISERS, MANAGERS = SegmentId("advisers"), SegmentId("managers")
NEWS, EVENTS = SectionId("ajankohtaista"), SectionId("tapahtumat")

PUBLICATION = Publication(
    id="malli",
    names={FI: "Mallikaupunkien kirje", SV: "Modellstädernas brev", EN: "The Model Towns Letter"},
    taglines={FI: "Uutisia kaupungeista, jotka kasvavat yhdessä", SV: "Nyheter från städer som växer tillsammans"},
    languages=(FI, SV, EN),
    zone=HELSINKI,
    sender=Sender(
        name="Mallikaupungit",
        address="kirje@malli.example",
        reply_to="toimitus@malli.example",
        organisation="Mallikaupunkien verkosto",
        postal_address="Torikatu 1, 12340 Mallila",
    ),
    links=Links(
        site="https://www.malli.example/",
        unsubscribe_address="peruuta@malli.example",
        public_url="https://kirje.malli.example/",
        privacy="https://www.malli.example/tietosuoja",
        feedback="mailto:palaute@malli.example",
    ),
    sections=(
        Section(id=NEWS, kind=SectionKind.ARTICLES, titles={FI: "Ajankohtaista", SV: "Aktuellt", EN: "News"}),
        Section(id=EVENTS, kind=SectionKind.EVENTS, titles={FI: "Tapahtumat", SV: "Evenemang", EN: "Events"}),
    ),
)

SEGMENTS = (
    Segment(id=ADVISERS, rank=1, names={FI: "Yritysneuvojat", SV: "Företagsrådgivare"}, who=AllOf(rules=())),
    Segment(id=MANAGERS, rank=2, names={FI: "Kaupunginjohtajat", SV: "Stadsdirektörer"}, who=AllOf(rules=())),
)

_ARTICLES = (
    (
        "Pk-yritysten vihreä siirtymä alkaa energiakatselmuksesta",
        (
            "Kaksitoista konepajaa selvitti syksyllä, mihin energiaa kuluu. Suurin säästö löytyi yllättäen "
            "paineilmasta: vuotavat liittimet maksoivat keskimäärin 9 000 euroa vuodessa. Neuvojat saavat nyt "
            "käyttöönsä valmiin tarkistuslistan ja laskurin."
        ),
    ),
    (
        "Innovatiiviset hankinnat: näin kunta pääsee alkuun",
        (
            "Markkinavuoropuhelu kannattaa aloittaa ennen kuin tarve on kirjattu yhdeksi ratkaisuksi. Kolmen "
            "kaupungin yhteinen opas kertoo, mitä yrityksiltä voi kysyä, milloin lakimies kutsutaan paikalle ja miten "
            "tulosta mitataan vuoden kuluttua."
        ),
    ),
    (
        "Elinvoimaverkostohankkeen kyselyyn vastasi 240 yritystä",
        (
            "Vastaajista kaksi kolmesta aikoo palkata ensi vuonna, mutta joka toinen epäilee löytävänsä tekijöitä. "
            "Eniten toivotaan lyhyitä täsmäkoulutuksia, jotka voi suorittaa työn ohessa. Koko aineisto on avoimesti "
            "kaikkien ladattavissa verkosta."
        ),
    ),
    (
        "Telakan alihankkijat hakevat kumppaneita sisämaasta",
        (
            "Tilauskanta riittää pitkälle ensi vuosikymmenelle, ja nyt etsitään hitsaajia, sähköasentajia ja "
            "suunnittelijoita. Ensimmäiseen kumppanipäivään ilmoittautui neljäkymmentä yritystä yhdeksästä "
            "kaupungista, ja seuraava pidetään jo helmikuussa."
        ),
    ),
    (
        "Yrityspuisto täyttyi kahdessa vuodessa",
        (
            "Kaupunki kaavoitti tontit valmiiksi, veti valokuidun ja lupasi luvan kuudessa viikossa. Lupaus piti, ja "
            "puistossa toimii jo yhdeksän yritystä. Seuraavaksi rakennetaan yhteinen lämpölaitos, joka käyttää "
            "naapuritehtaan hukkalämpöä."
        ),
    ),
    (
        "Rahoitusklinikka kiertää kaupungista toiseen",
        (
            "Yksi aamupäivä, viisi rahoittajaa ja kaksikymmentä minuuttia kullekin yritykselle. Syksyn klinikoissa "
            "kävi 73 yrittäjää, joista joka kolmas jätti hakemuksen kuukauden sisällä. Kevään paikkakunnat valitaan "
            "joulukuussa neuvojien ehdotuksista."
        ),
    ),
    (
        "Kiertotalouden työpaja muutti sivuvirran tuotteeksi",
        (
            "Sahanpurusta tuli kuiviketta, rehutehtaan kuorista lannoitetta. Työpajan idea on yksinkertainen: "
            "jokainen tuo yhden jätelavan valokuvan ja lähtee kotiin yhden kumppanin puhelinnumeron kanssa. Viisi "
            "kokeilua on päässyt jo sopimukseen asti."
        ),
    ),
    (
        "Omistajanvaihdos onnistui, koska se aloitettiin ajoissa",
        (
            "Leipomon uusi yrittäjä teki puolitoista vuotta töitä edellisen rinnalla ennen kauppoja. Neuvojan mukaan "
            "tärkeintä oli kirjallinen aikataulu, johon kumpikin palasi joka kuukausi. Hyvistä käytännöistä koottiin "
            "muistilista myyjälle ja ostajalle."
        ),
    ),
    (
        "Etätyö tuo asukkaita, jos kyläraitti on elävä",
        (
            "Tutkimus seurasi sataa muuttajaa kolmen vuoden ajan. Nopea verkko ratkaisi muuton, mutta jäämisen "
            "ratkaisivat harrastukset, koulumatka ja kahvila. Raportin lopussa on kymmenen edullista tekoa, jotka "
            "kaupunki voi tehdä itse jo tänä vuonna."
        ),
    ),
    (
        "Avoin data auttaa matkailuyrittäjää hinnoittelemaan",
        (
            "Majoitustilastot, tapahtumakalenteri ja sääennuste samassa näkymässä kertovat, milloin viikonlopun voi "
            "myydä täyteen hintaan. Kokeilussa mukana olleet yritykset nostivat täyttöastettaan seitsemän "
            "prosenttiyksikköä ilman yhtään alennusta."
        ),
    ),
)

_EVENTS = (
    (
        "Yritysneuvojien vertaistapaaminen",
        datetime(2017, 11, 28, 9, tzinfo=HELSINKI),
        datetime(2017, 11, 28, 15, tzinfo=HELSINKI),
        "Kulttuuritalo, Mallila",
    ),
    (
        "Hankintojen teemapäivä",
        datetime(2017, 12, 5, 9, 30, tzinfo=HELSINKI),
        datetime(2017, 12, 5, 15, 30, tzinfo=HELSINKI),
        "Kaupungintalo, Esimerkkilä",
    ),
    ("Kaupunginjohtajien aamukahvit", datetime(2017, 12, 8, 8, tzinfo=HELSINKI), None, "Verkossa"),
    ("Kiertotalouspäivät", date(2017, 12, 12), date(2017, 12, 13), "Pajala, Koeniemi"),
    ("Rahoitusklinikka", date(2017, 12, 19), None, "Yrityspuisto, Mallila"),
    (
        "Telakkaverkoston kumppanuustilaisuus",
        datetime(2018, 1, 16, 12, tzinfo=HELSINKI),
        datetime(2018, 1, 17, 16, tzinfo=HELSINKI),
        "Satamakonttori, Rannikkola",
    ),
)


def _article(number: int, title: str, lead: str) -> IssueItem:
    """Make an article as the editor leaves it."""
    return IssueItem(
        key=ItemKey(f"artikkeli-{number}"),
        kind=ItemKind.ARTICLE,
        title=title,
        lead=lead,
        link=f"https://www.malli.example/artikkelit/2017/{number}?kieli=fi&osa=1",
        section=NEWS,
        language=FI,
        author="Maija Mallikas" if number % 3 == 1 else None,
        published=date(2017, 11, 1 + number),
        line=10 * number,
    )


def _event(number: int, title: str, start: date, end: date | None, place: str) -> IssueItem:
    """Make an event as the editor leaves it."""
    return IssueItem(
        key=ItemKey(f"tapahtuma-{number}"),
        kind=ItemKind.EVENT,
        title=title,
        link=f"https://www.malli.example/tapahtumat/{number}" if number != 3 else None,
        section=EVENTS,
        language=FI,
        start=start,
        end=end,
        place=place,
        line=200 + 10 * number,
    )


ITEMS = (
    *(_article(number, title, lead) for number, (title, lead) in enumerate(_ARTICLES, start=1)),
    *(_event(number, *facts) for number, facts in enumerate(_EVENTS, start=1)),
)

ISSUE = Issue(
    label=IssueLabel("2017-11"),
    date=date(2017, 11, 24),
    items={item.key: item for item in ITEMS},
    order={ADVISERS: tuple(item.key for item in ITEMS), MANAGERS: tuple(item.key for item in ITEMS)},
    words={
        FI: EditionWords(
            subject="Energiaa, hankintoja ja kumppaneita telakalta",
            preheader="Kymmenen juttua ja kuusi tapahtumaa, joihin ehtii vielä mukaan.",
            greeting="Marraskuu on hankintojen kuukausi. Kokosimme tähän kirjeeseen sen, mitä naapurikaupungeissa on "
            "opittu, ja [päivät, jotka kannattaa varata](https://www.malli.example/kalenteri).\n\nAntoisia lukuhetkiä!",
            line=5,
        )
    },
    path=Path("issues/2017-11/issue.toml"),
)

KEY = EditionKey(segments=(ADVISERS,), language=FI)


def sample_edition(issue: Issue = ISSUE, key: EditionKey = KEY) -> Edition:
    """Compose the sample issue for the advisers, in Finnish."""
    return compose(issue, key, segments=SEGMENTS, publication=PUBLICATION)


def with_item(**changes: object) -> Edition:
    """Compose the sample issue with its first article changed, and nothing else in it."""
    item = replace(ITEMS[0], **changes)  # type: ignore[arg-type]  # the tests name the fields
    return sample_edition(replace(ISSUE, items={item.key: item}, order={ADVISERS: (item.key,)}))


BRAND = Brand()
