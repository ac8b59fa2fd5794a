"""A mail as programs show it that darken it by themselves."""

import pytest

from newsletter.render.brand import CONTRAST_MIN, PAIRS, LightPalette, contrast, in_other_colours, read_brand
from newsletter.web.messages.choices import Choices, Scheme
from newsletter.web.messages.darkened import darkened, turned
from newsletter.web.messages.frame import framed
from tests.render.samples import TEMPLATES


@pytest.mark.parametrize(
    ("colour", "is_ground", "is_whole", "shown"),
    [
        ("#ffffff", True, False, "#181818"),
        ("#FFFFFF", True, True, "#181818"),
        ("#000000", False, False, "#f9f9f9"),
        ("#000000", True, False, "#000000"),
        ("#ffffff", False, False, "#ffffff"),
        ("#000000", True, True, "#f9f9f9"),
        ("#0b5563", False, False, "#7aafbd"),
    ],
)
def test_lightness_is_turned_over_and_the_hue_stays(
    colour: str, shown: str, *, is_ground: bool, is_whole: bool
) -> None:
    """Light grounds become dark and dark words light; a whole inversion turns what is dark already, too."""
    assert turned(colour, is_ground=is_ground, is_whole=is_whole) == shown


@pytest.mark.parametrize("is_whole", [False, True])
@pytest.mark.parametrize("look", ["office", "magazine", "plain"])
def test_every_look_can_be_read_in_it(look: str, *, is_whole: bool) -> None:
    """Words stand out 4.5:1 from their ground in each look's colours and in another organisation's."""
    own = read_brand(TEMPLATES / "brand.toml", look=look)

    def seen(palette: LightPalette, text: str, behind: str) -> float:
        words = turned(getattr(palette, text), is_ground=False, is_whole=is_whole)
        return contrast(words, turned(getattr(palette, behind), is_ground=True, is_whole=is_whole))

    found = [(*pair, seen(one.light, *pair)) for one in (own, in_other_colours(own)) for pair in PAIRS]
    assert [one for one in found if one[2] < CONTRAST_MIN] == []


def test_colours_are_changed_wherever_a_mail_has_them() -> None:
    """In styles of elements, in sheets and in attributes; addresses and words stay."""
    mail = (
        "<html><head><style>.a { color: #000000 !important; border-top: 1px solid #ffffff }</style></head>"
        '<body bgcolor="#ffffff" style="background:#ffffff;color:#000000"><a href="https://x.fi/#ffffff">#ffffff</a>'
    )

    assert darkened(mail, is_whole=False) == (
        "<html><head><style>.a { color: #f9f9f9 !important; border-top: 1px solid #181818 }</style>"
        "<style>html{background:#181818;color:#f9f9f9}</style></head>"
        '<body bgcolor="#181818" style="background:#181818;color:#f9f9f9"><a href="https://x.fi/#ffffff">#ffffff</a>'
    )


@pytest.mark.parametrize("scheme", [Scheme.GMAIL, Scheme.OUTLOOK])
def test_the_preview_shows_it_without_the_dark_colours_of_the_mail(scheme: Scheme) -> None:
    """These programs do not ask for them."""
    page = framed(
        "<head><style>@media (prefers-color-scheme: dark) {p {color: #ffffff}}</style></head>", Choices(scheme=scheme)
    )

    assert "@media (min-width: 999999px)" in page
    assert "html{background:#181818" in page
