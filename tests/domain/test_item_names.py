import pytest

from newsletter.domain.content import ItemKey
from newsletter.domain.item_names import chosen_key
from newsletter.errors import UsageError

KEYS = [ItemKey("paja-1a2b3c4d"), ItemKey("pajapaiva-99ffee11"), ItemKey("messut-00000000")]


@pytest.mark.parametrize(
    ("part", "expected"), [("messut", KEYS[2]), ("1a2b", KEYS[0]), (KEYS[1], KEYS[1]), ("MES", KEYS[2])]
)
def test_an_item_is_named_by_any_part_that_is_its_own(part: str, expected: ItemKey) -> None:
    """A few letters are enough, at the beginning of a key or inside it."""
    assert chosen_key(part, KEYS) == expected


def test_a_whole_key_wins_over_those_it_is_a_part_of() -> None:
    """What is written whole is meant."""
    assert chosen_key("paja", [ItemKey("paja"), ItemKey("pajapaiva")]) == "paja"


@pytest.mark.parametrize(
    ("part", "hint"),
    [
        ("paja", "Write more of one: paja-1a2b3c4d, pajapaiva-99ffee11."),
        ("mesut", "The nearest: messut-00000000."),
        ("kala", "There are: messut-00000000, paja-1a2b3c4d, pajapaiva-99ffee11."),
        ("", "There are: messut-00000000, paja-1a2b3c4d, pajapaiva-99ffee11."),
    ],
)
def test_a_part_of_several_keys_or_none_is_refused_with_what_there_is(part: str, hint: str) -> None:
    """The person sees what to write more of."""
    with pytest.raises(UsageError) as caught:
        chosen_key(part, KEYS)
    assert caught.value.hint == hint


def test_a_number_of_a_list_names_an_item() -> None:
    """A number that the list has is one; any other is a part of a key, as a key with digits is."""
    numbers = {"1": KEYS[2], "+1": KEYS[0]}
    assert [chosen_key(part, KEYS, numbers=numbers) for part in ("1", "+1", "99")] == [KEYS[2], KEYS[0], KEYS[1]]
    with pytest.raises(UsageError):
        chosen_key("+2", KEYS, numbers=numbers)


def test_candidates_are_shown_with_their_titles() -> None:
    """A title tells more than a key."""
    with pytest.raises(UsageError) as caught:
        chosen_key("paja", KEYS, titles={KEYS[0]: "Paja"})
    assert caught.value.hint == "Write more of one: paja-1a2b3c4d “Paja”, pajapaiva-99ffee11."
