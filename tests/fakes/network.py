"""A network that answers what a test tells it to, and keeps what it was asked."""

from collections.abc import Callable, Iterable, Iterator, Mapping

import httpx

_Answer = Callable[[], httpx.Response]


class FakeNetwork(httpx.BaseTransport):
    """Carries requests nowhere: each address answers from its own queue, and its last answer again and again.

    Attributes:
        requests: What was asked, in order.
    """

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self._answers: dict[str, list[_Answer]] = {}

    def answer(
        self,
        address: str,
        body: bytes | Iterable[bytes] = b"",
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Queue an answer of an address; a body of pieces comes piece by piece."""
        pieces = [body] if isinstance(body, bytes) else body
        self._queue(address).append(lambda: httpx.Response(status, headers=dict(headers or {}), stream=_Pieces(pieces)))

    def fail(self, address: str, error: Exception) -> None:
        """Queue a failure of an address."""

        def answer() -> httpx.Response:
            raise error

        self._queue(address).append(answer)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Give the next answer."""
        self.requests.append(request)
        queue = self._answers.get(str(request.url))
        if queue is None:
            raise httpx.ConnectError(f"nobody answers at {request.url}")
        answer = queue.pop(0) if len(queue) > 1 else queue[0]
        return answer()

    def _queue(self, address: str) -> list[_Answer]:
        return self._answers.setdefault(address, [])


class _Pieces(httpx.SyncByteStream):
    """A body that comes in pieces, as often as it is asked for."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces
