"""The commands of people who write templates, with files outside any publication."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Ran, Run
from tests.conftest import REPOSITORY

LETTER = (
    "<mjml>\n<mj-body><mj-section><mj-column>\n<mj-text colour='x'>{{ name }}</mj-text>\n"
    "</mj-column></mj-section></mj-body></mjml>\n"
)
WARNING = "a.mjml.j2:3:10: warning: mj-text has no attribute 'colour', so it is ignored. Did you mean 'color'?\n"


RunIn = Callable[..., Ran]


@pytest.fixture
def run_in(run: Run, monkeypatch: pytest.MonkeyPatch) -> RunIn:
    """Run the command in a folder."""

    def run_command(folder: Path, *words: str) -> Ran:
        monkeypatch.chdir(folder)
        return run("-q", "template", *words)

    return run_command


def test_template_is_rendered_to_standard_output(tmp_path: Path, run_in: RunIn) -> None:
    """HTML goes to standard output, warnings with their places to standard error."""
    (tmp_path / "a.mjml.j2").write_text(LETTER, encoding="utf-8")
    (tmp_path / "c.json").write_text('{"name": "Äijä <b>"}', encoding="utf-8")

    done = run_in(tmp_path, "render", "a.mjml.j2", "--context", "c.json")

    assert (done.code, done.err) == (0, WARNING)
    assert done.out.startswith("<!doctype html>")
    assert "Äijä &#60;b&#62;" in done.out


def test_template_is_rendered_to_a_file_as_text(tmp_path: Path, run_in: RunIn) -> None:
    """-o writes the file and leaves standard output alone."""
    (tmp_path / "a.mjml.j2").write_text(LETTER, encoding="utf-8")
    (tmp_path / "c.json").write_text('{"name": "Äijä <b>"}', encoding="utf-8")

    done = run_in(tmp_path, "render", "a.mjml.j2", "--context", "c.json", "--text", "-o", "a.txt")

    assert (done.code, done.out, done.err) == (0, "", WARNING)
    assert (tmp_path / "a.txt").read_bytes().decode() == "Äijä <b>\n"


@pytest.mark.parametrize(
    ("template", "context", "told"),
    [
        (LETTER, "{}", "a.mjml.j2:3:24: error: The template uses what is not there: 'name' is undefined."),
        (
            LETTER.replace("</mj-text>", ""),
            '{"name": 1}',
            (
                "a.mjml.j2:4:1: error: The MJML is not well-formed: Opening and ending tag mismatch: "
                "mj-text (opened at a.mjml.j2:3:1) and mj-column."
            ),
        ),
        ("\n{% include '../b.mjml' %}", "{}", "a.mjml.j2:2:13: error: There is no template '../b.mjml'."),
        (LETTER, '{"name":\n }', "c.json:2:2: error: JSON syntax: Expecting value."),
        (LETTER, "[]", "c.json:1:1: error: The values are no JSON object."),
        (LETTER, "[" * 100_000, "c.json:1:1: error: The values are nested too deeply."),
        (LETTER, f'{{"a": "9",\n "n": {"9" * 5000}}}', "c.json:2:7: error: A number has too many digits."),
        (LETTER, '{"a": {"n": 1}, "n":\n 1, "b": "n",\n  "n": 2}', 'c.json:3:3: error: The key "n" stands twice.'),
        (LETTER, '{"a": "NaN \\" NaN",\n "n": -Infinity}', "c.json:2:7: error: -Infinity is no JSON."),
    ],
)
def test_mistake_in_template_or_values_ends_with_3(
    tmp_path: Path, run_in: RunIn, template: str, context: str, told: str
) -> None:
    """An error is one line with file, line and column on standard error, and nothing on standard output."""
    folder = tmp_path / "letters"
    folder.mkdir()
    (tmp_path / "b.mjml").write_text("salaisuus", encoding="utf-8")
    (folder / "a.mjml.j2").write_text(template, encoding="utf-8")
    (folder / "c.json").write_text(context, encoding="utf-8")

    done = run_in(folder, "render", "a.mjml.j2", "--context", "c.json")

    assert (done.code, done.out) == (3, "")
    assert done.err.startswith(told)
    assert done.err.count("\n") == 1


def test_values_that_are_no_utf8_are_told_with_the_place(tmp_path: Path, run_in: RunIn) -> None:
    """The place is that of the first wrong byte."""
    (tmp_path / "a.mjml.j2").write_text(LETTER, encoding="utf-8")
    (tmp_path / "c.json").write_bytes('{"name":\n "\u00e4'.encode() + b'\xe4"}')

    done = run_in(tmp_path, "render", "a.mjml.j2", "--context", "c.json")

    assert (done.code, done.err) == (
        3,
        "c.json:2:4: error: The values are no UTF-8 text. (Save it as UTF-8.)\n",
    )


def test_output_that_cannot_be_written_is_told(tmp_path: Path, run_in: RunIn) -> None:
    """A missing folder and a full disk are the machine's, and said in words."""
    (tmp_path / "a.mjml.j2").write_text(LETTER.replace(" colour='x'", ""), encoding="utf-8")
    (tmp_path / "c.json").write_text('{"name": "x"}', encoding="utf-8")

    missing = run_in(tmp_path, "render", "a.mjml.j2", "--context", "c.json", "-o", "none/a.html")
    full = run_in(tmp_path, "render", "a.mjml.j2", "--context", "c.json", "-o", "/dev/full")

    advice = "What to do: See that the folder is there, may be written to, and has room.\n"
    assert (missing.code, missing.out, missing.err) == (
        1,
        "",
        f"Error: The system says: No such file or directory (none/a.html).\n{advice}",
    )
    assert (full.code, full.err) == (1, f"Error: The system says: No space left on device.\n{advice}")


def test_letter_is_not_written_over_its_own_template(tmp_path: Path, run_in: RunIn) -> None:
    """-o with the template's or the values' name, by whatever way to it, is refused before anything is made."""
    folder = tmp_path / "letters"
    folder.mkdir()
    sources = {"a.mjml.j2": LETTER, "c.json": '{"name": "x"}'}
    for name, text in sources.items():
        (folder / name).write_text(text, encoding="utf-8")
    for name, text in sources.items():
        refused = run_in(folder, "render", "a.mjml.j2", "--context", "c.json", "-o", f"../letters/{name}")

        assert (refused.code, refused.out) == (2, "")
        assert refused.err.startswith(f"Error: ../letters/{name} is what the letter is made from")
        assert (folder / name).read_text(encoding="utf-8") == text


def test_warning_of_a_loop_is_told_once(tmp_path: Path, run_in: RunIn) -> None:
    """A tag that a loop writes twice is one place in the template, and one warning."""
    (tmp_path / "a.mjml.j2").write_text(
        LETTER.replace("<mj-text", "{% for i in [1, 2] %}<mj-text").replace("</mj-text>", "</mj-text>{% endfor %}"),
        encoding="utf-8",
    )
    (tmp_path / "c.json").write_text('{"name": "x"}', encoding="utf-8")

    done = run_in(tmp_path, "render", "a.mjml.j2", "--context", "c.json")

    assert (done.code, done.err) == (0, WARNING.replace(":3:10:", ":3:31:"))


def test_check_of_a_file_needs_no_publication(tmp_path: Path, run_in: RunIn) -> None:
    """The answer of `check` is its findings; only errors end it with 3."""
    (tmp_path / "a.mjml.j2").write_text(LETTER, encoding="utf-8")
    (tmp_path / "b.mjml").write_text("<mjml><mj-bdy/></mjml>", encoding="utf-8")

    warned, refused = run_in(tmp_path, "check", "a.mjml.j2"), run_in(tmp_path, "check", "b.mjml")

    assert (warned.code, warned.out, warned.err) == (0, WARNING, "")
    assert (refused.code, refused.out, refused.err) == (
        3,
        "b.mjml:1:7: error: There is no tag 'mj-bdy' in MJML. (Did you mean mj-body?)\n",
        "",
    )


def test_every_mistake_of_a_rendered_template_is_one_line(tmp_path: Path, run_in: RunIn) -> None:
    """`render` names all that is wrong with a template, as `check` does."""
    (tmp_path / "b.mjml").write_text("<mjml><mj-body>\n<mj-a/>\n<mj-b/></mj-body></mjml>", encoding="utf-8")

    done = run_in(tmp_path, "render", "b.mjml")

    assert (done.code, done.out) == (3, "")
    assert [line.partition(" There")[0] for line in done.err.splitlines()] == [
        "b.mjml:2:1: error:",
        "b.mjml:3:1: error:",
    ]


def test_check_without_a_file_looks_over_the_publication(run_in: RunIn) -> None:
    """Every template of the publication is looked over."""
    done = run_in(REPOSITORY, "check")

    assert (done.code, done.out, done.err) == (0, "", "")
