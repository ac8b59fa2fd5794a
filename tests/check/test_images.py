from dataclasses import replace

import pytest

from newsletter.check.images import CHECKS
from newsletter.check.page.reading import CheckInput, ImageFile
from newsletter.check.page.rules import Hit
from tests.check.samples import GOOD, with_body
from tests.check.table import Case, hits, untested

LOGO = "https://www.seutu.fi/logo.png"


def with_image(source: str, width: str = ' width="10"') -> CheckInput:
    """Give the good edition with one more image."""
    return with_body(f'<img src="{source}" alt="Tori"{width}>')


def with_file(size_bytes: int, width_pixels: int = 240) -> CheckInput:
    """Give the good edition whose logo was measured; it is shown 120 pixels wide."""
    return replace(GOOD, images=(ImageFile(source=LOGO, size_bytes=size_bytes, width_pixels=width_pixels),))


CASES: list[Case] = [
    ("image-address", GOOD, ()),
    ("image-address", with_image("cid:logo@seutu"), ()),
    ("image-address", with_image("data:image/png;base64,AAAA"), ()),
    *(
        ("image-address", with_image(source), (Hit(facts={"source": source}),))
        for source in (
            "kuvat/tori.jpg",
            "",
            "//seutu.fi/a.png",
            "http://seutu.fi/a.png",
            "https:///a.png",
            "https://[/",
        )
    ),
    ("image-from-foreign-host", GOOD, ()),
    ("image-from-foreign-host", with_image("kuvat/tori.jpg"), ()),
    (
        "image-from-foreign-host",
        with_body(
            '<img src="https://mitta.fi/a.png" alt=""><table background="http://tausta.fi/b.png"></table>'
            "<p style=\"background:url('https://tyyli.fi/c.png')\"></p><style>a{background:url(https://mitta.fi/d)}</style>"
        ),
        tuple(Hit(facts={"host": host}) for host in ("mitta.fi", "tausta.fi", "tyyli.fi")),
    ),
    ("image-without-width", GOOD, ()),
    (
        "image-without-width",
        with_body('<img src="a" alt=""><img src="a" alt="" width="100%"><img src="a" alt="" width=" 10 ">'),
        (Hit(facts={"count": "2"}),),
    ),
    ("image-kind", GOOD, ()),
    ("image-kind", with_image("https://www.seutu.fi/tori.JPG?koko=webp"), ()),
    (
        "image-kind",
        with_image("https://www.seutu.fi/tori.WebP?v=2"),
        (Hit(facts={"source": "https://www.seutu.fi/tori.WebP?v=2", "kind": "webp"}),),
    ),
    (
        "image-kind",
        with_image("data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB"),
        (Hit(facts={"source": "data:image/png;base64,iVBORw0KGgoAAAANS…", "kind": "data"}),),
    ),
    ("image-too-heavy", with_file(1_048_576), ()),
    (
        "image-too-heavy",
        with_file(1_048_577),
        (Hit(facts={"source": LOGO, "size": "1048", "limit": "1048"}),),
    ),
    ("image-heavy", with_file(100_000), ()),
    ("image-heavy", with_file(1_048_577), ()),
    ("image-heavy", with_file(1_048_576), (Hit(facts={"source": LOGO, "size": "1048", "limit": "100"}),)),
    ("image-heavy", with_file(100_001), (Hit(facts={"source": LOGO, "size": "100", "limit": "100"}),)),
    ("images-heavy-together", with_file(800_000), ()),
    (
        "images-heavy-together",
        replace(GOOD, images=with_file(800_000).images + with_file(1_000).images),
        (Hit(facts={"size": "801", "limit": "800"}),),
    ),
    ("image-sharpness", GOOD, ()),
    ("image-sharpness", with_file(1, width_pixels=120), ()),
    ("image-sharpness", with_file(1, width_pixels=360), ()),
    (
        "image-sharpness",
        replace(with_image("cid:a", ""), images=(ImageFile(source="cid:a", size_bytes=1, width_pixels=1),)),
        (),
    ),
    *(
        (
            "image-sharpness",
            with_file(1, width_pixels=width),
            (Hit(facts={"source": LOGO, "natural": str(width), "shown": "120"}),),
        )
        for width in (119, 361)
    ),
]


@pytest.mark.parametrize(("code", "given", "expected"), CASES)
def test_a_check_finds_what_it_is_for(code: str, given: CheckInput, expected: tuple[Hit, ...]) -> None:
    """Each check finds its culprits with facts and place, and nothing in an edition that has none."""
    assert hits(CHECKS, code, given) == expected


def test_every_check_has_a_case_of_both_kinds() -> None:
    """No check is without an edition that it finds fault with and one that it does not."""
    assert untested(CHECKS, CASES) == set()
