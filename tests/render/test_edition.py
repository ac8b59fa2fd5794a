from dataclasses import replace
from pathlib import Path

import pytest
from lxml import html as lxml_html

from newsletter.domain.picture import Picture
from newsletter.errors import Place, TemplateError
from newsletter.language.finnish import engine_at_hand
from newsletter.language.hyphens import SOFT_HYPHEN
from newsletter.render.brand import Logo, Social
from newsletter.render.edition import render_edition
from newsletter.render.make_message import make_message
from tests.render.samples import (
    ADVISERS,
    BRAND,
    ISSUE,
    ITEMS,
    PUBLICATION,
    SV,
    TEMPLATES,
    sample_edition,
    with_item,
)


def test_letter_is_the_same_through_the_door() -> None:
    """The process behind the door makes the same message as this one would."""
    # No word in it is long enough to break: who breaks it where is not what this is about.
    edition = with_item(title="Lyhyt otsikko")

    assert render_edition(edition, publication=PUBLICATION, brand=BRAND, templates=TEMPLATES) == make_message(
        edition, publication=PUBLICATION, brand=BRAND.model_dump(), folder=TEMPLATES, shown_as=TEMPLATES
    )


def test_template_without_end_is_stopped(tmp_path: Path) -> None:
    """A template that would fill the memory ends in an error that names it, and the next letter is made."""
    for path in TEMPLATES.glob("*.j2"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    swelling = "{% set x = namespace(n='ab') %}{% for i in range(99) %}{% set x.n = x.n * 9 %}{% endfor %}"
    (tmp_path / "edition.mjml.j2").write_text(swelling, encoding="utf-8")

    with pytest.raises(TemplateError, match="took more than 300 MiB of memory") as caught:
        render_edition(
            sample_edition(), publication=PUBLICATION, brand=BRAND, templates=tmp_path, shown_as=Path("templates")
        )
    assert caught.value.place == Place(path=Path("templates/edition.mjml.j2"), line=1, column=1)
    assert render_edition(sample_edition(), publication=PUBLICATION, brand=BRAND, templates=TEMPLATES).html


def test_long_words_of_headings_alone_may_break() -> None:
    """A long compound breaks on a phone in a heading; subject, title, lead, text and addresses never hold the mark."""
    if engine_at_hand() is None:
        pytest.skip("neither libvoikko nor pyvoikko is installed")
    long = "Elinvoimaverkostohankkeen"
    broken = long.replace("voima", "|voima|").replace("hankkeen", "|hankkeen").replace("|", SOFT_HYPHEN)
    edition = with_item(title=f"{long} alku", lead=f"{long} lead", link=f"https://malli.example/{long}")
    edition = replace(edition, words=replace(edition.words, subject=long, preheader=long, greeting=long))

    rendered = render_edition(edition, publication=PUBLICATION, brand=BRAND, templates=TEMPLATES)

    page = lxml_html.fromstring(rendered.html)
    assert [element.tag for element in page.iter() if SOFT_HYPHEN in (element.text or "")] == ["h3"]
    assert page.xpath("string(//h3)") == f"{broken} alku"
    assert SOFT_HYPHEN not in rendered.subject + rendered.preheader + rendered.text
    assert not [value for element in page.iter() for value in element.attrib.values() if SOFT_HYPHEN in value]


def drawn(name: str, width: int, height: int) -> Picture:
    """Stand in for a picture of a size."""
    return Picture(name=name, media_type="image/png", content=name.encode(), width_pixels=width, height_pixels=height)


def test_pictures_are_shown_in_their_place_and_travel_with_the_letter() -> None:
    """Each has width, height and alt, no wider than its place; the letter carries those it shows, in their order."""
    lead, other, unused = drawn("a.png", 1040, 780), drawn("b.png", 200, 100), drawn("c.png", 10, 10)
    logo = drawn("logo.png", 240, 80)
    items = [
        replace(ITEMS[0], image="a.png", image_alt="Halli & <piha>"),
        replace(ITEMS[1], image="b.png", image_alt="", language=SV),
        replace(ITEMS[10], image="a.png", image_alt="Sama halli"),
        ITEMS[2],
    ]
    edition = sample_edition(
        replace(ISSUE, items={item.key: item for item in items}, order={ADVISERS: tuple(item.key for item in items)})
    )
    brand = BRAND.model_copy(update={"logo": Logo(file="logo.png", width_pixels=120, alt="Malli")})

    message = render_edition(
        edition,
        publication=PUBLICATION,
        brand=brand,
        templates=TEMPLATES,
        pictures={"b.png": other, "c.png": unused, "a.png": lead, "logo.png": logo},
    )

    shown = [
        (one.get("src"), one.get("width"), one.get("height"), one.get("alt"), one.get("lang"))
        for one in lxml_html.fromstring(message.html).iter("img")
    ]
    assert shown == [
        (logo.source, "120", "40", "Malli", None),
        (lead.source, "200", "150", "Halli & <piha>", None),
        (lead.source, "140", "105", "Sama halli", None),
        (other.source, "200", "100", "", "sv"),
    ]
    assert message.pictures == (logo, lead, other)
    assert "[Kuva: Halli & <piha>]\n" in message.text
    assert message.text.count("[Kuva: ") == 2


def test_another_picture_is_another_letter() -> None:
    """What readers see is under the hash that is approved, to the last byte of a picture."""
    edition = with_item(image="a.png", image_alt="Halli")
    one, other = drawn("a.png", 10, 10), replace(drawn("a.png", 10, 10), content=b"muu")

    digests = {
        render_edition(
            edition, publication=PUBLICATION, brand=BRAND, templates=TEMPLATES, pictures={"a.png": picture}
        ).sha256
        for picture in (one, other, one)
    }

    assert len(digests) == 2


def test_social_places_are_links_of_words() -> None:
    """No icon is fetched from anybody; the text names them too."""
    brand = BRAND.model_copy(update={"social": (Social(name="LinkedIn", address="https://example.org/in"),)})

    message = render_edition(with_item(title="Lyhyt"), publication=PUBLICATION, brand=brand, templates=TEMPLATES)

    links = {one.get("href"): one.text for one in lxml_html.fromstring(message.html).iter("a")}
    assert links["https://example.org/in"] == "LinkedIn"
    assert "LinkedIn:\nhttps://example.org/in\n" in message.text
    assert "<img" not in message.html
