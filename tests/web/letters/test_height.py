import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.web.letters.height import HEIGHT_MAX, HEIGHT_MIN, frame_height


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("", HEIGHT_MIN),
        ("<!-- only a comment -->", HEIGHT_MIN),
        ("<p>one</p>", HEIGHT_MIN),
        ('<div style="height:500px"></div>', 515),
        ('<div style="padding:100px 0 200px">x</div>', 330),
        ('<div style="margin:100px 0 200px;line-height:20px">x</div>', 330),
        ('<div style="display:none;height:900px"></div>', HEIGHT_MIN),
        ('<table><tr><td style="height:300px"></td><td style="height:400px"></td></tr></table>', 412),
        ('<img height="1000">', 1030),
        ("a<!-- b -->" + "<br>" * 20, 412),
        ('<div style="padding-top:300px;padding-bottom:0"></div>', 309),
        ('<div style="height:99999px"></div>', HEIGHT_MAX),
    ],
)
def test_boxes_are_added_up(html: str, expected: int) -> None:
    """Heights, paddings and margins one below the other, cells side by side, hidden ones not at all."""
    assert frame_height(html, 375) == expected


def test_a_narrow_frame_is_taller() -> None:
    """The same words take more lines."""
    letter = "<p>" + "sana " * 2000 + "</p>"

    assert frame_height(letter, 320) > frame_height(letter, 600) > HEIGHT_MIN


@given(st.text(max_size=300), st.sampled_from([320, 1024]))
def test_whatever_the_mail_is_a_height_is_given(html: str, width: int) -> None:
    """A broken mail is shown too."""
    assert HEIGHT_MIN <= frame_height(html, width) <= HEIGHT_MAX
