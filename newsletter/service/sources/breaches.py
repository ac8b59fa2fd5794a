"""Which sources were not what they were when they were last looked at: what `status` tells, without a network."""

from collections.abc import Sequence

from newsletter.domain.content import Answer, Problem
from newsletter.domain.contract import silence
from newsletter.service.looks import read_looks
from newsletter.service.resources import Resources
from newsletter.storage.content import ContentStore


def breaches(resources: Resources) -> tuple[Problem, ...]:
    """Say of every source what was not as it should be when it was last looked at; no network."""
    with resources.database.read() as connection:
        store = ContentStore(connection)
        statuses = {status.source_id: status for status in store.source_status()}
        looks = read_looks(resources.settings.root, statuses.values())
        told: list[Problem] = []
        for source in resources.settings.sources:
            if not source.is_enabled or source.id not in statuses:
                continue
            reading = statuses[source.id].reading
            told += of_problems(reading.problems, is_failed=reading.answer is Answer.FAILED)
            looked_at = looks[source.id].looked_at
            if looked_at is not None and (silent := silence(source, store.spoke(source.id), looked_at=looked_at)):
                told.append(silent)
    return tuple(told)


def of_problems(problems: Sequence[Problem], *, is_failed: bool) -> list[Problem]:
    """Give what concerns the source as a whole; of one that failed also which copy is used instead."""
    return [one for one in problems if one.breaks_contract or (is_failed and one.item is None)]
