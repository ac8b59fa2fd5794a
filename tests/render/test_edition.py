from pathlib import Path

import pytest

from newsletter.errors import Place, TemplateError
from newsletter.render.edition import render_edition
from newsletter.render.letter import letter_of
from newsletter.render.templates import Templates
from tests.render.samples import BRAND, PUBLICATION, TEMPLATES, sample_edition, sample_templates


def test_letter_is_the_same_through_the_door() -> None:
    """The process behind the door makes the same message as this one would."""
    edition = sample_edition()

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
