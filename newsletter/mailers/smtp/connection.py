"""The way to a mail server: how it is reached, and a connection that is protected and known to us.

The doors are `Access` and `connect`. Whatever stands in the way here, no mail was written.
"""

import errno
import io
import smtplib
import socket
import ssl
import time
from dataclasses import dataclass, field
from typing import BinaryIO

from newsletter.errors import ConfigurationError
from newsletter.mailers.smtp import SmtpTable
from newsletter.mailers.smtp.advice import advice_on
from newsletter.mailers.smtp.token import Tokens, sign_in
from newsletter.mailers.timed import TimedReader, send_whole
from newsletter.message.privacy import without_private

LATER = range(400, 500)
NEVER = range(500, 600)

REPLY_LINES_MAX = 100
"""A reply has a line for each ability of the server, ten or twenty; one without end would hold us for ever."""

Reply = tuple[int, bytes]
"""Code and text, as smtplib gives them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How to get into the mail server.

    Attributes:
        password: Never shown, as the tokens that stand in its place.
        timeout_seconds: For connecting, and for every wait after it but the next.
        batch_seconds: After so long no further mail of a batch is begun, so that whoever asks to stop is heard.
        verdict_seconds: For the answer after the last dot: ten minutes, as RFC 5321 section 4.5.3.2.6 asks, for a
            server may look through a mail before it answers, and whoever does not wait for it is left with a doubt.
        tls: Certificates to trust; None trusts those that Python trusts.
    """

    server: SmtpTable
    password: str | None = field(default=None, repr=False)
    tokens: Tokens | None = field(default=None, repr=False)
    timeout_seconds: float = 30
    verdict_seconds: float = 600
    batch_seconds: float = 600
    tls: ssl.SSLContext | None = None


class NotNowError(Exception):
    """This connection is of no use any more; what was not handed over over it was surely not taken."""


class StopError(Exception):
    """The server refuses us or the message, not one recipient: nothing more makes sense before a person has looked."""


_ENDLESS = "the reply has no end"


class _Replies:
    """Give the lines of one reply after another: not more than there may be, and not later than they may come.

    smtplib itself limits each line.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._timed = TimedReader(sock, ends_at=0.0)
        self._file: BinaryIO = io.BufferedReader(self._timed)
        self._left = 0

    def expect(self, seconds: float) -> None:
        """Begin with the next reply, which has so long."""
        self._timed.ends_at = time.monotonic() + seconds
        self._left = REPLY_LINES_MAX

    def readline(self, size_bytes: int) -> bytes:
        """Give the next line.

        Raises:
            OSError: The reply has no end, or is late.
        """
        self._left -= 1
        if self._left < 0:
            raise OSError(errno.EMSGSIZE, _ENDLESS)
        return self._file.readline(size_bytes)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class Connection(smtplib.SMTP):
    """A connection that waits for nothing without end.

    Attributes:
        timeout: For the whole of each reply; a quarter of what a mail may take to be written.
    """

    timeout: float

    def getreply(self) -> Reply:
        """Read one reply.

        Raises:
            SMTPServerDisconnected: The connection is gone, or the reply has no end or is late.
        """
        if self.file is None and self.sock is not None:
            self.file = _Replies(self.sock)
        if self.file is not None:
            self.file.expect(self.timeout)
        return super().getreply()

    def send(self, content: bytes | str) -> None:  # type: ignore[override]  # typeshed names it otherwise
        """Write it whole.

        Raises:
            SMTPServerDisconnected: The connection is gone, or the server takes it too slowly.
        """
        written = content.encode("ascii") if isinstance(content, str) else content
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected(_GONE)
        try:
            send_whole(self.sock, written, ends_at=time.monotonic() + 4 * self.timeout)
        except OSError as error:
            self.close()
            raise smtplib.SMTPServerDisconnected(_LATE if isinstance(error, TimeoutError) else _GONE) from error


_GONE, _LATE = "it closed the connection", "timed out"


class _OverTls(Connection, smtplib.SMTP_SSL):
    """The same over TLS from the first byte."""


def connect(access: Access, own_name: str) -> Connection:
    """Connect, protect the connection and say who we are.

    Raises:
        NotNowError: The server cannot be reached or takes nobody now.
        StopError: The server, its certificate or its answer to our password will not do, now or later.
    """
    try:
        if access.tokens is None:
            return _reach_as(access, own_name, access.password or "")
        token = access.tokens.now()
        try:
            return _reach_as(access, own_name, token)
        except smtplib.SMTPAuthenticationError as error:
            if error.smtp_code in LATER or advice_on(_words(error)):
                raise
            # It may have expired since: a new one, or a reason to stop.
            return _reach_as(access, own_name, access.tokens.now(other_than=token))
    except ConfigurationError as error:
        raise StopError(f"{error.message} {error.hint}") from None
    except OSError as error:
        raise _sorted(error) from None
    except ValueError:
        raise StopError("The name of the SMTP server is not one, or its way to log in cannot be understood.") from None


def _reach_as(access: Access, own_name: str, secret: str) -> Connection:
    """Connect, and be known by a password or a token."""
    server = _reach(access, own_name)
    try:
        _introduce(server, access, secret)
    except BaseException:
        server.close()
        raise
    return server


def _reach(access: Access, own_name: str) -> Connection:
    """Connect, over TLS from the first byte where that is wanted."""
    address, timeout_seconds = (access.server.host, access.server.port), access.timeout_seconds
    if access.server.security == "tls":
        return _OverTls(*address, local_hostname=own_name, timeout=timeout_seconds, context=access.tls)
    return Connection(*address, local_hostname=own_name, timeout=timeout_seconds)


def _introduce(server: Connection, access: Access, secret: str) -> None:
    """Protect the connection, say who we are and log in."""
    assert server.sock is not None
    # A mail goes in few large writes with an answer after each: waiting for more to send only costs.
    server.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if access.server.security == "starttls":
        server.starttls(context=access.tls)
    server.ehlo_or_helo_if_needed()
    if access.server.user_name is None:
        return
    if access.tokens is not None:
        sign_in(server, access.server.user_name, secret)
    else:
        server.login(access.server.user_name, secret)


def _sorted(error: OSError) -> NotNowError | StopError:
    """Tell what may pass from what a person has to mend; the sentence holds no name and no password."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return StopError(f"The certificate of the SMTP server cannot be trusted: {error.verify_message}.")
    if isinstance(error, smtplib.SMTPAuthenticationError):
        sentence = f"The SMTP server refuses the sign-in ({error.smtp_code}).{advice_on(_words(error))}"
        return NotNowError(sentence) if error.smtp_code in LATER else StopError(sentence)
    if isinstance(error, smtplib.SMTPResponseException):
        sentence = describe((error.smtp_code, _words(error).encode()))
        return StopError(sentence) if error.smtp_code in NEVER else NotNowError(sentence)
    if _ENDLESS in str(error):
        return StopError(f"This is no SMTP server that we can speak to: {_ENDLESS}.")
    if isinstance(error, smtplib.SMTPException) and not isinstance(error, smtplib.SMTPServerDisconnected):
        return StopError("The SMTP server does not offer STARTTLS, or a way to log in that we know.")
    is_late = isinstance(error, TimeoutError) or "timed out" in str(error)
    why = "time-out" if is_late else error.strerror or "it closed the connection"
    return NotNowError(f"The SMTP server cannot be reached: {why}.")


def describe(reply: Reply) -> str:
    """Give a server's reply as a reason, without any address, and with what to ask whom where that is known."""
    code, said = reply
    words = said.decode("utf-8", "replace")
    return f"The SMTP server answered {code}: {without_private(words)}{advice_on(words)}"


def _words(error: smtplib.SMTPResponseException) -> str:
    """Give what the server said."""
    return error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
