"""A web server on this machine that answers as a test wants, also wrongly."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Answer = bytes | Callable[[bytes], bytes]
"""What it sends, or what it sends to a request."""


def whole(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """Give an answer as it goes over the wire."""
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""])
    return head.encode() + body


class Server:
    """A program on this machine that takes connections, one after the other, and answers each.

    Attributes:
        port: Where it listens, on 127.0.0.1.
        heard: What it was asked, in order.
    """

    def __init__(self, answer: Answer, context: ssl.SSLContext | None) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._answer = answer
        self._context = context
        self.port = int(self._listener.getsockname()[1])
        self.heard: list[bytes] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        """Answer until somebody says `close`."""
        while True:
            connection, _ = self._listener.accept()
            with connection, suppress(OSError):
                if connection.recv(5, socket.MSG_PEEK) == b"close":
                    return
                talk = connection if self._context is None else self._context.wrap_socket(connection, server_side=True)
                with talk:
                    self.heard.append(talk.recv(65_536))
                    talk.sendall(self._answer if isinstance(self._answer, bytes) else self._answer(self.heard[-1]))

    def close(self) -> None:
        """Stop."""
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.sendall(b"close")
        self._thread.join()
        self._listener.close()


@contextmanager
def serving(answer: Answer, context: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Run a server while the block runs."""
    server = Server(answer, context)
    try:
        yield server
    finally:
        server.close()
