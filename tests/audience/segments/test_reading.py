from collections import Counter
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from newsletter.audience.segments import SEGMENTS_MAX, find_asked_of_nobody, read_segments
from newsletter.audience.segments.places import municipalities
from newsletter.domain.audience import Subscriber
from newsletter.domain.content import ANY_TOPIC, Language, SectionId, SegmentId, TopicId
from newsletter.domain.rules import (
    AllOf,
    AnyOf,
    AttributeIn,
    AttributeNumber,
    AttributeStarts,
    Comparison,
    HasAttribute,
    HasTag,
    History,
    InMunicipality,
    InSegment,
    JoinedAfter,
    JoinedBefore,
    JoinedWithin,
    LanguageIn,
    MailDomainIn,
    Mailed,
    Not,
    Rule,
)
from newsletter.domain.segments import Segment
from newsletter.errors import ConfigurationError

FI, SV = Language("fi"), Language("sv")
HELSINKI = ZoneInfo("Europe/Helsinki")
TOPICS = (TopicId("rahoitus"), TopicId("hankinnat"))
SECTIONS = (SectionId("uutiset"), SectionId("tapahtumat"))
MIDNIGHT = datetime(2026, 1, 31, tzinfo=HELSINKI)
ATTRIBUTE_TESTS = "equals, in, present, starts_with, at_least, at_most, more_than, less_than"
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
        path,
        topics=TOPICS,
        sections=SECTIONS,
        languages=languages or (FI,),
        zone=HELSINKI,
        shown_as=Path("segments.toml"),
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
        ('{ attribute = "role", present = true }', HasAttribute(name="role")),
        ('{ attribute = "role", present = false }', Not(rule=HasAttribute(name="role"))),
        ('{ attribute = "role", starts_with = "y" }', AttributeStarts(name="role", prefix="y")),
        (
            '{ attribute = "staff", at_least = 10 }',
            AttributeNumber(name="staff", comparison=Comparison.AT_LEAST, number=10.0),
        ),
        (
            '{ attribute = "staff", less_than = -0.5 }',
            AttributeNumber(name="staff", comparison=Comparison.LESS_THAN, number=-0.5),
        ),
        ('{ mail_domain = "@Example.FI" }', MailDomainIn(domains=("example.fi",))),
        ('{ mail_domain = ["a.fi", "äö.fi"] }', MailDomainIn(domains=("a.fi", "xn--4ca0b.fi"))),
        ("{ joined_after = 2026-01-31 }", JoinedAfter(at=MIDNIGHT)),
        ("{ joined_before = 2026-01-31 }", JoinedBefore(at=MIDNIGHT)),
        ("{ joined_within_days = 30 }", JoinedWithin(days=30)),
        ('{ mailed = "never" }', Not(rule=Mailed())),
        ("{ mailed_since = 2026-01-31 }", Mailed(since=MIDNIGHT)),
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
                "5: segment[0].who: A rule has exactly one of all, any, not, segment, attribute, region,"
                " municipality_is, language, tag, mail_domain,"
                " joined_after, joined_before, joined_within_days, mailed, mailed_since."
                " (To choose everybody write { all = [] }.)"
            ),
        ),
        (
            '{ language = "fi", tag = "x" }',
            (
                "5: segment[0].who: A rule has exactly one of all, any, not, segment, attribute, region,"
                " municipality_is, language, tag, mail_domain,"
                " joined_after, joined_before, joined_within_days, mailed, mailed_since."
                " (To ask for several things write all = [ { ... }, { ... } ].)"
            ),
        ),
        (
            '{ atribute = "role", equals = "x" }',
            "5: segment[0].who.atribute: A rule has no key 'atribute'. (Did you mean 'attribute'?)",
        ),
        ('{ tag = "x", equals = "y" }', "5: segment[0].who.equals: 'equals' belongs beside `attribute` only."),
        ('{ attribute = "role" }', f"5: segment[0].who: `attribute` needs exactly one of {ATTRIBUTE_TESTS} beside it."),
        (
            '{ attribute = "role", equals = "x", in = ["y"] }',
            f"5: segment[0].who: `attribute` needs exactly one of {ATTRIBUTE_TESTS} beside it.",
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
        (
            '{ attribute = "role", present = 1 }',
            "5: segment[0].who.present: Here stands true or false.",
        ),
        (
            '{ attribute = "role", at_most = "10" }',
            "5: segment[0].who.at_most: Here stands a number, without quotes. (For example at_most = 10.)",
        ),
        (
            '{ joined_after = "2026-01-31" }',
            (
                "5: segment[0].who.joined_after: Here stands a day, without quotes."
                " (For example joined_after = 2026-01-31.)"
            ),
        ),
        (
            "{ joined_within_days = 0 }",
            "5: segment[0].who.joined_within_days: Here stands a whole number of days, 1 to 36500.",
        ),
        (
            '{ mailed = "ever" }',
            '5: segment[0].who.mailed: Here stands "never". (For a day write mailed_since = 2026-01-31.)',
        ),
        (
            '{ mail_domain = "a b.fi" }',
            (
                "5: segment[0].who.mail_domain: 'a b.fi' is no domain of an address."
                ' (For example mail_domain = "example.fi".)'
            ),
        ),
        (
            '{ region = "Uusima" }',
            "5: segment[0].who.region: Finland has no region 'Uusima'. (Did you mean 'Uusimaa'?)",
        ),
        (
            '{ municipality_is = "bilingal" }',
            "5: segment[0].who.municipality_is: A municipality is never 'bilingal'. (Did you mean 'bilingual'?)",
        ),
        (
            '{ segment = "b" }',
            "5: segment[0].who.segment: There is no segment 'b'. (Known: a.)",
        ),
        (
            '{ segment = "a" }',
            ("5: segment[0].who.segment: The rules name each other in a circle: a -> a. (Take one of them out.)"),
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


def test_a_region_is_its_municipalities_in_both_languages(tmp_path: Path) -> None:
    """A region is named in Finnish or Swedish, and so is a municipality in a list, however it is shortened."""
    text = '[[segment]]\nid = "a"\nrank = 1\nname = { fi = "A" }\nwho = { region = ["Nyland", "etelä-savo"] }\n'
    rule = read(tmp_path, text)[0].who

    assert isinstance(rule, InMunicipality)
    assert rule.regions == ("Uusimaa", "Etelä-Savo")
    assert len(rule.names) == len(set(rule.names))
    assert {"Helsinki", "Helsingfors", "Kauniainen", "Mikkeli", "S:t Michel", "Sankt Michel"} < set(rule.names)
    assert not {"Turku", "Åbo"} & set(rule.names)


def test_a_municipality_is_bilingual_finnish_or_swedish(tmp_path: Path) -> None:
    """33 are bilingual (15 with a Swedish majority), the 16 of Åland Swedish: 308 in all, each in one region of 19."""
    text = '[[segment]]\nid = "a"\nrank = 1\nname = { fi = "A" }\nwho = { municipality_is = "bilingual" }\n'
    rule = read(tmp_path, text)[0].who
    spoken = Counter(one.languages for one in municipalities())

    assert isinstance(rule, InMunicipality)
    assert rule.speaking == "bilingual"
    assert {"Turku", "Åbo", "Närpiö", "Närpes", "Pedersöre"} < set(rule.names)
    assert not {"Tampere", "Tammerfors", "Mariehamn"} & set(rule.names)
    assert spoken == {"finnish": 259, "bilingual": 33, "swedish": 16}
    assert len({one.region_finnish for one in municipalities()}) == 19


class SomePeople:
    """What three people have: one is an adviser of Åbo with ten colleagues."""

    def __init__(self, *, are_there: bool = True) -> None:
        self._are_there = are_there

    def has_people(self) -> bool:
        """Tell whether they are there."""
        return self._are_there

    def is_anybody(self, rule: Rule) -> bool:
        """Tell whether the adviser is chosen."""
        person = Subscriber(
            address="aino@example.com",
            language=FI,
            attributes={"role": "yritysneuvoja", "municipality": "Åbo", "staff": "10"},
            tags=("ohjausryhmä",),
        )
        return rule.chooses(person, History(now=MIDNIGHT))

    def attribute_names(self) -> tuple[str, ...]:
        """Give the adviser's."""
        return ("municipality", "role", "staff")

    def values(self, name: str, *, limit: int) -> tuple[str, ...]:
        """Give the adviser's and another's."""
        return {"role": ("Yritysneuvoja", "toimittaja"), "staff": ("10",)}.get(name, ("Åbo",))[:limit]

    def tags(self, *, limit: int) -> tuple[str, ...]:
        """Give the adviser's."""
        return ("ohjausryhmä",)[:limit]


def test_what_nobody_has_is_told_with_its_line_and_the_nearest(tmp_path: Path) -> None:
    """Each value, name and tag has its own line; what somebody has, and what lies in another segment, is left alone."""
    text = """\
[[segment]]
id = "a"
rank = 1
name = { fi = "A" }

[segment.who]
any = [
    { attribute = "role", in = ["yritysneuvoja", "yritysneuvola"] },
    { attribute = "rooli", equals = "yritysneuvoja" },
    { not = { tag = "ohjausryhma" } },
    { attribute = "staff", more_than = 10 },
    { region = ["Varsinais-Suomi", "Kainuu"] },
    { language = ["fi", "sv"] },
    { mail_domain = "example.fi" },
    { mailed = "never" },
]
"""
    segments = read(tmp_path, text)

    assert [f"{one.asked.place}: {one}" for one in find_asked_of_nobody(segments, SomePeople())] == [
        "segments.toml:8: a asks for role 'yritysneuvola', which nobody has (nearest: 'Yritysneuvoja').",
        "segments.toml:9: a asks for rooli 'yritysneuvoja', which nobody has (nearest: 'role').",
        "segments.toml:10: a asks for tag 'ohjausryhma', which nobody has (nearest: 'ohjausryhmä').",
        "segments.toml:11: a asks for staff 'more than 10', which nobody has.",
        "segments.toml:12: a asks for region 'Kainuu', which nobody has.",
        "segments.toml:13: a asks for language 'sv', which nobody has.",
        "segments.toml:14: a asks for mail_domain 'example.fi', which nobody has.",
    ]
    assert find_asked_of_nobody(segments, SomePeople(are_there=False)) == ()


def _segments(*rules: str) -> str:
    """Write segments `s1`, `s2` ... with these rules."""
    return "".join(
        f'[[segment]]\nid = "s{rank}"\nrank = {rank}\nname = {{ fi = "S" }}\nwho = {rule}\n'
        for rank, rule in enumerate(rules, start=1)
    )


def test_a_rule_can_name_another_segment_wherever_it_stands(tmp_path: Path) -> None:
    """The rule that is named is part of the rule that names it, before and after it in the file."""
    own, named = read(tmp_path, _segments('{ not = { segment = "s2" } }', '{ tag = "x" }'))

    assert own.who == Not(rule=InSegment(segment=SegmentId("s2"), rule=named.who))


def test_rules_that_name_each_other_are_refused_once(tmp_path: Path) -> None:
    """The circle is shown whole, at the line that closes it."""
    told = faults(
        tmp_path, _segments('{ segment = "s2" }', '{ any = [{ segment = "s3" }] }', '{ not = { segment = "s1" } }')
    )

    assert told == [
        (
            "15: segment[2].who.not.segment: The rules name each other in a circle: s1 -> s2 -> s3 -> s1."
            " (Take one of them out.)"
        )
    ]


def test_rules_that_name_rules_stay_small_enough_for_a_database(tmp_path: Path) -> None:
    """Each doubles what it names: the tenth asks too much, and is refused before anybody waits for the thirtieth."""
    doubled = [f'{{ any = [{{ segment = "s{rank}" }}, {{ segment = "s{rank}" }}] }}' for rank in range(1, 30)]
    told = faults(tmp_path, _segments('{ tag = "x" }', *doubled))

    assert told[0].endswith("a rule may be 20 rules deep and ask 500 things. (Write it flatter.)")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", ()),
        ('topics = "any"', ()),
        ('topics = ["any", "rahoitus"]', (TopicId("rahoitus"), ANY_TOPIC)),
    ],
)
def test_any_is_what_is_about_no_topic(tmp_path: Path, line: str, expected: tuple[TopicId, ...]) -> None:
    """Alone it is everything, as no line is; among topics it is what is about none, too."""
    (read_segment,) = read(tmp_path, ADVISERS.replace("rank = 1", f"rank = 1\n{line}"))
    assert read_segment.topics == expected
