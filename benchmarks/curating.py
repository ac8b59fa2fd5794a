"""What curating costs: one step on a large issue, and a new issue out of a large archive."""

import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from benchmarks.harness import Line, cpu_milliseconds, median_of
from newsletter import open_newsletter
from newsletter.domain.content import Article, ItemKey, Language, SourceId
from newsletter.domain.step import End
from newsletter.storage.content import ContentStore
from newsletter.wiring import Newsletter, lay_out_publication

LABEL = "2017-11"
DAY = date(2017, 11, 24)
ITEMS = 60
STORED = 100_000
YEARS = 10
WORDS = (
    *("kaupunki", "yritys", "rahoitus", "hankinta", "neuvonta", "tapahtuma", "syksy", "kevät", "uutinen", "elinvoima"),
    *("palvelu", "kirje", "seutu", "kunta", "hanke", "verkosto", "työpaja", "matkailu", "opas", "ilmoitus"),
)
SOURCE = SourceId("kumppanit")


def step_on_a_large_issue() -> Line:
    """An item of 60 moved to the front of its lists and back: read, changed, checked, noted and written."""
    with _publication(ITEMS, spread=timedelta(days=20)) as newsletter:
        newsletter.issues.new(LABEL, planned=DAY)
        milliseconds = median_of(
            lambda: (
                cpu_milliseconds(lambda: newsletter.issues.move(LABEL, f"{ITEMS // 2}", to=End.FIRST))
                + cpu_milliseconds(lambda: newsletter.issues.undo(LABEL))
            ),
            rounds=15,
        )
    measured = milliseconds / 2
    return Line(
        name=f"a step on an issue of {ITEMS} items",
        milliseconds=measured,
        bound=50,
        unit="ms CPU",
        measured=measured,
    )


def new_issue_from_a_large_archive() -> Line:
    """`issue new` with 100,000 articles of ten years in the store."""
    with _publication(STORED, spread=timedelta(days=365 * YEARS)) as newsletter:
        path = newsletter.issues.path(LABEL)

        def draft() -> None:
            path.unlink(missing_ok=True)
            newsletter.issues.new(LABEL, planned=DAY)

        draft()
        milliseconds = median_of(lambda: cpu_milliseconds(draft), rounds=3)
    seconds = milliseconds / 1000
    return Line(
        name=f"issue new with {STORED:,} stored items",
        milliseconds=milliseconds,
        bound=2,
        unit="s CPU",
        measured=seconds,
    )


@contextmanager
def _publication(items: int, *, spread: timedelta) -> Iterator[Newsletter]:
    """Give a publication whose store holds articles, the newest of the month of the issue."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "seutu"
        lay_out_publication(folder)
        with open_newsletter(folder / "newsletter.toml") as newsletter:
            with newsletter.resources.database.write() as connection:
                articles = list(_articles(items, spread))
                ContentStore(connection).save_items(SOURCE, articles, now=datetime(2017, 11, 23, tzinfo=UTC))
            yield newsletter


def _articles(count: int, spread: timedelta) -> Iterator[Article]:
    """Make articles of about a hundred words, one after another in time."""
    drawn = random.Random(7)  # noqa: S311 - the same words each time
    for number in range(count):
        words = " ".join(drawn.choices(WORDS, k=100))
        yield Article(
            key=ItemKey(f"juttu-{number:06}"),
            source_id=SOURCE,
            identity=f"juttu-{number}",
            title=" ".join(drawn.choices(WORDS, k=5)).capitalize(),
            url=f"https://example.org/{number}",
            published=datetime(2017, 11, 23, tzinfo=UTC) - spread * (number / count),
            language=Language("fi"),
            summary=words[:200],
            body_html=f"<p>{words}</p>",
        )
