from dataclasses import replace
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.web.messages.choices import WIDTHS, Choices, Scheme, View, read_choices

CHOICES = st.builds(
    Choices,
    edition=st.none() | st.text(min_size=1, max_size=30),
    view=st.sampled_from(View),
    widths=st.sets(st.sampled_from(WIDTHS), min_size=1).map(lambda widths: tuple(sorted(widths))),
    scheme=st.sampled_from(Scheme),
    has_images=st.booleans(),
    is_remote=st.booleans(),
    reader=st.text(min_size=1, max_size=30),
)


@given(CHOICES)
def test_a_choice_has_an_address_of_its_own(choices: Choices) -> None:
    """Whatever is chosen can be kept as a bookmark and is read back as it was."""
    assert read_choices(parse_qs(choices.query)) == choices


@pytest.mark.parametrize(
    "query",
    ["", "view=film", "width=17", "width=٣٢٠", "scheme=pink", "images=maybe", "remote=1", "width=&view=&edition="],
)
def test_what_is_unknown_in_an_address_is_left_out(query: str) -> None:
    """An old bookmark opens something sensible."""
    assert read_choices(parse_qs(query, keep_blank_values=True)) == Choices()


def test_a_width_is_added_and_taken_away_but_the_last_one_stays() -> None:
    """There is always a picture to see."""
    one = Choices(widths=(600,))

    assert (one.toggled(320).widths, one.toggled(320).toggled(600).widths, one.toggled(600).widths) == (
        (320, 600),
        (320,),
        (600,),
    )


@pytest.mark.parametrize(
    ("reader", "kept"), [("sample", "sample"), ("nameless", "nameless"), ("0123456789abcdef0123", "sample")]
)
def test_a_person_is_let_go_with_the_edition(reader: str, kept: str) -> None:
    """Another edition has other readers; the sample people read every edition."""
    assert Choices(edition="advisers.fi", reader=reader).at("managers.fi") == Choices(
        edition="managers.fi", reader=kept
    )


def test_a_picture_depends_on_its_light_images_and_reader_alone() -> None:
    """Another width or view does not make the browser load the same picture again."""
    choices = Choices(edition="a.fi", view=View.TEXT, widths=(320,), scheme=Scheme.DARK, is_remote=True, reader="r")

    assert choices.frame_query == replace(choices, edition="b.fi", widths=(1024,)).frame_query
    assert choices.frame_query == "scheme=dark&remote=on&reader=r"
