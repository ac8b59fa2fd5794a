"""A mail server on this machine that does what a test tells it, phase by phase."""

import socket
import socketserver
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

DROP = "drop"
"""Close the connection instead of answering."""
HANG = "hang"
"""Say nothing until the server is closed."""
TRICKLE = "trickle"
"""Say a letter now and then, until the server is closed."""
CUT = "cut"
"""Give permission to write the mail, and hang up in its middle."""

Answer = Callable[[str, str], str | None]
"""Phase (connect, ehlo, starttls, auth, mail, rcpt, data, dot, rset, quit) and argument -> reply; None does it well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A mail that was taken."""

    sender: str
    recipient: str
    mail: bytes
    connection: int


class FakeSmtp:
    """Serve on loopback while the `with` block lasts.

    Attributes:
        port: Where.
        taken: Every mail taken so far.
        said: Every command line, per connection.
    """

    def __init__(
        self,
        answer: Answer = lambda _phase, _argument: None,
        *,
        extensions: tuple[str, ...] = ("PIPELINING", "SIZE 10000000"),
        tls: ssl.SSLContext | None = None,
        is_tls_from_start: bool = False,
    ) -> None:
        self.answer, self.extensions, self.tls, self.is_tls_from_start = answer, extensions, tls, is_tls_from_start
        self.taken: list[Taken] = []
        self.said: list[list[str]] = []
        self.closed = threading.Event()
        handler = type("Handler", (_Handler,), {"fake": self})
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]

    def __enter__(self) -> Self:
        """Begin to serve."""
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop serving and let go of hanging connections."""
        self.closed.set()
        self._server.shutdown()
        self._server.server_close()


class _Closed(Exception):  # noqa: N818 - no error: how a connection ends
    """The connection is to be closed."""


class _Handler(socketserver.BaseRequestHandler):
    """One connection."""

    fake: FakeSmtp
    request: socket.socket

    def handle(self) -> None:
        """Talk until the client or the script ends it."""
        # Several short replies to one packet: without this each waits 40 ms for the client's acknowledgement.
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.lines: list[str] = []
        self.number = len(self.fake.said)
        self.fake.said.append(self.lines)
        self.sender = self.recipient = ""
        self.buffer = b""
        try:
            if self.fake.is_tls_from_start:
                self._protect()
            self._reply("connect", "", "220 fake.example ready")
            while True:
                self._do(self._line())
        except (_Closed, OSError):
            self.request.close()

    def _do(self, line: str) -> None:
        """Do one command."""
        self.lines.append(line)
        verb, _, argument = line.partition(" ")
        match verb.upper():
            case "EHLO":
                lines = ["fake.example", *self.fake.extensions]
                written = [f"250{'-' if number < len(lines) else ' '}{text}" for number, text in enumerate(lines, 1)]
                self._reply("ehlo", argument, "\r\n".join(written))
            case "STARTTLS":
                self._reply("starttls", "", "220 go ahead")
                self._protect()
            case "AUTH":
                self._authenticate(argument)
            case "MAIL":
                self.sender = argument.partition("<")[2].partition(">")[0]
                self._reply("mail", argument, "250 ok")
            case "RCPT":
                recipient = argument.partition("<")[2].partition(">")[0]
                if self._reply("rcpt", recipient, "250 ok"):
                    self.recipient = recipient
            case "DATA":
                if self._reply("data", self.recipient, "354 go ahead" if self.recipient else "554 no recipient"):
                    self._take()
            case "RSET":
                self.recipient = ""
                self._reply("rset", "", "250 ok")
            case _:
                self._reply("quit", argument, "221 bye")
                raise _Closed

    def _authenticate(self, argument: str) -> None:
        """Answer whoever signs in; a script that says why not first, with 334, refuses after whatever line comes."""
        reply = self.fake.answer("auth", argument) or "235 welcome"
        self.request.sendall(f"{reply}\r\n".encode())
        if reply.startswith("334"):
            self.lines.append(self._line())
            self._reply("auth's end", "", "535 5.7.3 Authentication unsuccessful")

    def _take(self) -> None:
        """Read a mail up to its dot."""
        mail = b""
        while not mail.endswith(b"\r\n.\r\n") and mail != b".\r\n":
            mail += self._read(mail)
        recipient, self.recipient = self.recipient, ""
        if recipient and self._reply("dot", recipient, "250 2.0.0 Ok: queued as FAKE1"):
            taken = mail.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.")
            self.fake.taken.append(Taken(sender=self.sender, recipient=recipient, mail=taken, connection=self.number))
        elif not recipient:
            self.request.sendall(b"554 no recipient\r\n")

    def _read(self, so_far: bytes) -> bytes:
        """Give what came next, but nothing beyond the end of a mail."""
        if self.buffer:
            more, self.buffer = self.buffer, b""
        else:
            more = self.request.recv(65536)
        if not more:
            self.lines.append(f"(lost after {len(so_far)} bytes)")
            raise _Closed
        return more

    def _line(self) -> str:
        """Give the next command."""
        while b"\r\n" not in self.buffer:
            more = self.request.recv(65536)
            if not more:
                raise _Closed
            self.buffer += more
        line, _, self.buffer = self.buffer.partition(b"\r\n")
        return line.decode("utf-8", "replace")

    def _reply(self, phase: str, argument: str, well: str) -> bool:
        """Answer as the script wants, and tell whether it was a permission."""
        reply = self.fake.answer(phase, argument) or well
        if reply == HANG:
            self.fake.closed.wait()
        while reply == TRICKLE and not self.fake.closed.wait(0.01):
            self.request.sendall(b"2")
        if reply == CUT:
            self.request.sendall(b"354 go ahead\r\n")
            self.request.recv(1)
            # Closed with the rest unread and no lingering: the client's next write fails at once.
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if reply in (HANG, DROP, CUT, TRICKLE):
            raise _Closed
        self.request.sendall(f"{reply}\r\n".encode())
        if reply.startswith("421"):
            raise _Closed
        return reply[:1] in "23"

    def _protect(self) -> None:
        """Put TLS on the connection."""
        assert self.fake.tls is not None
        self.buffer = b""
        self.request = self.fake.tls.wrap_socket(self.request, server_side=True)
