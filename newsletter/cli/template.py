"""Templates: look them over, and try them out. With a file of your own, no publication is needed."""

import sys
from pathlib import Path

import click

from newsletter.cli.command import Noun
from newsletter.cli.session import Session, pass_session
from newsletter.errors import TemplateError, UsageError, counted

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group(cls=Noun)
def template() -> None:
    """Look over and try out the templates of letters."""


@template.command()
@click.argument("file", type=FILE, required=False)
@pass_session
def check(session: Session, file: Path | None) -> None:
    """Look over FILE, or all templates of the publication: errors and warnings with their places."""
    from newsletter.service.templates import check_file, check_folder

    if file is not None:
        found = {str(file): check_file(file)}
    else:
        folder = session.newsletter.settings.templates_path
        found = check_folder(folder, shown_as=Path(session.shown(folder)))
    problems = [problem for of_one in found.values() for problem in of_one]
    for problem in dict.fromkeys(problems):
        click.echo(problem)
    errors = sum(problem.is_error for problem in dict.fromkeys(problems))
    warnings = len(dict.fromkeys(problems)) - errors
    session.say(f"{len(found)} looked over: {counted(errors, 'error')}, {counted(warnings, 'warning')}.")
    if errors:
        sys.exit(TemplateError.exit_code)


@template.command()
@click.argument("file", type=FILE)
@click.option("--context", "context_file", type=FILE, help="The template's values: a JSON object.")
@click.option("--text", "is_text", is_flag=True, help="Plain text instead of HTML.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to a file.")
@pass_session
def render(session: Session, file: Path, context_file: Path | None, output: Path | None, *, is_text: bool) -> None:
    """Fill FILE with values and print HTML; its includes come from its own folder."""
    from newsletter.service.templates import problems_of, read_context, render_file

    if output is not None:
        _refuse_to_overwrite(output, file, context_file)
    try:
        context = {} if context_file is None else read_context(context_file)
        made = render_file(file, context, is_text=is_text)
    except TemplateError as error:
        for problem in problems_of(error, file):
            click.echo(problem, err=True)
        sys.exit(error.exit_code)
    for warning in dict.fromkeys(made.warnings):
        click.echo(warning, err=True)
    if output is None:
        click.echo(made.body.encode(), nl=False)
    else:
        output.write_text(made.body, encoding="utf-8", newline="")
        session.say(f"Wrote {output}.")


@template.command()
@click.argument("name")
@click.option("--issue", "label", metavar="LABEL", help="The issue to show it with; the newest one by default.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to another file.")
@pass_session
def look(session: Session, name: str, label: str | None, output: Path | None) -> None:
    """Show the look NAME in light, in dark and in another organisation's colours, side by side on one page.

    Looks are the files in templates/email/looks; `look = "NAME"` in brand.toml takes one into use.
    """
    from newsletter.files import write_whole
    from newsletter.web.messages.look_page import side_by_side

    issues = session.newsletter.issues
    labels = [label] if label else issues.labels()
    if not labels:
        raise UsageError("There is no issue yet to show a look with.", hint="newsletter issue new LABEL")
    views = issues.look(labels[-1], name)
    path = output or issues.path(labels[-1]).parent / "build" / f"look-{name}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    letters = [(view.name, view.html, view.is_dark) for view in views]
    write_whole(path, side_by_side(f"{name} ({labels[-1]})", letters))
    for view in views:
        click.echo(f"{view.name}: least contrast {view.contrast:.1f}:1, {view.weakest} (4.5:1 is needed)")
    session.say(f"Open {session.shown(path)} in a browser.")


def _refuse_to_overwrite(output: Path, *sources: Path | None) -> None:
    """Keep a slip of the shell's completion from writing the letter over its own template.

    Raises:
        UsageError: The output is one of the files it is made from.
    """
    if any(source is not None and source.resolve() == output.resolve() for source in sources):
        raise UsageError(
            f"{output} is what the letter is made from; it was left as it is.", hint="Give -o another name."
        )
