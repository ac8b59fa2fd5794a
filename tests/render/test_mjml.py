from pathlib import Path

import pytest

from newsletter.errors import Place, TemplateError
from newsletter.render.mjml import CompiledMjml, MjmlWarning, compile_mjml


def test_door_gives_html_and_warnings() -> None:
    """What the process behind the door makes arrives here whole."""
    compiled = compile_mjml("<mjml owa='x'><mj-body></mj-body></mjml>", template_name="t.mjml")

    assert isinstance(compiled, CompiledMjml)
    assert compiled.html.startswith("<!doctype html>")
    assert compiled.warnings == (
        MjmlWarning(
            message="The compiler ignores the attribute 'owa' of mjml.", line=1, column=7, template_name="t.mjml"
        ),
    )


def test_door_gives_errors_with_their_place() -> None:
    """An error arrives as the error it was there, with message, place and hint."""
    with pytest.raises(TemplateError) as caught:
        compile_mjml("<mjml>\n<mj-bdy/></mjml>", template_name="t.mjml")

    error = caught.value
    assert (error.message, error.place, error.hint) == (
        "There is no tag 'mj-bdy' in MJML.",
        Place(path=Path("t.mjml"), line=2, column=1),
        "Did you mean mj-body?",
    )
