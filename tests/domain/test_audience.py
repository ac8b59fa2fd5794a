import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.domain.audience import (
    LeftOut,
    Subscriber,
    comparable,
    hash_address,
    normal_address,
)
from newsletter.domain.content import Language, SegmentId
from newsletter.domain.rules import AttributeIn

FI, SV = Language("fi"), Language("sv")
AINO = Subscriber(address="aino@example.org", language=FI, attributes={"role": "adviser"}, tags=("pilot",))
ADVISER = AttributeIn(name="role", values=("adviser", "expert"))


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


def test_a_hash_needs_the_key() -> None:
    """The same address has the same hash under one key and another under the next."""
    one, two = hash_address("Aino@example.org", b"k" * 32), hash_address("aino@example.org", b"k" * 32)

    assert one == two
    assert one != hash_address("aino@example.org", b"l" * 32)
    assert len(one) == 64
