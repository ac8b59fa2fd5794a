from datetime import UTC, datetime

import pytest

from newsletter.domain.audience import (
    Subscriber,
)
from newsletter.domain.content import Language, SegmentId
from newsletter.domain.rules import AllOf, AnyOf, AttributeIn, HasTag, History, LanguageIn, Not, Rule, facts_asked
from newsletter.domain.segments import Segment, audience_rule, segments_of, segments_without_items

FI, SV = Language("fi"), Language("sv")
AINO = Subscriber(address="aino@example.org", language=FI, attributes={"role": "adviser"}, tags=("pilot",))
NOW = History(now=datetime(2017, 11, 20, tzinfo=UTC))
ADVISER = AttributeIn(name="role", values=("adviser", "expert"))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (AllOf(rules=()), True),
        (AnyOf(rules=()), False),
        (ADVISER, True),
        (AttributeIn(name="role", values=("manager",)), False),
        (AttributeIn(name="absent", values=("adviser",)), False),
        (Not(rule=AttributeIn(name="absent", values=("adviser",))), True),
        (LanguageIn(languages=(SV,)), False),
        (LanguageIn(languages=(SV, FI)), True),
        (HasTag(tag="pilot"), True),
        (HasTag(tag="pil"), False),
        (AttributeIn(name=" ROLE", values=(" Adviser ",)), True),
        (HasTag(tag="PILOT"), True),
        (AllOf(rules=(ADVISER, HasTag(tag="pilot"))), True),
        (AllOf(rules=(ADVISER, HasTag(tag="other"))), False),
        (AnyOf(rules=(HasTag(tag="other"), ADVISER)), True),
    ],
)
def test_a_rule_chooses_people(rule: Rule, expected: bool) -> None:  # noqa: FBT001 - a table's column
    """Each kind of rule says yes and no as its docstring promises."""
    assert rule.chooses(AINO, NOW) is expected


def _segment(name: str, rank: int, who: Rule) -> Segment:
    return Segment(id=SegmentId(name), rank=rank, names={FI: name}, who=who)


def test_a_person_gets_the_combination_of_segments_by_rank() -> None:
    """Rank decides the order of a combination, not the order of the file."""
    segments = [
        _segment("pilots", 3, HasTag(tag="pilot")),
        _segment("advisers", 1, ADVISER),
        _segment("managers", 2, AttributeIn(name="role", values=("manager",))),
    ]

    assert segments_of(AINO, segments, NOW) == ("advisers", "pilots")


def test_equal_rules_are_equal_text_whatever_the_layout() -> None:
    """The text that approval freezes changes with who gets mail, not with the order or names in the file."""
    rules = AnyOf(rules=(Not(rule=ADVISER), LanguageIn(languages=(SV, FI)), AllOf(rules=(HasTag(tag="x"),))))
    turned = AnyOf(
        rules=(
            Not(rule=AttributeIn(name="Role", values=("expert", "Adviser"))),
            LanguageIn(languages=(FI, SV)),
            AllOf(rules=(HasTag(tag="x"),)),
        )
    )
    first, second = _segment("a", 1, rules), _segment("b", 2, ADVISER)

    text = audience_rule([first, second], [FI])

    assert text == audience_rule([second, _segment("a", 1, turned)], [FI])
    assert text != audience_rule([first, _segment("b", 2, HasTag(tag="x"))], [FI])
    assert text != audience_rule([first, second], [FI, SV])


def test_who_gets_nothing_is_part_of_the_rule() -> None:
    """Segments without items are read back as written; a rule without any is written as before there were such."""
    segments = [_segment("a", 1, ADVISER), _segment("b", 2, HasTag(tag="x"))]
    silent = audience_rule(segments, [FI], without_items=[SegmentId("b"), SegmentId("a")])
    full = audience_rule(segments, [FI])

    assert (segments_without_items(silent), segments_without_items(full)) == (("a", "b"), ())
    assert full == (
        '{"languages": ["fi"], "segments": [{"id": "a", "rank": 1, "who": {"attribute": "role", "in": ["adviser", '
        '"expert"]}}, {"id": "b", "rank": 2, "who": {"tag": "x"}}]}'
    )


def test_a_rule_names_the_facts_it_asks_for() -> None:
    """Also those inside other rules, and those that it asks not to be."""
    rule = AnyOf(rules=(AllOf(rules=(ADVISER, LanguageIn(languages=(SV,)))), Not(rule=HasTag(tag="Pilot"))))

    assert list(facts_asked(rule)) == [("role", "adviser"), ("role", "expert"), ("tag", "Pilot")]
