"""From picking to approval: `issue new`, `list`, `show`, `render`, `check` and `approve`."""

import getpass
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsletter.cli.command import DAY, Verb
from newsletter.cli.issue.options import label_argument, language_option
from newsletter.cli.pages import source_lines
from newsletter.cli.session import Session, json_option, pass_session, print_json, print_table
from newsletter.config.terminal import terminal_language
from newsletter.errors import ChecksFailed, UsageError, counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from newsletter.domain.audience import LeftOut
    from newsletter.domain.issue import EditionKey
    from newsletter.service.issues.service import EventNews, Rendering


@click.command(cls=Verb)
@label_argument
@click.option("--date", "planned", type=DAY, help="The planned day of sending. Default: today.")
@click.option("--update", "is_update", is_flag=True, help="Add what was collected since; every edit stays.")
@click.option("--empty", "is_empty", is_flag=True, help="Without items: a special issue, such as 2017-11-kutsu.")
@click.option("--segment", help="With --empty: for this segment alone.")
@pass_session
def new(
    session: Session, label: str, *, planned: datetime | None, is_update: bool, is_empty: bool, segment: str | None
) -> None:
    """Pick the articles and events of LABEL (2017-11, 2017-W46, 2017-Q4) and write issue.toml for you to edit."""
    from newsletter.cli.issue import picked_pages

    day = planned.date() if planned else None
    if (is_empty and is_update) or (segment is not None and not is_empty):
        raise UsageError("--segment goes with --empty, and --empty not with --update; nothing was done.")
    if is_empty:
        made = session.newsletter.issues.new_empty(label, planned=day, segment=segment)
        click.echo(f"Wrote {session.shown(made.path)}, without items.")
        _say_left_out(made.left_out)
        session.say(f"`newsletter issue take {label} ITEM` takes in what `newsletter item list` shows.")
        session.next_step(f"newsletter issue check {label}")
        return
    made = session.newsletter.issues.new(label, planned=day, is_update=is_update)
    picked_pages.print_picked(session, made, session.newsletter.issues.listing(label), is_update=is_update)
    verb = "Added" if is_update else "Wrote"
    click.echo(f"{verb} {counted(len(made.added), 'item')} {'to' if is_update else 'in'} {session.shown(made.path)}.")
    for key, language in made.translated:
        click.echo(f"Added words in {language} to {key}.")
    _say_left_out(made.left_out)
    for line in source_lines(session.newsletter.sources.breaches()):
        click.echo(line)
    session.say(
        "Open it in any editor: order, titles, leads, greeting, subject. Why each item is in it stands above it.\n"
        f"Or by command: newsletter issue take, drop, move, edit, undo; `newsletter issue show {label}` has numbers."
    )
    session.next_step(f"newsletter issue check {label}")


def _say_left_out(left_out: "LeftOut") -> None:
    """Say for whom nothing is in the issue: it is the editor's decision, so it is not made in silence."""
    if left_out.segments:
        click.echo(str(left_out))


@click.command(name="list", cls=Verb)
@json_option
@pass_session
def list_(session: Session, *, as_json: bool) -> None:
    """List the issues and where each stands."""
    summaries = session.newsletter.shelf.summaries()
    if as_json:
        print_json([asdict(summary) for summary in summaries])
        return
    print_table(
        ["ISSUE", "STATE", "DATE", "ITEMS", "REHEARSALS"],
        [
            (one.label, one.state, one.date or "?", "?" if one.items is None else one.items, one.rehearsals)
            for one in summaries
        ],
    )


@click.command(cls=Verb)
@label_argument
@click.option("--parity", "is_parity", is_flag=True, help="Show which item lacks words in which language instead.")
@json_option
@pass_session
def show(session: Session, label: str, *, is_parity: bool, as_json: bool) -> None:
    """Show each edition of an issue: subject, items in order by number, size; and what was left out."""
    from newsletter.cli.issue import pages

    issues = session.newsletter.issues
    if is_parity:
        pages.print_parity(session, label, as_json=as_json)
        return
    rendering, summary, listing = issues.show(label)
    if as_json:
        pages.print_editions_as_json(rendering, summary, listing)
    else:
        pages.print_editions(rendering, summary, listing)


@click.command(cls=Verb)
@label_argument
@click.option(
    "--screenshots",
    "pictures",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Also take PNG pictures on a phone and on a desk, light and dark, and one sheet of all. Needs a Chromium.",
)
@pass_session
def render(session: Session, label: str, *, pictures: Path | None) -> None:
    """Make every edition's HTML and text in the issue's build folder, for a look in the browser."""
    issues = session.newsletter.issues
    rendering = issues.render(label)
    folder = issues.write_build(rendering)
    for message in rendering.messages:
        click.echo(f"{session.shown(folder / f'{message.edition}.html')}  {len(message.html.encode()) / 1000:.1f} kB")
    if pictures is not None:
        _take_screenshots(session, rendering, pictures)
    session.next_step(f"newsletter issue check {label}")


def _take_screenshots(session: Session, rendering: "Rendering", folder: Path) -> None:
    """Take the pictures and name their files."""
    from newsletter.chromium import find_chromium
    from newsletter.web.messages.screenshots import take_screenshots

    taken = take_screenshots(
        rendering,
        session.newsletter.deliveries,
        folder,
        program=find_chromium(),
        progress=session.progress("Pictures"),
    )
    for path in taken:
        click.echo(session.shown(path))


@click.command(cls=Verb)
@label_argument
@click.option(
    "--slow", "is_slow", is_flag=True, help="Also see every edition in a browser. Needs a Chromium and axe-core."
)
@language_option
@json_option
@pass_session
def check(session: Session, label: str, *, is_slow: bool, language: str, as_json: bool) -> None:
    """Look every edition over. Ends with 3 when a finding of severity error stands in the way."""
    from newsletter.cli.issue import pages
    from newsletter.domain.issue import count_in_the_way

    issues = session.newsletter.issues
    rendering, findings = issues.check(label, is_slow=is_slow, progress=session.progress("In the browser"))
    if as_json:
        pages.print_findings_as_json(findings)
    else:
        editions = [message.edition for message in rendering.messages]
        pages.print_findings(session, findings, editions, language)
    pages.say_looks(session, issues.event_news(rendering.issue))
    if blocking := count_in_the_way(findings):
        raise ChecksFailed(f"{blocking} of these must be mended or waived before the issue can be approved.")
    session.next_step(f"newsletter issue approve {label}")


@click.command(cls=Verb)
@label_argument
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--by", default=getpass.getuser, help="Your name, recorded. Default: the one you are logged in with.")
@pass_session
def approve(session: Session, label: str, *, yes: bool, by: str) -> None:
    """Freeze the messages and the audience rule: what is sent will be byte for byte what was checked."""
    from newsletter.cli.issue import pages

    def confirm(left_out: "LeftOut", news: "EventNews") -> None:
        _say_left_out(left_out)
        pages.say_looks(session, news)
        if news.findings:
            pages.print_findings(session, news.findings, (), terminal_language())
        if not yes:
            session.confirm(f"Approve issue {label} as {by}?")

    def tell_unread(unread: "Sequence[EditionKey]") -> None:
        if unread:
            named = ", ".join(map(str, unread))
            session.say(f"Nobody would read these now; they are there for whoever comes: {named}.")

    approval = session.newsletter.issues.approve(label, by=by, confirm=confirm, tell_unread=tell_unread)
    click.echo(f"Approved issue {label}: {counted(len(approval.messages), 'edition')}, {approval.hash[:12]}.")
    session.next_step(f"newsletter issue send {label}")
