"""A step changes what it is about, as a person would, and no other byte."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.curate.steps.change import Change, Document, change, document_of
from newsletter.curate.steps.edits import edited
from newsletter.curate.steps.fit import fitted, hunks_of, made, reversed_hunks
from newsletter.domain.content import ItemKey, SegmentId
from newsletter.domain.step import Drop, End, Move, SetWords, Step, Take
from newsletter.errors import IssueFileError, StateError

PATH = Path("issue.toml")
A, B, C, D = (ItemKey(key) for key in "abcd")
ADVISERS, MANAGERS = SegmentId("advisers"), SegmentId("managers")


def document(text: str) -> Document:
    """Give a text as a document."""
    return document_of(text, PATH)


def after(order: str, step: Step) -> str:
    """Give what becomes of the advisers' list."""
    tables = "".join(f'[item.{key}]\ntitle = "{key.upper()}"\n' for key in "abcd")
    made_of = change(document(f"[order]\nadvisers = {order}\n{tables}"), step).after.text
    return made_of.removeprefix("[order]\nadvisers = ").removesuffix(f"\n{tables}")


LINES = '[\n  "a", # A\n  # B matters\n  "b", # B\n  "c" # C\n]'


@pytest.mark.parametrize(
    ("before", "wanted"),
    [
        ('["a", "b", "c"]', '["a", "c"]'),
        ('["a", "b"]', '["a"]'),
        ('["b"]', "[]"),
        ('[ "b", "c" ]', '[ "c" ]'),
        ("['a','b','c']", "['a','c']"),
        ('["a",\n "b", # own\n "c"]', '["a",\n "c"]'),
        ('["a",\n "b"]', '["a",\n ]'),
        ('["a", "b", # both\n "c"]', '["a", # both\n "c"]'),
        ('[\n  "b"\n  , # odd\n  "c"\n]', '[\n   # odd\n  "c"\n]'),
        ('["b" # own\n, "c"]', '[ # own\n "c"]'),
        (LINES, '[\n  "a", # A\n  # B matters\n  "c" # C\n]'),
    ],
)
def test_a_dropped_item_takes_its_line_and_nothing_else(before: str, wanted: str) -> None:
    """The key goes with its comma, and with its line where that was its own; comments above it stay."""
    assert after(before, Drop(key=B, segments=(ADVISERS,))) == wanted


@pytest.mark.parametrize(
    ("before", "to", "wanted"),
    [
        ('["a", "b", "c"]', A, '["b", "a", "c"]'),
        ('["a", "b", "c"]', End.LAST, '["a", "c", "b"]'),
        ('["a", "b", "c",]', End.LAST, '["a", "c", "b"]'),
        ('["b", "c"]', C, '["b", "c"]'),
        ('["a", "b"]', End.LAST, '["a", "b"]'),
        (LINES, End.FIRST, '[\n  # B matters\n  "b", # B\n  "a", # A\n  "c" # C\n]'),
        (LINES, End.LAST, '[\n  "a", # A\n  "c", # C\n  # B matters\n  "b", # B\n]'),
        ('[\n  "a", "c",\n  "b", # own\n]', C, '[\n  "a", "b", "c",\n   # own\n]'),
        ('[\n    "a",\n    "c", "b" ]', A, '[\n    "b",\n    "a",\n    "c" ]'),
    ],
)
def test_a_moved_item_takes_its_comments_along(before: str, to: ItemKey | End, wanted: str) -> None:
    """Its line goes with its comment and those above it; where it lands between others on a line, they stay behind."""
    assert after(before, Move(key=B, segments=(ADVISERS,), to=to)) == wanted


def test_a_taken_item_stands_where_it_is_wanted() -> None:
    """It gets a line with its title before another item, or at the end."""
    assert after(LINES, Take(key=D, segments=(ADVISERS,), before={ADVISERS: B})) == (
        '[\n  "a", # A\n  "d", # D\n  # B matters\n  "b", # B\n  "c" # C\n]'
    )
    assert after(LINES, Take(key=D, segments=(ADVISERS,), before={})) == LINES.replace(
        " # C\n]", ', # C\n  "d", # D\n]'
    )
    assert after(LINES, Take(key=B, segments=(ADVISERS,), before={})) == LINES


def test_a_table_that_is_missing_comes_with_the_item() -> None:
    """A new item's table follows the last one; a segment without a list gets one."""
    text = "[order]\r\nadvisers = []\r\n\r\n[item.a]\r\nbody = '''\r\n[item.x]\r\n'''\r\n\r\n# end"
    table = '# why\n[item.d]\ntitle = "D"\n'
    step = Take(key=D, segments=(ADVISERS, MANAGERS), before={}, table=table)
    assert change(document(text), step).after.text == (
        '[order]\r\nmanagers = [\r\n  "d", # D\r\n]\r\nadvisers = [\r\n  "d", # D\r\n]\r\n\r\n'
        "[item.a]\r\nbody = '''\r\n[item.x]\r\n'''\r\n\r\n# why\r\n[item.d]\r\ntitle = \"D\"\r\n\r\n# end"
    )


ITEM = """\
[item.a]
title = 'Old' # mine
lead = '''
One.
'''
section = "news" # keep

[item.a.sv]
title = "Gammal"

# the next
[item.b]
title = "B"
"""


@pytest.mark.parametrize(
    ("table", "words", "old", "new"),
    [
        (("item", "a"), {"title": "New"}, "'Old'", '"New"'),
        (("item", "a"), {"lead": "Two."}, "One.", "Two."),
        (("item", "a"), {"title": "Old", "lead": "One."}, "", ""),
        (("item", "a"), {"form": "lead"}, "section =", 'form = "lead"\nsection ='),
        (("item", "a"), {"body": "X\nY"}, "# keep\n", "# keep\nbody = '''\nX\nY\n'''\n"),
        (("item", "a"), {"section": None}, 'section = "news" # keep\n', ""),
        (("item", "a", "sv"), {"lead": "Två."}, '"Gammal"\n', '"Gammal"\nlead = "Två."\n'),
        (("item", "a", "en"), {"title": "Aged"}, '"Gammal"\n', '"Gammal"\n\n[item.a.en]\ntitle = "Aged"\n'),
        (("item", "a", "en"), {"title": None}, "", ""),
    ],
)
def test_words_are_set_in_place(table: tuple[str, ...], words: dict[str, str | None], old: str, new: str) -> None:
    """A value changes within its line, a new key stands where a new file has it, an empty one loses its line."""
    step = SetWords(table=table, words=words)
    assert change(document(ITEM), step).after.text == ITEM.replace(old, new, 1)


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (Drop(key=D, segments=(ADVISERS,)), "d is not in the list of advisers."),
        (Move(key=A, segments=(ADVISERS,), to=D), "d is not in the list of advisers."),
        (Drop(key=A, segments=(MANAGERS,)), "a is not in the list of managers."),
        (Take(key=D, segments=(ADVISERS,), before={}), "There is no table [item.d] in issue.toml."),
        (SetWords(table=("item", "d"), words={"title": "D"}), "There is no table [item.d] in issue.toml."),
        (
            SetWords(table=("item", "a"), words={"title": "New"}, was={"title": "Older"}),
            "title of [item.a] was changed meanwhile; it says 'Old' now.",
        ),
    ],
)
def test_a_step_that_does_not_fit_is_told(step: Step, said: str) -> None:
    """What the person saw is not there any more: nothing is changed, and the person decides again."""
    with pytest.raises(StateError) as caught:
        change(document(f'[order]\nadvisers = ["a"]\n{ITEM}'), step)
    assert str(caught.value) == said


def test_a_layout_that_leaves_no_room_is_refused() -> None:
    """Where a line cannot be put in or taken out alone, the file is left and the step is named."""
    text = '[item]\na = { title = "A", lead = "B" }\n'
    assert change(document(text), SetWords(table=("item", "a"), words={"lead": "C"})).after.text == (
        text.replace('"B"', '"C"')
    )
    for words in ({"form": "lead"}, {"lead": None}):
        with pytest.raises(IssueFileError, match="laid out so that nothing else would stay"):
            change(document(text), SetWords(table=("item", "a"), words=words))


GAPS = st.sampled_from(["", " ", "  ", "\n", "\n  ", " #@\n", "\n  #@ [x], \"y\" 'z'\n  ", "\n\n\t"])
LOOSE = st.lists(st.sampled_from(["#@\n", "\n", "  #@ [item.z]\n", "#@ \"a\", 'b'\n"]), max_size=2).map("".join)


@st.composite
def orders(draw: st.DrawFn) -> str:
    """Lay a list out as nobody would."""
    keys = draw(st.permutations(list("abc")))[: draw(st.integers(0, 3))]
    quote = draw(st.sampled_from(["'", '"']))
    members = [f"{draw(GAPS)}{quote}{key}{quote}{draw(GAPS)}" for key in keys]
    has_comma = draw(st.booleans())
    return f"[{','.join(members)}{',' if members and has_comma else ''}{draw(GAPS)}]"


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Write a file with a comment, told apart from each other, wherever TOML allows one."""
    parts = [draw(LOOSE), 'label = "x" #@\n', draw(LOOSE), "[order] #@\n"]
    for segment in (ADVISERS, MANAGERS):
        parts += [draw(LOOSE), f"{segment}{draw(st.sampled_from(['=', ' = ']))}{draw(orders())} #@\n"]
    for key in "abc":
        lead = draw(st.sampled_from(['"Sana"', "'''\n[order]\n#no\n'''", '"""a\\\n  b"""']))
        parts += [draw(LOOSE), f'[item.{key}] #@\ntitle = "{key}" #@\n', draw(LOOSE), f"lead  =  {lead} #@\n"]
    text = "".join((*parts, draw(LOOSE)))
    numbers = iter(range(text.count("#@")))
    text = re.sub("#@", lambda _: f"#@{next(numbers)}.", text)
    text = text[:-1] if draw(st.booleans()) and text.endswith("\n") else text
    return draw(st.sampled_from(["", "\ufeff"])) + text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))


@st.composite
def steps(draw: st.DrawFn) -> Step:
    """Give any step on such a file."""
    key, segments = ItemKey(draw(st.sampled_from("abcd"))), draw(st.sampled_from([(ADVISERS,), (ADVISERS, MANAGERS)]))
    other = ItemKey(draw(st.sampled_from("abc")))
    words = {
        "title": draw(st.sampled_from(["Uusi", '"lai\'naus"'])),
        "lead": draw(st.sampled_from([None, "A", "A\nB"])),
    }
    every: list[Step] = [
        Take(key=key, segments=segments, before={ADVISERS: other}, table=f'# syy\n[item.{key}]\ntitle = "T"\n'),
        Drop(key=key, segments=segments),
        Move(key=key, segments=segments, to=draw(st.sampled_from([other, *End]))),
        SetWords(table=("item", key), words=words),
        SetWords(table=("item", key, "sv"), words=words),
    ]
    return draw(st.sampled_from(every))


def comments(text: str) -> set[str]:
    """Give the numbers of all comments."""
    return set(re.findall(r"#@(\d+)\.", text))


def check_what_is_touched(done: Change) -> None:
    """See that edits make the whole difference, and each is about what the step is about."""
    assert edited(done.before.text, done.edits) == done.after.text
    gone = [done.before.text[edit.start : edit.end] for edit in done.edits]
    match done.step:
        case Take():
            assert not any(gone)
        case Drop(key=key):
            assert not any(edit.text for edit in done.edits)
            assert all(
                re.fullmatch(rf"""[ \t]*,?[ \t]*['"]{key}['"][ \t]*,?[ \t]*(#[^\n]*)?\s*|,""", piece) for piece in gone
            )
        case Move(key=key):
            assert comments(done.before.text) == comments(done.after.text)
        case SetWords():
            assert all(piece.count("\n") <= piece.count("'''\n") + 4 for piece in gone)
            kept = comments(done.before.text) - comments(done.after.text)
            assert len(kept) <= sum(value is None for value in done.step.words.values())


@given(documents(), st.lists(steps(), min_size=1, max_size=4))
def test_every_byte_outside_the_change_stays(text: str, wanted: list[Step]) -> None:
    """Whatever the file looks like, steps touch only what they are about, and all undone give the first file back."""
    first = there = document(text)
    made_of: list[Change] = []
    for step in wanted:
        try:
            done = change(there, step)
        except StateError:
            continue
        check_what_is_touched(done)
        made_of.append(done)
        there = done.after
    for done in reversed(made_of):
        back = made(reversed_hunks(hunks_of(done.before.text, done.edits)))
        there = document(there.mark + edited(there.text, back))
    assert there.written == first.written == text


@given(documents(), steps(), st.booleans())
def test_a_change_fits_beside_an_edit_by_hand(
    text: str,
    step: Step,
    is_at_end: bool,  # noqa: FBT001 - drawn by Hypothesis
) -> None:
    """A step is undone and done again in a file that was changed elsewhere, or nothing is done at all."""
    plain = document(text)
    try:
        done = change(plain, step)
    except StateError:
        return
    hunks = hunks_of(plain.text, done.edits)

    def by_hand(written: str) -> str:
        return f"{written}\n# hand\n" if is_at_end else f"# hand\n{written}"

    back = fitted(by_hand(done.after.text), reversed_hunks(hunks))
    again = fitted(by_hand(plain.text), hunks)
    assert back is None or edited(by_hand(done.after.text), back) == by_hand(plain.text)
    assert again is None or edited(by_hand(plain.text), again) == by_hand(done.after.text)
