"""What may stand in issue.toml: every mistake is named with its line, all at once."""

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from newsletter.curate.issue_file import read_issue
from newsletter.domain.period import LABEL_FORMS
from newsletter.domain.publication import Publication
from newsletter.errors import IssueFileError
from tests.curate.samples import FI, NEWS, SEGMENTS, SV, ZONE, publication

GOOD = """\
label = "2017-11"
date = 2017-11-24

[edition.fi]
subject = "Kirje"
preheader = "Esittely"
greeting = "Hei!"

[edition.fi.managers]
subject = "Johdolle"

[order]
advisers = [
  "juttu", # Juttu
  "paiva",
]
managers = ["paiva"]

[item.juttu]
kind = "article"
title = "Juttu"
section = "uutiset"
language = "fi"
link = "https://example.org/a"

[item.juttu.sv]
title = "Artikel"

# Muistutus: [item.olematon] ei ole taulukko.
[item.paiva]
kind = "event"
title = "Päivä"
section = "tapahtumat"
language = "fi"
start = 2017-12-05T09:00:00
body = '''
[item.ei]
advisers = [
'''

[[waiver]]
code = "html-too-large"
reason = "Kuvat ovat tarpeen."
"""


MOMENT = "Write a date without quotation marks, such as 2017-11-24, or with a time, such as 2017-11-24T09:00:00."


def faults(path: Path, text: str, issued_by: Publication | None = None) -> list[str]:
    """Give every fault of a text, each as line: key: message (hint)."""
    path.write_text(text, encoding="utf-8")
    with pytest.raises(IssueFileError) as caught:
        read_issue(path, segments=SEGMENTS, publication=issued_by or publication(), shown_as=Path("i.toml"))
    assert caught.value.message == (
        "i.toml has 1 mistake." if len(caught.value.faults) == 1 else f"i.toml has {len(caught.value.faults)} mistakes."
    )
    return [str(fault).removeprefix("i.toml:").strip() for fault in caught.value.faults]


def edited(line: int, *instead: str) -> str:
    """Give the good file with other lines in place of one, by its 1-based number."""
    lines = GOOD.split("\n")
    return "\n".join([*lines[: line - 1], *instead, *lines[line:]])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (edited(1, 'label = "marraskuu"'), f"1: label: 'marraskuu' is no period. (Write {LABEL_FORMS}.)"),
        (edited(1, "label = 2017"), "1: label: Input should be a valid string."),
        (edited(1), "label: This key is missing."),
        (edited(1, 'label = "2017-11"', 'labell = "x"'), "2: labell: Unknown key. (Did you mean 'label'?)"),
        (edited(2, 'date = "2017-11-24"'), "2: date: Write a date without quotation marks, such as 2017-11-24."),
        (edited(2, "date = 2017-11-24T09:00:00"), "2: date: Write a date without quotation marks, such as 2017-11-24."),
        (edited(5), "4: edition.fi.subject: This key is missing."),
        (edited(5, 'subject = " "'), "5: edition.fi.subject: Write a line of text: this may not be empty."),
        (edited(5, 'subject = "a\\nb"'), "5: edition.fi.subject: Write this on one line."),
        (
            edited(6, 'preheadr = "x"'),
            "6: edition.fi.preheadr: 'preheadr' is no key and no segment. (Did you mean 'preheader'?)",
        ),
        (
            edited(9, "[edition.fi.manager]"),
            "9: edition.fi.manager: 'manager' is no key and no segment. (Did you mean 'managers'?)",
        ),
        (edited(10, 'subjekt = "x"'), "10: edition.fi.managers.subjekt: Unknown key. (Did you mean 'subject'?)"),
        (edited(9, "[edition.sv]"), "9: edition.sv: The publication has no editions in 'sv'. (Known: fi.)"),
        (edited(9, "[edition.de]"), "9: edition.de: The publication has no editions in 'de'. (Known: fi.)"),
        (edited(13, "adviser = ["), "13: order.adviser: There is no segment 'adviser'. (Did you mean 'advisers'?)"),
        (edited(15, '  "päivä",'), "15: order.advisers[1]: There is no [item.päivä]. (Did you mean 'paiva'?)"),
        (edited(15, '  "juttu",'), "15: order.advisers[1]: 'juttu' stands twice in this list. (Take one of them out.)"),
        (edited(15, "  7,"), "15: order.advisers[1]: Input should be a valid string."),
        (edited(17, 'managers = "paiva"'), "17: order.managers: Input should be a valid list."),
        (edited(20, 'kind = "news"'), "20: item.juttu.kind: Input should be 'article' or 'event'."),
        (edited(21), "19: item.juttu.title: This key is missing."),
        (edited(21, 'titel = "x"', 'title = "x"'), "21: item.juttu.titel: Unknown key. (Did you mean 'title'?)"),
        (edited(21, "title = 5"), "21: item.juttu.title: Input should be a valid string."),
        (
            edited(22, 'section = "uutinen"'),
            "22: item.juttu.section: There is no section 'uutinen'. (Did you mean 'uutiset'?)",
        ),
        (
            edited(22, 'section = "tapahtumat"'),
            "22: item.juttu.section: The section 'tapahtumat' takes no articles. (These do: raha, uutiset.)",
        ),
        (edited(22, "section = 1"), "22: item.juttu.section: Input should be a valid string."),
        (edited(23, 'language = "finnish"'), "23: item.juttu.language: Input should be 'fi', 'sv' or 'en'."),
        (
            edited(24, "start = 2017-12-05"),
            "24: item.juttu.start: Only an event has 'start'. (Should kind be \"event\"?)",
        ),
        (
            edited(24, 'image = "/etc/kuva.jpg"', 'image_alt = ""'),
            "24: item.juttu.image: Write a path from the folder of newsletter.toml, such as content/images/paja.jpg.",
        ),
        (
            edited(24, "image = 'a\\..\\b.jpg'", 'image_alt = ""'),
            "24: item.juttu.image: Write a path from the folder of newsletter.toml, such as content/images/paja.jpg.",
        ),
        (
            edited(24, 'image = "content/../../kuva.jpg"', 'image_alt = ""'),
            "24: item.juttu.image: Write a path from the folder of newsletter.toml, such as content/images/paja.jpg.",
        ),
        (
            edited(24, 'image = "kuva.jpg"'),
            (
                '24: item.juttu.image: A picture needs its image_alt. (Write image_alt = "..." for who cannot see it,'
                ' or image_alt = "" when it only decorates.)'
            ),
        ),
        (edited(24, 'form = "short"'), "24: item.juttu.form: Input should be 'whole', 'lead' or 'title'."),
        (
            edited(24, "register_by = 2017-12-01"),
            "24: item.juttu.register_by: Only an event has 'register_by'. (Should kind be \"event\"?)",
        ),
        (edited(26, "[item.juttu.svv]"), "26: item.juttu.svv: Unknown key. (Did you mean 'sv'?)"),
        (edited(27, "title = 7"), "27: item.juttu.sv.title: Input should be a valid string."),
        (edited(35, ""), "30: item.paiva.start: An event needs its start. (Write, for example: start = 2017-11-24)"),
        (
            edited(35, 'start = "5.12.2017"'),
            f"35: item.paiva.start: {MOMENT}",
        ),
        (
            edited(35, "start = 2017-12-05T09:00:00", "end = 2017-12-04"),
            "36: item.paiva.end: The end is before the start.",
        ),
        (
            edited(35, "start = 2017-12-05T09:00:00+02:00", "end = 2017-12-05T08:59:59"),
            "36: item.paiva.end: The end is before the start.",
        ),
        (edited(43), "41: waiver[0].reason: This key is missing."),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, expected: str) -> None:
    """Shape, names and dates: the line, the key and a sentence, with the nearest right name where there is one."""
    assert faults(tmp_path / "issue.toml", text) == [expected]


def test_all_mistakes_come_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    """A person mends a file in one go."""
    text = edited(35, "end = 7").replace('"2017-11"', '"2017-13"').replace("managers = [", "manager = [")
    text = text.replace('title = "Juttu"', 'title = ""').replace('reason = "K', 'reson = "K')
    assert faults(tmp_path / "issue.toml", text) == [
        f"1: label: '2017-13' is no period. (Write {LABEL_FORMS}.)",
        "17: order.manager: There is no segment 'manager'. (Did you mean 'managers'?)",
        "21: item.juttu.title: Write a line of text: this may not be empty.",
        "30: item.paiva.start: An event needs its start. (Write, for example: start = 2017-11-24)",
        f"35: item.paiva.end: {MOMENT}",
        "41: waiver[0].reason: This key is missing.",
        "43: waiver[0].reson: Unknown key. (Did you mean 'reason'?)",
    ]


@pytest.mark.parametrize(
    ("link", "is_good"),
    [
        ("", True),
        ("https://example.org/a?b=c#d", True),
        ("http://example.org", True),
        (" https://example.org ", True),
        ("www.example.org", False),
        ("/suhteellinen", False),
        ("mailto:aino@example.org", False),
        ("javascript:alert(1)", False),
        ("https://", False),
        ("https://user@example.org", False),
        ("https://example.org/a b", False),
        ("https://[1", False),
    ],
)
def test_a_link_is_a_whole_address(tmp_path: Path, link: str, is_good: bool) -> None:  # noqa: FBT001 - a table's column
    """An item's link is an absolute http(s) address, or empty for none."""
    path = tmp_path / "issue.toml"
    text = edited(24, f'link = "{link}"')
    if is_good:
        path.write_text(text, encoding="utf-8")
        read = read_issue(path, segments=SEGMENTS, publication=publication())
        assert [item.link for item in read.items.values()] == [link.strip() or None, None]
    else:
        assert faults(path, text) == [
            (
                "24: item.juttu.link: Write a whole address that begins with https:// or http://, without spaces, "
                f"not “{link}”."
            )
        ]


def test_a_refused_link_is_named_by_its_first_eighty_characters(tmp_path: Path) -> None:
    """The fault names what was written, cut where it is long."""
    told = faults(tmp_path / "issue.toml", edited(24, f'link = "ftp://{"a" * 100}"'))

    assert told == [
        (
            "24: item.juttu.link: Write a whole address that begins with https:// or http://, without spaces, "
            f"not “ftp://{'a' * 73}…”."
        )
    ]


def test_every_language_of_the_publication_needs_its_words(tmp_path: Path) -> None:
    """An edition without words is named, as is a file without any."""
    bilingual = publication(languages=(FI, SV))
    assert faults(tmp_path / "issue.toml", GOOD, bilingual) == [
        "edition.sv: The table [edition.sv] is missing. (Write it with a subject, a preheader and a greeting.)"
    ]
    without = "\n".join(GOOD.split("\n")[:2] + GOOD.split("\n")[11:])
    assert faults(tmp_path / "issue.toml", without, bilingual) == ["edition: This key is missing."]


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("2017-11", []),
        ("kokeilu", []),
        ("2017-10", ["1: label: The label is '2017-11', but the folder is '2017-10'. (Make them the same.)"]),
    ],
)
def test_a_copied_folder_is_noticed(tmp_path: Path, folder: str, expected: list[str]) -> None:
    """A label that differs from its folder's is the sign of last month's copy; other folders say nothing."""
    path = tmp_path / folder / "issue.toml"
    path.parent.mkdir()
    path.write_text(GOOD, encoding="utf-8")
    try:
        read_issue(path, segments=SEGMENTS, publication=publication())
        found = []
    except IssueFileError as error:
        found = [str(fault).removeprefix(f"{path}:") for fault in error.faults]
    assert found == expected


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        (edited(5, 'subject = "Kirje'), "i.toml:5:17", "TOML syntax: Illegal character '\\n'."),
        (GOOD + "[item.juttu]\n", "i.toml:44:12", "TOML syntax: Cannot declare ('item', 'juttu') twice."),
        (edited(17, 'managers = ["paiva"'), "i.toml:19:1", "TOML syntax: Unclosed array."),
        (GOOD + '"""', "i.toml:44:3", "TOML syntax: Expected '=' after a key in a key/value pair."),
    ],
)
def test_a_syntax_error_is_placed(tmp_path: Path, text: str, place: str, message: str) -> None:
    """What is no TOML is refused with line and column."""
    path = tmp_path / "issue.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(IssueFileError) as caught:
        read_issue(path, segments=SEGMENTS, publication=publication(), shown_as=Path("i.toml"))
    assert (str(caught.value.place), caught.value.message) == (place, message)


def test_lines_are_those_of_the_tables(tmp_path: Path) -> None:
    """Words, items and waivers know where their tables stand, whatever strings and comments look like."""
    path = tmp_path / "issue.toml"
    path.write_text(GOOD, encoding="utf-8")
    issue = read_issue(path, segments=SEGMENTS, publication=publication())
    lines = {key: item.line for key, item in issue.items.items()}
    words = {key: word.line for key, word in issue.segment_words.items()}
    assert (issue.words[FI].line, words, lines, [waiver.line for waiver in issue.waivers]) == (
        4,
        {(FI, SEGMENTS[0].id): 9},
        {"juttu": 19, "paiva": 30},
        [41],
    )


def test_words_of_a_segment_are_filled_up(tmp_path: Path) -> None:
    """What a segment's table does not say is said by its language's."""
    path = tmp_path / "issue.toml"
    path.write_text(GOOD, encoding="utf-8")
    words = read_issue(path, segments=SEGMENTS, publication=publication()).segment_words[FI, SEGMENTS[0].id]
    assert (words.subject, words.preheader, words.greeting) == ("Johdolle", "Esittely", "Hei!")


@pytest.mark.parametrize("key", ["Iso", '"ä"', '"a b"'])
def test_an_item_key_is_plain(tmp_path: Path, key: str) -> None:
    """Keys are lower-case letters, digits and hyphens, since they stand in addresses and commands too."""
    text = GOOD + f'[item.{key}]\nkind = "article"\ntitle = "X"\nsection = "uutiset"\nlanguage = "fi"\n'
    bare = key.strip('"')
    assert faults(tmp_path / "issue.toml", text) == [
        f"44: item.{bare}: {bare!r} is no key. (Use lower-case letters a-z, digits and hyphens.)"
    ]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2017-12-05", date(2017, 12, 5)),
        ("2017-12-05T09:00:00", datetime(2017, 12, 5, 9, 0, tzinfo=ZONE)),
        ("2017-12-05 09:00:00", datetime(2017, 12, 5, 9, 0, tzinfo=ZONE)),
        ("2017-12-05T09:00:00Z", datetime(2017, 12, 5, 11, 0, tzinfo=ZONE)),
        ("2017-12-05T09:00:00+03:00", datetime(2017, 12, 5, 8, 0, tzinfo=ZONE)),
    ],
)
def test_times_are_the_zones_unless_they_say_otherwise(tmp_path: Path, written: str, expected: date) -> None:
    """A time without an offset is the publication's wall clock; one with an offset is moved to it."""
    path = tmp_path / "issue.toml"
    path.write_text(edited(35, f"start = {written}"), encoding="utf-8")
    issue = read_issue(path, segments=SEGMENTS, publication=publication())
    assert [item.start for item in issue.items.values()] == [None, expected]


def test_an_order_holds_only_what_its_segment_gets(tmp_path: Path) -> None:
    """An item of a section that the segment does not get would be lost in silence, so it is refused."""
    news_only = [replace(SEGMENTS[0], sections=(NEWS,)), SEGMENTS[1]]
    path = tmp_path / "issue.toml"
    path.write_text(GOOD, encoding="utf-8")
    with pytest.raises(IssueFileError) as caught:
        read_issue(path, segments=news_only, publication=publication(), shown_as=Path("i.toml"))
    (fault,) = caught.value.faults
    assert str(fault) == (
        "i.toml:17: order.managers[0]: The segment 'managers' does not get the section of 'paiva'. "
        "(Give the item another section, or change 'managers' in segments.toml.)"
    )


def test_a_section_kind_without_any_section_is_named(tmp_path: Path) -> None:
    """Where no section takes an item's kind, the hint says so."""
    only_articles = publication(sections=publication().sections[:2])
    assert faults(tmp_path / "issue.toml", edited(33, 'section = "raha"'), only_articles) == [
        "33: item.paiva.section: The section 'raha' takes no events. (These do: none.)"
    ]


@pytest.mark.parametrize("table", ["order = 5", "item = 5", "edition = 5", "order = { advisers = 5 }"])
def test_a_table_of_another_shape_is_a_fault_not_a_traceback(tmp_path: Path, table: str) -> None:
    """Whatever stands where a table should, the file is refused in words."""
    found = faults(tmp_path / "issue.toml", f'label = "2017-11"\ndate = 2017-11-24\n{table}\n')
    assert any(fault.startswith("3: ") for fault in found)
