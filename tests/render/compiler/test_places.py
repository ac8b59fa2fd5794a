from pathlib import Path

import pytest

from newsletter.errors import Place, TemplateError
from newsletter.render.compiler.mrml import compile_rendered
from newsletter.render.compiler.places import Rendered
from newsletter.render.templates.environment import Templates


def templates(folder: Path, **files: str) -> Templates:
    """Write templates, `a__b` for `a.b`, and give the folder's environment."""
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return Templates(folder, shown_as=Path("t"))


def place(name: str, line: int, column: int) -> Place:
    """Name a place as the tests' templates are shown."""
    return Place(path=Path("t") / name, line=line, column=column)


def test_every_tag_knows_where_it_was_written(tmp_path: Path) -> None:
    """Loops, macros, blocks and included files carry the places of their tags along, and the text has no mark."""
    made = templates(
        tmp_path,
        base__mjml__j2="<a>\n{% block b %}{% endblock %}</a>",
        m__mjml__j2="{% macro m(x) %}\n  <m>{{ x }}</m>{% endmacro %}",
        i__mjml__j2="<!-- x -->\n<i></i>",
        a__mjml__j2='{% extends "base.mjml.j2" %}\n{% import "m.mjml.j2" as p %}\n{% block b %}\n'
        '{% for x in "yz" %}{{ p.m(x) }}{% endfor %}\n {% include "i.mjml.j2" %}{% endblock %}',
    )

    rendered = made.rendered("a.mjml.j2", {})

    assert rendered.text == "<a>\n  <m>y</m>  <m>z</m><!-- x -->\n<i></i></a>"
    offsets, places = rendered.tags()
    assert places == [
        place("base.mjml.j2", 1, 1),
        place("m.mjml.j2", 2, 3),
        place("m.mjml.j2", 2, 13),
        place("m.mjml.j2", 2, 3),
        place("m.mjml.j2", 2, 13),
        place("i.mjml.j2", 1, 1),
        place("i.mjml.j2", 2, 1),
        place("i.mjml.j2", 2, 4),
        place("base.mjml.j2", 2, 28),
    ]
    assert [rendered.text[offset : offset + 2] for offset in offsets] == [
        "<a",
        "<m",
        "</",
        "<m",
        "</",
        "<!",
        "<i",
        "</",
        "</",
    ]


def test_same_text_twice_has_two_places(tmp_path: Path) -> None:
    """A comment or a value that looks like a tag is not taken for one that the template writes."""
    made = templates(tmp_path, a__mjml__j2='{# <b> #}{{ "<b>" }}\r\n{{ "<b>"|source_html }}<b></b>')

    rendered = made.rendered("a.mjml.j2", {})

    assert rendered.tags()[1] == [place("a.mjml.j2", 2, 24), place("a.mjml.j2", 2, 27)]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("{{ m()|source_html }}", "<b>x</b>"),
        ("{{ m()|string|upper }}", "<B>X</B>"),
        ("{{ m()[:4] }}", ""),
        ("{{ '%s'|format(m()) }}", "&#60;b&#62;x&#60;/b&#62;"),
        ("{{ m()|e }}", "<b>x</b>"),
    ],
)
def test_no_mark_is_left_whatever_a_template_does_to_a_piece(tmp_path: Path, expression: str, expected: str) -> None:
    """Filters that change, cut or escape what a macro made cannot bring a mark into the letter."""
    made = templates(tmp_path, a__mjml__j2="{% macro m() %}<b>x</b>{% endmacro %}" + expression)

    assert made.render("a.mjml.j2", {}) == expected


def test_error_of_the_mjml_names_the_template_that_wrote_it(tmp_path: Path) -> None:
    """What is found in the rendered MJML is told with the line and column of the template, also of an included one."""
    made = templates(
        tmp_path,
        a__mjml__j2='<mjml><mj-body>{% for x in range(3) %}\n\n{% endfor %}{% include "b.mjml.j2" %}</mj-body></mjml>',
        b__mjml__j2="\n  <mj-secton></mj-secton>",
    )

    with pytest.raises(TemplateError, match="There is no tag 'mj-secton'") as caught:
        compile_rendered(made.rendered("a.mjml.j2", {}), template_name="t/a.mjml.j2")
    assert caught.value.place == place("b.mjml.j2", 2, 3)


def test_warning_of_the_mjml_names_the_template_that_wrote_it(tmp_path: Path) -> None:
    """The same holds for warnings."""
    made = templates(tmp_path, a__mjml__j2='{{ "\n" }}\n<mjml>\n <mj-body widht="3px"></mj-body></mjml>')

    compiled = compile_rendered(made.rendered("a.mjml.j2", {}), template_name="t/a.mjml.j2")

    assert [str(warning) for warning in compiled.warnings] == [
        "t/a.mjml.j2:4:11: mj-body has no attribute 'widht', so it is ignored. Did you mean 'width'?"
    ]


@pytest.mark.parametrize(
    ("content", "line", "column"),
    [
        ("a\nb < c", 3, 3),
        ("a {{ x }}\nb < c", 3, 3),
        ("{{ x }}{{ x }}\n&nbsp; b &#0; c", 3, 10),
        ("{% for i in x %}\n\n{{ i }} ]]> {% endfor %}", 4, 9),
        ("a\n{% include 'i.mjml.j2' %}\n b < c", 4, 4),
        ("<img\n title='{{ x }}'\n src='javascript:x'>", 2, 1),
        ("<img\n title='x'\n src='javascript:x'>", 4, 2),
        ("<i>{{ x }}</i>\n<!-- {{ x }}", 3, 1),
        ("{{ x }}\n<!DOCTYPE x>", 3, 1),
    ],
)
def test_mistake_behind_values_is_told_where_it_was_written(
    tmp_path: Path, content: str, line: int, column: int
) -> None:
    """Values with lines of their own do not move the place; where they hide an attribute, the place is the tag's."""
    before = "<mjml><mj-body><mj-section><mj-column><mj-text>"
    letter = f"{before}\n{content}</mj-text></mj-column></mj-section></mj-body></mjml>"
    made = templates(tmp_path, a__mjml__j2=letter, i__mjml__j2="<b>i</b>\n\n")

    with pytest.raises(TemplateError) as caught:
        compile_rendered(made.rendered("a.mjml.j2", {"x": "1\n2\n3"}), template_name="t/a.mjml.j2")
    assert caught.value.place == place("a.mjml.j2", line, column)


def test_place_that_no_template_wrote_is_said_to_be_one() -> None:
    """MJML without marks keeps its own lines, and the message says what they are lines of."""
    with pytest.raises(TemplateError, match=r"line and column are of the rendered MJML") as caught:
        compile_rendered(Rendered(text="<mjml>\n<mj-bdy/></mjml>"), template_name="t/a.mjml.j2")
    assert caught.value.place == place("a.mjml.j2", 2, 1)

    compiled = compile_rendered(Rendered(text='<mjml owa="x"><mj-body/></mjml>'), template_name="t/a.mjml.j2")
    assert [str(warning) for warning in compiled.warnings] == [
        "t/a.mjml.j2:1:7: The compiler ignores the attribute 'owa' of mjml. (line and column are of the rendered MJML)"
    ]


def test_tag_left_open_is_told_with_the_place_that_opened_it(tmp_path: Path) -> None:
    """Both ends of a mistake in nesting are places in templates, also where the last line is meant."""
    made = templates(tmp_path, a__mjml__j2="{% for x in range(3) %}\n\n{% endfor %}<mjml>\n <mj-body>\n</mjml>")

    with pytest.raises(TemplateError, match=r"mj-body \(opened at t/a\.mjml\.j2:4:2\) and mjml") as caught:
        compile_rendered(made.rendered("a.mjml.j2", {}), template_name="t/a.mjml.j2")
    assert caught.value.place == place("a.mjml.j2", 5, 1)
