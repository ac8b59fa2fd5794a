"""`newsletter subscriber`: add, import, list, show, export, unsubscribe and resubscribe people."""

import click

from newsletter.cli.command import Noun
from newsletter.cli.subscriber import lists, person


@click.group(cls=Noun)
def subscriber() -> None:
    """Add, import, list and unsubscribe people."""


for verb in (
    person.add,
    lists.import_,
    lists.list_,
    person.show,
    person.unsubscribe,
    person.resubscribe,
    lists.export,
):
    subscriber.add_command(verb)
