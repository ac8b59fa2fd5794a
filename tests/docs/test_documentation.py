"""What the documentation says is what the program does."""

import re
import runpy
import shlex
import zipfile
from pathlib import Path

import click
import pytest
from hatchling.build import build_wheel
from pydantic import BaseModel

from newsletter import errors
from newsletter.cli.main import root
from newsletter.config.model import configuration_of
from newsletter.mailers import MAILERS
from newsletter.toml_file import model_inside
from tests.conftest import REPOSITORY

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def _commands_of(text: str) -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = [line.partition(" #")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith("newsletter ")]


def _resolve(words: list[str]) -> click.Command:
    """Walk to a command and let Click judge the words after it."""
    command: click.Command = root
    context = click.Context(root)
    while words and isinstance(command, click.Group):
        found = command.get_command(context, words[0])
        assert found is not None, words
        command, words = found, words[1:]
    command.make_context("newsletter", words, resilient_parsing=False)
    return command


@pytest.mark.parametrize("line", _commands_of(README))
def test_every_command_of_the_readme_exists_with_its_options(line: str) -> None:
    """A project manager who types what the README says is understood."""
    assert _resolve(shlex.split(line)[1:]).help


def test_the_months_commands_are_at_most_ten() -> None:
    """The month fits into ten commands."""
    month = README.split("## The project manager's month")[1].split("##")[0]

    assert 5 <= len(_commands_of(month)) <= 10


def test_the_reference_of_commands_is_current() -> None:
    """docs/commands.md says what the commands' own help says."""
    document = runpy.run_path(str(REPOSITORY / "docs" / "make_commands.py"))["document"]

    assert (REPOSITORY / "docs" / "commands.md").read_text(encoding="utf-8") == document()


def test_the_reference_of_files_is_current() -> None:
    """docs/reference.md says what the models of newsletter.toml and issue.toml take."""
    document = runpy.run_path(str(REPOSITORY / "docs" / "make_reference.py"))["document"]

    assert (REPOSITORY / "docs" / "reference.md").read_text(encoding="utf-8") == document()


def test_every_link_and_picture_of_the_readme_leads_somewhere() -> None:
    """What the README points at is in the repository."""
    targets = [target for target in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in target]

    assert [target for target in targets if not (REPOSITORY / target).exists()] == []
    assert len(targets) >= 4


def test_every_table_of_the_configuration_is_explained_in_the_sample() -> None:
    """newsletter.toml names each key the program knows, in use or in a comment."""
    text = (REPOSITORY / "newsletter.toml").read_text(encoding="utf-8")

    def keys(model: type[BaseModel]) -> set[str]:
        inner = {
            key
            for field in model.model_fields.values()
            if (found := model_inside((field.annotation, *field.metadata)))
            for key in keys(found)
        }
        return {field.alias or name for name, field in model.model_fields.items()} | inner

    assert sorted(key for key in keys(configuration_of(MAILERS)) if key not in text) == []


def test_every_error_stands_in_the_tree() -> None:
    """errors.py draws every class it has."""
    classes = [name for name, thing in vars(errors).items() if isinstance(thing, type) and issubclass(thing, Exception)]

    assert [name for name in classes if not re.search(rf"\b{name}\b", errors.__doc__ or "")] == []


def test_the_wheel_carries_the_starter_and_nobodys_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Templates and sample files travel with the package; a real list beside them does not."""
    monkeypatch.chdir(REPOSITORY)
    wheel = tmp_path / build_wheel(str(tmp_path))

    names = zipfile.ZipFile(wheel).namelist()

    assert {
        "newsletter/starter/newsletter.toml",
        "newsletter/starter/templates/email/edition.mjml.j2",
        "newsletter/starter/content/seutu-sivu.txt",
        "newsletter/starter/subscribers/segments.toml",
        "newsletter/storage/migrations/versions/0001_first_schema.py",
        "newsletter/language/locales/fi.po",
        "newsletter/py.typed",
    } <= set(names)
    assert wheel.name.startswith("uutiskirje-")
    lists = [name for name in names if name.endswith(".csv")]
    assert lists == ["newsletter/starter/subscribers/example.csv"]
