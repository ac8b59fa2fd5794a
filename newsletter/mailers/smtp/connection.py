"""The way to a mail server: how it is reached, and a connection that is protected and known to us.

The doors are `Access` and `connect`. Whatever stands in the way here, no mail was written.
"""

import errno
import smtplib
import socket
import ssl
from dataclasses import dataclass, field
from typing import BinaryIO

from newsletter.mailers.batch_outcome import without_private
from newsletter.mailers.smtp import SmtpTable

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
        password: Never shown.
        timeout_seconds: For connecting, and for every wait after it but the next.
        verdict_seconds: For the answer after the last dot: ten minutes, as RFC 5321 section 4.5.3.2.6 asks, for a
            server may look through a mail before it answers, and whoever does not wait for it is left with a doubt.
        tls: Certificates to trust; None trusts those that Python trusts.
    """

    server: SmtpTable
    password: str | None = field(default=None, repr=False)
    timeout_seconds: float = 30
    verdict_seconds: float = 600
    tls: ssl.SSLContext | None = None


class NotNowError(Exception):
    """This connection is of no use any more; what was not handed over over it was surely not taken."""


class StopError(Exception):
    """The server refuses us or the message, not one recipient: nothing more makes sense before a person has looked."""


_ENDLESS = "the reply has no end"


class _CountedLines:
    """Give the lines of one reply, and not more than there may be; smtplib itself limits each line."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.left = REPLY_LINES_MAX

    def readline(self, size_bytes: int) -> bytes:
        """Give the next line.

        Raises:
            OSError: The reply has no end.
        """
        self.left -= 1
        if self.left < 0:
            raise OSError(errno.EMSGSIZE, _ENDLESS)
        return self._file.readline(size_bytes)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class _Plain(smtplib.SMTP):
    """A connection that reads no reply without end."""

    def getreply(self) -> Reply:
        """Read one reply.

        Raises:
            SMTPServerDisconnected: The connection is gone, or the reply has no end.
        """
        if self.file is None and self.sock is not None:
            self.file = _CountedLines(self.sock.makefile("rb"))
        if self.file is not None:
            self.file.left = REPLY_LINES_MAX
        return super().getreply()


class _OverTls(_Plain, smtplib.SMTP_SSL):
    """The same over TLS from the first byte."""


def connect(access: Access, own_name: str) -> smtplib.SMTP:
    """Connect, protect the connection and say who we are.

    Raises:
        NotNowError: The server cannot be reached or takes nobody now.
        StopError: The server, its certificate or its answer to our password will not do, now or later.
    """
    try:
        server = _reach(access, own_name)
        try:
            _introduce(server, access)
        except BaseException:
            server.close()
            raise
    except OSError as error:
        raise _sorted(error) from None
    except ValueError:
        raise StopError("The name of the SMTP server is not one, or its way to log in cannot be understood.") from None
    return server


def _reach(access: Access, own_name: str) -> smtplib.SMTP:
    """Connect, over TLS from the first byte where that is wanted."""
    address, timeout_seconds = (access.server.host, access.server.port), access.timeout_seconds
    if access.server.security == "tls":
        return _OverTls(*address, local_hostname=own_name, timeout=timeout_seconds, context=access.tls)
    return _Plain(*address, local_hostname=own_name, timeout=timeout_seconds)


def _introduce(server: smtplib.SMTP, access: Access) -> None:
    """Protect the connection, say who we are and log in."""
    assert server.sock is not None
    # A mail goes in few large writes with an answer after each: waiting for more to send only costs.
    server.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if access.server.security == "starttls":
        server.starttls(context=access.tls)
    server.ehlo_or_helo_if_needed()
    if access.server.user_name is not None:
        server.login(access.server.user_name, access.password or "")


def _sorted(error: OSError) -> NotNowError | StopError:
    """Tell what may pass from what a person has to mend; the sentence holds no name and no password."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return StopError(f"The certificate of the SMTP server cannot be trusted: {error.verify_message}.")
    if isinstance(error, smtplib.SMTPAuthenticationError):
        sentence = f"The SMTP server refuses the user name or password ({error.smtp_code})."
        return NotNowError(sentence) if error.smtp_code in LATER else StopError(sentence)
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error if isinstance(error.smtp_error, bytes) else error.smtp_error.encode()
        sentence = describe((error.smtp_code, said))
        return StopError(sentence) if error.smtp_code in NEVER else NotNowError(sentence)
    if _ENDLESS in str(error):
        return StopError(f"This is no SMTP server that we can speak to: {_ENDLESS}.")
    if isinstance(error, smtplib.SMTPException) and not isinstance(error, smtplib.SMTPServerDisconnected):
        return StopError("The SMTP server does not offer STARTTLS, or a way to log in that we know.")
    is_late = isinstance(error, TimeoutError) or "timed out" in str(error)
    why = "time-out" if is_late else error.strerror or "it closed the connection"
    return NotNowError(f"The SMTP server cannot be reached: {why}.")


def describe(reply: Reply) -> str:
    """Give a server's reply as a reason, without any address."""
    code, said = reply
    return f"The SMTP server answered {code}: {without_private(said.decode('utf-8', 'replace'))}"
