"""Three months of a small newsletter: what its sources say, what its editor does, and what each issue is offered.

The one page of it is docs/three-months.md. `python -m tests.story.three_months` writes it anew.
"""

import tempfile
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import httpx

from newsletter import open_newsletter
from newsletter.collect.fetching.fetch import Fetcher
from newsletter.domain.pick import Pick, PickGrade
from newsletter.wiring import Newsletter, lay_out_publication
from tests.fakes.clock import FakeClock
from tests.fakes.mailer import ScriptedMailer
from tests.grounds import ASKED

PAGE = Path(__file__).parents[2] / "docs" / "three-months.md"
KUNTA, SEUTU, CALENDAR = "https://kunta.example/feed", "https://seutu.example/feed", "https://seutu.example/k.ics"
OPENING = """\
# Three months

What becomes of articles and events that change, move, come late or come twice. The town (`kunta`) and the region
(`seutu`) have a feed each, the region a calendar too; the newsletter has one segment and is written in Finnish and
Swedish. Every list on this page is what the program picked and left out: a test tells the story again and compares.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """An entry of a feed."""

    guid: str
    title: str
    day: str
    link: str
    text: str = "Kunnan elinvoima kasvaa, ja se on hyvä uutinen."
    language: str = "fi"
    also: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """An entry of a calendar."""

    uid: str
    title: str
    day: str
    status: str = "CONFIRMED"


class Web(httpx.BaseTransport):
    """What the sources answer today; a page that nobody wrote is not there."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        body = self.pages.get(str(request.url))
        return httpx.Response(404 if body is None else 200, stream=httpx.ByteStream(body or b""))

    def say(self, address: str, *news: News) -> None:
        """Let a feed say something."""
        entries = "".join(
            f"<entry><id>{one.guid}</id><title>{one.title}</title><published>{one.day}T09:00:00Z</published>"
            f'<link href="{one.link}"/>{one.also}<content xml:lang="{one.language}">{one.text}</content></entry>'
            for one in news
        )
        self.pages[address] = f'<feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>'.encode()

    def hold(self, *happenings: Happening) -> None:
        """Let the calendar hold something."""
        entries = "".join(
            f"BEGIN:VEVENT\r\nUID:{one.uid}@seutu.example\r\nSUMMARY:{one.title}\r\nDTSTART;VALUE=DATE:{one.day}\r\n"
            f"LOCATION:Salo\r\nSTATUS:{one.status}\r\nEND:VEVENT\r\n"
            for one in happenings
        )
        self.pages[CALENDAR] = f"BEGIN:VCALENDAR\r\n{entries}END:VCALENDAR\r\n".encode()


HAKU = News(
    guid="tag:kunta.example,2017:haku",
    title="Elinvoimahaku avautui",
    day="2017-09-12",
    link="https://kunta.example/haku",
    text="Kunta avasi haun, josta yritys saa tukea uuden tuotteen kehittämiseen. Haku on auki lokakuun loppuun.",
)
TELAKKA = News(
    guid="tag:kunta.example,2017:telakka",
    title="Telakka tuo elinvoimaa Raumalle",
    day="2017-09-20",
    link="https://kunta.example/telakka",
    text="Telakan tilauskirja on täynnä kolmeksi vuodeksi, ja töihin otetaan sata hitsaajaa ja suunnittelijaa.",
)
KIRJASTO = News(
    guid="tag:kunta.example,2017:kirjasto",
    title="Kirjasto on auki sunnuntaisin",
    day="2017-09-25",
    link="https://kunta.example/kirjasto",
    text="Kirjaston uudet aukioloajat alkoivat.",
)
OPAS = News(
    guid="tag:seutu.example,2017:opas",
    title="Elinvoimaopas ilmestyi",
    day="2017-09-27",
    link="https://seutu.example/opas",
    text="Seudun kunnat kokosivat oppaaseen parhaat keinot houkutella yrityksiä ja asukkaita.",
)
KOOLLE = News(
    guid="tag:seutu.example,2017:koolle",
    title="Elinvoiman kehittäjät koolle",
    day="2017-10-10",
    link="https://seutu.example/koolle",
    text="Kehittäjät tapaavat Salossa ja jakavat kokemuksia.",
    also='<link rel="alternate" hreflang="sv" href="https://seutu.example/sv/samlas"/>',
)
SAMLAS = News(
    guid="tag:seutu.example,2017:samlas",
    title="Utvecklare av livskraft samlas",
    day="2017-10-10",
    link="https://seutu.example/sv/samlas",
    text="Utvecklarna träffas i Salo och delar erfarenheter.",
    language="sv",
)
PUISTO = News(
    guid="tag:seutu.example,2017:puisto",
    title="Yrityspuiston tontit jaossa",
    day="2017-11-06",
    link="https://seutu.example/puisto",
    text="Yrityspuiston kaksitoista tonttia tulevat jakoon, ja yritysneuvojat kutsutaan tutustumaan.",
)
INFO = Happening(uid="info", title="Elinvoimainfo", day="20171012")
PAJA = Happening(uid="paja", title="Elinvoimapaja", day="20171108")
MESSUT = Happening(uid="messut", title="Elinvoimamessut", day="20171123")
ILTA = Happening(uid="ilta", title="Elinvoimailta", day="20171129")
SEMINAARI = Happening(uid="seminaari", title="Elinvoimaseminaari", day="20171207")
KOKOUS = Happening(uid="kokous", title="Elinvoimakokous", day="20171211")


def tell(folder: Path) -> str:
    """Live through the three months in a publication as it was laid out, and write the page."""
    web, clock = Web(), FakeClock(datetime(2017, 9, 29, 6, 0, tzinfo=UTC))
    settle_down(folder)
    fetcher = Fetcher(transport=web, sleep=lambda _: None)
    with open_newsletter(
        folder / "newsletter.toml", clock=clock, fetcher=fetcher, mailer=ScriptedMailer()
    ) as newsletter:
        newsletter.lists.import_file(folder / "subscribers/kaksi.csv", basis=ASKED)
        story = _Story(newsletter=newsletter, web=web, clock=clock)
        return "\n".join(
            [OPENING.rstrip(), *story.september(), *story.october(), *story.special(), *story.november(), ""]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Story:
    """The publication as it goes from month to month."""

    newsletter: Newsletter
    web: Web
    clock: FakeClock

    def september(self) -> Iterator[str]:
        """Two sources have the same article, and the first issue is sent."""
        also = News(guid="44", title=HAKU.title, day=HAKU.day, link=f"{HAKU.link}?utm_source=seutu", text=HAKU.text)
        self.web.say(KUNTA, HAKU, TELAKKA, KIRJASTO)
        self.web.say(SEUTU, also)
        self.web.hold(INFO, PAJA, MESSUT, ILTA)
        yield from self._month(
            "2017-09",
            date(2017, 9, 29),
            "The region's feed has an article of the town's under a number of its own and an address with a tracker:"
            " it is one item of two sources. The library's hours are about no topic.",
        )
        self._send("2017-09")

    def october(self) -> Iterator[str]:
        """A title is corrected, an address of an article gets another guid, one comes late, one has a translation."""
        self.clock.jump(datetime(2017, 10, 27, 6, 0, tzinfo=UTC) - self.clock.now())
        corrected = News(guid=HAKU.guid, title="Elinvoimahaku on auki", day=HAKU.day, link=HAKU.link, text=HAKU.text)
        renamed = News(guid="wp-118", title=TELAKKA.title, day="2017-10-02", link=TELAKKA.link, text=TELAKKA.text)
        self.web.say(KUNTA, corrected, renamed, KIRJASTO)
        self.web.say(SEUTU, KOOLLE, SAMLAS, OPAS)
        moved = Happening(uid="paja", title=PAJA.title, day="20171109")
        off = Happening(uid="messut", title=MESSUT.title, day=MESSUT.day, status="CANCELLED")
        self.web.hold(moved, off, ILTA, SEMINAARI)
        yield from self._month(
            "2017-10",
            date(2017, 10, 27),
            "The title of September's call is corrected, the shipyard's article has another guid and another date: both"
            " were told. The guide is of September and was found after its issue: it is picked now. The Swedish text"
            " stands below the Finnish one. The workshop moved by a day, the fair is cancelled, an evening and a"
            " seminar have come near.",
        )
        self._send("2017-10")

    def special(self) -> Iterator[str]:
        """An invitation goes out between two months."""
        self.clock.jump(datetime(2017, 11, 8, 6, 0, tzinfo=UTC) - self.clock.now())
        self.web.say(SEUTU, PUISTO, KOOLLE, SAMLAS, OPAS)
        label = "2017-11-kutsu"
        self.newsletter.items.collect()
        self.newsletter.issues.new_empty(label, planned=date(2017, 11, 8))
        key = next(item.key for item in self.newsletter.items.items() if item.title == PUISTO.title)
        self.newsletter.issues.take(label, key)
        self._send(label)
        yield f"\n## {label}, sent on 2017-11-08\n"
        yield "A special issue begins empty. The editor takes one article of November into it; that counts as told."

    def november(self) -> Iterator[str]:
        """An event is gone, and what the special issue told is not told again."""
        self.clock.jump(datetime(2017, 11, 24, 6, 0, tzinfo=UTC) - self.clock.now())
        self.web.say(KUNTA, KIRJASTO)
        self.web.hold(SEMINAARI, KOKOUS)
        yield from self._month(
            "2017-11",
            date(2017, 11, 24),
            "The evening of 29.11. is gone from a calendar that answers whole: it is left out and told. The seminar"
            " stands there again until it is past, a meeting is new. The business park was told in the special issue.",
        )

    def _month(self, label: str, day: date, what: str) -> Iterator[str]:
        """Collect, make the issue, and say what it is offered."""
        report = self.newsletter.items.collect()
        assert report.failed == ()
        made = self.newsletter.issues.new(label, planned=day)
        yield f"\n## {label}, sent on {day}\n\n{textwrap.fill(what, 120)}\n\nPicked:\n"
        marks = {key: item.mark for key, item in made.draft.items.items()}
        variants = {key: list(item.variants) for key, item in made.draft.items.items()}
        for pick in _of(made.picks, PickGrade.PICKED):
            also = "".join(f", also in {language}" for language in variants[pick.key])
            mark = f", marked {marks[pick.key]}" if marks[pick.key] else ""
            yield f"- {made.draft.items[pick.key].title} ({pick.reason}{also}{mark})"
        yield "\nLeft out, what is best worth a look first:\n"
        reasons = {pick.key: pick for pick in _of(made.picks, PickGrade.LEFT_OUT)}
        for key, title in made.draft.left_out.items():
            yield f"- {title}: {reasons[key].reason} ({reasons[key].offer})"

    def _send(self, label: str) -> None:
        """Approve and send, an hour later each."""
        self.clock.sleep(3600)
        self.newsletter.issues.approve(label, by="Aino")
        self.newsletter.deliveries.send(label, by="Aino")


def _of(picks: Sequence[Pick], grade: PickGrade) -> list[Pick]:
    return [pick for pick in picks if pick.grade is grade]


def settle_down(folder: Path) -> None:
    """Make of a publication one of two languages, one segment and three sources."""
    path = folder / "newsletter.toml"
    text = path.read_text(encoding="utf-8").replace("@seutu.example", "@seutuohjelma.fi")
    text = text.replace('languages = ["fi", "sv", "en"]', 'languages = ["fi", "sv"]')
    head, _, rest = text.partition("\n[[source]]")
    sources = "".join(
        f'\n[[source]]\nid = "{name}"\nkind = "{kind}"\naddress = "{address}"\nlanguage = "fi"\n{more}'
        for name, kind, address, more in (
            ("kunta", "feed", KUNTA, ""),
            ("seutu", "feed", SEUTU, ""),
            ("kalenteri", "calendar", CALENDAR, 'segments = ["advisers"]\n'),
        )
    )
    path.write_text(f"{head}{sources}" + rest[rest.index("\n[[topic]]") :], encoding="utf-8")
    (folder / "subscribers" / "segments.toml").write_text(
        '[[segment]]\nid = "advisers"\nrank = 1\ntopics = ["elinvoima", "yrityspuistot"]\n'
        '[segment.name]\nfi = "neuvojat"\nsv = "rådgivare"\n[segment.who]\nattribute = "role"\nequals = "neuvoja"\n',
        encoding="utf-8",
    )
    (folder / "subscribers" / "kaksi.csv").write_text(
        "email;name;language;role\naino@example.com;Aino;fi;neuvoja\nsven@example.com;Sven;sv;neuvoja\n", "utf-8"
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as parent:
        lay_out_publication(Path(parent) / "seutu")
        PAGE.write_text(tell(Path(parent) / "seutu"), encoding="utf-8")
