"""Collects, edits, updates and sendings in any order: nothing is lost or told twice, no word of the editor's goes."""

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter import open_newsletter
from newsletter.collect.fetching.fetch import Fetcher
from newsletter.domain.content import ItemKey
from newsletter.domain.pick import Offer
from newsletter.storage.content import ContentStore
from newsletter.wiring import Newsletter
from tests.fakes.clock import FakeClock
from tests.fakes.mailer import ScriptedMailer
from tests.grounds import ASKED
from tests.story.three_months import KUNTA, SEUTU, Happening, News, Web, settle_down

STEPS = st.tuples(
    st.sampled_from(["publish", "late", "correct", "reguid", "move", "twice", "drop", "collect", "make", "edit"]),
    st.integers(0, 3),
)
MONTHS = st.lists(st.lists(STEPS, max_size=6), min_size=2, max_size=4)
"""What happens in each before its issue is sent."""
TEXTS = (
    "Kunta avasi haun, josta yritys saa tukea uuden tuotteen kehittämiseen.",
    "Telakan tilauskirja on täynnä kolmeksi vuodeksi, ja töihin otetaan sata hitsaajaa.",
    "Seudun oppaassa on kymmenen keinoa houkutella asukkaita ja työpaikkoja.",
    "Yrityspuiston tontit tulevat jakoon, ja tutustumiskierros on torstaina.",
)
RULER = "# -----"
"""Above it the file is the editor's, but for what an update adds; below it stands what was left out."""


@dataclass(kw_only=True)
class Months:
    """A publication on its way through the months, and what the world saw of it.

    Attributes:
        told: How often each article, by the number in its link, was in an issue that was sent.
        written: What the editor wrote into the issue that is being made.
        known: Keys of all records so far.
    """

    newsletter: Newsletter
    web: Web
    clock: FakeClock
    news: dict[int, News] = field(default_factory=dict)
    doubled: set[int] = field(default_factory=set)
    told: Counter[str] = field(default_factory=Counter)
    written: list[str] = field(default_factory=list)
    month: int = 7
    known: set[ItemKey] = field(default_factory=set)

    @property
    def label(self) -> str:
        """Give the month's label."""
        return f"2017-{self.month:02}"

    @property
    def path(self) -> Path:
        """Give the month's file."""
        return self.newsletter.settings.issues_path / self.label / "issue.toml"

    def late(self, number: int) -> None:
        """Let the town write an article, with a day of the month before."""
        self.publish(number, before=timedelta(days=10))

    def publish(self, number: int, before: timedelta = timedelta()) -> None:
        """Let the town write an article, today or some days before."""
        day = f"{self.clock.now() - before:%Y-%m-%d}"
        title, link = f"Elinvoimaa {number}: {TEXTS[number].split()[1]}", f"https://kunta.example/{number}"
        self.news.setdefault(number, News(guid=f"kunta-{number}", title=title, day=day, link=link, text=TEXTS[number]))

    def correct(self, number: int) -> None:
        """Correct its title."""
        self._change(number, lambda one: replace(one, title=f"{one.title} (korjattu)"))

    def reguid(self, number: int) -> None:
        """Give it another guid, as a new site does."""
        self._change(number, lambda one: replace(one, guid=f"{one.guid}-uusi"))

    def move(self, number: int) -> None:
        """Date it today."""
        self._change(number, lambda one: replace(one, day=f"{self.clock.now():%Y-%m-%d}"))

    def twice(self, number: int) -> None:
        """Let the region have it too, from now on."""
        self.doubled.add(number)

    def drop(self, number: int) -> None:
        """Take it off the feed."""
        self.news.pop(number, None)

    def collect(self, _number: int = 0) -> None:
        """Look at the sources; an hour passes."""
        self.clock.sleep(3600)
        self.web.say(KUNTA, *self.news.values())
        also = [replace(one, guid=f"s{n}") for n, one in self.news.items() if n in self.doubled]
        self.web.say(SEUTU, *also)
        self.newsletter.items.collect()
        with self.newsletter.resources.database.read() as connection:
            kept = set(ContentStore(connection).keys())
        assert self.known <= kept, "a record is lost"
        self.known = kept

    def make(self, _number: int = 0) -> None:
        """Make the month's issue, or add to it what came since."""
        before = self._own_lines()
        self.newsletter.issues.new(self.label, planned=date(2017, self.month, 28), is_update=self.path.exists())
        rest = iter(self._own_lines())
        assert all(line in rest for line in before), "an update only adds"

    def edit(self, _number: int = 0) -> None:
        """Write a note and another title into the issue."""
        if self.path.exists():
            note = f"# Muista {len(self.written)} soittaa."
            text = self.path.read_text("utf-8").replace('title = "Elin', f'{note}\ntitle = "Uusi elin', 1)
            self.path.write_text(text, "utf-8")
            self.written += [note] if note in text else []

    def send(self, _number: int = 0) -> None:
        """Send the month's issue, if anything is in it; the next month begins."""
        self.collect()
        self.make()
        issue = self.newsletter.shelf.read(self.label)
        lines = self._own_lines()
        assert all(note in lines for note in self.written), "a word of the editor's is gone"
        links = [item.link or "" for key, item in issue.items.items() if key not in issue.unplaced]
        if links:
            self.newsletter.issues.approve(self.label, by="Aino")
            self.newsletter.deliveries.send(self.label, by="Aino")
            self.told.update(links)
            assert set(self.told.values()) <= {1}, f"told twice: {self.told}"
        self.month += 1
        self.written.clear()
        self.clock.jump(datetime(2017, self.month, 2, 6, 0, tzinfo=UTC) - self.clock.now())

    def end(self) -> None:
        """See that nothing fell between: what the feed has was told, or is picked or offered for the next issue."""
        self.collect()
        self.month += self.path.exists()
        made = self.newsletter.issues.new(self.label, planned=date(2017, self.month, 28))
        worth = {pick.key for pick in made.picks if pick.offer in (Offer.NEW, Offer.DUPLICATE)}
        offered = {*made.draft.items, *worth}
        links = {item.url for item in self.newsletter.items.items() if item.key in offered}
        oldest = date(2017, self.month, 28) - timedelta(days=self.newsletter.settings.publication.late_days)
        fresh = {one.link for one in self.news.values() if date.fromisoformat(one.day) >= oldest}
        assert fresh <= links | self.told.keys(), "fell between"

    def _change(self, number: int, how: Callable[[News], News]) -> None:
        if number in self.news:
            self.news[number] = how(self.news[number])

    def _own_lines(self) -> list[str]:
        """Give the editor's part of the month's file."""
        text = self.path.read_text("utf-8") if self.path.exists() else ""
        return text.partition(f"\n{RULER}")[0].splitlines()


COPIES = count()


@settings(max_examples=max(2, settings().max_examples // 15))
@given(MONTHS)
def test_months_lose_nothing_and_tell_nothing_twice(
    laid_out: Path, tmp_path_factory: pytest.TempPathFactory, happens: list[list[tuple[str, int]]]
) -> None:
    """Whatever happens in whatever order, each article is told once at most and every word of the editor's stays."""
    folder = shutil.copytree(laid_out, tmp_path_factory.getbasetemp() / f"months-{next(COPIES)}")
    settle_down(folder)
    web, clock = Web(), FakeClock(datetime(2017, 7, 2, 6, 0, tzinfo=UTC))
    web.hold(Happening(uid="info", title="Elinvoimainfo", day="20171230"))
    fetcher = Fetcher(transport=web, sleep=lambda _: None)
    with open_newsletter(
        folder / "newsletter.toml", clock=clock, fetcher=fetcher, mailer=ScriptedMailer()
    ) as newsletter:
        newsletter.lists.import_file(folder / "subscribers/kaksi.csv", basis=ASKED)
        months = Months(newsletter=newsletter, web=web, clock=clock)
        months.publish(0)
        months.publish(1)
        for steps in happens:
            for name, number in steps:
                getattr(months, name)(number)
            months.send()
        months.end()
