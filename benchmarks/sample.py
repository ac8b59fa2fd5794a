"""What is measured: an edition of ten articles with leads of 240 characters and links, and six events."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from newsletter.check.page.reading import CheckInput
from newsletter.domain.content import ItemKey, Language, SectionId, SegmentId
from newsletter.domain.issue import (
    Edition,
    EditionKey,
    EditionWords,
    Issue,
    IssueItem,
    IssueLabel,
    ItemKind,
    Message,
    Slot,
)
from newsletter.domain.publication import Links, Publication, Section, SectionKind, Sender
from newsletter.domain.rules import AllOf
from newsletter.domain.segments import Segment
from newsletter.message.slots import fit_values, split
from newsletter.render.brand import Brand
from newsletter.render.compose import compose
from newsletter.render.edition import render_edition
from newsletter.render.make_message import make_message

ROOT = Path(__file__).parent.parent
TEMPLATES = Path(__file__).parent / "templates"
"""A letter as most people write MJML, about 60 KB; the repository's own is half of that."""
OWN_TEMPLATES = ROOT / "templates" / "email"
MESSAGE_BYTES = 68_000
READERS = 1_000
LEAD_LENGTH = 240
ARTICLES, EVENTS = 10, 6

_HELSINKI = ZoneInfo("Europe/Helsinki")
_FI = Language("fi")
_READERS = SegmentId("lukijat")
_NEWS, _HAPPENINGS = SectionId("uutiset"), SectionId("tapahtumat")
_LEAD = (
    "Pääjohtajan mukaan hanke säästää energiaa, työtä ja hermoja: kymmenen yritystä mittasi kulutuksensa, korjasi "
    "vuodot ja jakoi opit naapureilleen. Kevään työpajoihin ehtii vielä mukaan, ja lähtölista täyttyy nopeasti. "
)
PUBLICATION = Publication(
    id="mitta",
    names={_FI: "Mittakaupungin kirje"},
    taglines={},
    languages=(_FI,),
    zone=_HELSINKI,
    sender=Sender(
        name="Mittakaupunki",
        address="kirje@mitta.example",
        reply_to=None,
        organisation="Mittakaupungin verkosto",
        postal_address="Mittatie 1, 12340 Mittala",
    ),
    links=Links(
        site="https://www.mitta.example/",
        unsubscribe_address="peruuta@mitta.example",
        public_url="https://kirje.mitta.example/",
        privacy=None,
        feedback=None,
    ),
    sections=(
        Section(id=_NEWS, kind=SectionKind.ARTICLES, titles={_FI: "Uutiset"}),
        Section(id=_HAPPENINGS, kind=SectionKind.EVENTS, titles={_FI: "Tapahtumat"}),
    ),
)


def _article(number: int) -> IssueItem:
    """Make an article."""
    return IssueItem(
        key=ItemKey(f"uutinen-{number}"),
        kind=ItemKind.ARTICLE,
        title=f"Yrityspuiston lämpölaitos käynnistyi, osa {number}",
        lead=(_LEAD * 2)[number : number + LEAD_LENGTH],
        link=f"https://www.mitta.example/uutiset/2017/{number}?kieli=fi&osa=1",
        section=_NEWS,
        language=_FI,
        published=date(2017, 11, 1) + timedelta(days=number % 28),
        line=number,
    )


def _event(number: int) -> IssueItem:
    """Make an event."""
    start = datetime(2017, 12, 1 + number, 9, tzinfo=_HELSINKI)
    return IssueItem(
        key=ItemKey(f"tapahtuma-{number}"),
        kind=ItemKind.EVENT,
        title=f"Neuvojien vertaistapaaminen {number}",
        link=f"https://www.mitta.example/tapahtumat/{number}",
        section=_HAPPENINGS,
        language=_FI,
        start=start,
        end=start + timedelta(hours=6),
        place="Kulttuuritalo, Mittala",
        line=1000 + number,
    )


def edition(articles: int = ARTICLES, events: int = EVENTS) -> Edition:
    """Lay out the sample."""
    items = [*(_article(number) for number in range(articles)), *(_event(number) for number in range(events))]
    issue = Issue(
        label=IssueLabel("2017-11"),
        date=date(2017, 11, 24),
        items={item.key: item for item in items},
        order={_READERS: tuple(item.key for item in items)},
        words={
            _FI: EditionWords(
                subject="Lämpöä, lukuja ja lähtölista",
                preheader="Kymmenen juttua ja kuusi tapahtumaa tälle kuulle.",
                greeting="Tässä kirjeessä on [kalenteri](https://www.mitta.example/kalenteri) ja muuta hyvää.",
                line=1,
            )
        },
        path=Path("issues/2017-11/issue.toml"),
    )
    segments = (Segment(id=_READERS, rank=1, names={_FI: "Lukijat"}, who=AllOf(rules=())),)
    key = EditionKey(segments=(_READERS,), language=_FI)
    return compose(issue, key, segments=segments, publication=PUBLICATION)


EDITION = edition()
_BRAND = Brand()


def compile_through_the_door() -> Message:
    """Make the edition's HTML and text in the rendering process, as every command does."""
    return render_edition(EDITION, publication=PUBLICATION, brand=_BRAND, templates=TEMPLATES)


def compile_edition() -> Message:
    """Make the edition's HTML and text in this process, where its CPU time can be measured."""
    return make_message(
        EDITION, publication=PUBLICATION, brand=_BRAND.model_dump(), folder=TEMPLATES, shown_as=TEMPLATES
    )


def check_input() -> CheckInput:
    """Give what the checks are given: the edition, and the letter that the repository's own templates make of it."""
    message = render_edition(EDITION, publication=PUBLICATION, brand=_BRAND, templates=OWN_TEMPLATES)
    return CheckInput(message=message, edition=EDITION, publication=PUBLICATION)


def messages_of_68_kilobytes() -> tuple[Callable[[int], bytes], bytes]:
    """Give what personalises the message for a reader by number, and the bytes of one, HTML and text."""
    message = compile_through_the_door()
    lacking = MESSAGE_BYTES - len(message.html.encode()) - len(message.text.encode())
    padding = f"<p>{_LEAD}</p>\n"
    whole = replace(
        message, html=message.html.replace("</body>", padding * max(lacking // len(padding.encode()), 0) + "</body>")
    )
    html, text = split(whole.html, whole.slots), split(whole.text, whole.slots)

    values = [_values(number) for number in range(READERS)]

    def fill(number: int) -> bytes:
        for_html, for_text = fit_values(values[number % READERS])
        return b"".join([*html.parts(for_html), *text.parts(for_text)])

    return fill, fill(0)


def _values(number: int) -> dict[Slot, str]:
    """Give one reader's values."""
    return {
        Slot.NAME: f" Lukija {number}",
        Slot.UNSUBSCRIBE: f"https://kirje.mitta.example/peru/{number:032x}",
        Slot.PREFERENCES: f"https://kirje.mitta.example/omat/{number:032x}",
    }
