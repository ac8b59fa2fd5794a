"""Bring in the people of a list.

Its one door is `import_people`. An import adds and completes. It brings back nobody who left, bounced, complained, was
erased or has not confirmed: those are named by their line, and whatever the file says of their status is void.
(listmonk, Mailtrain and Keila all re-subscribed people this way.) Whom the file says to have left is suppressed, known
or not; who answered no is not added. Importing the same file again changes nothing, so that an import that was killed
half-way is simply run again.

The room decides; the store behind `ImportStore` keeps.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime

from newsletter.audience.grounds import Basis, require_wording
from newsletter.audience.lists.reading.people_file import ParsedList, Row
from newsletter.audience.lists.reading.rows import PersonRow
from newsletter.audience.lists.result import Counts, ImportResult, Mended
from newsletter.audience.lists.verdicts import (
    Addition,
    Change,
    DepartureRow,
    ImportStore,
    NothingNew,
    Terms,
    Verdict,
    judge,
)
from newsletter.audience.readers.wants import topic_ids
from newsletter.domain.audience import Subscriber, SubscriberId, SubscriberStatus, SuppressionReason, normal_address
from newsletter.domain.content import Language, Topic
from newsletter.domain.rules import History
from newsletter.domain.segments import Segment, asks_history

BATCH_ROWS = 5_000
"""Rows in one transaction: short enough that a sender beside it never waits long, long enough to be quick."""


def import_people(
    parsed: ParsedList,
    *,
    transaction: Callable[[], AbstractContextManager[ImportStore]],
    now: datetime,
    source: str,
    basis: Basis | None,
    default_language: Language,
    segments: Sequence[Segment],
    departure: SuppressionReason | None = None,
    topics: Sequence[Topic] = (),
    is_dry_run: bool = False,
    progress: Callable[[int], None] = lambda _rows: None,
    to_mend: Callable[[Mended], None] = lambda _row: None,
) -> ImportResult:
    """Add the people of a list and complete those who are known; each batch of 5,000 rows is one transaction.

    An empty cell changes nothing; a name, language or attribute is replaced; a tag is added and never taken away; a
    further proof of consent is added to the earlier ones.

    Args:
        parsed: The list.
        transaction: Opens a transaction and gives the store in it; kept when the block ends well.
        now: Aware, in the publication's zone: a day of consent is its midnight in this zone.
        source: For the proof of consent: `import subscribers/example.csv`.
        basis: Why these people may be written to; rows can say it themselves. A new person of whom neither says it is
            rejected.
        default_language: Of new people whose row says none.
        segments: Who is in none of them is counted and explained.
        departure: Why nobody in the list must be mailed, where it is a list of such people; a row may say it itself.
        topics: The publication's, which readers may want.
        is_dry_run: Count and name everything, keep nothing.
        progress: Called after each batch with the rows done so far.
        to_mend: Called with each row that is rejected or held, once its batch is kept.

    Raises:
        UsageError: The wording of the ground is empty.
    """
    if basis is not None:
        require_wording(basis)
    terms = Terms(
        name=parsed.name,
        now=now,
        source=source,
        basis=basis,
        default_language=default_language,
        departure=departure,
        topics=topic_ids(topics),
    )
    counts = Counts(name=parsed.name, segments=segments, now=now)
    is_asking = asks_history(segments)
    for batch in _batches(parsed):
        histories: Mapping[SubscriberId, History] = {}
        with transaction() as store:
            if counts.rows_done == 0:
                counts.known_before = store.count()
            verdicts = _judge_batch(batch, store, terms)
            if not is_dry_run:
                _keep(verdicts, store, terms)
            if is_asking:
                histories = store.histories(_stored(verdicts), now)
        counts.add(verdicts, to_mend, histories)
        progress(counts.rows_done)
    return counts.result()


def _batches(parsed: ParsedList) -> Iterator[list[Row]]:
    """Cut the rows into batches; a list without rows is one empty batch, so that those left alone are counted."""
    batch: list[Row] = []
    for row in parsed.rows():
        if len(batch) == BATCH_ROWS:
            yield batch
            batch = []
        batch.append(row)
    yield batch


def _judge_batch(batch: Sequence[Row], store: ImportStore, terms: Terms) -> list[Verdict]:
    """Decide what each row of a batch means."""
    addresses = [row.address for row in batch if isinstance(row, PersonRow)]
    known = store.find_many(addresses)
    suppressions = store.suppressions_of(addresses)
    consents = store.consents_of_many([person.address for person in known.values()])
    verdicts: list[Verdict] = []
    for row in batch:
        if isinstance(row, PersonRow):
            form = normal_address(row.address)
            verdicts.append(judge(row, known.get(form), suppressions.get(form), consents.get(form, ()), terms))
        else:
            verdicts.append(row)
    return verdicts


def _stored(verdicts: Sequence[Verdict]) -> list[Subscriber]:
    """Give the people of a batch who were known before."""
    return [verdict.subscriber for verdict in verdicts if isinstance(verdict, Change | NothingNew)]


def _keep(verdicts: Sequence[Verdict], store: ImportStore, terms: Terms) -> None:
    """Write what a batch changes."""
    additions = [verdict for verdict in verdicts if isinstance(verdict, Addition)]
    changes = [verdict for verdict in verdicts if isinstance(verdict, Change)]
    store.add_many([(addition.subscriber, addition.consent) for addition in additions], terms.now)
    store.update_many([change.subscriber for change in changes if change.is_record_new], terms.now)
    store.add_consents(
        [(change.subscriber.address, change.consent) for change in changes if change.consent is not None]
    )
    people: list[Addition | Change] = [*additions, *changes]
    wanting = [one for one in people if one.are_wants_new]
    store.keep_wants([(one.subscriber.address, one.subscriber.wants) for one in wanting], terms.now, terms.source)
    leaving = [verdict for verdict in verdicts if isinstance(verdict, DepartureRow) and verdict.is_new]
    for reason in SuppressionReason:
        addresses = [one.address for one in leaving if one.reason is reason]
        if addresses:
            over = () if reason is SuppressionReason.UNSUBSCRIBED else (SuppressionReason.UNSUBSCRIBED,)
            store.suppress_many(addresses, reason, terms.now, terms.source, over=over)
    for one in leaving:
        if one.leaves:
            store.set_status(store.hash_of(one.address), SubscriberStatus.UNSUBSCRIBED, terms.now)
