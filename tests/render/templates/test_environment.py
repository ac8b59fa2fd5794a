import os
from pathlib import Path

import pytest

from newsletter.errors import Place, TemplateError
from newsletter.render.templates.environment import Templates


def templates(folder: Path, **files: str) -> Templates:
    """Write templates, `a__b` for `a.b`, and give the folder's environment."""
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return Templates(folder, shown_as=Path("templates"))


def test_values_are_safe_wherever_they_stand(tmp_path: Path) -> None:
    """A value can end neither its attribute nor its tag, nor be a template; nothing at all is printed for none."""
    rendered = templates(tmp_path, a__mjml__j2='<b title="{{ x }}">{{ x }}</b>{{ empty }}{{ 5 }}').render(
        "a.mjml.j2", {"x": "<i>\"'{{ 7 }}\u00a0\x07", "empty": None}
    )

    safe = "&#60;i&#62;&#34;&#39;&#123;&#123; 7 &#125;&#125;&#160;"
    assert rendered == f'<b title="{safe}">{safe}</b>5'


def test_pieces_and_cleaned_html_are_not_escaped_again(tmp_path: Path) -> None:
    """What a macro or `source_html` made is markup; the values inside it were made safe when it was made."""
    rendered = templates(
        tmp_path,
        a__mjml__j2='{% import "b.mjml.j2" as b %}{{ b.title(x) }}{{ x|source_html }}{{ "*y*"|markdown }}',
        b__mjml__j2="{% macro title(x) %}<h3>{{ x }}</h3>{% endmacro %}",
    ).render("a.mjml.j2", {"x": "<b>ä</b><script>"})

    assert rendered == "<h3>&#60;b&#62;ä&#60;/b&#62;&#60;script&#62;</h3><b>ä</b><p><em>y</em></p>\n"


def test_a_dictionary_is_read_as_jinja_reads_it(tmp_path: Path) -> None:
    """A value is read by its name, a method comes before a value of the same name, and what is missing is an error."""
    made = templates(
        tmp_path, a__txt__j2="{{ d.x }} {{ d.keys()|list }} {{ d.__class__ is defined }}", b__txt__j2="{{ d.z }}"
    )
    d = {"x": 1, "keys": 2, "__class__": 3}

    assert made.render("a.txt.j2", {"d": d}) == "1 ['x', 'keys', '__class__'] False"
    with pytest.raises(TemplateError, match=r"has no attribute 'z'"):
        made.render("b.txt.j2", {"d": d})


def test_text_is_not_escaped(tmp_path: Path) -> None:
    """Plain text shows what was written, without soft hyphens and controls."""
    rendered = templates(tmp_path, a__txt__j2="{{ x }}|{{ empty }}|{{ y|wrapped(5) }}|{{ '*z*'|markdown }}").render(
        "a.txt.j2", {"x": "<b> & \u00ad\x07", "empty": None, "y": "aaa bbb"}
    )

    assert rendered == "<b> & ||aaa\nbbb|z"


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("\n{{ nimi }}", 2, 4, "The template uses what is not there: 'nimi' is undefined."),
        ("\n\n{{ x.puuttuu }}", 3, 6, "The template uses what is not there"),
        ("\n{% if nimi %}{% endif %}", 2, 7, "'nimi' is undefined"),
        ("\n{% for %}", 2, 1, "Template syntax:"),
        ("\n{{ x|safe }}", 2, 6, "Template syntax: No filter named 'safe'"),
        ("\n{{ lipsum() }}", 2, 4, "'lipsum' is undefined"),
        ('\n{% include "b.mjml.j2" %}', 2, 13, "There is no template 'b.mjml.j2'"),
        ('\n{% include "../b.mjml.j2" %}', 2, 13, "There is no template '../b.mjml.j2'"),
        ('\n{% include "/etc/passwd" %}', 2, 13, "There is no template '/etc/passwd'"),
        ("\n{{ x.__class__ }}", 2, 6, "unsafe"),
        ("\n{{ 1 / 0 }}", 2, 1, "The template fails on its values: division by zero."),
        ("\n{{ range(10000000) }}", 2, 1, "The template fails on its values: Range too big."),
        ("\n{# ei lopu", 2, 1, "Template syntax: Missing end of comment tag."),
        ("\n{% raw %}x", 2, 1, "Template syntax: Missing end of raw directive."),
        ("\nnimi {{ 1 }} {{ nimi }}", 2, 17, "'nimi' is undefined."),
        ("\n{{ x.nimi }}{{ nimi }}", 2, 6, "has no attribute 'nimi'."),
        ("\n{{ y.nimi }} {{ nimi }}", 2, 17, "'nimi' is undefined."),
        ("\n{% include 'a.mjml.j2' %}", 2, 1, "The template includes or calls itself without end"),
        (
            "\n{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
            2,
            1,
            "The template includes or calls itself without end",
        ),
        ("\n{% include '\\0' %}", 2, 1, "There is no template"),
        ("\n{% include 'a' * 5000 %}", 2, 1, "There is no template 'aaa"),
        ("\n{% include [5] %}", 2, 1, "There is no template 5."),
    ],
)
def test_mistake_is_told_with_template_and_line(
    tmp_path: Path, text: str, line: int, column: int, message: str
) -> None:
    """Whatever is wrong in a template or its values is one kind of error, with the place to look at."""
    with pytest.raises(TemplateError) as caught:
        templates(tmp_path, a__mjml__j2=text).render("a.mjml.j2", {"x": "arvo", "y": {"nimi": 1}})

    assert ".." not in caught.value.message.replace("../b", "")
    assert len(caught.value.message) < 300
    assert message in caught.value.message
    assert caught.value.place == Place(path=Path("templates/a.mjml.j2"), line=line, column=column)
    assert caught.value.hint


def test_mistake_in_a_piece_is_told_where_it_is(tmp_path: Path) -> None:
    """The place is the innermost template, not the one that imports it."""
    made = templates(
        tmp_path,
        a__mjml__j2='{% import "b.mjml.j2" as b %}\n\n{{ b.title() }}',
        b__mjml__j2="{% macro title() %}\n{{ nimi }}{% endmacro %}",
    )

    with pytest.raises(TemplateError) as caught:
        made.render("a.mjml.j2", {})
    assert caught.value.place == Place(path=Path("templates/b.mjml.j2"), line=2, column=4)


def test_folder_cannot_be_left_by_a_link(tmp_path: Path) -> None:
    """A symbolic link to a file outside the folder is no template."""
    folder = tmp_path / "templates"
    folder.mkdir()
    (tmp_path / "secret.j2").write_text("salaisuus", encoding="utf-8")
    (folder / "a.mjml.j2").symlink_to(tmp_path / "secret.j2")

    with pytest.raises(TemplateError, match="There is no template"):
        templates(folder).render("a.mjml.j2", {})


def test_missing_or_unreadable_template_is_named(tmp_path: Path) -> None:
    """A template that is not there, or no UTF-8, is an error that names it."""
    (tmp_path / "b.mjml.j2").write_bytes(b"\xe4")

    for name, message in (("a.mjml.j2", "There is no template 'a.mjml.j2'"), ("b.mjml.j2", "'b.mjml.j2' is no UTF-8")):
        with pytest.raises(TemplateError, match=message) as caught:
            templates(tmp_path).render(name, {})
        assert caught.value.place == Place(path=Path("templates") / name, line=1, column=1)


def test_letter_that_is_no_utf8_is_found_in_the_file_that_holds_it(tmp_path: Path) -> None:
    """The place is that of the first wrong byte, in the included file and not where it is included."""
    (tmp_path / "b.mjml.j2").write_bytes("\ufeffyksi\r\nk\u00e4ksi ".encode() + b"\xe4")

    with pytest.raises(TemplateError, match=r"'b\.mjml\.j2' is no UTF-8") as caught:
        templates(tmp_path, a__mjml__j2="\n\n{% include 'b.mjml.j2' %}").render("a.mjml.j2", {})
    assert caught.value.place == Place(path=Path("templates/b.mjml.j2"), line=2, column=7)


def test_template_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that the system keeps from us is an error of that file; root, who tests, may read all."""

    def kept(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    made = templates(tmp_path, a__mjml__j2="x")
    monkeypatch.setattr(Path, "read_bytes", kept)

    with pytest.raises(TemplateError, match=r"'a\.mjml\.j2' cannot be read: Permission denied\.") as caught:
        made.render("a.mjml.j2", {})
    assert caught.value.place == Place(path=Path("templates/a.mjml.j2"), line=1, column=1)


def test_nothing_is_printed_for_nothing_by_the_filters(tmp_path: Path) -> None:
    """A value that is not there is no word "None" among the words of the letter."""
    made = templates(
        tmp_path,
        a__mjml__j2="{{ empty|source_html }}{{ empty|markdown }}",
        b__txt__j2="{{ empty|markdown }}{{ empty|wrapped }}",
    )

    assert [made.render(name, {"empty": None}) for name in ("a.mjml.j2", "b.txt.j2")] == ["", ""]


def test_changed_template_is_read_again(tmp_path: Path) -> None:
    """An editor who saves a template sees the change in the next preview."""
    made = templates(tmp_path, a__mjml__j2="vanha")
    before = made.render("a.mjml.j2", {})
    path = tmp_path / "a.mjml.j2"
    modified = path.stat().st_mtime_ns
    path.write_text("uusi", encoding="utf-8")
    os.utime(path, ns=(modified + 1_000_000, modified + 1_000_000))

    assert (before, made.render("a.mjml.j2", {})) == ("vanha", "uusi")


def test_what_was_compiled_serves_every_folder_that_says_the_same(tmp_path: Path) -> None:
    """The same words under the same name are compiled once in a process; places are each folder's own."""
    text = '<a>\n{{ nimi }}{% include "b.mjml.j2" %}'
    made = []
    for name, piece in (("first", "<i></i>"), ("second", "<b></b>")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.mjml.j2").write_text(text, encoding="utf-8")
        (tmp_path / name / "b.mjml.j2").write_text(piece, encoding="utf-8")
        made.append(Templates(tmp_path / name, shown_as=Path(name)))

    first, second = (one.environment("a.mjml.j2").get_template("a.mjml.j2").root_render_func for one in made)
    rendered = [one.rendered("a.mjml.j2", {"nimi": "x"}) for one in made]
    with pytest.raises(TemplateError) as caught:
        made[1].render("a.mjml.j2", {})

    assert first.__code__ is second.__code__
    assert [one.text for one in rendered] == ["<a>\nx<i></i>", "<a>\nx<b></b>"]
    assert [one.place(1, 1) for one in rendered] == [
        Place(path=Path(name) / "a.mjml.j2", line=1, column=1) for name in ("first", "second")
    ]
    assert caught.value.place == Place(path=Path("second/a.mjml.j2"), line=2, column=4)
