import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.domain.audience import (
    AllOf,
    AnyOf,
    AttributeIn,
    HasTag,
    LanguageIn,
    LeftOut,
    Not,
    Rule,
    Segment,
    Subscriber,
    audience_rule,
    comparable,
    facts_asked,
    hash_address,
    matches,
    normal_address,
    segments_of,
    segments_without_items,
)
from newsletter.domain.content import Language, SegmentId

FI, SV = Language("fi"), Language("sv")
AINO = Subscriber(address="aino@example.org", language=FI, attributes={"role": "adviser"}, tags=("pilot",))
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
    assert matches(rule, AINO) is expected


def _segment(name: str, rank: int, who: Rule) -> Segment:
    return Segment(id=SegmentId(name), rank=rank, names={FI: name}, who=who)


def test_a_person_gets_the_combination_of_segments_by_rank() -> None:
    """Rank decides the order of a combination, not the order of the file."""
    segments = [
        _segment("pilots", 3, HasTag(tag="pilot")),
        _segment("advisers", 1, ADVISER),
        _segment("managers", 2, AttributeIn(name="role", values=("manager",))),
    ]

    assert segments_of(AINO, segments) == ("advisers", "pilots")


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


@pytest.mark.parametrize(
    ("people", "sentence"),
    [
        (1, "No item is for advisers, managers: 1 person gets nothing."),
        (12, "No item is for advisers, managers: 12 people get nothing."),
        (None, "No item is for advisers, managers: whoever is in no other segment gets nothing."),
    ],
)
def test_who_is_left_out_is_said_in_a_sentence(people: int | None, sentence: str) -> None:
    """The segments are named, and the people counted where they can be."""
    segments = (SegmentId("advisers"), SegmentId("managers"))
    assert str(LeftOut(segments=segments, people=people)) == sentence


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("Aino@Example.org", " aino@example.org ", True),
        ("a\u0308iti@example.org", "äiti@example.org", True),
        ("ÄITI@example.org", "äiti@example.org", False),
        ("weiss@example.org", "weiß@example.org", False),
        ("a.ino@example.org", "aino@example.org", False),
        ("aino+x@example.org", "aino@example.org", False),
        ("\u017faino@example.org", "saino@example.org", False),
    ],
)
def test_only_case_space_and_composition_make_two_addresses_one(first: str, second: str, same: bool) -> None:  # noqa: FBT001
    """ASCII case, surrounding space and Unicode composition are folded; dots, plus, accents and look-alikes are not."""
    assert (normal_address(first) == normal_address(second)) is same


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("Yritysneuvoja", "yritysneuvoja", True),
        ("\u00a0Yritys \n neuvoja ", "yritys neuvoja", True),
        ("A\u0308\u00e4nekoski", "ÄÄNEKOSKI", True),
        ("\u212bbo", "åbo", True),
        ("Straße", "STRASSE", True),
        ("Öljy", "Oljy", False),
        ("yritys-neuvoja", "yritysneuvoja", False),
    ],
)
def test_attributes_and_tags_compare_without_case_composition_and_space(first: str, second: str, same: bool) -> None:  # noqa: FBT001
    """Capitals, composition and space are folded; other letters and signs are not."""
    assert (comparable(first) == comparable(second)) is same


@given(text=st.text(max_size=12))
@settings(max_examples=150)
def test_the_form_that_is_compared_is_its_own_form(text: str) -> None:
    """What is stored as the form compares equal to what it was made of, however often it is made."""
    form = comparable(text)

    assert (comparable(form), unicodedata.normalize("NFC", form), " ".join(form.split())) == (form, form, form)


def test_a_rule_names_the_facts_it_asks_for() -> None:
    """Also those inside other rules, and those that it asks not to be."""
    rule = AnyOf(rules=(AllOf(rules=(ADVISER, LanguageIn(languages=(SV,)))), Not(rule=HasTag(tag="Pilot"))))

    assert list(facts_asked(rule)) == [("role", "adviser"), ("role", "expert"), ("tag", "Pilot")]


def test_a_hash_needs_the_key() -> None:
    """The same address has the same hash under one key and another under the next."""
    one, two = hash_address("Aino@example.org", b"k" * 32), hash_address("aino@example.org", b"k" * 32)

    assert one == two
    assert one != hash_address("aino@example.org", b"l" * 32)
    assert len(one) == 64
