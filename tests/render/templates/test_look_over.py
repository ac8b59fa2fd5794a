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

    [problem] = check_template(path, shown_as=Path("a.mjml.j2"))

    assert (problem.message, problem.place) == (
        "Making this template took more than 300 MiB of memory.",
        Place(path=Path("a.mjml.j2"), line=1, column=1),
    )


def test_folder_is_looked_over_to_its_end(tmp_path: Path) -> None:
    """A template without end is one problem of that file, and the others are told as ever."""
    (tmp_path / "a.mjml.j2").write_text(
        "{% set x = namespace(n='ab') %}{% for i in range(99) %}{% set x.n = x.n * 9 %}{% endfor %}"
    )
    (tmp_path / "b.mjml.j2").write_text("{{ x|nosuch }}")

    problems = check_templates(tmp_path, shown_as=Path("t"))

    assert {name: [str(problem)[:30] for problem in found] for name, found in problems.items()} == {
        "a.mjml.j2": ["t/a.mjml.j2:1:1: error: Making"],
        "b.mjml.j2": ["t/b.mjml.j2:1:6: error: Templa"],
    }


def test_all_mistakes_of_a_template_are_told(tmp_path: Path) -> None:
    """Filters, tests, files, tags, addresses and loose text: each has its line, and none hides another."""
    named = '{{ x|nosuch }}\n{% include "b" %}\n{% if x is nosuch %}{{ y|neither }}{% endif %}'
    named += '{% include "c" ignore missing %}'
    tags = '<mj-tetx/>\nloose\n<mj-text><a href="javascript:x">a</a>\n<script>b</script></mj-text>\n<mj-body/>'

    assert [shown.partition(" (")[0] for shown in found(tmp_path, named)] == [
        "t/a.mjml.j2:1:6: error: Template syntax: No filter named 'nosuch'.",
        "t/a.mjml.j2:2:13: error: There is no template 'b'.",
        "t/a.mjml.j2:3:12: error: Template syntax: No test named 'nosuch'.",
        "t/a.mjml.j2:3:26: error: Template syntax: No filter named 'neither'.",
    ]
    assert [shown.partition(" (")[0] for shown in found(tmp_path, LETTER.format(tags), "b.mjml.j2")] == [
        "t/b.mjml.j2:2:1: error: There is no tag 'mj-tetx' in MJML.",
        "t/b.mjml.j2:3:1: error: Text stands directly in mj-column: 'loose'.",
        "t/b.mjml.j2:4:13: error: The href of 'a' has an address that no mail may have.",
        "t/b.mjml.j2:5:1: error: script cannot stand in HTML.",
        "t/b.mjml.j2:6:1: error: mj-body cannot stand in mj-column; it belongs in mjml.",
    ]


def test_no_python_is_shown(tmp_path: Path) -> None:
    """Where made-up values do not fit, the person is told what to do, and nothing of the program."""
    assert found(tmp_path, "{% for key, value in x.items() %}{{ key }}{% endfor %}") == [
        "t/a.mjml.j2:1:1: warning: Its values are needed to look at the rest. (Use `newsletter template render`.)"
    ]


@pytest.mark.parametrize(("letters", "warned"), [(1_000, False), (110_000, True)])
def test_letter_that_gmail_cuts_off_is_told(tmp_path: Path, letters: int, warned: bool) -> None:  # noqa: FBT001 - a table's column
    """More than 102,400 bytes of HTML is a warning, with the size."""
    path = tmp_path / "a.mjml"
    path.write_text(LETTER.format("<mj-text>{{ x }}</mj-text>"), encoding="utf-8")

    made = look_over._rendered(path, {"x": "a" * letters}, Path("a.mjml"), is_text=False)

    said = [f"The HTML has {len(made.body.encode()):,} bytes; Gmail cuts off what is beyond 102,400."] if warned else []
    assert [problem.message for problem in made.warnings] == said


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
