from dataclasses import replace
from pathlib import Path

import pytest
from lxml import html as lxml_html

from newsletter.errors import Place, TemplateError
from newsletter.language.finnish import engine_at_hand
from newsletter.language.hyphens import SOFT_HYPHEN
from newsletter.render.edition import render_edition
from newsletter.render.letter import letter_of
from newsletter.render.templates import Templates
from tests.render.samples import BRAND, PUBLICATION, TEMPLATES, sample_edition, sample_templates, with_item


def test_letter_is_the_same_through_the_door() -> None:
    """The process behind the door makes the same message as this one would."""
    # No word in it is long enough to break: who breaks it where is not what this is about.
    edition = with_item(title="Lyhyt otsikko")

    assert render_edition(edition, publication=PUBLICATION, brand=BRAND, templates=sample_templates()) == letter_of(
        edition, publication=PUBLICATION, brand=BRAND.model_dump(), folder=TEMPLATES, shown_as=TEMPLATES
    )


def test_template_without_end_is_stopped(tmp_path: Path) -> None:
    """A template that would fill the memory ends in an error that names it, and the next letter is made."""
    for path in TEMPLATES.glob("*.j2"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    swelling = "{% set x = namespace(n='ab') %}{% for i in range(99) %}{% set x.n = x.n * 9 %}{% endfor %}"
    (tmp_path / "edition.mjml.j2").write_text(swelling, encoding="utf-8")
    templates = Templates(tmp_path, shown_as=Path("templates"))

    with pytest.raises(TemplateError, match="took more than 300 MiB of memory") as caught:
        render_edition(sample_edition(), publication=PUBLICATION, brand=BRAND, templates=templates)
    assert caught.value.place == Place(path=Path("templates/edition.mjml.j2"), line=1, column=1)
    assert render_edition(sample_edition(), publication=PUBLICATION, brand=BRAND, templates=sample_templates()).html


def test_long_words_of_headings_alone_may_break() -> None:
    """A long compound breaks on a phone in a heading; subject, title, lead, text and addresses never hold the mark."""
    if engine_at_hand() is None:
        pytest.skip("neither libvoikko nor pyvoikko is installed")
    long = "Elinvoimaverkostohankkeen"
    broken = long.replace("voima", "|voima|").replace("hankkeen", "|hankkeen").replace("|", SOFT_HYPHEN)
    edition = with_item(title=f"{long} alku", lead=f"{long} lead", link=f"https://malli.example/{long}")
    edition = replace(edition, words=replace(edition.words, subject=long, preheader=long, greeting=long))

    rendered = render_edition(edition, publication=PUBLICATION, brand=BRAND, templates=sample_templates())

    page = lxml_html.fromstring(rendered.html)
    assert [element.tag for element in page.iter() if SOFT_HYPHEN in (element.text or "")] == ["a"]
    assert page.xpath("string(//h3/a)") == f"{broken} alku"
    assert SOFT_HYPHEN not in rendered.subject + rendered.preheader + rendered.text
    assert not [value for element in page.iter() for value in element.attrib.values() if SOFT_HYPHEN in value]
