import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import pytest

from newsletter.domain.audience import SuppressionReason
from newsletter.domain.notification import FetchedSuppressions, ProviderSuppression
from newsletter.mailers.sendgrid.answers import Answer, Silence
from newsletter.mailers.sendgrid.suppressions import fetch_suppressions
from tests.fakes.sendgrid import ScriptedSendGrid
from tests.mailers.samples import a_batch, a_recipient
from tests.mailers.sendgrid.service import NOW, a_fake, a_mailer


@pytest.fixture
def fake() -> Iterator[ScriptedSendGrid]:
    """Serve a fake SendGrid that has met one reader of every kind."""
    with a_fake() as served:
        kinds = ("bounce", "blocked", "spam", "leave", "aino")
        readers = [a_recipient(number, address=f"{kind}@yritys.example") for number, kind in enumerate(kinds, 1)]
        a_mailer(served.host).submit(a_batch(*readers))
        yield served


def suppression(kind: str, reason: SuppressionReason | None, note: str) -> ProviderSuppression:
    """Give what is known of one reader."""
    return ProviderSuppression(address=f"{kind}@yritys.example", reason=reason, at=NOW, note=note)


def test_all_four_lists_are_read(fake: ScriptedSendGrid) -> None:
    """Bounces, complaints and leavers are never to be mailed; a passing block is only told."""
    fetched = a_mailer(fake.host).fetch_suppressions()

    assert fetched == FetchedSuppressions(
        suppressions=(
            suppression("bounce", SuppressionReason.HARD_BOUNCE, "SendGrid's bounces: 550 5.1.1 No such user"),
            suppression("blocked", None, "SendGrid's blocks: 550 5.7.1 Blocked"),
            suppression("spam", SuppressionReason.COMPLAINT, "SendGrid's spam_reports"),
            suppression("leave", SuppressionReason.UNSUBSCRIBED, "SendGrid's unsubscribes"),
        )
    )


def test_only_what_is_new_is_read(fake: ScriptedSendGrid) -> None:
    """With a moment given, what was on the lists before stays out."""
    fetched = a_mailer(fake.host).fetch_suppressions(NOW + timedelta(seconds=1))

    assert fetched == FetchedSuppressions(suppressions=())


def test_the_address_does_not_show(fake: ScriptedSendGrid) -> None:
    """A printed suppression, as in a traceback, keeps the address to itself."""
    fetched = a_mailer(fake.host).fetch_suppressions()

    assert "yritys.example" not in repr(fetched)


class Pages:
    """A transport that gives prepared pages of the bounces and nothing else."""

    def __init__(self, *pages: Answer | Silence) -> None:
        self.pages = list(pages)
        self.offsets: list[int] = []

    def read_suppressions(self, name: str, parameters: Mapping[str, int]) -> Answer | Silence:
        """Give the next page."""
        if name != "bounces":
            return Answer(status=200, body=b"[]")
        self.offsets.append(parameters["offset"])
        return self.pages.pop(0)


def page(*numbers: int) -> Answer:
    """Give a page of bounces."""
    entries = [{"email": f"reader{number}@yritys.example", "created": 1509526800} for number in numbers]
    return Answer(status=200, body=json.dumps(entries).encode())


def test_long_lists_are_read_page_by_page() -> None:
    """A full page is followed by a next one, until one is not full."""
    pages = Pages(page(*range(500)), page(*range(500, 1000)), page(1000))

    fetched = fetch_suppressions(pages.read_suppressions)

    assert (len(fetched.suppressions), pages.offsets) == (1001, [0, 500, 1000])


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (
            Silence(may_be_taken=False, reason="SendGrid cannot be reached: time-out."),
            "SendGrid cannot be reached: time-out.",
        ),
        (Answer(status=403, body=b"{}"), "SendGrid answered 403."),
        (Answer(status=200, body=b"<html>"), "The answer is not a list."),
        (Answer(status=200, body=b"{}"), "The answer is not a list."),
        (Answer(status=200, body=b"[3]"), "An entry has no address or no moment."),
        (Answer(status=200, body=b'[{"email": "a@yritys.example"}]'), "An entry has no address or no moment."),
        (
            Answer(status=200, body=b'[{"email": "a@b.example", "created": "x"}]'),
            "An entry has no address or no moment.",
        ),
    ],
)
def test_a_list_that_cannot_be_read_is_a_fault(answer: Answer | Silence, fault: str) -> None:
    """A failure names the list, keeps what was read before it, and leaves the other lists."""
    fetched = fetch_suppressions(Pages(page(*range(500)), answer).read_suppressions)

    assert (len(fetched.suppressions), fetched.faults) == (500, (f"SendGrid's bounces cannot be read: {fault}",))


def test_moments_are_aware() -> None:
    """The provider's epoch becomes a moment in UTC."""
    fetched = fetch_suppressions(Pages(page(1)).read_suppressions)

    assert [each.at for each in fetched.suppressions] == [datetime(2017, 11, 1, 9, 0, tzinfo=UTC)]
