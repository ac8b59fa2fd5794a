"""Sign in with a token instead of a password (XOAUTH2): where it comes from, and when a new one is asked for.

The doors are `Tokens` and `sign_in`. Whoever gives the tokens is the user's own: a file that something else keeps
fresh, or a command. A token lives for about an hour and a sending may last longer, so each connection asks here again.
Nothing here is written down anywhere.
"""

import base64
import smtplib
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock

from newsletter.errors import ConfigurationError
from newsletter.table import read_secret

KEPT_SECONDS = 300.0
"""How long what a command gave is used without asking again: well below the hour that tokens live."""

COMMAND_SECONDS = 60.0

_GO_ON = 334


class Tokens:
    """Give the token of now; safe to ask from several threads.

    Args:
        fetch: Gets one from where it comes from; ConfigurationError when that cannot be.
        kept_seconds: How long one is used again.
    """

    def __init__(self, fetch: Callable[[], str], *, kept_seconds: float) -> None:
        self._fetch, self._kept_seconds = fetch, kept_seconds
        self._token, self._got_at = "", 0.0
        self._lock = Lock()

    def now(self, *, other_than: str = "") -> str:
        """Give it, and a new one where the server has refused that one.

        Raises:
            ConfigurationError: It cannot be had, or is the same.
        """
        with self._lock:
            is_old = time.monotonic() - self._got_at >= self._kept_seconds
            if not self._token or is_old or self._token == other_than:
                self._token, self._got_at = self._fetch(), time.monotonic()
            if self._token == other_than:
                raise ConfigurationError(
                    "The SMTP server refuses the token, and there is no newer one.",
                    hint="Whatever renews it must run again: see token_file or token_command in [mailer.smtp].",
                )
            return self._token


def tokens_of_file(name: str, folder: Path) -> Tokens:
    """Give tokens that stand in a file, which is read at each connection.

    Raises:
        ConfigurationError: It cannot be read, is empty, or is open to others.
    """

    def fetch() -> str:
        return _checked(read_secret("token_file", name, folder, {}))

    fetch()
    return Tokens(fetch, kept_seconds=0)


def tokens_of_command(words: Sequence[str], folder: Path) -> Tokens:
    """Give tokens that a command prints."""
    return Tokens(lambda: _checked(_printed(words, folder)), kept_seconds=KEPT_SECONDS)


def sign_in(server: smtplib.SMTP, user_name: str, token: str) -> None:
    """Sign in with a token (Google and Microsoft's XOAUTH2).

    Raises:
        SMTPAuthenticationError: It is refused.
        SMTPNotSupportedError: The server knows no tokens.
    """
    if "XOAUTH2" not in server.esmtp_features.get("auth", "").upper().split():
        raise smtplib.SMTPNotSupportedError("no XOAUTH2")
    said = base64.b64encode(f"user={user_name}\x01auth=Bearer {token}\x01\x01".encode()).decode()
    code, answer = server.docmd("AUTH", f"XOAUTH2 {said}")
    if code == _GO_ON:  # why it is refused, which an empty line ends
        code, answer = server.docmd("")
    if code // 100 != 2:  # noqa: PLR2004 - RFC 5321 section 4.2.1: done
        raise smtplib.SMTPAuthenticationError(code, answer)


def _printed(words: Sequence[str], folder: Path) -> str:
    """Run the command and give what it prints; what it says otherwise is for whoever runs it by hand."""
    hint = "Run it by hand, in the folder of newsletter.toml, to see why."
    try:
        done = subprocess.run(  # noqa: S603 - the user's own words, and no shell
            words, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=COMMAND_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        why = error.strerror if isinstance(error, OSError) else f"it took more than {COMMAND_SECONDS:.0f} s"
        raise ConfigurationError(f"token_command cannot be run: {why}.", hint=hint) from None
    if done.returncode:
        raise ConfigurationError(f"token_command ended with {done.returncode} and gave no token.", hint=hint)
    return done.stdout.decode("utf-8", "replace").strip()


def _checked(token: str) -> str:
    """Give a token that can stand on a line of its own; one that cannot is none."""
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigurationError(
            "What should be a token for the SMTP server is not one word of plain letters, digits and marks.",
            hint="token_file is to hold, and token_command to print, the access token and nothing else.",
        )
    return token
