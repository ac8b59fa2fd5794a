"""The SMTP mailer: bytes to a mail server, step by step, so that it is known where something failed.

The door is `Smtp`. Python's smtplib keeps the connection, but never sends a mail by itself: its one call for that hides
whether the last dot was written, which is the line between "surely not taken" and "may have been taken" (RFC 1047).
The mail is built once per batch and only spliced per person. It must not know the ledger, wait, or try a doubtful mail
again.
"""

import ipaddress
import re
import smtplib
import socket
import ssl
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum

from newsletter.domain.delivery import BatchOutcome, Capabilities, OutgoingBatch, Recipient
from newsletter.errors import ConfigurationError, ContentError
from newsletter.mailers.tally import Tally, prepare_batch, without_private
from newsletter.message.mime import PreparedMail

MAILS_PER_CONNECTION = 50
"""Servers close connections that bring more than some hundred mails; one that does so earlier is dealt with."""

_QUEUE_ID = re.compile(r"queued as (\S+)")
"""Postfix and others name the mail in their last answer, which finds it in their log."""
_LEADING_DOT = re.compile(rb"\r\n\.")
_OK = range(200, 300)
_GO_ON = 354
_LATER = range(400, 500)
_NEVER = range(500, 600)
_CLOSING = 421
_NO_REPLY = (-1, b"")
"""smtplib's own way to say that a reply could not be read."""

Reply = tuple[int, bytes]
"""Code and text, as smtplib gives them."""


class Security(StrEnum):
    """How the connection is protected."""

    STARTTLS = "starttls"
    """In the clear to begin with; nothing is said before TLS stands, and without it nothing is sent."""
    TLS = "tls"
    """From the first byte (port 465)."""
    NONE = "none"
    """Not at all; only to a server on this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """How to reach the mail server.

    Attributes:
        host: Name, as in its certificate, or address.
        port: 587 for submission, 465 for TLS from the first byte.
        security: STARTTLS unless the server is on this machine.
        user_name: None where the server asks for nobody.
        password: Never shown.
        connections: How many at the same time.
        timeout_seconds: For connecting, and for every wait after it.
        tls: Certificates to trust; None trusts those that Python trusts.
    """

    host: str
    port: int = 587
    security: Security = Security.STARTTLS
    user_name: str | None = None
    password: str | None = field(default=None, repr=False)
    connections: int = 4
    timeout_seconds: float = 30
    tls: ssl.SSLContext | None = None


class Smtp:
    """Hand messages to a mail server.

    Attributes:
        name: `smtp`.
        capabilities: Not idempotent: a mail whose last answer was lost may be on its way.
    """

    name = "smtp"

    def __init__(self, settings: SmtpSettings) -> None:
        """Prepare; nothing is connected yet.

        Raises:
            ConfigurationError: The connection would be unprotected and leave this machine, or the password is one that
                smtplib cannot say.
        """
        if settings.security is Security.NONE and not _is_loopback(settings.host):
            raise ConfigurationError(
                "The connection to the SMTP server would not be protected.",
                hint='Set security to "starttls" or "tls"; "none" is for a server on this machine only.',
            )
        if not f"{settings.user_name or ''}{settings.password or ''}".isascii():
            raise ConfigurationError(
                "The user name or password for the SMTP server has letters beyond ASCII.",
                hint="Have the server's administrator give one of plain letters and digits.",
            )
        if settings.security is not Security.NONE and settings.tls is None:
            # Once: reading every certificate that Python trusts takes 26 ms, as long as fifty mails.
            settings = replace(settings, tls=ssl.create_default_context())
        self._settings = settings
        self.capabilities = Capabilities(
            batch_size_max=MAILS_PER_CONNECTION * settings.connections, is_idempotent=False, is_rehearsal=False
        )

    def submit(self, batch: OutgoingBatch) -> BatchOutcome:
        """Hand over one batch over several connections, which share its recipients among them."""
        tally = Tally(batch)
        try:
            prepared = prepare_batch(batch)
        except ContentError as error:
            return tally.close(stop_reason=error.message)
        round_ = _Round(self._settings, batch, prepared, tally)
        lanes = min(self._settings.connections, len(tally.sound))
        if lanes == 1:
            round_.run()
        elif lanes > 1:
            with ThreadPoolExecutor(lanes, thread_name_prefix="smtp") as pool:
                for lane in [pool.submit(round_.run) for _ in range(lanes)]:
                    lane.result()
        return tally.close(round_.otherwise, stop_reason=round_.stop_reason)


class _NotNowError(Exception):
    """This connection is of no use any more; what was not handed over over it was surely not taken."""


class _StopError(Exception):
    """The server refuses us or the message, not one recipient: nothing more makes sense before a person has looked."""


class _Round:
    """The recipients of one batch, shared by several connections.

    Attributes:
        otherwise: Why those that nobody came to were not handed over.
        stop_reason: As in `BatchOutcome`.
    """

    def __init__(self, settings: SmtpSettings, batch: OutgoingBatch, prepared: PreparedMail, tally: Tally) -> None:
        self._settings = settings
        self._sender = batch.sender.address
        self._prepared = prepared
        self._tally = tally
        self._waiting = deque(tally.sound)
        self.otherwise = ""
        self.stop_reason: str | None = None

    def run(self) -> None:
        """Work over one connection until nobody waits; a connection that brought mails may be followed by another.

        Servers close a connection after so many mails; whoever was next is not to suffer for it.
        """
        try:
            while self._waiting and self._run_connection():
                pass
        except _NotNowError as error:
            self.otherwise = str(error)
        except _StopError as error:
            self.stop_reason = str(error)
            self._waiting.clear()

    def _run_connection(self) -> bool:
        """Hand over as many as one connection takes, and tell whether another one makes sense.

        Raises:
            _NotNowError: It cannot be had, broke before it brought anything, or left a doubt.
            _StopError: The server refuses us or the message.
        """
        server = _connect(self._settings, self._sender.rpartition("@")[2])
        try:
            return self._use(server)
        finally:
            server.close()

    def _use(self, server: smtplib.SMTP) -> bool:
        """Hand over mail after mail; the connection is ended politely only when it is in order.

        Raises:
            _NotNowError: The connection broke before it brought anything, or left a doubt.
            _StopError: The server refuses us or the message.
        """
        count = 0
        while True:
            try:
                recipient = self._waiting.popleft()
            except IndexError:
                with suppress(OSError):
                    server.quit()
                return False
            try:
                self._hand_over(server, recipient)
            except _NotNowError:
                if count == 0 or self._tally.is_settled(recipient):
                    raise
                self._waiting.appendleft(recipient)
                return True
            count += 1

    def _hand_over(self, server: smtplib.SMTP, recipient: Recipient) -> None:
        """Hand one mail over and settle its recipient.

        Raises:
            _NotNowError: The connection is gone; the recipient is settled only if there is a doubt.
            _StopError: The server refuses the sender.
        """
        mail = self._prepared.fill(recipient)
        refusal = _exchange_envelope(server, self._sender, recipient.address, len(mail))
        if refusal is not None:
            self._settle_refusal(recipient, refusal)
            return
        try:
            server.send(_with_dots_doubled(mail) + b".\r\n")
        except OSError:
            # What was not written whole had no last dot, and a mail without it is none.
            raise _NotNowError(_LOST) from None
        try:
            code, said = server.getreply()
        except OSError:
            code, said = _NO_REPLY
        if code in _OK:
            queue_id = _QUEUE_ID.search(said.decode("utf-8", "replace"))
            self._tally.accept(recipient, queue_id[1] if queue_id else None)
        elif code in _LATER or code in _NEVER:
            self._settle_refusal(recipient, (code, said))
        else:
            self._tally.doubt(recipient, "The SMTP server gave no clear answer after the mail was written.")
            raise _NotNowError("Another mail of the batch is in doubt.")

    def _settle_refusal(self, recipient: Recipient, refusal: Reply) -> None:
        """Note what a refusal means for one recipient.

        Raises:
            _NotNowError: The server closes the connection, or says nothing that can be understood.
        """
        code = refusal[0]
        if code in _NEVER:
            self._tally.reject(recipient, _describe(refusal))
        elif code in _LATER and code != _CLOSING:
            self._tally.refuse(recipient, _describe(refusal))
        else:
            raise _NotNowError(_describe(refusal))


def _with_dots_doubled(mail: bytes) -> bytes:
    """Double each dot that begins a line, for it would end the mail (RFC 5321 section 4.5.2).

    The mail has CRLF only, so a plain replacement does, far quicker than smtplib's pattern; and most mails have no such
    line, which a search sees quicker still.
    """
    return mail.replace(b"\r\n.", b"\r\n..") if _LEADING_DOT.search(mail) else mail


_LOST = "The connection to the SMTP server was lost before the mail was written."


def _exchange_envelope(server: smtplib.SMTP, sender: str, address: str, size_bytes: int) -> Reply | None:
    """Say from whom to whom, up to the permission to write the mail; give the refusal when there is one.

    Where the server can, the three commands go in one packet (RFC 2920): half the round trips of a mail.

    Raises:
        _NotNowError: The connection is gone, or the server takes no mail now.
        _StopError: The server refuses the sender, or every mail of this size.
    """
    size = f" SIZE={size_bytes}" if server.has_extn("size") else ""
    commands = [f"MAIL FROM:<{sender}>{size}", f"RCPT TO:<{address}>", "DATA"]
    try:
        if server.has_extn("pipelining"):
            server.send("".join(f"{command}\r\n" for command in commands))
            replies = [server.getreply() for _ in commands]
        else:
            replies = []
            for command in commands:
                replies.append(server.docmd(command))
                if replies[-1][0] not in _OK:
                    break
        refusal = _refusal_of(replies)
        if refusal is not None:
            if replies[-1][0] == _GO_ON:
                # Permission to write to nobody: RFC 2920 section 3.1 wants the dot all the same.
                server.docmd(".")
            server.rset()
    except OSError:
        raise _NotNowError(_LOST) from None
    return refusal


def _refusal_of(replies: list[Reply]) -> Reply | None:
    """Give the first reply that is no permission, or None.

    Raises:
        _NotNowError: The server takes no mail from the sender now.
        _StopError: The server takes none from the sender at all.
    """
    sender_reply, *later = replies
    if sender_reply[0] not in _OK:
        if sender_reply[0] in _NEVER:
            raise _StopError(f"The SMTP server refuses the sender or the message. {_describe(sender_reply)}")
        raise _NotNowError(_describe(sender_reply))
    return next((reply for reply in later if reply[0] not in _OK and reply[0] != _GO_ON), None)


def _connect(settings: SmtpSettings, own_name: str) -> smtplib.SMTP:
    """Connect, protect the connection and say who we are.

    Raises:
        _NotNowError: The server cannot be reached or takes nobody now.
        _StopError: The server, its certificate or its answer to our password will not do, now or later.
    """
    address, timeout_seconds = (settings.host, settings.port), settings.timeout_seconds
    server: smtplib.SMTP
    try:
        if settings.security is Security.TLS:
            server = smtplib.SMTP_SSL(*address, local_hostname=own_name, timeout=timeout_seconds, context=settings.tls)
        else:
            server = smtplib.SMTP(*address, local_hostname=own_name, timeout=timeout_seconds)
    except OSError as error:
        raise _sorted(error) from None
    try:
        assert server.sock is not None
        # A mail goes in few large writes with an answer after each: waiting for more to send only costs.
        server.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if settings.security is Security.STARTTLS:
            server.starttls(context=settings.tls)
        server.ehlo_or_helo_if_needed()
        if settings.user_name is not None:
            server.login(settings.user_name, settings.password or "")
    except OSError as error:
        server.close()
        raise _sorted(error) from None
    return server


def _sorted(error: OSError) -> _NotNowError | _StopError:
    """Tell what may pass from what a person has to mend; the sentence holds no name and no password."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _StopError(f"The certificate of the SMTP server cannot be trusted: {error.verify_message}.")
    if isinstance(error, smtplib.SMTPAuthenticationError):
        sentence = f"The SMTP server refuses the user name or password ({error.smtp_code})."
        return _NotNowError(sentence) if error.smtp_code in _LATER else _StopError(sentence)
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error if isinstance(error.smtp_error, bytes) else error.smtp_error.encode()
        sentence = _describe((error.smtp_code, said))
        return _StopError(sentence) if error.smtp_code in _NEVER else _NotNowError(sentence)
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        return _NotNowError("The SMTP server cannot be reached: time-out.")
    if isinstance(error, smtplib.SMTPException) and not isinstance(error, smtplib.SMTPServerDisconnected):
        return _StopError("The SMTP server does not offer STARTTLS, or a way to log in that we know.")
    return _NotNowError(f"The SMTP server cannot be reached: {error.strerror or 'it closed the connection'}.")


def _describe(reply: Reply) -> str:
    """Give a server's reply as a reason, without any address."""
    code, said = reply
    return f"The SMTP server answered {code}: {without_private(said.decode('utf-8', 'replace'))}"


def _is_loopback(host: str) -> bool:
    """Tell whether a server is on this machine by its very name or address; no name is looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
