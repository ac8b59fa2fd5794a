"""See that the pages which a mail names answer, and are this publication's, before a link to them leaves."""

import secrets
from collections.abc import Callable

from newsletter.audience.tokens import TokenPurpose, read_token
from newsletter.errors import SourceError, StateError, UsageError
from newsletter.service.resources import Resources

_ANSWER_CHARACTERS_MAX = 500


class PublicAddress:
    """What answers at [links] public_url, as a sender sees it from outside.

    `fetch` raises SourceError where an address does not answer.
    """

    def __init__(self, resources: Resources, fetch: Callable[[str], bytes]) -> None:
        self._resources = resources
        self._fetch = fetch

    def look(self) -> tuple[str, str | None]:
        """Say how readers leave where the pages answer; for `doctor`.

        Raises:
            StateError: As `require`.
        """
        self.require()
        return f"By one click, at {self._resources.settings.publication.links.public_url}, which answers.", None

    def require(self) -> None:
        """Get a nonce back signed, where mails name pages of ours.

        Raises:
            StateError: Nothing answers there, or something else does.
        """
        base = self._resources.settings.publication.links.public_url
        if base is None:
            return
        base, nonce = base.rstrip("/"), secrets.token_urlsafe(24)
        try:
            answer = self._fetch(f"{base}/proof/{nonce}")
        except SourceError as error:
            raise _unproved(base, f"nothing answers there: {error.message.rstrip('.')}") from error
        said = answer[:_ANSWER_CHARACTERS_MAX].decode("ascii", "replace")
        try:
            proved = read_token(said, TokenPurpose.PROOF, self._resources.keys.keys)
        except UsageError as error:
            raise _unproved(base, "what answers there is not `newsletter serve` of this publication") from error
        if proved != nonce:
            raise _unproved(base, "what answers there repeats an old answer: a cache must not stand before it")


def _unproved(base: str, why: str) -> StateError:
    """Refuse, with both ways out."""
    return StateError(
        f"Every mail would name {base} as its reader's way out, and {why}.",
        hint="Run `newsletter serve` behind your web server (docs/serve.md); or take public_url out of [links] and"
        " approve the issue again: its readers then leave by mail.",
    )
