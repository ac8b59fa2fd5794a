from pathlib import Path

import pytest

from newsletter.errors import Place, TemplateError
from newsletter.render.templates import look_over
from newsletter.render.templates.look_over import Problem, check_template, check_templates, render_template
from tests.render.samples import TEMPLATES

LETTER = "<mjml><mj-body><mj-section><mj-column>\n{}</mj-column></mj-section></mj-body></mjml>"


def found(folder: Path, text: str, name: str = "a.mjml.j2") -> list[str]:
    """Write a template and look it over, in this process."""
    (folder / name).write_text(text, encoding="utf-8")
    return [str(problem) for problem in look_over._checked(folder, Path("t"), name)]


def test_our_own_templates_are_in_order() -> None:
    """Every template of the repository passes with any values, on both sides of its conditions."""
    problems = check_templates(TEMPLATES, shown_as=Path("t"))

    assert set(problems) == {path.name for path in TEMPLATES.glob("*.j2")}
    assert {name: found for name, found in problems.items() if found} == {}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("<mj-text>{{ x|nosuch }}</mj-text>", "2:15: error: Template syntax: No filter named 'nosuch'."),
        ("<mj-text>{% if %}</mj-text>", "2:10: error: Template syntax: Expected an expression"),
        ('{% include "b" %}', "2:13: error: There is no template 'b'."),
        ("{% if x %}<mj-tetx/>{% endif %}", "2:11: error: There is no tag 'mj-tetx' in MJML."),
        ("{% if x %}{% else %}<mj-tetx/>{% endif %}", "2:21: error: There is no tag 'mj-tetx' in MJML."),
        ("{% if x.y is defined %}{% else %}<mj-tetx/>{% endif %}", "2:34: error: There is no tag 'mj-tetx' in MJML."),
        (
            "{% for a in b.c(1)[2] %}<mj-text colour='x'>{{ a + 1 }}</mj-text>{% endfor %}",
            "2:34: warning: mj-text has no",
        ),
        ("<mj-text color='{{ x }}' padding='{{ y }}px'>x</mj-text><mj-button href='{{ x }}:y'>x</mj-button>", None),
        ("<mj-text>{% if x > 3 %}{{ x|int * 2 + x|float }}{% endif %}{{ range(x)|list|length }}</mj-text>", None),
        ("{% for key, value in x.items() %}{{ key }}{% endfor %}", "2:1: warning: Its values are needed to look at"),
        ("<mj-text>{{ x|join(', ') }}{{ x|upper }}{{ x ~ 'y' }}{{ x|length }}{{ x|first }}</mj-text>", None),
    ],
)
def test_mistakes_show_without_values(tmp_path: Path, content: str, problem: str | None) -> None:
    """A template is looked at with anything as its values, true and false, and each mistake has its place."""
    problems = found(tmp_path, LETTER.format("").replace("\n", "\n" + content, 1))

    if problem is None:
        assert problems == []
    else:
        assert [shown.startswith(f"t/a.mjml.j2:{problem}") for shown in problems] == [True]


def test_mistake_in_a_frame_is_told_once(tmp_path: Path) -> None:
    """What both kinds of values show is one problem."""
    assert found(tmp_path, "<mjml><mj-body><div>{{ x }}</div></mj-body></mjml>") == [
        "t/a.mjml.j2:1:16: error: There is no tag 'div' in MJML. (HTML belongs into mj-text or mj-raw.)"
    ]


def test_piece_and_text_are_looked_over_as_what_they_are(tmp_path: Path) -> None:
    """A file of macros makes no letter, and text is no MJML; their syntax counts."""
    assert found(tmp_path, "{% macro m() %}<mj-tetx/>{% endmacro %}", "m.mjml.j2") == []
    assert found(tmp_path, "a < b <mjml {{ x }}", "a.txt.j2") == []
    assert found(tmp_path, "{{ x", "b.txt.j2")[0].startswith("t/b.txt.j2:1:1: error: Template syntax:")


def test_template_is_looked_over_within_the_limits(tmp_path: Path) -> None:
    """A loop without end is told and leaves no process busy."""
    path = tmp_path / "a.mjml.j2"
    path.write_text("{% set x = namespace(n='ab') %}{% for i in range(99) %}{% set x.n = x.n * 9 %}{% endfor %}")

    with pytest.raises(TemplateError) as caught:
        check_template(path, shown_as=Path("a.mjml.j2"))
    assert (caught.value.message, caught.value.place) == (
        "Making this template took more than 300 MiB of memory.",
        Place(path=Path("a.mjml.j2"), line=1, column=1),
    )


def rendered(path: Path, context: dict[str, object], *, is_text: bool = False) -> str:
    """Fill a template in this process."""
    return look_over._rendered(path, context, Path("t") / path.name, is_text=is_text).body


def test_template_is_filled_with_values(tmp_path: Path) -> None:
    """Values stay values, in HTML and in text, and warnings come along."""
    path = tmp_path / "a.mjml"
    path.write_text(LETTER.format("<mj-text colour='x'>{{ x }}</mj-text>"), encoding="utf-8")

    made = render_template(path, {"x": "ä <b>"}, shown_as=Path("a.mjml"))

    assert "ä &#60;b&#62;" in made.body
    assert made.warnings == (
        Problem(
            is_error=False,
            message="mj-text has no attribute 'colour', so it is ignored. Did you mean 'color'?",
            place=Place(path=Path("a.mjml"), line=2, column=10),
        ),
    )


def test_looking_over_leaves_templates_as_they_were(tmp_path: Path) -> None:
    """A template that was looked over still tells what is defined from what is not when it is filled."""
    path = tmp_path / "a.mjml.j2"
    asks = "<mj-text>{% if x is defined %}known{% else %}unknown{% endif %}</mj-text>"
    path.write_text(LETTER.format(asks), encoding="utf-8")
    check_template(path, shown_as=path)

    assert ">unknown<" in render_template(path, {}, shown_as=path).body


def test_text_comes_from_the_text_template_beside(tmp_path: Path) -> None:
    """Asked for text, an MJML template gives what its text template makes, or the words of its HTML."""
    path = tmp_path / "a.mjml.j2"
    path.write_text(LETTER.format("<mj-text><p>{{ x }}</p></mj-text>"), encoding="utf-8")
    from_html = rendered(path, {"x": "a & b"}, is_text=True)
    (tmp_path / "a.txt.j2").write_text("\nx: {{ x }}\n\n", encoding="utf-8")

    assert (from_html, rendered(path, {"x": "a & b"}, is_text=True)) == ("a & b\n", "x: a & b\n")


@pytest.mark.parametrize(("name", "is_text"), [("a.txt.j2", False), ("a.txt", False), ("a.j2", True)])
def test_text_template_gives_text(tmp_path: Path, name: str, is_text: bool) -> None:  # noqa: FBT001 - a table's column
    """A template that makes no MJML is plain text where its name or the person says so."""
    (tmp_path / name).write_text("x: {{ x }}", encoding="utf-8")

    assert rendered(tmp_path / name, {"x": "a & <b>"}, is_text=is_text) == "x: a & <b>\n"


def test_values_nested_too_deeply_are_told(tmp_path: Path) -> None:
    """Values that cannot even be handed over are a mistake in the values."""
    value: list[object] = []
    for _ in range(100_000):
        value = [value]
    path = tmp_path / "a.mjml"
    path.write_text("{{ x }}")

    with pytest.raises(TemplateError, match="nested too deeply"):
        render_template(path, {"x": value}, shown_as=path)
    while value:
        value = value.pop()  # type: ignore[assignment]  # taken apart here: Python does it by recursion
