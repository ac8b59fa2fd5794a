"""The address at which a provider tells what became of our mails."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future

import httpx
import pytest

from newsletter.domain.clock import SystemClock
from newsletter.domain.notification import Notification
from newsletter.errors import StorageError
from newsletter.mailers.sendgrid.notifications import SIGNATURE_HEADER, TIMESTAMP_HEADER, door
from newsletter.web.public.webhooks import BODY_BYTES_MAX, make_webhooks
from tests.fakes.provider import SigningProvider, a_body, an_event

ADDRESS = "/webhooks/sendgrid"


class IssueView:
    """Where notifications are kept, or not.

    Attributes:
        kept: The event ids of everything that was handed in, in order.
    """

    def __init__(self, fails_with: Exception | None = None) -> None:
        self.kept: list[str | None] = []
        self._fails_with = fails_with

    def hand_in(self, notifications: Sequence[Notification]) -> "Future[None]":
        """Keep, or fail."""
        done: Future[None] = Future()
        if self._fails_with is None:
            self.kept += [one.event_id for one in notifications]
            done.set_result(None)
        else:
            done.set_exception(self._fails_with)
        return done


@pytest.fixture(scope="module")
def provider() -> SigningProvider:
    """Give a provider with a key of its own."""
    return SigningProvider()


@pytest.fixture
def desk() -> IssueView:
    """Give a desk that keeps everything."""
    return IssueView()


def post(
    provider: SigningProvider,
    desk: IssueView,
    body: bytes | Callable[[], AsyncIterator[bytes]],
    *,
    headers: Mapping[str, str] | None = None,
    address: str = ADDRESS,
    method: str = "POST",
    public_key: str | None = None,
    body_seconds_max: float = 10,
) -> httpx.Response:
    """Post to the webhook, signed unless other headers are given."""
    application = make_webhooks(
        [door([public_key or provider.public_key], SystemClock().now)], desk.hand_in, body_seconds_max=body_seconds_max
    )

    async def answer() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://127.0.0.1") as client:
            content = body if isinstance(body, bytes) else body()
            signed = provider.headers(body) if isinstance(body, bytes) else {}
            return await client.request(
                method, address, content=content, headers=signed if headers is None else headers
            )

    return asyncio.run(answer())


def test_what_is_signed_is_kept_before_the_answer(provider: SigningProvider, desk: IssueView) -> None:
    """Every event of a signed post is handed in, and only then the answer is 2xx, without a word."""
    answer = post(provider, desk, a_body([an_event(1), an_event(2)]))

    assert (answer.status_code, answer.content) == (204, b"")
    assert desk.kept == ["event00000001", "event00000002"]


def _forged(provider: SigningProvider) -> Iterable[object]:
    body = a_body([an_event(1)])
    signed = provider.headers(body)
    return (
        pytest.param(body + b" ", signed, id="changed by a space"),
        pytest.param(a_body([an_event(2)]), signed, id="another body"),
        pytest.param(b"", signed, id="no body"),
        pytest.param(body, SigningProvider().headers(body), id="another key"),
        pytest.param(body, {**signed, TIMESTAMP_HEADER: "1511506801"}, id="another moment"),
        pytest.param(body, {SIGNATURE_HEADER: signed[SIGNATURE_HEADER]}, id="no moment"),
        pytest.param(body, {TIMESTAMP_HEADER: "1511506800"}, id="no signature"),
        pytest.param(body, {**signed, SIGNATURE_HEADER: ""}, id="empty signature"),
        pytest.param(body, {**signed, SIGNATURE_HEADER: "AAAA"}, id="zero signature"),
        pytest.param(body, {**signed, SIGNATURE_HEADER: "words"}, id="no base64"),
        pytest.param(body, {}, id="nothing"),
    )


FORGER = SigningProvider()


@pytest.mark.parametrize(("body", "headers"), _forged(FORGER))
def test_what_is_not_signed_is_refused_and_not_kept(desk: IssueView, body: bytes, headers: dict[str, str]) -> None:
    """Nothing is even read that the provider did not sign (H1, H2)."""
    assert post(FORGER, desk, body, headers=headers).status_code == 403
    assert desk.kept == []


@pytest.mark.parametrize("changed", [{SIGNATURE_HEADER: ""}, {TIMESTAMP_HEADER: "4102444800"}, {TIMESTAMP_HEADER: "x"}])
def test_no_body_is_read_that_cannot_be_signed(
    provider: SigningProvider, desk: IssueView, changed: Mapping[str, str]
) -> None:
    """Whoever has no signature, or one for a moment to come, costs no memory and is sent away at once."""
    read = []

    async def body() -> AsyncIterator[bytes]:
        read.append("[")
        yield b"[]"

    answer = post(provider, desk, body, headers={**provider.headers(b"[]"), **changed})

    assert (answer.status_code, answer.headers["connection"], read) == (403, "close", [])


def test_without_a_key_there_is_no_address(provider: SigningProvider, desk: IssueView) -> None:
    """A provider that is not configured gets 404, signed or not (H3)."""
    assert post(provider, desk, a_body([an_event(1)]), address="/webhooks/postmark").status_code == 404
    assert post(provider, desk, b"", address="/").status_code == 404


def test_a_look_changes_nothing(provider: SigningProvider, desk: IssueView) -> None:
    """The address takes posts only."""
    assert post(provider, desk, b"", method="GET").status_code == 405


def test_one_bad_event_does_not_lose_the_others(
    provider: SigningProvider, desk: IssueView, caplog: pytest.LogCaptureFixture
) -> None:
    """What can be used is kept, what cannot is told in the log, without an address (H8)."""
    bad = [{**an_event(2), "timestamp": None}, "no object", {**an_event(4), "event": ""}]

    answer = post(provider, desk, a_body([an_event(1), *bad, an_event(5, event="heard of never")]))

    assert answer.status_code == 204
    assert desk.kept == ["event00000001", "event00000005"]
    assert len(caplog.records) == 3
    assert "yritys.example" not in caplog.text


def test_opens_and_clicks_are_taken_and_forgotten(provider: SigningProvider, desk: IssueView) -> None:
    """A post of nothing but opens is fine, and nothing is kept of it."""
    assert post(provider, desk, a_body([an_event(1, event="open"), an_event(2, event="click")])).status_code == 204
    assert desk.kept == []


def test_what_cannot_be_read_at_all_is_refused(provider: SigningProvider, desk: IssueView) -> None:
    """A signed body that is no list of events is nobody's fault but the sender's."""
    assert [post(provider, desk, body).status_code for body in (b"{", b"{}", b"[7]")] == [400, 400, 400]


def test_a_body_that_is_too_large_is_refused(provider: SigningProvider, desk: IssueView) -> None:
    """The length is counted, not believed, and nothing is checked or kept."""
    just = b"[" + b" " * (BODY_BYTES_MAX - 2) + b"]"

    assert post(provider, desk, just).status_code == 204
    assert post(provider, desk, just + b" ").status_code == 413


def test_a_body_that_never_ends_is_given_up(provider: SigningProvider, desk: IssueView) -> None:
    """Whoever sends a byte and then nothing does not hold a place for ever."""

    async def slow() -> AsyncIterator[bytes]:
        yield b"["
        await asyncio.Event().wait()

    signed = provider.headers(b"[]")

    assert post(provider, desk, slow, headers=signed, body_seconds_max=0.01).status_code == 408


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (StorageError("newsletter.db is locked by another program."), 503),
        (StorageError("newsletter.db cannot grow: the disk is full."), 503),
        (ValueError("reader1@yritys.example"), 500),
    ],
)
def test_what_was_not_kept_is_asked_for_again(
    provider: SigningProvider, caplog: pytest.LogCaptureFixture, error: Exception, status: int
) -> None:
    """A database that cannot take it gives a 5xx, never a 2xx, and the log holds no address (H9)."""
    caplog.set_level(logging.WARNING)

    assert post(provider, IssueView(error), a_body([an_event(1)])).status_code == status
    assert len(caplog.records) == 1
    assert "yritys.example" not in caplog.text
