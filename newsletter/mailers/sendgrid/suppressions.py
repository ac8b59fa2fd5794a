"""SendGrid's own suppression lists, read as a safety net under the notifications.

The door is `fetch_suppressions`. A webhook that was down for more than a day has lost what happened then; these lists
remember. Reading them changes nothing at SendGrid. It must not know what is done with an address: that is the
service, which keeps only its keyed hash.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from http import HTTPStatus

from newsletter.domain.audience import SuppressionReason
from newsletter.domain.notification import FetchedSuppressions, ProviderSuppression
from newsletter.mailers.sendgrid.answers import Answer, Silence
from newsletter.message.privacy import without_private

PAGE_SIZE = 500
"""What SendGrid gives at most at once."""

_LISTS = {
    "bounces": SuppressionReason.HARD_BOUNCE,
    "blocks": None,
    "spam_reports": SuppressionReason.COMPLAINT,
    "unsubscribes": SuppressionReason.UNSUBSCRIBED,
}
"""A block passes and SendGrid tries again, so it suppresses nothing."""


ReadPage = Callable[[str, Mapping[str, int]], Answer | Silence]
"""Gets one page of a list, by its name and the request's parameters."""


class _UnreadableError(Exception):
    """A page cannot be used; the message says why."""


def fetch_suppressions(read_page: ReadPage, *, since: datetime | None = None) -> FetchedSuppressions:
    """Read all four lists; one that cannot be read leaves the others.

    The key of whoever reads has to be one for suppressions; with `since` only what was added then or later is read.
    """
    suppressions: list[ProviderSuppression] = []
    faults: list[str] = []
    for name in _LISTS:
        try:
            suppressions.extend(_read_list(read_page, name, since))
        except _UnreadableError as error:
            faults.append(f"SendGrid's {name} cannot be read: {error}")
    return FetchedSuppressions(suppressions=tuple(suppressions), faults=tuple(faults))


def _read_list(read_page: ReadPage, name: str, since: datetime | None) -> Iterator[ProviderSuppression]:
    """Read one list page by page.

    Raises:
        _UnreadableError: A page cannot be had or read.
    """
    parameters = {"limit": PAGE_SIZE, "offset": 0}
    if since is not None:
        parameters["start_time"] = int(since.timestamp())
    while True:
        page = _list_in(read_page(name, parameters))
        for entry in page:
            yield _suppression(name, entry)
        if len(page) < PAGE_SIZE:
            return
        parameters["offset"] += PAGE_SIZE


def _list_in(answer: Answer | Silence) -> list[object]:
    """Give what a page holds.

    Raises:
        _UnreadableError: It cannot be had, or is no list.
    """
    if isinstance(answer, Silence):
        raise _UnreadableError(answer.reason)
    if answer.status != HTTPStatus.OK:
        raise _UnreadableError(f"SendGrid answered {answer.status}.")
    try:
        page = json.loads(answer.body)
    except ValueError:
        page = None
    if not isinstance(page, list):
        raise _UnreadableError("The answer is not a list.")
    return page


def _suppression(name: str, entry: object) -> ProviderSuppression:
    """Read one entry of a list.

    Raises:
        _UnreadableError: It has no address or no moment.
    """
    try:
        address, created = entry["email"], entry["created"]  # type: ignore[index]  # the except clause is the check
        at = datetime.fromtimestamp(int(created), tz=UTC)
    except (LookupError, TypeError, ValueError, OverflowError, OSError):
        raise _UnreadableError("An entry has no address or no moment.") from None
    said = without_private(str(entry.get("reason") or ""))  # type: ignore[attr-defined]  # a dict, as just seen
    note = f"SendGrid's {name}: {said}" if said else f"SendGrid's {name}"
    return ProviderSuppression(address=str(address), reason=_LISTS[name], at=at, note=note)
