"""What the terminal's environment says of the person at it: language, and the passphrase where nobody can be asked."""

import os
from collections.abc import Mapping

LANGUAGES = ("en", "fi", "sv")
"""What findings are written in; English for everybody else."""
_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


def terminal_language(environment: Mapping[str, str] | None = None) -> str:
    """Give the language of the terminal, by the variables of POSIX in their order; the first that is set decides."""
    variables = os.environ if environment is None else environment
    locale = next((value for name in _VARIABLES if (value := variables.get(name))), "")
    language = locale.replace("-", "_").split("_")[0].split(".")[0].lower()
    return language if language in LANGUAGES else LANGUAGES[0]


PASSPHRASE = "NEWSLETTER_PASSPHRASE"  # noqa: S105 - the variable's name


def terminal_passphrase() -> str | None:
    """Give the passphrase of a pack, where NEWSLETTER_PASSPHRASE holds one."""
    return os.environ.get(PASSPHRASE)
