"""Take a port of this machine, or say why that is not possible. Door: `take_port`."""

import socket

from newsletter.errors import UsageError

_BACKLOG = 128
"""Callers that may wait to be let in: a provider comes over many connections at once."""


def take_port(host: str, port: int) -> socket.socket:
    """Listen on an address of this machine; port 0 takes any free one.

    Raises:
        UsageError: The port is taken, or the address is not one of this machine.
    """
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(place)
            listening.listen(_BACKLOG)
        except OSError:
            listening.close()
            raise
    except OSError as error:
        raise UsageError(
            f"{host}:{port} cannot be used: {error.strerror}.",
            hint="Another one may be running; choose another port with --port, or 0 for any.",
        ) from error
    return listening
