"""How what a reader wants is read and changed."""

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.audience.readers.wants import wants_after
from newsletter.domain.content import Language, Topic, TopicId
from newsletter.domain.wants import Cadence, Wants, WantsEdit
from newsletter.errors import UsageError

NOW = datetime(2017, 11, 20, tzinfo=UTC)
TOPICS = (
    Topic(id=TopicId("rahoitus"), names={Language("sv"): "Finansiering"}, keywords={}),
    Topic(id=TopicId("kiertotalous"), names={Language("fi"): "Kiertotalous"}, keywords={}),
)
KNOWN = Wants(topics=(TopicId("rahoitus"),), cadence=Cadence.THIRD, paused_until=NOW + timedelta(days=3), since=NOW)


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (WantsEdit(topics=("FINANSIERING", " ", "kiertotalous", "rahoitus")), {"topics": ("kiertotalous", "rahoitus")}),
        (WantsEdit(topics=("",)), {"topics": ()}),
        (WantsEdit(cadence=Cadence.EVERY), {"cadence": Cadence.EVERY}),
        (WantsEdit(paused_until=NOW + timedelta(days=9)), {"paused_until": NOW + timedelta(days=9)}),
        (WantsEdit(is_back=True), {"paused_until": None}),
    ],
)
def test_an_edit_changes_what_it_names(edit: WantsEdit, expected: dict[str, object]) -> None:
    """Topics go by id or by name in any language, each once; what is not named stays; the moment is noted."""
    known = {"topics": KNOWN.topics, "cadence": KNOWN.cadence, "paused_until": KNOWN.paused_until}
    edited = wants_after(edit, KNOWN, topics=TOPICS, now=NOW + timedelta(days=1))
    assert {"topics": edited.topics, "cadence": edited.cadence, "paused_until": edited.paused_until} == known | expected
    assert edited.since == NOW + timedelta(days=1)


@pytest.mark.parametrize(
    ("edit", "message", "hint"),
    [
        (WantsEdit(topics=("rahoitsu",)), "There is no topic 'rahoitsu'", "Did you mean 'rahoitus'?"),
        (WantsEdit(paused_until=NOW), "The pause would be over already", "Name a day to come."),
    ],
)
def test_what_cannot_be_wanted_is_refused(edit: WantsEdit, message: str, hint: str) -> None:
    """A topic that there is not, and a pause that is over, are refused in words."""
    with pytest.raises(UsageError, match=message) as caught:
        wants_after(edit, KNOWN, topics=TOPICS, now=NOW)
    assert caught.value.hint == hint
