"""issue.toml is written once, read with its lines, and never overwritten."""

import stat
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.curate.draft import Draft
from newsletter.curate.issue_edit import Added, add_items, write_draft
from newsletter.curate.issue_file import read_issue
from newsletter.domain.content import ItemKey
from newsletter.domain.issue import (
    EditionWords,
    Issue,
    IssueItem,
    IssueLabel,
    ItemForm,
    ItemKind,
    ItemMark,
    ItemVariant,
)
from newsletter.domain.pick import Pick, PickGrade
from newsletter.errors import IssueFileError, StateError
from tests.curate.samples import ADVISERS, EN, EVENTS, FI, MANAGERS, MONEY, NEWS, SEGMENTS, SV, ZONE, publication

PUBLICATION = publication(languages=(FI, SV))
ITEM = IssueItem(
    key=ItemKey("juttu"), kind=ItemKind.ARTICLE, title="Juttu", section=NEWS, language=FI, published=date(2017, 11, 17)
)
WORDS = {
    FI: EditionWords(subject="Kirje", preheader="Esittely", greeting="Hei!"),
    SV: EditionWords(subject="Brev", preheader="", greeting=""),
}
DRAFT = Draft(
    label=IssueLabel("2017-11"),
    date=date(2017, 11, 24),
    items={ITEM.key: ITEM},
    order={ADVISERS: (ITEM.key,), MANAGERS: ()},
    words=WORDS,
)


def read(path: Path) -> Issue:
    """Read with the sample publication."""
    return read_issue(path, segments=SEGMENTS, publication=PUBLICATION)


def test_what_was_written_is_read_with_its_lines(tmp_path: Path) -> None:
    """A draft makes its folder and comes back as an issue whose tables know their lines."""
    path = tmp_path / "2017-11" / "issue.toml"
    write_draft(path, DRAFT, publication=PUBLICATION)
    lines = path.read_text(encoding="utf-8").split("\n")
    assert read(path) == Issue(
        label=IssueLabel("2017-11"),
        date=date(2017, 11, 24),
        items={ITEM.key: replace(ITEM, line=lines.index("[item.juttu]") + 1)},
        order={ADVISERS: (ITEM.key,), MANAGERS: ()},
        words={
            FI: replace(WORDS[FI], line=lines.index("[edition.fi]") + 1),
            SV: replace(WORDS[SV], line=lines.index("[edition.sv]") + 1),
        },
        path=path,
    )


def one_line(*, is_filled: bool = False) -> st.SearchStrategy[str]:
    """Give texts for one line, with the marks that TOML and Markdown care about."""
    letters = st.one_of(
        st.sampled_from("'\"\\#[]=,ä\u00ad"),
        st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029"),
    )
    texts = st.text(letters, max_size=30).map(str.strip)
    return texts.filter(bool) if is_filled else texts


PARAGRAPHS = st.text(
    st.one_of(st.sampled_from("'\"\\#\n\t-*"), st.characters(exclude_categories=["Cs"])), max_size=60
).map(str.strip)
LINKS = st.none() | st.sampled_from(["https://example.org/a?b='c'&d", "http://example.org/ä"])
KEYS = st.from_regex(r"[a-z0-9-]{1,12}", fullmatch=True).map(ItemKey)
DAYS = st.dates(min_value=date(1990, 1, 1), max_value=date(2090, 1, 1))
MOMENTS = st.datetimes(
    min_value=datetime(1990, 1, 1),  # noqa: DTZ001 - Hypothesis wants naive bounds
    max_value=datetime(2090, 1, 1),  # noqa: DTZ001 - as above
    timezones=st.just(UTC),
).map(lambda moment: moment.astimezone(ZONE))
LANGUAGES = st.sampled_from([FI, SV, EN])
EDITION_WORDS = st.builds(EditionWords, subject=one_line(is_filled=True), preheader=one_line(), greeting=PARAGRAPHS)
VARIANTS = st.dictionaries(
    LANGUAGES,
    st.builds(
        ItemVariant,
        title=st.none() | one_line(is_filled=True),
        lead=st.none() | PARAGRAPHS,
        body=st.none() | PARAGRAPHS,
        link=LINKS,
        place=st.none() | one_line(),
    ),
    max_size=2,
)


@st.composite
def items(draw: st.DrawFn, key: ItemKey) -> IssueItem:
    """Give an item of either kind."""
    is_event = draw(st.booleans())
    start = draw(DAYS | MOMENTS) if is_event else None
    return IssueItem(
        key=key,
        kind=ItemKind.EVENT if is_event else ItemKind.ARTICLE,
        title=draw(one_line(is_filled=True)),
        lead=draw(PARAGRAPHS),
        body=draw(PARAGRAPHS),
        link=draw(LINKS),
        section=EVENTS if is_event else draw(st.sampled_from([NEWS, MONEY])),
        language=draw(LANGUAGES),
        author=draw(st.none() | one_line(is_filled=True)),
        published=draw(st.none() | DAYS),
        start=start,
        end=draw(st.sampled_from([None, start])),
        place=draw(one_line(is_filled=True)) if is_event else None,
        mark=draw(st.sampled_from([None, *ItemMark])) if is_event else None,
        source_id=draw(st.none() | one_line()),
        fingerprint=draw(st.none() | one_line()),
        variants=draw(VARIANTS),
    )


@st.composite
def drafts(draw: st.DrawFn) -> Draft:
    """Give any draft that the sample publication can have."""
    keys = draw(st.lists(KEYS, unique=True, max_size=4))
    orders = st.permutations(keys).flatmap(lambda shuffled: st.sampled_from([tuple(shuffled), tuple(shuffled[1:])]))
    return Draft(
        label=IssueLabel(draw(st.sampled_from(["2017-11", "2017-W46", "2017-Q4"]))),
        date=draw(DAYS),
        items={key: draw(items(key)) for key in keys},
        order={ADVISERS: draw(orders), MANAGERS: draw(orders)},
        words={FI: draw(EDITION_WORDS), SV: draw(EDITION_WORDS)},
        picks=tuple(
            Pick(key=key, segment_id=ADVISERS, grade=draw(st.sampled_from(PickGrade)), reason=draw(PARAGRAPHS))
            for key in keys
        ),
        left_out=draw(st.dictionaries(KEYS, PARAGRAPHS, max_size=2)),
    )


def without_lines(issue: Issue) -> Issue:
    """Give an issue as if nobody had counted lines."""
    return replace(
        issue,
        items={key: replace(item, line=None) for key, item in issue.items.items()},
        words={key: replace(words, line=None) for key, words in issue.words.items()},
    )


def as_issue(draft: Draft, path: Path) -> Issue:
    """Give the issue that a draft should be read as."""
    return Issue(
        label=draft.label,
        date=draft.date,
        items=draft.items,
        order=draft.order,
        words=draft.words,
        path=path,
    )


@settings(max_examples=settings().max_examples // 3)
@given(drafts())
def test_any_draft_comes_back(draft: Draft) -> None:
    """Whatever words a draft holds, the file says the same."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "issue.toml"
        write_draft(path, draft, publication=PUBLICATION)
        assert without_lines(read(path)) == as_issue(draft, path)


def test_a_file_is_never_overwritten(tmp_path: Path) -> None:
    """A second draft is refused and leaves the editor's file, and nothing else, behind."""
    path = tmp_path / "issue.toml"
    path.write_text("# editor's work", encoding="utf-8")
    with pytest.raises(StateError) as caught:
        write_draft(path, DRAFT, publication=PUBLICATION)
    assert str(caught.value) == f"{path} exists already, and may hold an editor's work."
    assert caught.value.hint == (
        "Add what is new with `newsletter issue new LABEL --update`, or move the file away to begin again."
    )
    assert {each.name: each.read_text(encoding="utf-8") for each in tmp_path.iterdir()} == {
        "issue.toml": "# editor's work"
    }


def test_a_disk_that_refuses_is_named(tmp_path: Path) -> None:
    """A folder that cannot be made is an error with its file, not a traceback."""
    (tmp_path / "issues").write_text("a file, no folder", encoding="utf-8")
    path = tmp_path / "issues" / "2017-11" / "issue.toml"
    with pytest.raises(IssueFileError, match=r"issue\.toml cannot be written: Not a directory"):
        write_draft(path, DRAFT, publication=PUBLICATION)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """Reading what is not there says so."""
    with pytest.raises(IssueFileError, match=r"There is no file .*issue\.toml"):
        read(tmp_path / "issue.toml")


def test_adding_keeps_permissions_and_leaves_nothing_beside(tmp_path: Path) -> None:
    """An extended file has the mode it had, and no temporary file stays."""
    path = tmp_path / "issue.toml"
    write_draft(path, DRAFT, publication=PUBLICATION)
    path.chmod(0o640)
    more = replace(
        DRAFT, items={ItemKey("uusi"): replace(ITEM, key=ItemKey("uusi"))}, order={MANAGERS: (ItemKey("uusi"),)}
    )
    assert add_items(path, more, segments=SEGMENTS, publication=PUBLICATION) == Added(items=(ItemKey("uusi"),))
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [each.name for each in tmp_path.iterdir()] == ["issue.toml"]


def test_adding_nothing_writes_nothing(tmp_path: Path) -> None:
    """Where all items have their tables, the file is not touched."""
    path = tmp_path / "issue.toml"
    write_draft(path, DRAFT, publication=PUBLICATION)
    before = path.stat()
    assert add_items(path, DRAFT, segments=SEGMENTS, publication=PUBLICATION) == Added()
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


def test_adding_to_a_faulty_file_is_refused(tmp_path: Path) -> None:
    """A file with a mistake is left as it is."""
    path = tmp_path / "issue.toml"
    path.write_text('label = "2017-11"', encoding="utf-8")
    with pytest.raises(IssueFileError, match="3 mistakes"):
        add_items(path, DRAFT, segments=SEGMENTS, publication=PUBLICATION)
    assert path.read_text(encoding="utf-8") == 'label = "2017-11"'


def test_an_item_may_stand_in_no_order(tmp_path: Path) -> None:
    """An item may have a table and no place; it is named, not refused."""
    path = tmp_path / "issue.toml"
    write_draft(path, replace(DRAFT, order={ADVISERS: ()}), publication=PUBLICATION)
    assert read(path).unplaced == (ITEM.key,)
    assert read(path).order == {ADVISERS: (), MANAGERS: ()}


def test_names_the_file_as_it_is_told(tmp_path: Path) -> None:
    """Messages can name the file from the publication's folder."""
    path = tmp_path / "issue.toml"
    path.write_text("label = 2017", encoding="utf-8")
    with pytest.raises(IssueFileError) as caught:
        read_issue(path, segments=SEGMENTS, publication=PUBLICATION, shown_as=Path("issues/2017-11/issue.toml"))
    assert {str(fault.place.path) for fault in caught.value.faults if fault.place} == {"issues/2017-11/issue.toml"}


def test_a_picture_and_translations_are_read_as_they_were_written(tmp_path: Path) -> None:
    """Path, alt and words in further languages come back whole; an empty alt stays one that was meant."""
    translated = ItemVariant(title="Nyhet", lead="Ingress", body="Text.", link="", place="", image_alt="En hall")
    items = (
        replace(ITEM, image="content/images/halli.jpg", image_alt="Halli", variants={SV: translated}),
        replace(ITEM, key=ItemKey("toinen"), image="kuva.png", image_alt=""),
    )
    path = tmp_path / "issue.toml"
    write_draft(path, replace(DRAFT, items={item.key: item for item in items}), publication=PUBLICATION)

    assert tuple(replace(item, line=None) for item in read(path).items.values()) == items


def test_how_an_item_is_shown_and_how_to_come_are_read_as_they_were_written(tmp_path: Path) -> None:
    """Form, map address, registration and its last day come back whole."""
    event = replace(
        ITEM,
        kind=ItemKind.EVENT,
        section=EVENTS,
        published=None,
        start=date(2017, 12, 5),
        form=ItemForm.TITLE,
        place="Kuntatalo",
        address="Toinen linja 14, Helsinki",
        registration="https://example.org/ilmo",
        register_by=date(2017, 12, 1),
    )
    path = tmp_path / "issue.toml"
    write_draft(path, replace(DRAFT, items={event.key: event}), publication=PUBLICATION)

    assert [replace(item, line=None) for item in read(path).items.values()] == [event]
