"""New items are put between the lines of an editor's file, and nothing of it is lost."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.curate.draft import Draft
from newsletter.curate.issue_edit import Added, add_items, added_document, write_draft
from newsletter.curate.issue_file import read_issue
from newsletter.curate.steps.change import document_of
from newsletter.domain.content import ItemKey, SegmentId
from newsletter.domain.issue import EditionWords, IssueItem, IssueLabel, ItemKind, ItemVariant
from newsletter.domain.pick import Pick, PickGrade
from newsletter.errors import IssueFileError
from newsletter.toml_file import parse_toml
from tests.curate.samples import ADVISERS, FI, MANAGERS, NEWS, SEGMENTS, SV, publication

PATH = Path("issue.toml")
NEW = ItemKey("uusi")


def item(key: str, title: str = "Uusi") -> IssueItem:
    """Give an article with a key."""
    return IssueItem(key=ItemKey(key), kind=ItemKind.ARTICLE, title=title, section=NEWS, language=FI)


def draft(order: dict[SegmentId, tuple[ItemKey, ...]], *added: IssueItem) -> Draft:
    """Give a newer draft."""
    return Draft(
        label=IssueLabel("2017-11"),
        date=date(2017, 11, 24),
        items={each.key: each for each in added},
        order=order,
        words={FI: EditionWords(subject="Kirje", preheader="", greeting="Hei!")},
        picks=(Pick(key=NEW, segment_id=ADVISERS, grade=PickGrade.PICKED, reason="topic raha"),),
    )


NEWER = draft({ADVISERS: (NEW,), MANAGERS: ()}, item("uusi"))
TABLE = '[item.uusi]\nkind = "article"\ntitle = "Uusi"\nlead = ""\nsection = "uutiset"\nlanguage = "fi"\n'
REMARK = "# advisers: topic raha\n"


def extended(text: str, newer: Draft = NEWER) -> str:
    """Give the text with the new items of a draft put in."""
    return added_document(document_of(text, PATH), newer, tuple(newer.items), publication()).written


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("advisers = []", 'advisers = [\n  "uusi", # Uusi\n]'),
        ("advisers = [ ]", 'advisers = [ \n  "uusi", # Uusi\n]'),
        ("advisers = [\n]", 'advisers = [\n  "uusi", # Uusi\n]'),
        ('advisers = ["a"]', 'advisers = ["a",\n  "uusi", # Uusi\n]'),
        ('advisers = ["a",]', 'advisers = ["a",\n  "uusi", # Uusi\n]'),
        ("advisers = ['a'] # [oma]", "advisers = ['a',\n  \"uusi\", # Uusi\n] # [oma]"),
        ('advisers = [\n  "a", # Eka\n]', 'advisers = [\n  "a", # Eka\n  "uusi", # Uusi\n]'),
        (
            'advisers = [\n  "a" # Eka, "b"]\n  # loppuun\n  ]',
            'advisers = [\n  "a", # Eka, "b"]\n  # loppuun\n  "uusi", # Uusi\n  ]',
        ),
        ('advisers = [\n  "a"\n  , # outo\n]', 'advisers = [\n  "a"\n  , # outo\n  "uusi", # Uusi\n]'),
        ('"advisers" = ["a"]', '"advisers" = ["a",\n  "uusi", # Uusi\n]'),
        ("", 'advisers = [\n  "uusi", # Uusi\n]\n'),
    ],
)
def test_an_order_gets_its_new_members_at_the_end(before: str, after: str) -> None:
    """However the array is laid out, comments stay with their lines and only the new ones are added."""
    head, tail = "[order]\n", '\nmanagers = []\n\n[item.a]\nkind = "x"\n'
    assert extended(f"{head}{before}{tail}") == f"{head}{after}{tail}\n{REMARK}{TABLE}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('[item.a]\nk = """\n[x]\n"""\n', "\n"),
        ('[item.a]\nk = """\na\n"""  # loppu\n\n# huomio\n', None),
        ("[item.a]\nk = 1", "\n\n"),
        ("[item.a]", "\n\n"),
    ],
)
def test_tables_follow_the_last_item(before: str, after: str | None) -> None:
    """New tables stand after the last statement of the last item, before the comments that follow it."""
    text = f"[order]\nadvisers = [\n]\n{before}"
    wanted = text.replace("[\n]", '[\n  "uusi", # Uusi\n]', 1)
    if after is None:
        cut = wanted.index("\n\n# huomio") + 1
        assert extended(text) == f"{wanted[:cut]}\n{REMARK}{TABLE}{wanted[cut:]}"
    else:
        assert extended(text) == f"{wanted}{after}{REMARK}{TABLE}"


def test_the_first_item_of_a_file_stands_at_its_end() -> None:
    """Where no item is, tables go to the end, also right after an order that had to be written."""
    assert extended("[order]") == f'[order]\nadvisers = [\n  "uusi", # Uusi\n]\n\n{REMARK}{TABLE}'


def test_tables_that_stand_apart_are_no_obstacle() -> None:
    """An editor may put waivers, words and items in any order."""
    text = dedent("""\
        [order]
        advisers = ["b"]
        [item.b]
        k = 1
        [[waiver]]
        code = "x"
        [item.a]
        k = 2
        # after a
        [edition.fi]
        subject = "S"
        """)
    assert extended(text) == text.replace('["b"]', '["b",\n  "uusi", # Uusi\n]').replace(
        "k = 2\n", f"k = 2\n\n{REMARK}{TABLE}"
    )


def test_several_items_for_several_segments() -> None:
    """Each segment gets its new items in the draft's order; an item of none only gets its table."""
    newer = draft({ADVISERS: (ItemKey("b"), ItemKey("c")), MANAGERS: (ItemKey("c"),)}, item("b"), item("c"), item("d"))
    text = '[order]\nadvisers = ["a"]\nmanagers = ["a"]\n[item.a]\nk = 1\n'
    tables = "\n".join(TABLE.replace("item.uusi", f"item.{key}") for key in "bcd")
    assert extended(text, newer) == (
        '[order]\nadvisers = ["a",\n  "b", # Uusi\n  "c", # Uusi\n]\nmanagers = ["a",\n  "c", # Uusi\n]\n'
        f"[item.a]\nk = 1\n\n{tables}"
    )


@pytest.mark.parametrize(
    "text",
    [
        "order.managers = []\n",
        "item.a.k = 1\nlabel = 'x'\n[order]\nadvisers = []\n",
    ],
)
def test_a_layout_without_room_is_refused(text: str) -> None:
    """Where nothing can be put between tables, the editor is told what to do, and nothing is given out."""
    with pytest.raises(IssueFileError) as caught:
        extended(text)
    assert str(caught.value) == "issue.toml: The tables of this file stand so that nothing can be put between them."
    assert caught.value.hint == (
        "Paste what `newsletter item show KEY --toml` prints at its end, and add the keys to [order]."
    )


OLD = draft({ADVISERS: (ItemKey("a"),), MANAGERS: (ItemKey("a"), ItemKey("b"))}, item("a"), item("b"))


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_an_edited_file_keeps_every_byte(tmp_path: Path, line_end: str, mark: str) -> None:
    """Comments, order, words, line ends and a byte order mark are as before; only new lines have come."""
    path = tmp_path / "issue.toml"
    write_draft(path, OLD, publication=publication())
    text = path.read_text(encoding="utf-8").replace('"a", # Uusi', '"a", # OMA HUOMIO').replace("\n\n", "\n# väli\n")
    path.write_bytes((mark + text.replace("\n", line_end)).encode())
    assert add_items(path, NEWER, segments=SEGMENTS, publication=publication()) == Added(items=(NEW,))
    wanted = text.replace("# OMA HUOMIO\n]", '# OMA HUOMIO\n  "uusi", # Uusi\n]', 1) + f"\n{REMARK}{TABLE}"
    assert path.read_bytes().decode() == (mark + wanted.replace("\n", line_end))
    issue = read_issue(path, segments=SEGMENTS, publication=publication())
    assert issue.order == {ADVISERS: ("a", "uusi"), MANAGERS: ("a", "b")}
    assert replace(issue.items[NEW], line=None) == item("uusi")


def test_an_item_taken_out_of_an_order_stays_out(tmp_path: Path) -> None:
    """What has a table is the editor's to place; an update does not bring it back."""
    path = tmp_path / "issue.toml"
    write_draft(path, replace(OLD, order={ADVISERS: (), MANAGERS: ()}), publication=publication())
    newer = draft(dict(OLD.order) | {ADVISERS: (ItemKey("a"), NEW)}, *OLD.items.values(), item("uusi"))
    assert add_items(path, newer, segments=SEGMENTS, publication=publication()) == Added(items=(NEW,))
    assert read_issue(path, segments=SEGMENTS, publication=publication()).order == {ADVISERS: (NEW,), MANAGERS: ()}


def test_a_translation_that_came_later_is_added(tmp_path: Path) -> None:
    """An item gets its words in a language it lacked; words that are there stay the editor's."""
    path = tmp_path / "issue.toml"
    mine = {SV: ItemVariant(title="Min titel")}
    bilingual = publication(languages=(FI, SV))
    old = replace(
        OLD,
        words={language: EditionWords(subject="S", preheader="", greeting="") for language in (FI, SV)},
        items={ItemKey("a"): item("a"), ItemKey("b"): replace(item("b"), variants=mine)},
    )
    write_draft(path, old, publication=bilingual)
    before = path.read_text(encoding="utf-8")
    later = {SV: ItemVariant(title="Titel", lead="Ingress")}
    newer = draft(dict(OLD.order), *(replace(item(key), variants=later) for key in "ab"))

    assert add_items(path, newer, segments=SEGMENTS, publication=bilingual) == Added(translations=((ItemKey("a"), SV),))
    assert path.read_text(encoding="utf-8") == f'{before}\n[item.a.sv]\ntitle = "Titel"\nlead = "Ingress"\n'
    issue = read_issue(path, segments=SEGMENTS, publication=bilingual)
    assert {key: one.variants for key, one in issue.items.items()} == {"a": later, "b": mine}


SPACES = st.sampled_from(["", " ", "\n", "\n  # [oma], \"huomio\" 'x'\n  ", "\n\n"])


@given(st.lists(st.tuples(SPACES, st.sampled_from(["a", "b", "c"]), SPACES), max_size=3), SPACES, st.booleans())
def test_any_layout_of_an_order_is_extended(
    members: list[tuple[str, str, str]],
    end: str,
    has_comma: bool,  # noqa: FBT001 - drawn by Hypothesis
) -> None:
    """Whatever stands between the members of an array, all of it is kept and the new one comes last."""
    written = ",".join(f'{before}"{key}"{after}' for before, key, after in members)
    comma = "," if members and has_comma else ""
    text = f"[order]\nadvisers = [{written}{comma}{end}]\nmanagers = []\n"
    content = parse_toml(extended(text), path=PATH, error=IssueFileError).content
    assert content["order"] == {"advisers": [*(key for _, key, _ in members), "uusi"], "managers": []}
    assert is_subsequence(text, extended(text))


def is_subsequence(part: str, whole: str) -> bool:
    """Tell whether all characters of a text stand in another one, in their order."""
    characters = iter(whole)
    return all(character in characters for character in part)


LEFT_OUT = """\
# Left out
#
# +3 vanha "Vanha"
#     all segments: about no topic
"""


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_what_was_left_out_since_is_news_to_the_editor(tmp_path: Path, line_end: str) -> None:
    """An update numbers it behind what the file says already, marked NEW; a file that says nothing gets a heading."""
    path, late = tmp_path / "issue.toml", ItemKey("myohainen")
    picks = [Pick(key=late, segment_id=one, grade=PickGrade.LEFT_OUT, reason="too old") for one in (ADVISERS, MANAGERS)]
    newer = replace(OLD, left_out={late: "Myöhäinen", ItemKey("vanha"): "Vanha"}, picks=tuple(picks))
    said = '#\n# +4 NEW myohainen "Myöhäinen"\n#     all segments: too old\n'

    write_draft(path, OLD, publication=publication())
    plain = path.read_text(encoding="utf-8")
    path.write_bytes(f"{plain}\n{LEFT_OUT}# oma\n".replace("\n", line_end).encode())
    assert add_items(path, newer, segments=SEGMENTS, publication=publication()) == Added(left_out=(late,))
    assert path.read_bytes().decode() == f"{plain}\n{LEFT_OUT}{said}# oma\n".replace("\n", line_end)
    assert add_items(path, newer, segments=SEGMENTS, publication=publication()) == Added()

    path.write_text(plain, encoding="utf-8")
    add_items(path, newer, segments=SEGMENTS, publication=publication())
    after = path.read_text(encoding="utf-8").removeprefix(plain)
    assert (
        after.splitlines()[2] == "# Left out when this file was made. To take one in: newsletter issue take 2017-11 +1"
    )
    assert after.endswith('#\n# +1 NEW myohainen "Myöhäinen"\n#     all segments: too old\n#\n# +2 NEW vanha "Vanha"\n')
