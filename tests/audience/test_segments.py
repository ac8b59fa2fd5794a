from pathlib import Path

import pytest

from newsletter.audience.segments import SEGMENTS_MAX, read_segments
from newsletter.domain.content import Language, SectionId, SegmentId, TopicId
from newsletter.domain.segments import (
    AllOf,
    AnyOf,
    AttributeIn,
    HasTag,
    LanguageIn,
    Not,
    Rule,
    Segment,
)
from newsletter.errors import ConfigurationError

FI, SV = Language("fi"), Language("sv")
TOPICS = (TopicId("rahoitus"), TopicId("hankinnat"))
SECTIONS = (SectionId("uutiset"), SectionId("tapahtumat"))
ADVISERS = """\
[[segment]]
id = "advisers"
rank = 1
name = { fi = "Yritysneuvojat" }
who = { attribute = "role", equals = "yritysneuvoja" }
"""


def read(tmp_path: Path, text: str, *languages: Language) -> tuple[Segment, ...]:
    """Read a segments.toml with this text."""
    path = tmp_path / "segments.toml"
    path.write_text(text)
    return read_segments(
        path, topics=TOPICS, sections=SECTIONS, languages=languages or (FI,), shown_as=Path("segments.toml")
    )


def faults(tmp_path: Path, text: str, *languages: Language) -> list[str]:
    """Give what is wrong with a segments.toml, one line for each fault."""
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, text, *languages)
    return [str(fault).removeprefix("segments.toml:") for fault in caught.value.faults]


def test_segments_are_read_in_order_of_rank(tmp_path: Path) -> None:
    """Everything a segment says is there, with the line where it begins."""
    text = """\
# managers come second
[[segment]]
id = "managers"
rank = 2
topics = ["hankinnat", "rahoitus"]
sections = ["tapahtumat"]
[segment.name]
fi = "Kaupunginjohtajat"
sv = "Stadsdirektörer"
[segment.who]
tag = "johto"

"""
    assert read(tmp_path, text + ADVISERS) == (
        Segment(
            id=SegmentId("advisers"),
            rank=1,
            names={FI: "Yritysneuvojat"},
            who=AttributeIn(name="role", values=("yritysneuvoja",)),
            line=13,
        ),
        Segment(
            id=SegmentId("managers"),
            rank=2,
            names={FI: "Kaupunginjohtajat", SV: "Stadsdirektörer"},
            who=HasTag(tag="johto"),
            topics=(TopicId("rahoitus"), TopicId("hankinnat")),
            sections=(SectionId("tapahtumat"),),
            line=2,
        ),
    )


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ('{ attribute = "role", equals = "x" }', AttributeIn(name="role", values=("x",))),
        ('{ attribute = "role", in = ["x", "y"] }', AttributeIn(name="role", values=("x", "y"))),
        ('{ language = "sv" }', LanguageIn(languages=(SV,))),
        ('{ language = ["fi", "sv"] }', LanguageIn(languages=(FI, SV))),
        ('{ tag = "x" }', HasTag(tag="x")),
        ("{ all = [] }", AllOf(rules=())),
        ('{ not = { tag = "x" } }', Not(rule=HasTag(tag="x"))),
        (
            '{ any = [{ tag = "x" }, { all = [{ language = "fi" }, { not = { tag = "y" } }] }] }',
            AnyOf(
                rules=(
                    HasTag(tag="x"),
                    AllOf(rules=(LanguageIn(languages=(FI,)), Not(rule=HasTag(tag="y")))),
                )
            ),
        ),
    ],
)
def test_every_rule_of_the_language_is_read(who: str, expected: Rule, tmp_path: Path) -> None:
    """Each form of a rule becomes its value."""
    text = f'[[segment]]\nid = "a"\nrank = 1\nname = {{ fi = "A" }}\nwho = {who}\n'

    assert [segment.who for segment in read(tmp_path, text)] == [expected]


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ('"x"', '5: segment[0].who: A rule is a table. (For example { attribute = "role", equals = "x" }.)'),
        (
            "{}",
            (
                "5: segment[0].who: A rule has exactly one of all, any, not, attribute, language, tag."
                " (To choose everybody write { all = [] }.)"
            ),
        ),
        (
            '{ language = "fi", tag = "x" }',
            (
                "5: segment[0].who: A rule has exactly one of all, any, not, attribute, language, tag."
                " (To ask for several things write all = [ { ... }, { ... } ].)"
            ),
        ),
        (
            '{ atribute = "role", equals = "x" }',
            "5: segment[0].who.atribute: A rule has no key 'atribute'. (Did you mean 'attribute'?)",
        ),
        ('{ tag = "x", equals = "y" }', "5: segment[0].who.equals: 'equals' belongs beside `attribute` only."),
        ('{ attribute = "role" }', "5: segment[0].who: `attribute` needs one of `equals` and `in` beside it."),
        (
            '{ attribute = "role", equals = "x", in = ["y"] }',
            "5: segment[0].who: `attribute` needs one of `equals` and `in` beside it.",
        ),
        (
            '{ attribute = "role", equals = 3 }',
            "5: segment[0].who.equals: Here stands a text, not empty and without space around it.",
        ),
        (
            '{ attribute = " role", equals = "x" }',
            "5: segment[0].who.attribute: Here stands a text, not empty and without space around it.",
        ),
        (
            '{ attribute = "role", in = [] }',
            '5: segment[0].who.in: Here stands an array of at least one text. (Write in = ["x", "y"].)',
        ),
        (
            '{ attribute = "role", in = ["x", ""] }',
            "5: segment[0].who.in[1]: Here stands a text, not empty and without space around it.",
        ),
        (
            '{ language = "se" }',
            "5: segment[0].who.language: There is no language 'se'. (Known: en, fi, sv.)",
        ),
        (
            '{ language = ["fi", "svv"] }',
            "5: segment[0].who.language: There is no language 'svv'. (Did you mean 'sv'?)",
        ),
        (
            "{ language = 3 }",
            '5: segment[0].who.language: Here stands an array of at least one text. (Write language = ["x", "y"].)',
        ),
        ("{ tag = [] }", "5: segment[0].who.tag: Here stands a text, not empty and without space around it."),
        (
            "{ all = { tag = 'x' } }",
            "5: segment[0].who.all: 'all' takes an array of rules. (Write all = [ { ... }, { ... } ].)",
        ),
        ("{ any = [] }", "5: segment[0].who.any: `any` of no rules chooses nobody. (Name at least one rule.)"),
        (
            "{ all = [\n  { tag = 'x' },\n  { tags = 'y', tag = 'y' },\n] }",
            "7: segment[0].who.all[1].tags: A rule has no key 'tags'. (Did you mean 'tag'?)",
        ),
        (
            "{ not = " * 50 + "{ tag = 'x' }" + " }" * 50,
            f"5: segment[0].who{'.not' * 20}: A rule may be 20 rules deep. (Write it flatter.)",
        ),
    ],
)
def test_a_wrong_rule_is_refused_with_its_line_and_key(who: str, expected: str, tmp_path: Path) -> None:
    """The fault says where in the rule, what, and what to write instead."""
    text = f'[[segment]]\nid = "a"\nrank = 1\nname = {{ fi = "A" }}\nwho = {who}\n'

    assert faults(tmp_path, text) == [expected]


def test_all_faults_of_a_file_are_shown_together(tmp_path: Path) -> None:
    """Nobody mends a file one fault at a time."""
    text = """\
segmnet = 1
[[segment]]
id = "Advisers"
rank = 0
topics = ["rahotus", "hankinnat", "hankinnat"]
colour = "blue"
[segment.name]
fi = ""
fr = "Conseillers"
[segment.who]
language = "xx"
[[segment]]
id = "managers"
rank = true
sections = "uutiset"
name = "Johtajat"
who = { tag = "johto" }
[[segment]]
"""
    assert faults(tmp_path, text, FI, SV) == [
        "1: segmnet: segments.toml has no key 'segmnet'. (Did you mean 'segment'?)",
        "6: segment[0].colour: A segment has no key 'colour'. (Known: id, name, rank, sections, topics, who.)",
        "3: segment[0].id: An id is 1 to 40 lower-case letters a-z, digits and hyphens, and begins with a letter.",
        "4: segment[0].rank: A rank is a whole number from 1; 1 comes first.",
        "9: segment[0].name.fr: `name` has no key 'fr'. (Known: en, fi, sv.)",
        "7: segment[0].name.sv: The segment has no name in 'sv'.",
        "8: segment[0].name.fi: A name is a text on one line.",
        "11: segment[0].who.language: There is no language 'xx'. (Known: en, fi, sv.)",
        "5: segment[0].topics[0]: newsletter.toml has no topic 'rahotus'. (Did you mean 'rahoitus'?)",
        "5: segment[0].topics[2]: The topic 'hankinnat' stands here twice.",
        "14: segment[1].rank: A rank is a whole number from 1; 1 comes first.",
        '16: segment[1].name: `name` is a table with one name per language. (Write name = { fi = "..." }.)',
        '15: segment[1].sections: Here stands an array of section ids. (Write sections = ["x", "y"].)',
        "18: segment[2].id: The segment has no `id`.",
        "18: segment[2].rank: The segment has no `rank`.",
        "18: segment[2].name: The segment has no `name`.",
        "18: segment[2].who: The segment has no `who`.",
    ]


def test_ids_and_ranks_are_unique(tmp_path: Path) -> None:
    """The second segment that takes an id or a rank is named, with the line of the first."""
    assert faults(tmp_path, ADVISERS + ADVISERS) == [
        "7: segment[1].id: The segment in line 2 has the same id.",
        "8: segment[1].rank: The segment in line 3 has the same rank.",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", " segment: There must be 1 to 30 segments; here are 0."),
        ('[segment]\nid = "a"\n', "1: segment: A segment begins with [[segment]], in double brackets."),
        ("segment = [1]\n", "1: segment: A segment begins with [[segment]], in double brackets."),
    ],
)
def test_a_file_without_segments_is_refused(text: str, expected: str, tmp_path: Path) -> None:
    """A publication without a segment would be sent to nobody."""
    assert faults(tmp_path, text) == [expected]


def test_there_are_no_more_segments_than_a_database_number_has_bits(tmp_path: Path) -> None:
    """30 segments are read; 31 are refused, because each is a bit of the combination's number."""
    written = [ADVISERS.replace('"advisers"', f'"s{rank}"').replace("= 1\n", f"= {rank}\n") for rank in range(1, 32)]

    assert len(read(tmp_path, "".join(written[:SEGMENTS_MAX]))) == SEGMENTS_MAX
    assert faults(tmp_path, "".join(written)) == ["1: segment: There must be 1 to 30 segments; here are 31."]


def test_the_error_counts_the_faults_and_points_at_the_first(tmp_path: Path) -> None:
    """The error's own sentence is enough for a log; the faults are for the person."""
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, ADVISERS + "colour = 1\n")

    assert str(caught.value) == "segments.toml:6: segments.toml has 1 fault."
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, ADVISERS + "colour = 1\nshape = 2\n")

    assert str(caught.value) == "segments.toml:6: segments.toml has 2 faults."


def test_a_syntax_error_names_its_line(tmp_path: Path) -> None:
    """What is no TOML is refused before anything is read from it."""
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, ADVISERS + "who = {\n")

    assert str(caught.value.place) == "segments.toml:6:8"
