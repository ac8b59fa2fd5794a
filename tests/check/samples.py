"""A small edition in which no check finds anything, and ways to spoil it one thing at a time.

The HTML is written by hand: these tests are about what checks see, not about what our templates make.
"""

from dataclasses import replace
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from newsletter.check import CheckInput
from newsletter.domain.content import ItemKey, Language, SectionId, SegmentId
from newsletter.domain.issue import (
    Edition,
    EditionKey,
    EditionSection,
    EditionWords,
    Issue,
    IssueItem,
    IssueLabel,
    ItemKind,
    Message,
    Slot,
)
from newsletter.domain.publication import Links, Publication, Section, SectionKind, Sender
from newsletter.errors import Place

FI, SV = Language("fi"), Language("sv")
PATH = Path("issues/2017-11/issue.toml")
KEY = EditionKey(segments=(SegmentId("advisers"),), language=FI)

UNSUBSCRIBE = "https://slot.invalid/5f3a/unsubscribe"
PREFERENCES = "https://slot.invalid/5f3a/preferences"
NAME = "@@5f3a:name@@"

WORDS_PLACE = Place(path=PATH, line=4)
ARTICLE_PLACE = Place(path=PATH, line=10)
EVENT_PLACE = Place(path=PATH, line=20)

NEWS = Section(id=SectionId("uutiset"), kind=SectionKind.ARTICLES, titles={FI: "Ajankohtaista"})
EVENTS = Section(id=SectionId("tapahtumat"), kind=SectionKind.EVENTS, titles={FI: "Tapahtumat"})

ARTICLE = IssueItem(
    key=ItemKey("rahoitusneuvonta"),
    kind=ItemKind.ARTICLE,
    title="Rahoitusneuvonta siirtyy samaan huoneeseen",
    lead="Neuvojat ja rahoittajat istuvat nyt saman pöydän ääressä, ja yrittäjä saa vastauksen yhdellä käynnillä.",
    link="https://www.seutu.fi/rahoitusneuvonta",
    section=NEWS.id,
    language=FI,
    line=10,
)
EVENT = IssueItem(
    key=ItemKey("hankintapaiva"),
    kind=ItemKind.EVENT,
    title="Hankintapäivä Forssassa",
    lead="Päivän aikana käydään läpi tulevat kilpailutukset.",
    link="https://www.seutu.fi/hankintapaiva",
    section=EVENTS.id,
    language=FI,
    start=date(2017, 12, 11),
    end=date(2017, 12, 12),
    place="Forssa",
    line=20,
)
WORDS = EditionWords(
    subject="Rahoitus ja hankinnat samassa pöydässä",
    preheader="Lisäksi kerromme joulukuun hankintapäivästä Forssassa.",
    greeting="Hyvää marraskuuta! Tässä numerossa katsotaan, mitä syksy on tuonut seutukunnille.",
    line=4,
)
ISSUE = Issue(
    label=IssueLabel("2017-11"),
    date=date(2017, 11, 24),
    items={ARTICLE.key: ARTICLE, EVENT.key: EVENT},
    order={SegmentId("advisers"): (ARTICLE.key, EVENT.key)},
    words={FI: WORDS},
    path=PATH,
)
EDITION = Edition(
    key=KEY,
    issue=ISSUE,
    words=WORDS,
    segment_names=("Yritysneuvojat",),
    sections=(
        EditionSection(section=NEWS, title="Ajankohtaista", items=(ARTICLE,)),
        EditionSection(section=EVENTS, title="Tapahtumat", items=(EVENT,)),
    ),
)
PUBLICATION = Publication(
    id="seutu",
    names={FI: "Seutukirje"},
    languages=(FI,),
    zone=ZoneInfo("Europe/Helsinki"),
    sender=Sender(
        name="Seututoimisto",
        address="kirje@seutu.example",
        organisation="Seututoimisto",
        postal_address="Kirkkokatu 1, 30100 Forssa",
    ),
    links=Links(
        site="https://www.seutu.fi",
        own_hosts=("seutu.fi",),
        unsubscribe_address="peruuta@seutu.example",
        public_url="https://kirje.seutu.fi",
    ),
    sections=(NEWS, EVENTS),
)

HTML = f"""\
<!doctype html>
<html lang="fi">
<head>
  <title>{WORDS.subject}</title>
  <meta name="color-scheme" content="light dark">
  <style>
    :root {{ color-scheme: light dark }}
    @media (prefers-color-scheme: dark) {{ .card {{ background: #111111 }} }}
  </style>
</head>
<body style="font-size:16px;line-height:1.5"><div lang="fi" dir="ltr">
  <div style="display:none;font-size:1px">{WORDS.preheader}</div>
  <!--[if mso]><table role="presentation"><tr><td><![endif]-->
  <table role="presentation"><tr><td>
    <img src="https://www.seutu.fi/logo.png" alt="Seutukirje" width="120">
    <h1>Seutukirje</h1>
    <p>Hei{NAME},</p>
    <p>{WORDS.greeting}</p>
    <h2>Ajankohtaista</h2>
    <h3><a href="{ARTICLE.link}">{ARTICLE.title}</a></h3>
    <p>{ARTICLE.lead}</p>
    <h2>Tapahtumat</h2>
    <h3><a href="{EVENT.link}">{EVENT.title}</a></h3>
    <p>{EVENT.lead}</p>
    <p>Seututoimisto, Kirkkokatu&nbsp;1,<br>30100 Forssa</p>
    <p><a href="{UNSUBSCRIBE}">Peruuta tilaus</a> <a href="{PREFERENCES}">Muuta asetuksia</a></p>
  </td></tr></table>
  <!--[if mso]></td></tr></table><![endif]-->
</div></body>
</html>
"""
TEXT = f"""\
Seutukirje

Hei{NAME},

Hyvää marraskuuta! Tässä numerossa katsotaan, mitä syksy on tuonut
seutukunnille.

AJANKOHTAISTA

{ARTICLE.title}
Neuvojat ja rahoittajat istuvat nyt saman pöydän ääressä, ja yrittäjä
saa vastauksen yhdellä käynnillä.
{ARTICLE.link}

TAPAHTUMAT

{EVENT.title}
{EVENT.lead}
{EVENT.link}

Seututoimisto, Kirkkokatu 1, 30100 Forssa
Peruuta tilaus: {UNSUBSCRIBE}
Muuta asetuksia: {PREFERENCES}
"""
MESSAGE = Message(
    edition=KEY,
    subject=WORDS.subject,
    preheader=WORDS.preheader,
    mjml="<mjml></mjml>",
    html=HTML,
    text=TEXT,
    headers=(("List-Id", "<seutu.seutu.example>"),),
    slots={Slot.NAME: NAME, Slot.UNSUBSCRIBE: UNSUBSCRIBE, Slot.PREFERENCES: PREFERENCES},
    items=(ARTICLE.key, EVENT.key),
)
GOOD = CheckInput(message=MESSAGE, edition=EDITION, publication=PUBLICATION)


def with_html(*changes: tuple[str, str]) -> CheckInput:
    """Give the good edition with pieces of its HTML replaced, each of which must be there."""
    html = HTML
    for before, after in changes:
        if before not in html:
            raise AssertionError(f"not in the sample: {before}")
        html = html.replace(before, after)
    return replace(GOOD, message=replace(MESSAGE, html=html))


def with_body(addition: str, *, text: str = "") -> CheckInput:
    """Give the good edition with more HTML at the end of its body, and more plain text if need be."""
    html = HTML.replace("</body>", f"{addition}</body>")
    return replace(GOOD, message=replace(MESSAGE, html=html, text=TEXT + text))


def with_link(address: str, name: str = "Ohjelman verkkosivut") -> CheckInput:
    """Give the good edition with one more link, in HTML and text."""
    return with_body(f'<p><a href="{address}">{name}</a></p>', text=f"{address.removeprefix('mailto:')}\n")


def replaced_link(address: str) -> CheckInput:
    """Give the good edition whose article has another link, in issue.toml, HTML and text."""
    assert ARTICLE.link is not None
    edition = with_items(replace(ARTICLE, link=address)).edition
    html, text = HTML.replace(ARTICLE.link, address), TEXT.replace(ARTICLE.link, address)
    return replace(GOOD, edition=edition, message=replace(MESSAGE, html=html, text=text))


def with_text(*changes: tuple[str, str]) -> CheckInput:
    """Give the good edition with pieces of its plain text replaced, each of which must be there."""
    text = TEXT
    for before, after in changes:
        if before not in text:
            raise AssertionError(f"not in the sample: {before}")
        text = text.replace(before, after)
    return replace(GOOD, message=replace(MESSAGE, text=text))


def with_subject(subject: str) -> CheckInput:
    """Give the good edition under another subject."""
    return replace(GOOD, message=replace(MESSAGE, subject=subject))


def with_preheader(preheader: str) -> CheckInput:
    """Give the good edition with another preheader, in the HTML too."""
    html = HTML.replace(WORDS.preheader, preheader)
    return replace(GOOD, message=replace(MESSAGE, preheader=preheader, html=html))


def with_items(*items: IssueItem) -> CheckInput:
    """Give the good edition laid out with other items in its first section."""
    sections = (EditionSection(section=NEWS, title="Ajankohtaista", items=items), *EDITION.sections[1:])
    return replace(GOOD, edition=replace(EDITION, sections=sections))


def with_words(words: EditionWords) -> CheckInput:
    """Give the good edition with other words of the editor, before rendering."""
    return replace(GOOD, edition=replace(EDITION, words=words))


def with_public_url(address: str | None) -> CheckInput:
    """Give the good edition of a publication whose public pages are elsewhere, or nowhere."""
    return replace(GOOD, publication=replace(PUBLICATION, links=replace(PUBLICATION.links, public_url=address)))
