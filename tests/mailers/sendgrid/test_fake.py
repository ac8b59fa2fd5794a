import json
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from urllib.parse import urlsplit

import pytest

from newsletter.domain.mailing import Verdict
from newsletter.domain.notification import NotificationKind
from newsletter.mailers.sendgrid.notifications import (
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    is_signed,
    read_notifications,
)
from tests.fakes.sendgrid import Fault, ScriptedSendGrid
from tests.mailers.samples import a_batch, a_recipient, delivery_key
from tests.mailers.sendgrid.service import API_KEY, NOW, a_fake, a_mailer


class _Webhook(BaseHTTPRequestHandler):
    """A webhook that keeps what it gets."""

    status: int
    got: Queue[tuple[bytes, str | None, str | None]]

    def do_POST(self) -> None:
        """Keep a post."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.put((body, self.headers[SIGNATURE_HEADER], self.headers[TIMESTAMP_HEADER]))
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name in Python's class
        """Say nothing."""


@pytest.fixture
def webhook() -> Iterator[tuple[str, type[_Webhook]]]:
    """Serve a webhook; give its address and its keeper."""
    keeper = type("Keeper", (_Webhook,), {"got": Queue(), "status": 204})
    with HTTPServer(("127.0.0.1", 0), keeper) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/notifications/sendgrid", keeper
        server.shutdown()


def ask(host: str, method: str, path: str) -> tuple[int, bytes]:
    """Ask the fake something directly."""
    connection = HTTPConnection(urlsplit(host).netloc)
    connection.request(method, path, body=b"{}", headers={"Authorization": f"Bearer {API_KEY}"})
    answer = connection.getresponse()
    said = answer.status, answer.read()
    connection.close()
    return said


def test_another_key_is_refused() -> None:
    """Only the key it was made with is taken."""
    with a_fake() as fake:
        answer = a_mailer(fake.host, api_key="SG.other").submit(a_batch(a_recipient(1)))

    assert (answer.outcomes[0].verdict, answer.stop_reason) == (
        Verdict.REFUSED,
        "SendGrid refuses our requests (401): The provided authorization grant is invalid, expired, or revoked",
    )


def test_a_request_beyond_20_megabytes_is_too_large() -> None:
    """The service's bound on the whole request holds."""
    with a_fake() as fake:
        status = fake.receive(f"Bearer {API_KEY}", b" " * (20 * 1024 * 1024 + 1))

    assert status is not None
    assert status[0] == 413


def test_a_fake_that_is_started_again_tells_news() -> None:
    """No id of one is an id of another: whoever keeps ids would take the news of the second for old."""
    ids = []
    for _ in range(2):
        with a_fake() as fake:
            a_mailer(fake.host).submit(a_batch(a_recipient(1)))
            ids += [str(event["sg_event_id"]) for event in fake.events]

    assert len(set(ids)) == len(ids) == 4


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/v3/mail/send", 400),
        ("POST", "/v3/elsewhere", 404),
        ("GET", "/v3/suppression/bounces", 200),
        ("GET", "/v3/suppression/elsewhere", 404),
    ],
)
def test_other_addresses_are_not_found(method: str, path: str, status: int) -> None:
    """The fake serves what we use and nothing else."""
    with a_fake() as fake:
        assert ask(fake.host, method, path)[0] == status


FATES = {
    "bounce": [NotificationKind.PROCESSED, NotificationKind.BOUNCED_HARD],
    "full": [NotificationKind.PROCESSED, NotificationKind.DEFERRED, NotificationKind.BOUNCED_SOFT],
    "blocked": [NotificationKind.PROCESSED, NotificationKind.BLOCKED],
    "spam": [NotificationKind.PROCESSED, NotificationKind.DELIVERED, NotificationKind.COMPLAINED],
    "leave": [NotificationKind.PROCESSED, NotificationKind.DELIVERED, NotificationKind.UNSUBSCRIBED],
    "dropped": [NotificationKind.DROPPED],
    "aino": [NotificationKind.PROCESSED, NotificationKind.DELIVERED],
}


def test_signed_events_tell_each_mails_fate(webhook: tuple[str, type[_Webhook]]) -> None:
    """Posted events are signed over their very bytes, name our delivery, and say what the address asks for."""
    readers = [a_recipient(number, address=f"{kind}@yritys.example") for number, kind in enumerate(FATES, 1)]
    with a_fake() as fake:
        a_mailer(fake.host).submit(a_batch(*readers))
        status = fake.post_events(webhook[0])

    raw, signature, timestamp = webhook[1].got.get(timeout=5)
    reading = read_notifications(raw)
    told = {
        kind: [each.kind for each in reading.notifications if each.delivery_key == delivery_key(number)]
        for number, kind in enumerate(FATES, 1)
    }
    is_genuine = is_signed(raw, signature=signature, timestamp=timestamp, public_key=fake.public_key)
    assert (status, is_genuine, told, fake.events) == (204, True, FATES, [])


def test_events_that_nobody_took_are_kept(webhook: tuple[str, type[_Webhook]]) -> None:
    """Without a 2xx, or without anybody there, the same events are posted again."""
    with a_fake() as fake:
        a_mailer(fake.host).submit(a_batch(a_recipient(1)))
        webhook[1].status = 503
        statuses = [fake.post_events(webhook[0]), fake.post_events("http://127.0.0.1:9/nobody")]
        webhook[1].status = 204
        statuses.append(fake.post_events(webhook[0]))

    first, second = (json.loads(webhook[1].got.get(timeout=5)[0]) for _ in range(2))
    assert (statuses, first == second, len(second)) == ([503, None, 204], True, 2)


def test_with_a_webhook_given_events_follow_each_request(webhook: tuple[str, type[_Webhook]]) -> None:
    """The whole path runs by itself: a send is followed by its events, also when its answer was lost."""
    with ScriptedSendGrid(api_key=API_KEY, clock=lambda: NOW, webhook_url=webhook[0]) as fake:
        fake.script(Fault(is_booked=True))
        told = []
        for number in (1, 2):
            a_mailer(fake.host).submit(a_batch(a_recipient(number)))
            told.append({entry["newsletter_delivery"] for entry in json.loads(webhook[1].got.get(timeout=5)[0])})

    assert told == [{delivery_key(1)}, {delivery_key(2)}]


def test_a_service_that_books_late_books_although_nobody_waits(webhook: tuple[str, type[_Webhook]]) -> None:
    """The client gives up, and the mails are taken afterwards all the same: the doubt was right."""
    may_book = threading.Event()
    with ScriptedSendGrid(api_key=API_KEY, clock=lambda: NOW, webhook_url=webhook[0], book_after=may_book.wait) as fake:
        answer = a_mailer(fake.host, timeout_seconds=0.05).submit(a_batch(a_recipient(1)))
        before = len(fake.mails)
        may_book.set()
        webhook[1].got.get(timeout=5)

    assert (answer.outcomes[0].verdict, before, len(fake.mails)) == (Verdict.UNKNOWN, 0, 1)


def test_a_hanging_request_is_let_go_at_the_end() -> None:
    """A fault that hangs answers nothing and takes nothing, and closing the fake ends it."""
    with a_fake() as fake:
        fake.script(Fault(hangs=True))
        answer = a_mailer(fake.host, timeout_seconds=0.05).submit(a_batch(a_recipient(1)))

    assert (answer.outcomes[0].verdict, fake.mails) == (Verdict.UNKNOWN, [])
