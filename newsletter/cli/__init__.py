"""A person's door: the `newsletter` command. One file per noun; bodies call one verb of the library and print.

Only this room prints and exits. Its door is `main`. It imports the rooms only inside the command that runs, so that
`newsletter --help` costs little more than importing Click.
"""

from newsletter.cli.main import main

__all__ = ["main"]
