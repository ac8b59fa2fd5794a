"""A SendGrid on this machine: for the tests, and for trying the whole path without an account.

The door is `FakeSendGrid`. It refuses what the real service refuses (`refusals`), so that a request that it takes is
one that SendGrid would take, and it sends signed events. It is in `mailers`, not in `web`, because it is knowledge
about SendGrid, and the serving is Python's own.

The local part of an address says what becomes of its mail: `bounce...`, `full...`, `blocked...`, `spam...`, `leave...`
and `dropped...` do what they say; of `lost...` nothing is ever heard again, nor is the call answered that carries it;
everybody else gets it.
"""

import base64
import json
import secrets
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from newsletter.domain.notification import ProviderDoor
from newsletter.mailers.sendgrid.notifications import door
from newsletter.mailers.sendgrid.refusals import Problem, problem, problems_of

SIZE_BYTES_MAX = 20 * 1024 * 1024
_FATES = {
    "bounce": [
        ("processed", {}),
        ("bounce", {"type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 No such user"}),
    ],
    "full": [
        ("processed", {}),
        ("deferred", {"attempt": "1", "response": "452 4.2.2 Mailbox full"}),
        ("bounce", {"type": "bounce", "status": "5.2.2", "reason": "552 5.2.2 Mailbox full"}),
    ],
    "blocked": [
        ("processed", {}),
        ("bounce", {"type": "blocked", "bounce_classification": "Reputation", "reason": "550 5.7.1 Blocked"}),
    ],
    "spam": [("processed", {}), ("delivered", {"response": "250 OK"}), ("spamreport", {})],
    "leave": [("processed", {}), ("delivered", {"response": "250 OK"}), ("unsubscribe", {})],
    "dropped": [("dropped", {"reason": "Bounced Address"})],
    "lost": [],
    "": [("processed", {}), ("delivered", {"response": "250 OK"})],
}
"""Beginning of the local part -> the events of its mail; the first that fits counts."""
_LISTS = {"bounce": "bounces", "full": "bounces", "blocked": "blocks", "spam": "spam_reports", "leave": "unsubscribes"}


Json = dict[str, Any]
Answered = tuple[int, Mapping[str, str], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail that was taken, as its reader would get it: tags replaced."""

    request_id: str
    address: str
    name: str
    subject: str
    text: str
    html: str
    headers: Mapping[str, str]
    custom_args: Mapping[str, str]


class FakeSendGrid:
    """Serve on loopback while the `with` block lasts.

    Attributes:
        host: Its address.
        api_key: The only key it takes.
        closed: Set when it is served no more.
        public_key: For checking the signature of its events.
        mails: Everything taken so far.
        requests: The body of every request to /v3/mail/send, whatever became of it.
        events: Not yet posted.
    """

    def __init__(
        self,
        *,
        api_key: str,
        clock: Callable[[], datetime],
        webhook_url: str | None = None,
        port: int = 0,
    ) -> None:
        """Prepare the service.

        Args:
            api_key: The only key it takes.
            clock: Gives the aware moment of an event.
            webhook_url: Where events are posted after each request; None keeps them for `post_events`.
            port: 0 takes a free one.
        """
        self.api_key, self._clock, self._webhook_url = api_key, clock, webhook_url
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._lock = threading.Lock()
        self.closed = threading.Event()
        self._name = secrets.token_hex(4)
        """No other fake has it, nor this one after a restart: whoever keeps its ids would take its news for old."""
        self._suppressed: dict[str, list[Json]] = {name: [] for name in _LISTS.values()}
        self.mails: list[Mail] = []
        self.requests: list[bytes] = []
        self.events: list[Json] = []
        handler = type("Handler", (_Handler,), {"fake": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self.host = f"http://127.0.0.1:{self._server.server_address[1]}"
        point = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.public_key = base64.b64encode(point).decode()

    def __enter__(self) -> Self:
        """Begin to serve."""
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop serving."""
        self.closed.set()
        self._server.shutdown()
        self._server.server_close()

    def door(self) -> ProviderDoor:
        """Give the door for what it tells."""
        return door([self.public_key], self._clock)

    def sign(self, body: bytes, timestamp: str) -> str:
        """Sign a webhook's body as SendGrid does."""
        return base64.b64encode(self._key.sign(timestamp.encode() + body, ec.ECDSA(SHA256()))).decode()

    def post_events(self, url: str) -> int | None:
        """Post what has happened, signed; give the answer's status, or None when nobody answers. 2xx forgets them."""
        with self._lock:
            events, self.events = self.events, []
        body, timestamp = json.dumps(events).encode(), str(int(self._clock().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "X-Twilio-Email-Event-Webhook-Signature": self.sign(body, timestamp),
            "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
        }
        status = None
        try:
            with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=10) as answer:  # noqa: S310 - the operator's own webhook
                status = answer.status
        except urllib.error.HTTPError as error:
            status = error.code
            error.close()
        except OSError:
            pass
        if status is None or not 200 <= status < 300:  # noqa: PLR2004 - HTTP's own numbers
            with self._lock:
                self.events[:0] = events
        return status

    def receive(self, authorization: str | None, body: bytes) -> Answered | None:
        """Work on one request to /v3/mail/send: give status, headers and body of the answer, or None to drop it."""
        with self._lock:
            self.requests.append(body)
        if authorization != f"Bearer {self.api_key}":
            return _refusal(401, [problem("The provided authorization grant is invalid, expired, or revoked", None)])
        if len(body) > SIZE_BYTES_MAX:
            return _refusal(413, [problem("Payload too large", None)])
        if problems := problems_of(body):
            return _refusal(400, problems)
        return self.take(json.loads(body))

    def take(self, payload: Json) -> Answered | None:
        """Take the mails of a request in which nothing is wrong, and answer as `receive` does."""
        request_id, mails = self._book(payload)
        if _is_sandbox(payload):
            return 200, {}, b""
        is_lost = any(mail.address.startswith("lost") for mail in mails)
        return None if is_lost else (202, {"X-Message-Id": request_id}, b"")

    def read_list(self, name: str, parameters: Mapping[str, list[str]]) -> list[Json] | None:
        """Give a page of one suppression list, or None when there is no such list."""
        if name not in self._suppressed:
            return None
        limit, offset, start = (
            int(parameters.get(key, [default])[0])
            for key, default in (("limit", "500"), ("offset", "0"), ("start_time", "0"))
        )
        fitting = [entry for entry in self._suppressed[name] if int(str(entry["created"])) >= start]
        return fitting[offset : offset + limit]

    def post_events_if_wanted(self) -> None:
        """Post to the webhook, when there is one."""
        if self._webhook_url is not None:
            self.post_events(self._webhook_url)

    def _book(self, payload: Json) -> tuple[str, list[Mail]]:
        """Take every mail of a request, unless it is only to be checked; give the request's id, and the mails."""
        with self._lock:
            request_id = f"{self._name}-request{len(self.requests):06d}"
            mails = list(_mails(payload, request_id))
            if not _is_sandbox(payload):
                self.mails += mails
                for position, mail in enumerate(mails):
                    self._happen(mail, position)
        return request_id, mails

    def _happen(self, mail: Mail, position: int) -> None:
        """Let a mail have its fate, and note the address on the list that comes with it."""
        fate = next(beginning for beginning in _FATES if mail.address.startswith(beginning))
        now = int(self._clock().timestamp())
        for event, details in _FATES[fate]:
            self.events.append(
                {
                    **mail.custom_args,
                    **details,
                    "email": mail.address,
                    "event": event,
                    "timestamp": now,
                    "sg_event_id": f"event{len(self.events):06d}{mail.request_id}",
                    "sg_message_id": f"{mail.request_id}.recvd-fake-1-{position}.0",
                }
            )
        if fate in _LISTS:
            reason = _FATES[fate][-1][1].get("reason", "")
            self._suppressed[_LISTS[fate]].append({"created": now, "email": mail.address, "reason": reason})


def _is_sandbox(payload: Json) -> bool:
    return bool(payload.get("mail_settings", {}).get("sandbox_mode", {}).get("enable", False))


def _refusal(status: int, problems: Sequence[Problem]) -> Answered:
    return status, {"Content-Type": "application/json"}, json.dumps({"errors": problems}).encode()


def _mails(payload: Json, request_id: str) -> Iterator[Mail]:
    """Make the mails of a checked request, tags replaced in subject, text and HTML alike."""
    bodies = {part["type"]: part["value"] for part in payload["content"]}
    for part in payload["personalizations"]:
        subject, text, html = (
            part.get("subject", payload["subject"]),
            bodies.get("text/plain", ""),
            bodies.get("text/html", ""),
        )
        for tag, value in part.get("substitutions", {}).items():
            subject, text, html = subject.replace(tag, value), text.replace(tag, value), html.replace(tag, value)
        for person in part["to"]:
            yield Mail(
                request_id=request_id,
                address=person["email"],
                name=person.get("name", ""),
                subject=subject,
                text=text,
                html=html,
                headers={**payload.get("headers", {}), **part.get("headers", {})},
                custom_args={**payload.get("custom_args", {}), **part.get("custom_args", {})},
            )


class _Handler(BaseHTTPRequestHandler):
    """HTTP for the fake."""

    protocol_version = "HTTP/1.1"
    fake: FakeSendGrid

    def do_POST(self) -> None:
        """Take a request to send."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.path != "/v3/mail/send":
            self._answer(404, {}, b"")
            return
        answer = self.fake.receive(self.headers.get("Authorization"), body)
        if answer is None:
            self.close_connection = True
        else:
            with suppress(OSError):  # the client may be gone, and then nobody minds
                self._answer(*answer)
        self.fake.post_events_if_wanted()

    def do_GET(self) -> None:
        """Show a suppression list."""
        address = urlsplit(self.path)
        page = self.fake.read_list(address.path.removeprefix("/v3/suppression/"), parse_qs(address.query))
        self._answer(404 if page is None else 200, {"Content-Type": "application/json"}, json.dumps(page).encode())

    def _answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name in Python's class
        """Say nothing: a request line may hold what nobody should read."""
