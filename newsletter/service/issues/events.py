"""What is known of an issue's events where they come from, for checking, approving and sending; no network."""

from collections.abc import Collection, Sequence

from newsletter.domain.changes import EventChange, Known, Look, changes_of, events_of
from newsletter.domain.content import Answer, SourceId
from newsletter.domain.issue import Approval, Issue
from newsletter.errors import Fault, StateError
from newsletter.service.resources import Resources


def known_of(resources: Resources, issue: Issue) -> Known:
    """Give what was collected of an issue's events, and how old the last look at each of their sources is.

    Of the sources of articles those are among them whose last look failed.

    Raises:
        StorageError: The database cannot be read.
    """
    now, events, unplaced = resources.clock.now(), events_of(issue), set(issue.unplaced)
    sources = dict.fromkeys(SourceId(event.source_id) for event in events if event.source_id is not None)
    others = {item.source_id for item in issue.items.values() if item.key not in unplaced} - {None, *sources}
    if not sources and not others:
        return Known(now=now)
    # A quarter of a second to load, which an issue of the editor's own words need not pay.
    from newsletter.service.looks import read_looks  # noqa: PLC0415
    from newsletter.storage.content import ContentStore  # noqa: PLC0415

    with resources.database.read() as connection:
        store = ContentStore(connection)
        items, statuses = store.kept([event.key for event in events]), store.source_status()
    looks = read_looks(resources.settings.root, statuses)
    never = (Look(source_id=source, looked_at=None, answer=None) for source in sources)
    # Articles do not go stale; that the last good copy of them was taken is told all the same.
    failed = (look for look in looks.values() if look.source_id in others and look.answer is Answer.FAILED)
    return Known(now=now, items=items, looks=(*(looks.get(one.source_id, one) for one in never), *failed))


def changed_since(resources: Resources, issue: Issue, approval: Approval) -> tuple[EventChange, ...]:
    """Give what became of an issue's events after it was approved; of what was known before, its checks told."""
    zone, known = resources.settings.publication.zone, known_of(resources, issue)
    return tuple(one for one in changes_of(issue, known.items, zone) if one.since > approval.approved_at)


def require_accepted(changed: Sequence[EventChange], accepted: Collection[str]) -> None:
    """Begin no sending with an event that changed since the approval, unless a person accepts it as it was approved.

    Raises:
        StateError: With every event that is not accepted.
    """
    if refused := [one for one in changed if one.key not in accepted]:
        keys = " ".join(f"--accept-changed {key}" for key in dict.fromkeys(one.key for one in refused))
        raise StateError(
            "Events of this issue changed after it was approved; nothing was sent.",
            faults=[Fault(message=str(one)) for one in refused],
            hint=f"Correct issue.toml and approve it again, or send it as it is: {keys}",
        )
