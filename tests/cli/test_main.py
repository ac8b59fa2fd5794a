import subprocess
import sys
from pathlib import Path

import click
import pytest

from newsletter.cli.main import COMMANDS, LazyGroup, main, root, show_error
from newsletter.errors import Fault, NewsletterError, Place
from tests.cli.conftest import Run


def _commands(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Command]]:
    found: list[tuple[tuple[str, ...], click.Command]] = []
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        found.append(((*path, name), command))
        if isinstance(command, click.Group):
            found += _commands(command, (*path, name))
    return found


def test_the_table_of_commands_says_what_their_own_help_says() -> None:
    """The line in `newsletter --help` and the command's own help are one sentence."""
    context = click.Context(root)
    own = {name: root.get_command(context, name) for name in COMMANDS}

    assert {name: (command.help or "").splitlines()[0] for name, command in own.items() if command} == {
        name: line for name, (_, line) in COMMANDS.items()
    }


@pytest.mark.parametrize(
    ("path", "command"), _commands(root), ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_every_command_and_option_has_help(path: tuple[str, ...], command: click.Command) -> None:
    """Nobody has to guess what a command or an option does."""
    assert command.help, path
    silent = [option.name for option in command.params if isinstance(option, click.Option) and not option.help]
    assert silent == []


def test_help_imports_no_room() -> None:
    """`newsletter --help` stays quick: it loads Click and nothing of what the commands need."""
    script = "import sys; from newsletter.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
    script += (
        "print(sorted(name for name in sys.modules if name.split('.')[0] in ('sqlalchemy','pydantic','jinja2','lxml')))"
    )

    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)

    assert done.stdout.splitlines()[-1] == "[]"


def test_a_misspelt_command_is_answered_with_usage(run: Run) -> None:
    """An unknown command ends with 2 and names itself."""
    ran = run("isue")

    assert ran.code == 2
    assert "No such command 'isue'" in ran.err


def test_the_version_is_told(run: Run) -> None:
    """`--version` names program and version."""
    assert run("--version").out == "newsletter 0.1.0\n"


def test_outside_a_publication_the_way_in_is_named(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that needs a publication says how to come by one, and ends with 2."""
    monkeypatch.chdir(tmp_path)

    ran = run("status")

    assert ran.code == 2
    assert ran.err.splitlines() == [
        "Error: There is no newsletter.toml here or in a folder above.",
        (
            "What to do: Go to your publication's folder, name the file with -c, "
            "or make a publication with `newsletter init`."
        ),
    ]


def test_an_error_shows_every_fault_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    """What, where, each single fault and the way out stand on lines of their own."""
    place = Place(path=Path("issue.toml"), line=3)
    error = NewsletterError(
        "Two mistakes.", hint="Mend them.", place=place, faults=[Fault(message="One."), Fault(message="Two.")]
    )

    show_error(error)

    assert capsys.readouterr().err.splitlines() == [
        "Error: issue.toml:3: Two mistakes.",
        "  One.",
        "  Two.",
        "What to do: Mend them.",
    ]


@click.command()
@click.argument("kind")
def _failing(kind: str) -> None:
    """Fail in the way asked for."""
    raise {"pipe": BrokenPipeError(), "key": KeyboardInterrupt(), "bug": RuntimeError("secret of aino@example.org")}[
        kind
    ]


@pytest.mark.parametrize(("kind", "code"), [("key", 130), ("bug", 1)])
def test_what_is_not_an_error_of_ours_is_still_told_in_words(
    kind: str, code: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C and a fault of the program end with a sentence and no traceback, and nothing of the fault's text."""
    monkeypatch.setitem(COMMANDS, "failing", ("tests.cli.test_main:_failing", "Fail."))

    with pytest.raises(SystemExit) as caught:
        main(["failing", kind])

    said = capsys.readouterr().err
    assert caught.value.code == code
    assert "Traceback" not in said
    assert "aino" not in said


def test_verbose_shows_the_traceback(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """With -v a developer sees where a fault of the program happened."""
    monkeypatch.setitem(COMMANDS, "failing", ("tests.cli.test_main:_failing", "Fail."))

    with pytest.raises(SystemExit):
        main(["-v", "failing", "bug"])

    assert "Traceback" in capsys.readouterr().err


def test_the_group_knows_only_its_commands() -> None:
    """A name that is not in the table is no command."""
    assert LazyGroup("x").get_command(click.Context(root), "absent") is None
