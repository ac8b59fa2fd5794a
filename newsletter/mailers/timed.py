"""Sockets that end at a moment: a time-out for each read alone lets a server that trickles hold a call for ever.

The doors are `TimedReader` and `send_whole`; both raise TimeoutError when the time is over.
"""

import errno
import io
import math
import socket
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

READ_BYTES_MAX = 16 * 1024 * 1024
"""Of one connection; no answer that we know is larger than a hundredth of it."""


class TimedReader(io.RawIOBase):
    """Read from a socket.

    Attributes:
        ends_at: When it is over, on the clock that only grows.
        wait_seconds: For a single read.
    """

    def __init__(self, sock: socket.socket, *, ends_at: float, wait_seconds: float = math.inf) -> None:
        self.ends_at, self.wait_seconds = ends_at, wait_seconds
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._left_bytes = READ_BYTES_MAX

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int | None:
        """Read what is there."""
        self._sock.settimeout(min(_left(self.ends_at), self.wait_seconds))
        count = self._raw.readinto(buffer)
        self._left_bytes -= count or 0
        if self._left_bytes < 0:
            raise OSError(errno.EMSGSIZE, "it has no end")
        return count

    def close(self) -> None:
        """Let go of the socket."""
        self._raw.close()
        super().close()


def send_whole(sock: socket.socket, content: bytes, *, ends_at: float) -> None:
    """Write all of it; over TLS `sendall` would begin its time anew with each record."""
    view = memoryview(content)
    while view:
        sock.settimeout(_left(ends_at))
        view = view[sock.send(view) :]


def _left(ends_at: float) -> float:
    """Give the seconds that are left.

    Raises:
        TimeoutError: None is.
    """
    left = ends_at - time.monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    return left
