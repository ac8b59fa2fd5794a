"""The rooms of the public side and their limits, and who is counted for whom."""

import asyncio
import logging
from collections.abc import MutableMapping
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from newsletter.web.public.clients import Clients, Pace
from newsletter.web.public.site import Room, make_site

SAYS_OK: list[MutableMapping[str, Any]] = [
    {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]},
    {"type": "http.response.body", "body": b"ok"},
]


class Time:
    """A clock that the test moves.

    Attributes:
        seconds: What it shows.
    """

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        """Tell."""
        return self.seconds


async def ok(_scope: Scope, _receive: Receive, send: Send) -> None:
    """Answer."""
    for message in SAYS_OK:
        await send(message)


async def slow(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """Never answer."""
    await asyncio.Event().wait()


async def broken(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """Fail, with words that nobody should read."""
    raise ValueError("aino@example.com")


def a_room(application: ASGIApp, name: str = "room", **limits: float | None) -> Room:
    """Give a room."""
    given = {"in_flight_max": 2, "seconds_max": 5.0, "client_per_minute": None, **limits}
    return Room(name=name, application=application, **given)  # type: ignore[arg-type]


def a_site(*rooms: Room, trusted: tuple[str, ...] = (), time: Time | None = None) -> ASGIApp:
    """Put rooms together; a refusal says its status."""
    clock = time or Time()
    return make_site(
        rooms,
        hosts=[],
        clients=Clients(trusted, clock),
        explain=lambda status, _accepted: str(status).encode(),
        monotonic=clock,
    )


async def ask(site: ASGIApp, path: str, *, peer: str = "192.0.2.1", **headers: str) -> int:
    """Ask as somebody; give the status."""
    transport = httpx.ASGITransport(site, client=(peer, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://a.example") as client:
        return (await client.get(path, headers=headers)).status_code


def test_a_flood_in_one_room_keeps_nobody_out_of_another() -> None:
    """A room with too many requests under way says so at once, and the next room answers."""

    async def flood() -> list[int]:
        site = a_site(a_room(slow, "full"), a_room(ok, "free"))
        under_way = [asyncio.create_task(ask(site, "/full/x")) for _ in range(2)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        statuses = [await ask(site, "/full/x"), await ask(site, "/free/x")]
        for one in under_way:
            one.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        return [*statuses, await ask(a_site(a_room(ok, "full")), "/full/x")]

    assert asyncio.run(flood()) == [503, 200, 200]


def test_an_answer_that_takes_too_long_is_ended() -> None:
    """A room's seconds are for one answer with all that is read for it."""
    assert asyncio.run(ask(a_site(a_room(slow, seconds_max=0.01)), "/room/x")) == 408


def test_a_failure_says_nothing_of_what_it_was_about(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever fails gives a page and one line a second, with the kind of the error and none of its words."""
    time = Time()
    site = a_site(a_room(broken), time=time)

    statuses = [asyncio.run(ask(site, "/room/x")) for _ in range(3)]
    time.seconds += 2
    asyncio.run(ask(site, "/room/x"))

    assert statuses == [500, 500, 500]
    assert [record.getMessage() for record in caplog.records] == ["/room: unexpected ValueError."] * 2


def test_each_client_has_a_pace_of_its_own() -> None:
    """One client's requests beyond its pace are refused, another's are not, and time gives the first one more."""
    time = Time()
    site = a_site(a_room(ok, client_per_minute=2), time=time)

    first = [asyncio.run(ask(site, "/room/x")) for _ in range(3)]
    other = asyncio.run(ask(site, "/room/x", peer="192.0.2.2"))
    time.seconds += 30
    later = [asyncio.run(ask(site, "/room/x")) for _ in range(2)]

    assert (first, other, later) == ([200, 200, 429], 200, [200, 429])


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.1", None, "192.0.2.1"),
        ("127.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", "6.6.6.6, 198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", "198.51.100.7, ::1", "198.51.100.7"),
        ("127.0.0.1", None, None),
        ("127.0.0.1", "nobody", None),
        ("127.0.0.1", "2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("192.0.2.1", "6.6.6.6", None),
    ],
)
def test_who_asks(peer: str, forwarded: str | None, client: str | None) -> None:
    """A trusted proxy's word counts, the last one that is no proxy; anybody else's header is not believed."""
    headers = [] if forwarded is None else [(b"x-forwarded-for", forwarded.encode())]
    scope = {"type": "http", "client": (peer, 1), "headers": headers}

    assert Clients(["127.0.0.1", "::1"], Time()).client_of(scope) == client


def test_a_forgotten_proxy_is_told_and_not_limited(caplog: pytest.LogCaptureFixture) -> None:
    """Where an unknown address hands requests on, everybody behind it would be one: no limit, and a line an hour."""
    clients = Clients([], Time())
    handed_on = {"type": "http", "client": ("192.0.2.1", 1), "headers": [(b"forwarded", b"for=1.2.3.4")]}
    plain = {**handed_on, "headers": []}

    found = [clients.client_of(plain), clients.client_of(handed_on), clients.client_of(plain)]

    assert found == ["192.0.2.1", None, None]
    assert clients.is_proxy("192.0.2.1")
    with caplog.at_level(logging.WARNING):
        clients.client_of(handed_on)
    assert [record.getMessage().partition(" trusted")[0] for record in caplog.records] == [
        "A proxy that is not in [serve]"
    ]


def test_a_flood_of_addresses_fills_no_memory() -> None:
    """Of more clients than are remembered, whoever came longest ago begins anew."""
    pace = Pace(1, Time(), clients_max=2)

    came = [pace.may_come(client) for client in ("a", "a", "b", "c", "a")]

    assert came == [True, False, True, True, True]
