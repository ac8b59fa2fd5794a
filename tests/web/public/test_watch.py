"""How the public side is watched: numbers, a log without personal data, a page that says whether it is well."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import urlopen

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.types import ASGIApp

from newsletter.errors import UsageError
from newsletter.service.forgotten_proxy import forgotten_proxy, note_forgotten_proxy
from newsletter.service.health import LOOK_EVERY_SECONDS, HealthService
from newsletter.service.resources import Resources
from newsletter.storage.database import Database
from newsletter.web.public.clients import Clients
from newsletter.web.public.site import Room, make_site
from newsletter.web.public.watch import Answered, Watch, make_health, shortened
from newsletter.wiring import Newsletter, open_newsletter
from tests.fakes.clock import FakeClock
from tests.web.public.test_site import Time, broken, ok

NOW = datetime(2017, 11, 24, 7, 0, tzinfo=UTC)
TOKEN = "aino-at-example-com-token"


@pytest.fixture
def newsletter(publication: Path) -> Iterator[Newsletter]:
    """Give a publication whose database is its own."""
    with open_newsletter(publication / "newsletter.toml") as opened:
        yield opened


@pytest.fixture
def health(newsletter: Newsletter) -> HealthService:
    """Give what looks at it; nothing waits."""
    return HealthService(newsletter.resources, lambda: (0, 0.0))


@pytest.fixture
def watch(health: HealthService, tmp_path: Path) -> Iterator[Watch]:
    """Give what counts and writes down."""
    made = Watch(health, log_path=tmp_path / "access.log", now=lambda: NOW)
    yield made
    made.close()


def a_site(watch: Watch, *rooms: Room) -> ASGIApp:
    """Put rooms together as the server does."""
    clock = Time()
    return make_site(
        rooms,
        hosts=[],
        clients=Clients([], clock),
        explain=lambda status, _accepted: str(status).encode(),
        monotonic=clock,
        watch=watch,
    )


def a_room(application: ASGIApp, name: str) -> Room:
    """Give a room that takes three requests of a client."""
    return Room(name=name, application=application, in_flight_max=2, seconds_max=5.0, client_per_minute=3)


def ask(site: ASGIApp, *requests: tuple[str, str], peer: str = "192.0.2.77") -> list[int]:
    """Ask one after another; give the statuses."""

    async def asking() -> list[int]:
        transport = httpx.ASGITransport(site, client=(peer, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://a.example") as client:
            return [(await client.request(method, path)).status_code for method, path in requests]

    return asyncio.run(asking())


def test_answers_are_counted_by_room_and_status_and_written_down_without_a_word_of_anybody(
    watch: Watch, tmp_path: Path
) -> None:
    """Refusals and failures count too; neither token, address nor what a stranger makes up stands anywhere."""
    site = a_site(watch, a_room(ok, "leave"), a_room(broken, "broken"))
    asked = [("POST", f"/leave/{TOKEN}")] * 4 + [
        ("GET", "/broken/x"),
        ("GET", "/made-up-by-aino"),
        ("AINO", "/leave/x"),
    ]
    statuses = ask(site, *asked)
    counted = {
        (sample.labels["room"], sample.labels["status"]): sample.value
        for family in watch.registry.collect()
        for sample in family.samples
        if sample.name == "newsletter_answers_total"
    }
    watch.close()
    log = (tmp_path / "access.log").read_text(encoding="utf-8")

    assert statuses == [200, 200, 200, 429, 500, 404, 429]
    assert counted == {
        ("leave", "200"): 3.0,
        ("leave", "429"): 2.0,
        ("broken", "500"): 1.0,
        ("-", "404"): 1.0,
    }
    assert log.splitlines()[0] == "2017-11-24T07:00:00+00:00 192.0.2.0/24 POST /leave 200 0ms"
    assert len(log.splitlines()) == len(asked)
    assert not any(word in log for word in (TOKEN, "aino", "AINO", "192.0.2.77"))


def test_numbers_have_a_port_of_their_own(watch: Watch) -> None:
    """Prometheus reads them; a port that is taken is told with the key to change."""
    with watch.serve_metrics(0) as server:
        port = server.server_address[1]
        assert isinstance(port, int)
        with pytest.raises(UsageError, match=f"Port {port} cannot be used for metrics") as taken:
            watch.serve_metrics(port)
        with urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            families = {family.name: family for family in text_string_to_metric_families(answer.read().decode())}
        server.shutdown()

    assert taken.value.hint == "Change metrics_port in [serve]."
    assert families["newsletter_database_writable"].samples[0].value == 1.0
    assert families["newsletter_waiting"].samples[0].value == 0.0
    assert families["newsletter_disk_free_bytes"].samples[0].value > 0


@pytest.mark.sqlite
def test_health_says_in_a_word_what_is_not_well_and_tries_the_database_now_and_then(
    newsletter: Newsletter, publication: Path
) -> None:
    """A database that another program holds, and requests that wait, are each told; a flood of questions tries once."""
    clock, waits = Time(), [(0, 0.0)]
    settings = newsletter.settings
    impatient = Resources(
        settings=settings,
        clock=FakeClock(),
        open_database=lambda: Database(settings.database_url, lock_wait_seconds=0.05),
    )
    health = HealthService(impatient, lambda: waits[0], monotonic=clock)
    site = make_site(
        [a_room(make_health(health), "health")],
        hosts=[],
        clients=Clients([], clock),
        explain=lambda status, _accepted: str(status).encode(),
    )

    async def asked() -> tuple[int, str]:
        clock.seconds += 60
        async with httpx.AsyncClient(transport=httpx.ASGITransport(site), base_url="http://a.example") as client:
            answer = await client.get("/health")
        return answer.status_code, answer.text

    well = asyncio.run(asked())
    with closing(sqlite3.connect(publication / "newsletter.db", isolation_level=None)) as holder:
        holder.execute("PRAGMA locking_mode = EXCLUSIVE")
        holder.execute("BEGIN EXCLUSIVE")
        clock.seconds += LOOK_EVERY_SECONDS - 0.1
        remembered = health.look().faults
        clock.seconds += 0.2
        held = health.look().faults
        holder.execute("ROLLBACK")
    waits[0] = (3, 31.0)
    late = asyncio.run(asked())
    impatient.close()

    assert well == (200, "ok\n")
    assert (remembered, held) == ((), ("database cannot be written",))
    assert late == (503, "requests wait for long\n")


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1234:5678::1", "2001:db8:1234::/48"),
        ("2001:db8:1234:5678::/64", "2001:db8:1234::/48"),
        ("-", "-"),
        ("aino.example", "-"),
    ],
)
def test_of_an_address_only_its_network_is_kept(peer: str, expected: str) -> None:
    """Twenty-four bits of four bytes, forty-eight of sixteen: nobody's home."""
    assert shortened(peer) == expected


def test_a_forgotten_proxy_is_reminded_of_until_it_is_named(newsletter: Newsletter, tmp_path: Path) -> None:
    """`serve` meets it, `status` and `doctor` say what to write; a name in the file, or a week, ends it."""
    key = newsletter.settings.key_path
    clients = Clients([], Time(), note=lambda peer: note_forgotten_proxy(key, peer, NOW))
    clients.client_of({"type": "http", "client": ("10.0.0.5", 1), "headers": [(b"x-forwarded-for", b"192.0.2.1")]})

    met = forgotten_proxy(key, (), NOW)
    assert met is not None
    assert 'trusted_proxies = ["10.0.0.5"]' in str(met)
    assert forgotten_proxy(key, ("10.0.0.5",), NOW) is None
    assert forgotten_proxy(key, (), NOW.replace(month=12, day=2)) is None
    assert forgotten_proxy(tmp_path / "newsletter.key", (), NOW) is None


def test_a_log_that_cannot_be_opened_is_told_by_its_name(health: HealthService, tmp_path: Path) -> None:
    """Nothing is served before whoever asked for a log knows that there would be none."""
    with pytest.raises(UsageError, match="access\\.log cannot be written: No such file or directory"):
        Watch(health, log_path=tmp_path / "absent/access.log", now=lambda: NOW)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk to be had here")
def test_a_full_disk_costs_the_log_and_no_answer(health: HealthService, caplog: pytest.LogCaptureFixture) -> None:
    """A reader who leaves is answered, the numbers go on, and that lines are missing is said once."""
    watch = Watch(health, log_path=Path("/dev/full"), now=lambda: NOW)
    for _ in range(3):
        watch.answered(Answered(room="leave", method="POST", status=200, seconds=0.1, peer="192.0.2.9"))
    watch.close()

    assert [record.getMessage() for record in caplog.records] == [
        "The access log cannot be written: No space left on device. Answers go on without it."
    ]
