"""Ten minutes of 429, and a clock that jumps: on a clock that only the sender moves, so nobody waits."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from email.utils import format_datetime

from newsletter.domain.delivery import Checkpoint, Sending
from newsletter.mailers.sendgrid.fake import Answered
from newsletter.send.assignment import Threads
from newsletter.send.dispatch import StopCause, send
from newsletter.storage.deliveries import DeliveryLedger
from tests.fakes.clock import FakeClock
from tests.mailers.sendgrid.service import a_mailer
from tests.reliability.long.scene import (
    BATCH_SIZE,
    Figure,
    Ground,
    HarshSendGrid,
    chances,
    count_everybody,
    open_ledger,
)
from tests.send.samples import an_approval, an_assignment, freeze

STORM_SECONDS = 600
CALLS_MAX = 20
"""In a storm of ten minutes; the first wave brings one more for each further thread."""
JUMPS = (timedelta(days=-365), timedelta(hours=-1), timedelta(hours=1), timedelta(days=365))


class StormySendGrid(HarshSendGrid):
    """A SendGrid that answers 429 while a storm lasts.

    Attributes:
        refused: How many calls came during the storm.
    """

    def __init__(self, clock: FakeClock, headers: Callable[[FakeClock], dict[str, str]]) -> None:
        super().__init__(chances(0), is_harsh=False)
        self._sky, self._headers = clock, headers
        self._over_at = clock.monotonic() + STORM_SECONDS
        self.refused = 0

    def receive(self, authorization: str | None, body: bytes) -> Answered | None:
        """Refuse while the storm lasts."""
        if self._sky.monotonic() < self._over_at:
            self.refused += 1
            return 429, self._headers(self._sky), b""
        return super().receive(authorization, body)


def _says_nothing(_clock: FakeClock) -> dict[str, str]:
    """Answer 429 without a word of when."""
    return {}


def _says_half_a_minute(_clock: FakeClock) -> dict[str, str]:
    """Ask for half a minute."""
    return {"Retry-After": "30"}


def _says_next_minute(clock: FakeClock) -> dict[str, str]:
    """Name the moment at which the limit is lifted, by a clock that is a day behind ours."""
    now = clock.now() - timedelta(days=1)
    return {
        "Date": format_datetime(now, usegmt=True),
        "X-RateLimit-Reset": str(int(now.timestamp()) + 60 - now.second),
    }


WORDS = (_says_nothing, _says_half_a_minute, _says_next_minute)


def refused_for_ten_minutes(ground: Ground, *, rounds: int, threads: Sequence[int] = (1, 3)) -> Figure:
    """Send into a storm, with each of the ways in which SendGrid says when to come again, or does not."""
    began, seen, broken = time.monotonic(), Counter[str](), []
    for words in WORDS * rounds:
        for some in threads:
            broken += [f"{words.__name__}, {some} threads: {one}" for one in _weather(ground, words, some, seen)]
    return Figure(
        name="429 to every call for ten minutes (fake clock)",
        promise=f"at most {CALLS_MAX} calls in the storm and one more a thread; each person once, nobody in doubt",
        trials=len(WORDS) * rounds * len(threads),
        unit="storms",
        broken=tuple(broken),
        seen=dict(seen),
        seconds=time.monotonic() - began,
    )


def _weather(
    ground: Ground, words: Callable[[FakeClock], dict[str, str]], threads: int, seen: Counter[str]
) -> list[str]:
    """Send through one storm and give what is not as promised."""
    database, clock = ground.a_database(), FakeClock()
    with StormySendGrid(clock, words) as service, open_ledger(database) as (_, ledger):
        sending = freeze(ledger, an_approval(), mailer="sendgrid", batch_size=BATCH_SIZE)
        causes = _send_to_the_end(ledger, sending, clock, service, threads)
        arrived = service.arrived()
    census = count_everybody(database, arrived)
    seen["calls during the storm, at most"] = max(seen["calls during the storm, at most"], service.refused)
    seen["pauses"] += causes.count(StopCause.PAUSED)
    breaches = list(census.breaches)
    if service.refused > CALLS_MAX + threads:
        breaches.append(f"{service.refused} calls")
    if census.unknown:
        breaches.append(f"in doubt: {census.unknown}")
    return breaches


def _send_to_the_end(
    ledger: DeliveryLedger, sending: Sending, clock: FakeClock, service: HarshSendGrid, threads: int
) -> list[StopCause]:
    """Send, as often as it takes; give why each run ended."""
    causes: list[StopCause] = []
    while StopCause.NOTHING_LEFT not in causes and len(causes) < CALLS_MAX:
        now = ledger.sending(sending.id)
        assignment = an_assignment(ledger, now, a_mailer(service.host), clock)
        causes.append(send(assignment, crew=Threads(threads)).cause)
    return causes


def jumping_clocks(ground: Ground, *, rounds: int) -> Figure:
    """Let the clock jump, an hour or a year, forward or back, at every named moment of a sending."""
    began, broken = time.monotonic(), []
    jumps = [(by, moment) for by in JUMPS for moment in Checkpoint] * rounds
    for by, moment in jumps:
        broken += [f"{by} {moment}: {breach}" for breach in _jump(ground, by, moment)]
    return Figure(
        name="The clock jumps an hour or a year, forward or back, at each named moment",
        promise="each person once, nobody in doubt, the sending is finished",
        trials=len(jumps),
        unit="jumps",
        broken=tuple(broken),
        seconds=time.monotonic() - began,
    )


def _jump(ground: Ground, by: timedelta, moment: Checkpoint) -> list[str]:
    """Send once with a clock that jumps each time a moment is passed."""
    clock = FakeClock()

    def look(checkpoint: Checkpoint) -> None:
        if checkpoint is moment:
            clock.jump(by)

    database = ground.a_database()
    with HarshSendGrid(chances(0), is_harsh=False) as service, open_ledger(database) as (opened, _):
        ledger = DeliveryLedger(opened, checkpoint=look)
        sending = freeze(ledger, an_approval(), mailer="sendgrid", batch_size=BATCH_SIZE)
        assignment = an_assignment(ledger, sending, a_mailer(service.host), clock, checkpoint=look)
        cause = send(assignment).cause
        arrived = service.arrived()
    census = count_everybody(database, arrived)
    doubt = [f"in doubt: {census.unknown}"] if census.unknown else []
    return [*census.breaches, *doubt, *([] if cause is StopCause.NOTHING_LEFT else [f"ended: {cause}"])]
