"""What holds for every kind of source. The test module of a kind gives `one_item`: its bytes for an item of ours."""

import re
from collections.abc import Callable
from datetime import date
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

from newsletter.collect import kinds
from newsletter.domain.content import Event, Harvest, ProblemGrade, SourceKind
from tests.collect.samples import a_snapshot, a_source
from tests.conftest import REPOSITORY

DAY = date(2017, 11, 17)
HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(1)><style>p{}</style> \x08"
    ' <a href="javascript:alert(1)" onclick=x>yksi</a> <iframe src=https://a.example></iframe> {{ y }} loppu'
)
every_kind = pytest.mark.parametrize("kind", SourceKind)


def read(kind: SourceKind, *, title: str = "Otsikko", text: str = "Teksti.", day: date = DAY) -> Harvest:
    """Let a kind read one item, written in its own way."""
    one_item: Callable[..., str | bytes] = import_module(f"tests.collect.kinds.test_{kind}").one_item
    body = one_item(title=title, text=text, day=day)
    return kinds.parse(a_snapshot(body), a_source(kind))


def told(harvest: Harvest) -> list[str]:
    """Give what the keeper is told."""
    return [problem.message for problem in harvest.problems]


class Tags(HTMLParser):
    """Notes the elements of HTML and what stands in their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.names.add(tag)
        self.attributes += attrs


def test_every_kind_is_one_module_or_room() -> None:
    """What stands in `kinds` are the kinds, and all of them."""
    assert {module.name for module in iter_modules(kinds.__path__)} == set(SourceKind)


@every_kind
def test_plain_item_is_read_without_a_word(kind: SourceKind) -> None:
    """An item as it should be gives nothing to tell."""
    harvest = read(kind)
    assert ([item.title for item in harvest.items], told(harvest)) == (["Otsikko"], [])


@every_kind
def test_hostile_text_leaves_nothing_but_harmless_words(kind: SourceKind) -> None:
    """No kind lets through an element, an attribute, an address or a character that a mail must not carry."""
    (item,) = read(kind, title="O\u202etsik\u200bko\x07 {{ y }}", text=HOSTILE).items
    html = getattr(item, "body_html", "")
    tags = Tags(html)
    assert item.title == "Otsikko {{ y }}"
    assert "loppu" in (html or item.summary)
    assert tags.names <= {"p", "a"}
    assert [attribute for attribute in tags.attributes if attribute != ("href", "https://a.example/")] == []
    assert not re.search(r"[\x00-\x08\ud800-\udfff]", html + item.summary)


@every_kind
def test_endless_text_is_told_with_its_item(kind: SourceKind) -> None:
    """What is too long is left out or cut, never in silence."""
    harvest = read(kind, text="sana " * 50_000)
    (problem,) = harvest.problems
    assert re.search(r"longer than \d+ characters", problem.message)
    assert problem.item
    assert (problem.grade is ProblemGrade.FAILED) == (not harvest.items)
    assert all(len(item.summary) <= 5_000 for item in harvest.items)


@every_kind
def test_endless_title_is_cut_and_told(kind: SourceKind) -> None:
    """A title fits on a line, and its writer knows that it did not."""
    harvest = read(kind, title="sana " * 4_000)
    assert len(harvest.items[0].title) <= 300
    assert told(harvest) == ["The title is longer than 300 characters and was cut."]


@every_kind
def test_item_without_title_and_text_is_left_out_and_told(kind: SourceKind) -> None:
    """There is nothing to print."""
    harvest = read(kind, title="", text="")
    assert harvest.items == ()
    assert [problem.grade for problem in harvest.problems] == [ProblemGrade.FAILED]
    assert "title" in told(harvest)[0]


@every_kind
def test_article_of_the_future_is_told_and_event_of_the_future_is_not(kind: SourceKind) -> None:
    """A wrong year would keep an article out of every issue; events lie ahead."""
    harvest = read(kind, day=date(2071, 11, 17))
    (item,) = harvest.items
    assert len(harvest.problems) == (0 if isinstance(item, Event) else 1)
    assert all("is dated in the future: " in message for message in told(harvest))


@every_kind
def test_items_are_made_in_one_place(kind: SourceKind) -> None:
    """No kind makes an item past the maker, which alone knows what is judged of all."""
    place = Path(import_module(kinds.module_of(kind)).__file__ or "")
    modules = place.parent.glob("*.py") if place.name == "__init__.py" else [place]
    text = "".join(module.read_text(encoding="utf-8") for module in modules)
    assert re.findall(r"(?<![\w.])(?:Article|Event|Harvest)\(|\bkey_for\(|\bclean_html\(", text) == []


@every_kind
def test_sample_explains_every_kind_and_shows_it(kind: SourceKind) -> None:
    """newsletter.toml says what the kind reads, and has a source of it, in use or in a comment."""
    sample = (REPOSITORY / "newsletter.toml").read_text(encoding="utf-8")
    assert re.search(rf'^# {{3}}(?:kind)? +"{kind}" +\w', sample, re.MULTILINE)
    assert re.search(rf'^(?:# )?kind = "{kind}"$', sample, re.MULTILINE)
