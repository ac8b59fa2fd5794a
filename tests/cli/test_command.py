"""What every command does alike."""

import click
import pytest
from click.testing import CliRunner

from newsletter.cli.command import DAY, Noun
from newsletter.cli.main import root
from newsletter.cli.session import print_table
from newsletter.errors import counted


@click.group(cls=Noun)
def noun() -> None:
    """Hold commands."""


@noun.command()
@click.option("--day", type=DAY)
@click.option("--tag", "tags", multiple=True)
def note(day: object, tags: tuple[str, ...]) -> None:
    """Write down a day and as many tags as are given, in words that are longer than Click shows of a summary."""
    click.echo(f"{day} {' '.join(tags)}")


def test_an_option_that_takes_one_value_is_given_once() -> None:
    """The first of two values would be lost in silence; what takes several takes several."""
    twice = CliRunner().invoke(noun, ["note", "--day", "2017-11-24", "--day", "2017-11-25"])
    several = CliRunner().invoke(noun, ["note", "--tag", "a", "--tag", "b"])

    assert (twice.exit_code, "--day is given 2 times, and takes one value." in twice.output) == (2, True)
    assert (several.exit_code, several.output) == (0, "None a b\n")


def test_the_options_before_a_command_are_given_once_too() -> None:
    """Of two configurations the first would be left unread without a word."""
    done = CliRunner().invoke(root, ["-c", "a.toml", "-c", "b.toml", "status"])

    assert (done.exit_code, "-c/--config is given 2 times, and takes one value." in done.output) == (2, True)


def test_a_flag_may_stand_twice() -> None:
    """It takes no value, so that nothing is lost."""
    assert CliRunner().invoke(root, ["-q", "-q", "status", "--help"]).exit_code == 0


@pytest.mark.parametrize("written", ["2017-12-24", "24.12.2017"])
def test_a_day_is_taken_as_programs_and_as_finns_write_it(written: str) -> None:
    """Both are the same day."""
    assert CliRunner().invoke(noun, ["note", "--day", written]).output == "2017-12-24 00:00:00 \n"


@pytest.mark.parametrize(
    ("words", "said"),
    [(["isue"], "No such command 'isue'. Did you mean 'issue'"), (["issue", "aprove"], "Did you mean 'approve'")],
)
def test_a_misspelt_command_is_told_the_nearest(words: list[str], said: str) -> None:
    """On both levels."""
    done = CliRunner().invoke(root, words)

    assert (done.exit_code, said in done.output) == (2, True)


def test_summaries_are_shown_whole() -> None:
    """No list of commands breaks off."""
    assert "longer than Click shows of a summary." in " ".join(CliRunner().invoke(noun, ["--help"]).output.split())


@pytest.mark.parametrize(("number", "said"), [(0, "0 rehearsals"), (1, "1 rehearsal"), (2, "2 rehearsals")])
def test_one_is_said_in_the_singular(number: int, said: str) -> None:
    """As people say it."""
    assert counted(number, "rehearsal") == said


def test_a_table_is_no_wider_than_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Words go on below, keys stay whole, and nothing is cut."""
    monkeypatch.setenv("COLUMNS", "46")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)

    print_table(["KIND", "TITLE", "KEY"], [("event", "Työpajassa mitataan hukkalämpöä", "tyopaja-1")], wraps=["TITLE"])

    assert capsys.readouterr().out.splitlines() == [
        "KIND   TITLE                         KEY",
        "event  Työpajassa mitataan           tyopaja-1",
        "       hukkalämpöä",
    ]


def test_a_table_for_a_program_has_a_line_for_each_row(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Off a terminal its width means nothing."""
    monkeypatch.setenv("COLUMNS", "20")

    print_table(["TITLE"], [("Seutu kokeilee hukkalämmön talteenottoa",)], wraps=["TITLE"])

    assert capsys.readouterr().out.splitlines() == ["TITLE", "Seutu kokeilee hukkalämmön talteenottoa"]
