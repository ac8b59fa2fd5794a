"""`newsletter issue`: make, check, approve, send and report an issue."""

import click

from newsletter.cli.command import Noun
from newsletter.cli.issue import curating, drafting, report, sending


@click.group(cls=Noun)
def issue() -> None:
    """Make, check, approve, send and report an issue."""


for verb in (
    drafting.new,
    drafting.list_,
    drafting.show,
    curating.take,
    curating.drop,
    curating.move,
    curating.edit,
    curating.undo,
    curating.redo,
    drafting.render,
    drafting.check,
    drafting.approve,
    sending.test,
    sending.send,
    sending.pause,
    sending.resume,
    sending.cancel,
    report.report,
    report.resolve,
):
    issue.add_command(verb)
