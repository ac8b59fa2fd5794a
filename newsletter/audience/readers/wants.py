"""Read and change what a reader wants.

Its door is `wants_after` and `wanted_topics`: the command line, a list and the public pages say it in the same words.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from newsletter.domain.audience import comparable
from newsletter.domain.content import Topic, TopicId
from newsletter.domain.wants import Wants, WantsEdit
from newsletter.errors import UsageError
from newsletter.toml_file import did_you_mean


def wants_after(edit: WantsEdit, known: Wants, *, topics: Sequence[Topic], now: datetime) -> Wants:
    """Give what is wanted after an edit.

    Args:
        edit: What is to change.
        known: What was wanted.
        topics: The publication's.
        now: Aware.

    Raises:
        UsageError: The publication has no such topic; or the pause is over already.
    """
    if edit.paused_until is not None and edit.paused_until <= now:
        raise UsageError("The pause would be over already; nothing was changed.", hint="Name a day to come.")
    return replace(
        known,
        topics=known.topics if edit.topics is None else wanted_topics(edit.topics, topics),
        cadence=edit.cadence or known.cadence,
        paused_until=None if edit.is_back else edit.paused_until or known.paused_until,
        since=now,
    )


def topic_ids(topics: Iterable[Topic]) -> dict[str, TopicId]:
    """Give the topics by what they may be called, in its form for comparing: the id, and the names in all languages."""
    return {comparable(word): topic.id for topic in topics for word in (*topic.names.values(), topic.id)}


def wanted_topics(written: Iterable[str], topics: Sequence[Topic]) -> tuple[TopicId, ...]:
    """Give the topics that are meant, sorted, each once.

    Raises:
        UsageError: The publication has none of that name; the nearest is told.
    """
    known = topic_ids(topics)
    words = [word for word in written if word.strip()]
    for word in words:
        if comparable(word) not in known:
            hint = did_you_mean(word, [topic.id for topic in topics])
            raise UsageError(f"There is no topic {word!r} in newsletter.toml.", hint=hint)
    return tuple(sorted({known[comparable(word)] for word in words}))
