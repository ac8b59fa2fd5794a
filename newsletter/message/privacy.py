"""Other people's words made fit to be kept and shown: on one line, not too long, without an address or a link."""

import re

from newsletter.message.slots import one_line

REASON_LENGTH_MAX = 300
"""A provider's words are cut here: enough for a sentence, too little for a page of markup."""

_PRIVATE = re.compile(r"""(?:https?|mailto):\S+|(?<![^\s<>"'()\[\],;:])[^\s<>"'()\[\],;:]+@[^\s<>"')\],;]+""")
"""Whatever may be an address, or a link with a person's token in it; an address is looked for once in each word."""
_READ_LENGTH_MAX = 4_000
"""Of a provider's words no more is looked at: they may be a megabyte."""


def without_private(text: str) -> str:
    """Make somebody's words fit for ledger, report and log: one line, no address, no link, not too long."""
    begun = text[:_READ_LENGTH_MAX]
    if len(text) > _READ_LENGTH_MAX:
        # The word at the cut may be half an address, which nothing would show any more.
        begun = " ".join([*begun.split()[:-1], "(hidden)"])
    hidden = _PRIVATE.sub("(hidden)", one_line(begun))
    return " ".join(hidden.split())[:REASON_LENGTH_MAX]
