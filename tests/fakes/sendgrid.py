"""The product's own SendGrid, made to misbehave: as scripted, and late."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from newsletter.mailers.sendgrid.fake import Answered, FakeSendGrid, Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """How one request is to go wrong.

    Attributes:
        status: Answered instead of working; None drops the connection without an answer.
        headers: Of that answer.
        body: Likewise.
        is_booked: The mails are taken all the same, as when an answer is lost on its way back.
        hangs: Neither answers nor drops until the fake is closed.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    is_booked: bool = False
    hangs: bool = False


class ScriptedSendGrid(FakeSendGrid):
    """A SendGrid that goes wrong as scripted: each request that it does not refuse by itself."""

    def __init__(
        self,
        *,
        api_key: str,
        clock: Callable[[], datetime],
        webhook_url: str | None = None,
        book_after: Callable[[], object] = lambda: None,
    ) -> None:
        """Prepare the service.

        Args:
            api_key: The only key it takes.
            clock: Gives the aware moment of an event.
            webhook_url: Where events are posted after each request; None keeps them for `post_events`.
            book_after: Called between reading a request and taking its mails: a wait makes a service that books late.
        """
        super().__init__(api_key=api_key, clock=clock, webhook_url=webhook_url)
        self._book_after = book_after
        self._script: deque[Fault | None] = deque()
        self._next = Lock()

    def script(self, *faults: Fault | None) -> None:
        """Say how the next requests go: None well, a Fault badly; after them all go well."""
        self._script.extend(faults)

    def take(self, payload: Json) -> Answered | None:
        """Take the mails of a request, or do not, as the script says."""
        with self._next:
            fault = self._script.popleft() if self._script else None
        answer: Answered | None = None
        if fault is None or fault.is_booked:
            self._book_after()
            answer = super().take(payload)
        if fault is None:
            return answer
        if fault.hangs:
            self.closed.wait()
        return None if fault.status is None else (fault.status, fault.headers, fault.body)
