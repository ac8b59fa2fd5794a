"""A provider tells everything twice, in any order, over many connections, while a sending runs."""

import asyncio
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
from sqlalchemy import func, select

from newsletter.domain.clock import SystemClock
from newsletter.domain.delivery import DeliveryKey, DeliveryState
from newsletter.domain.mailing import BatchOutcome, Outcome, Verdict
from newsletter.errors import StorageError
from newsletter.mailers.sendgrid.notifications import door
from newsletter.storage.deliveries import DeliveryLedger
from newsletter.storage.tables import delivery, notification, suppression
from newsletter.web.public.server import PublicServer
from newsletter.wiring import Newsletter, lay_out_publication, open_newsletter
from tests.fakes.provider import Json, SigningProvider, a_body, an_event
from tests.reliability.long.scene import Figure, chances
from tests.send.samples import NOW, add_people, addresses, an_approval, freeze, keep_approval

EVENTS_IN_A_POST = 50
BATCH_SIZE = 50
CALL_SECONDS = 0.01
"""The sender's calls to its provider take at least so long."""
FATES: Sequence[tuple[str, dict[str, object], DeliveryState, bool]] = (
    ("delivered", {}, DeliveryState.DELIVERED, False),
    ("delivered", {}, DeliveryState.DELIVERED, False),
    ("deferred", {"attempt": "1"}, DeliveryState.DEFERRED, False),
    ("bounce", {"status": "5.2.2"}, DeliveryState.BOUNCED_SOFT, False),
    ("bounce", {"status": "5.1.1"}, DeliveryState.BOUNCED_HARD, True),
    ("spamreport", {}, DeliveryState.COMPLAINED, True),
)
"""What may become of a mail after it was processed: the event, its details, the state, whether it suppresses."""


def told_twice_in_any_order(folder: Path, *, notifications: int, connections: int, seed: int) -> Figure:
    """Post each notification twice, shuffled, while another half of the readers is handed over.

    Args:
        folder: Empty; a publication is laid out in it.
        notifications: How many different ones; half as many deliveries.
        connections: How many posts are under way at a time.
        seed: Of fates and order.
    """
    began, chance = time.monotonic(), chances(seed)
    lay_out_publication(folder)
    with open_newsletter(folder / "newsletter.toml") as newsletter:
        handed_over = _half_sent(newsletter, notifications // 2)
        fates = {key: chance.choice(FATES) for key in handed_over}
        bodies = _posts(handed_over, fates, chance)
        provider = SigningProvider()
        with _served(newsletter, provider) as address, _sending(newsletter) as sender:
            seconds, answers = asyncio.run(_post_all(address, bodies, provider, connections))
        breaches = [
            *(f"answered {status}: {count} times" for status, count in answers.items() if status != 204),
            *sender.faults,
            *_differences(newsletter, fates),
        ]
    return Figure(
        name=f"Told everything twice, shuffled, over {connections} connections, while a sending runs",
        promise="each applied once, no call refused",
        trials=notifications,
        unit="notifications",
        broken=tuple(breaches),
        seen={
            "posts": len(bodies),
            "notifications a second, repetitions counted": round(2 * notifications / seconds),
            "readers handed over meanwhile": sender.handed_over,
        },
        seconds=time.monotonic() - began,
    )


def _half_sent(newsletter: Newsletter, readers: int) -> dict[str, str | None]:
    """Begin a sending to twice as many readers, hand half of them over, and give their keys and addresses."""
    database = newsletter.resources.database
    add_people(database, addresses(2 * readers), key=newsletter.resources.keys.current)
    ledger = DeliveryLedger(database)
    sending = freeze(ledger, keep_approval(database, an_approval()), batch_size=readers)
    claimed = ledger.claim(sending.id, owner="trial", now=NOW)
    assert claimed is not None
    ledger.record(claimed, _accepted([planned.key for planned in claimed.deliveries]), NOW)
    return {str(planned.key): planned.address for planned in claimed.deliveries}


def _accepted(keys: Sequence[DeliveryKey]) -> BatchOutcome:
    """Give the answer of a mailer that takes everything."""
    return BatchOutcome(outcomes=tuple(Outcome(delivery_key=key, verdict=Verdict.ACCEPTED) for key in keys))


def _posts(
    handed_over: dict[str, str | None],
    fates: dict[str, tuple[str, dict[str, object], DeliveryState, bool]],
    chance: random.Random,
) -> list[bytes]:
    """Write every event twice, the second time under another id, shuffled and cut into posts."""
    events: list[Json] = []
    for number, (key, (event, details, _, _)) in enumerate(fates.items()):
        told_of = {"email": handed_over[key]}
        processed = an_event(number, key=key, event="processed") | told_of
        for place, one in enumerate((processed, an_event(number, key=key, event=event) | told_of | details)):
            told = {**one, "sg_event_id": f"{number}-{place}"}
            events += [told, {**told, "sg_event_id": f"{number}-{place}-again"} if chance.random() < 0.5 else told]
    chance.shuffle(events)
    return [a_body(events[start : start + EVENTS_IN_A_POST]) for start in range(0, len(events), EVENTS_IN_A_POST)]


@contextmanager
def _served(newsletter: Newsletter, provider: SigningProvider) -> Iterator[str]:
    """Serve the webhook, and give its address."""
    outside = PublicServer(newsletter, host="127.0.0.1", port=0)
    serving = threading.Thread(target=outside.serve, args=([door([provider.public_key], SystemClock().now)],))
    serving.start()
    try:
        yield outside.webhook("sendgrid")
    finally:
        outside.stop()
        serving.join()


class _Sender(threading.Thread):
    """Hand over whatever is queued, a few readers at a time, until there are none or somebody says stop.

    Attributes:
        handed_over: How many readers so far.
        faults: What the ledger refused.
    """

    def __init__(self, newsletter: Newsletter) -> None:
        super().__init__()
        self._ledger = DeliveryLedger(newsletter.resources.database)
        self._sending_id = self._ledger.sendings(an_approval().label)[0].id
        self.may_go_on = True
        self.handed_over = 0
        self.faults: list[str] = []

    def run(self) -> None:
        """Claim and record."""
        try:
            while self.may_go_on:
                claimed = self._ledger.claim(self._sending_id, owner="trial", now=NOW, limit=BATCH_SIZE)
                if claimed is None:
                    return
                time.sleep(CALL_SECONDS)
                self._ledger.record(claimed, _accepted([planned.key for planned in claimed.deliveries]), NOW)
                self.handed_over += len(claimed.deliveries)
        except StorageError as error:
            self.faults.append(f"the sender was refused: {error}")


@contextmanager
def _sending(newsletter: Newsletter) -> Iterator[_Sender]:
    """Send in a thread of its own."""
    sender = _Sender(newsletter)
    sender.start()
    try:
        yield sender
    finally:
        sender.may_go_on = False
        sender.join()


async def _post_all(
    address: str, bodies: Sequence[bytes], provider: SigningProvider, connections: int
) -> tuple[float, Counter[int]]:
    """Post everything, so many at a time; give the seconds it took, and the answers by status."""
    answers: Counter[int] = Counter()
    waiting = iter(bodies)

    async def post(client: httpx.AsyncClient) -> None:
        for body in waiting:
            answer = await client.post(address, content=body, headers=provider.headers(body))
            answers[answer.status_code] += 1

    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    async with httpx.AsyncClient(limits=limits, timeout=60) as client:
        began = time.monotonic()
        await asyncio.gather(*(post(client) for _ in range(connections)))
        return time.monotonic() - began, answers


def _differences(
    newsletter: Newsletter, fates: dict[str, tuple[str, dict[str, object], DeliveryState, bool]]
) -> list[str]:
    """Compare ledger, notifications and suppressions with what was told."""
    with newsletter.resources.database.read() as connection:
        kept = connection.execute(select(func.count()).select_from(notification)).scalar_one()
        states = {row.key: row.state for row in connection.execute(select(delivery.c.key, delivery.c.state))}
        suppressed = connection.execute(select(func.count()).select_from(suppression)).scalar_one()
    wrong = sum(states[key] != state for key, (_, _, state, _) in fates.items())
    expected = sum(suppresses for _, _, _, suppresses in fates.values())
    [report] = newsletter.reports.report(an_approval().label)
    found = (
        (kept == 2 * len(fates), f"kept {kept} of {2 * len(fates)}"),
        (wrong == 0, f"{wrong} deliveries in another state than told"),
        (suppressed == expected, f"suppressed {suppressed}, not {expected}"),
        (report.balance.holds, "the report does not balance"),
    )
    return [breach for is_kept, breach in found if not is_kept]
