"""Which item has words in which language."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from newsletter.curate.parity import ParityRow, Wording, parity
from newsletter.domain.content import ItemKey
from newsletter.domain.issue import Issue, IssueItem, IssueLabel, ItemKind, ItemVariant
from tests.curate.samples import ADVISERS, EN, FI, MANAGERS, NEWS, SV

WHOLE = ItemVariant(title="Titel", lead="Ingress")


def item(key: str, **changes: object) -> IssueItem:
    """Make an article with a lead."""
    made = IssueItem(
        key=ItemKey(key), kind=ItemKind.ARTICLE, title="Otsikko", lead="Ingressi", section=NEWS, language=FI, line=7
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # the tests name the fields


def test_each_placed_item_is_told_in_every_language() -> None:
    """Original, translated, a bare title, and nothing are told apart; what nobody gets is left out."""
    items = (
        item("a", variants={SV: WHOLE, EN: ItemVariant(title="Title", body="Text")}),
        item("b", variants={SV: ItemVariant(title="Titel")}),
        item("c", lead="", variants={SV: ItemVariant(title="Titel"), EN: ItemVariant(link="https://example.org")}),
        item("d", language=SV),
        item("e"),
    )
    issue = Issue(
        label=IssueLabel("2017-11"),
        date=date(2017, 11, 24),
        items={one.key: one for one in items},
        order={ADVISERS: (ItemKey("b"), ItemKey("a")), MANAGERS: (ItemKey("c"), ItemKey("d"), ItemKey("a"))},
        words={},
        path=Path("issue.toml"),
    )
    original, whole, bare, missing = Wording.ORIGINAL, Wording.TRANSLATED, Wording.TITLE_ONLY, Wording.MISSING

    rows = parity(issue, (FI, SV, EN))

    assert rows == tuple(
        ParityRow(key=ItemKey(key), title="Otsikko", wordings=dict(zip((FI, SV, EN), wordings, strict=True)), line=7)
        for key, wordings in (
            ("a", (original, whole, whole)),
            ("b", (original, bare, missing)),
            ("c", (original, whole, missing)),
            ("d", (missing, original, missing)),
        )
    )
    assert [row.is_whole for row in rows] == [True, False, False, False]
