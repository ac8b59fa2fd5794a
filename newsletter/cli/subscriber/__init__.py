"""`newsletter subscriber`: add, import, list, show, edit, export, unsubscribe, resubscribe and erase people."""

import click

from newsletter.cli.command import Noun
from newsletter.cli.subscriber import lists, mailbox, person


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
    person.edit,
    person.erase,
    lists.export,
    mailbox.mailbox,
):
    subscriber.add_command(verb)
