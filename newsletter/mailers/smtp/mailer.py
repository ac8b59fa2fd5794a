"""The SMTP mailer: bytes to a mail server, step by step, so that it is known where something failed.

The door is `Smtp`. Python's smtplib keeps the connection, but never sends a mail by itself: its one call for that hides
whether the last dot was written, which is the line between "surely not taken" and "may have been taken" (RFC 1047).
The mail is built once per batch and only spliced per person. It must not know the ledger, wait, or try a doubtful mail
again.
"""

import re
import socket
import ssl
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

from newsletter.domain.hosts import is_loopback
from newsletter.domain.mailing import BatchOutcome, Capabilities, OutgoingBatch, Recipient
from newsletter.errors import ConfigurationError, ContentError, StorageError
from newsletter.mailers.batch_outcome import OutcomeCollector, prepare_batch
from newsletter.mailers.smtp.connection import (
    LATER,
    NEVER,
    Access,
    Connection,
    NotNowError,
    Reply,
    StopError,
    connect,
    describe,
)
from newsletter.message.mime import PreparedMail

MAILS_PER_CONNECTION = 50
"""Servers close connections that bring more than some hundred mails; one that does so earlier is dealt with."""

_QUEUE_ID = re.compile(r"queued as (\S+)")
"""Postfix and others name the mail in their last answer, which finds it in their log."""
_LEADING_DOT = re.compile(rb"\r\n\.")
_OK = range(200, 300)
_GO_ON = 354
_CLOSING = 421
_NO_REPLY = (-1, b"")
"""smtplib's own way to say that a reply could not be read."""


class Smtp:
    """Hand messages to a mail server.

    Attributes:
        capabilities: Not idempotent: a mail whose last answer was lost may be on its way.
    """

    name = "smtp"

    def __init__(self, access: Access) -> None:
        """Prepare; nothing is connected yet.

        Raises:
            ConfigurationError: The connection would be unprotected and leave this machine, or the password is one that
                smtplib cannot say.
        """
        server = access.server
        if server.security == "none" and not is_loopback(server.host):
            raise ConfigurationError(
                "The connection to the SMTP server would not be protected.",
                hint='Set security to "starttls" or "tls"; "none" is for a server on this machine only.',
            )
        if not f"{server.user_name or ''}{access.password or ''}".isascii():
            raise ConfigurationError(
                "The user name or password for the SMTP server has letters beyond ASCII.",
                hint="Have the server's administrator give one of plain letters and digits.",
            )
        if server.security != "none" and access.tls is None:
            # Once: reading every certificate that Python trusts takes 26 ms, as long as fifty mails.
            access = replace(access, tls=ssl.create_default_context())
        self._access = access
        self.capabilities = Capabilities(
            batch_size_max=MAILS_PER_CONNECTION * server.connections,
            is_idempotent=False,
            is_rehearsal=False,
            notes_each=True,
            connections=server.connections,
            pace=server.own_pace,
        )

    def submit(self, batch: OutgoingBatch) -> BatchOutcome:
        """Hand over one batch over several connections, which share its recipients among them."""
        collector = OutcomeCollector(batch)
        try:
            prepared = prepare_batch(batch)
        except ContentError as error:
            return collector.close(stop_reason=error.message)
        round_ = _Round(self._access, batch, prepared, collector)
        lanes = min(self._access.server.connections, len(collector.sound))
        if lanes == 1:
            round_.run()
        elif lanes > 1:
            round_.run_side_by_side(lanes)
        return collector.close(round_.otherwise, stop_reason=round_.stop_reason)


class _Round:
    """The recipients of one batch, shared by several connections.

    Attributes:
        otherwise: Why those that nobody came to were not handed over.
        stop_reason: As in `BatchOutcome`.
    """

    def __init__(
        self, access: Access, batch: OutgoingBatch, prepared: PreparedMail, collector: OutcomeCollector
    ) -> None:
        self._access = access
        self._sender = batch.sender.address
        self._notes = batch.notes
        self._prepared = prepared
        self._collector = collector
        self._waiting = deque(collector.sound)
        self._ends_at = time.monotonic() + access.batch_seconds
        self._open: set[Connection] = set()
        self.otherwise = ""
        self.stop_reason: str | None = None

    def run_side_by_side(self, lanes: int) -> None:
        """Work over several connections; whoever stops us at once does not wait for what their servers may say."""
        with ThreadPoolExecutor(lanes, thread_name_prefix="smtp") as pool:
            running = [pool.submit(self.run) for _ in range(lanes)]
            try:
                for lane in running:
                    lane.result()
            except BaseException:
                self._abandon()
                raise

    def _abandon(self) -> None:
        """Let every connection end now."""
        self._waiting.clear()
        for server in tuple(self._open):
            with suppress(OSError, AttributeError):  # it may be closed by now, or have no socket any more
                server.sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]  # as just said

    def run(self) -> None:
        """Work over one connection until nobody waits; a connection that brought mails may be followed by another.

        Servers close a connection after so many mails; whoever was next is not to suffer for it.
        """
        try:
            while self._waiting and self._run_connection():
                pass
        except NotNowError as error:
            self.otherwise = str(error)
        except StopError as error:
            self.stop_reason = str(error)
            self._waiting.clear()

    def _run_connection(self) -> bool:
        """Hand over as many as one connection takes, and tell whether another one makes sense.

        Raises:
            NotNowError: It cannot be had, broke before it brought anything, or left a doubt.
            StopError: The server refuses us or the message.
        """
        server = connect(self._access, self._sender.rpartition("@")[2])
        self._open.add(server)
        try:
            return self._use(server)
        finally:
            self._open.discard(server)
            server.close()

    def _use(self, server: Connection) -> bool:
        """Hand over mail after mail; the connection is ended politely only when it is in order.

        Raises:
            NotNowError: The connection broke before it brought anything, or left a doubt.
            StopError: The server refuses us or the message.
        """
        count = 0
        while True:
            if self._waiting and time.monotonic() > self._ends_at:
                self.otherwise = _SLOW
                self._waiting.clear()
            try:
                recipient = self._waiting.popleft()
            except IndexError:
                with suppress(OSError):
                    server.quit()
                return False
            try:
                self._hand_over(server, recipient)
            except NotNowError:
                if count == 0 or self._collector.is_settled(recipient):
                    raise
                self._waiting.appendleft(recipient)
                return True
            count += 1

    def _hand_over(self, server: Connection, recipient: Recipient) -> None:
        """Hand one mail over and settle its recipient.

        Raises:
            NotNowError: The connection is gone, or the mail cannot be noted. The recipient is settled only if in doubt.
            StopError: The server refuses the sender.
        """
        mail = self._prepared.fill(recipient)
        try:
            self._notes.begin(recipient.delivery_key)
        except StorageError as error:
            raise NotNowError(error.message) from error
        refusal = _exchange_envelope(server, self._sender, recipient.address, len(mail))
        if refusal is not None:
            self._settle_refusal(recipient, refusal)
            return
        try:
            server.send(_with_dots_doubled(mail) + b".\r\n")
        except OSError:
            # What was not written whole had no last dot, and a mail without it is none.
            raise NotNowError(_LOST) from None
        code, said = self._verdict(server)
        if code in _OK:
            queue_id = _QUEUE_ID.search(said.decode("utf-8", "replace"))
            self._collector.accept(recipient, queue_id[1] if queue_id else None)
        elif code in LATER or code in NEVER:
            self._settle_refusal(recipient, (code, said))
        else:
            self._collector.doubt(recipient, "The SMTP server gave no clear answer after the mail was written.")
            raise NotNowError("Another mail of the batch is in doubt.")

    def _verdict(self, server: Connection) -> Reply:
        """Wait for the answer to a whole mail, longer than for any other."""
        server.timeout = self._access.verdict_seconds
        try:
            return server.getreply()
        except OSError:
            return _NO_REPLY
        finally:
            server.timeout = self._access.timeout_seconds

    def _settle_refusal(self, recipient: Recipient, refusal: Reply) -> None:
        """Note what a refusal means for one recipient.

        Raises:
            NotNowError: The server closes the connection, or says nothing that can be understood.
        """
        code = refusal[0]
        if code in NEVER:
            self._collector.reject(recipient, describe(refusal))
        elif code in LATER and code != _CLOSING:
            self._collector.refuse(recipient, describe(refusal))
        else:
            raise NotNowError(describe(refusal))


def _with_dots_doubled(mail: bytes) -> bytes:
    """Double each dot that begins a line, for it would end the mail (RFC 5321 section 4.5.2).

    The mail has CRLF only, so a plain replacement does, far quicker than smtplib's pattern; and most mails have no such
    line, which a search sees quicker still.
    """
    return mail.replace(b"\r\n.", b"\r\n..") if _LEADING_DOT.search(mail) else mail


_SLOW = "The SMTP server is so slow that the rest of the batch goes out in another call."
_LOST = "The connection to the SMTP server was lost before the mail was written."


def _exchange_envelope(server: Connection, sender: str, address: str, size_bytes: int) -> Reply | None:
    """Say from whom to whom, up to the permission to write the mail; give the refusal when there is one.

    Where the server can, the three commands go in one packet (RFC 2920): half the round trips of a mail.

    Raises:
        NotNowError: The connection is gone, or the server takes no mail now.
        StopError: The server refuses the sender, or every mail of this size.
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
    except OSError:
        raise NotNowError(_LOST) from None
    refusal = _refusal_of(replies)
    if refusal is not None:
        # A connection that breaks now shows itself at the next mail; what was refused stays refused.
        with suppress(OSError):
            if replies[-1][0] == _GO_ON:
                # Permission to write to nobody: RFC 2920 section 3.1 wants the dot all the same.
                server.docmd(".")
            server.rset()
    return refusal


def _refusal_of(replies: list[Reply]) -> Reply | None:
    """Give the first reply that is no permission, or None.

    Raises:
        NotNowError: The server takes no mail from the sender now.
        StopError: The server takes none from the sender at all.
    """
    sender_reply, *later = replies
    # A mail that is written without the one code that permits it would be read as commands.
    permissions = (_OK, (_GO_ON,))
    if sender_reply[0] not in _OK:
        if sender_reply[0] in NEVER:
            raise StopError(f"The SMTP server refuses the sender or the message. {describe(sender_reply)}")
        raise NotNowError(describe(sender_reply))
    return next(
        (reply for reply, permission in zip(later, permissions, strict=False) if reply[0] not in permission), None
    )
