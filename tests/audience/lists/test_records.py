"""People who move with all that is known of them."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.audience.lists.records import Barred, PersonRecord, ReadRecord, read_records, write_records
from newsletter.audience.lists.result import Taken
from newsletter.audience.lists.taking import take_people
from newsletter.domain.audience import (
    Consent,
    Ground,
    Subscriber,
    SubscriberStatus,
    Suppression,
    SuppressionReason,
    normal_address,
)
from newsletter.domain.content import Language, TopicId
from newsletter.domain.wants import Cadence, Wants, WantsChange
from newsletter.errors import ContentError, UsageError
from newsletter.storage.audience import AudienceStore
from newsletter.storage.database import Database
from tests.audience.lists.conftest import KEY, Transaction
from tests.audience.lists.test_exports import WORDS

FI = Language("fi")
NOW = datetime(2017, 11, 20, 9, 0, tzinfo=UTC)
CONSENT = Consent(at=NOW, source="form", wording="Tilaan.", recorded_by="Aino", recorded_at=NOW)
TOPICS = (TopicId("kiertotalous"), TopicId("rahoitus"))

moments = st.integers(0, 5_000).map(lambda hours: NOW - timedelta(hours=hours, microseconds=hours))
words = WORDS.filter(lambda word: "@" not in word)
wants = st.builds(
    Wants,
    topics=st.lists(st.sampled_from(TOPICS), unique=True).map(lambda topics: tuple(sorted(topics))),
    cadence=st.sampled_from(Cadence),
    paused_until=st.none() | moments,
)


@st.composite
def proofs(draw: st.DrawFn) -> Consent:
    """Give a proof as it can be stored."""
    ground = draw(st.none() | st.sampled_from(Ground))
    at = draw(moments)
    return Consent(
        at=at,
        source=draw(words),
        ground=ground,
        wording="" if ground is None else draw(words.filter(str.strip)),
        requested_at=draw(st.none() | st.just(at)),
        recorded_by="Aino",
        recorded_at=draw(moments),
    )


@st.composite
def records(draw: st.DrawFn) -> PersonRecord:
    """Give a person with a history, as it can be stored."""
    said: list[Wants] = []
    for one in draw(st.lists(wants, max_size=3)):
        said += [one] if not said or said[-1] != one else []
    changes = tuple(WantsChange(wants=one, at=NOW, source="test") for one in said)
    barred = draw(st.none() | st.builds(Barred, reason=st.sampled_from(SuppressionReason), at=moments, note=words))
    has_left = barred is not None and barred.reason is SuppressionReason.UNSUBSCRIBED
    status = SubscriberStatus.UNSUBSCRIBED if has_left else draw(st.sampled_from(SubscriberStatus))
    given_before = draw(st.lists(proofs(), max_size=3))
    if status is SubscriberStatus.ACTIVE:
        given_before.append(CONSENT)
    return PersonRecord(
        subscriber=Subscriber(
            address=f"{draw(st.from_regex(r'[A-Za-z0-9=+]{1,9}', fullmatch=True))}@example.com",
            name=draw(WORDS | st.just("Aino \U0001f469\u200d\U0001f33e")),
            language=draw(st.sampled_from(["fi", "sv", "de"]).map(Language)),
            status=status,
            attributes=draw(st.dictionaries(st.sampled_from(["role", "municipality"]), WORDS.filter(bool))),
            tags=tuple(sorted(draw(st.sets(st.from_regex(r"[a-zäö]{1,5}", fullmatch=True), max_size=3)))),
            wants=said[-1] if said else Wants(),
        ),
        consents=tuple(sorted(given_before, key=lambda proof: proof.at)),
        wants_changes=changes,
        barred=barred,
    )


people = st.lists(records(), max_size=4, unique_by=lambda record: normal_address(record.subscriber.address))


def written(some: list[PersonRecord], path: Path) -> list[ReadRecord]:
    """Write people, see that any program can read them, and read them."""
    path.unlink(missing_ok=True)
    assert write_records(some, path, publication="seutu", made_at=NOW) == len(some)
    assert len(json.loads(path.read_text(encoding="utf-8"))["people"]) == len(some)
    return list(read_records(io.BytesIO(path.read_bytes()), path.name))


@contextmanager
def emptied(database: Database) -> Iterator[Transaction]:
    """Open a writing transaction that is never kept: each example begins with nobody."""
    with pytest.raises(KeyboardInterrupt), database.write() as connection:
        store = AudienceStore(connection, key=KEY)

        @contextmanager
        def transaction() -> Iterator[AudienceStore]:
            yield store

        yield transaction
        raise KeyboardInterrupt


def take(read: list[ReadRecord], transaction: Transaction, *, is_dry_run: bool = False) -> Taken:
    """Take people over."""
    return take_people(read, transaction=transaction, now=NOW, topics=TOPICS, is_dry_run=is_dry_run)


def kept(store: AudienceStore) -> list[PersonRecord]:
    """Give everybody who is stored, as an export would."""
    found = []
    for person in store.page(limit=100):
        why = store.suppressions_of([person.address]).get(normal_address(person.address))
        found.append(
            PersonRecord(
                subscriber=Subscriber(**{name: getattr(person, name) for name in _FIELDS}),
                consents=store.consents_of(person.address),
                wants_changes=store.wants_changes_of(person.address),
                barred=None if why is None else Barred(reason=why.reason, at=why.at, note=why.note),
            )
        )
    return found


_FIELDS = ("address", "name", "language", "status", "attributes", "tags", "wants")


@settings(max_examples=settings().max_examples // 4)
@given(people)
def test_people_move_whole_and_nobody_is_woken(
    tmp_path_factory: pytest.TempPathFactory, database_template: Path, some: list[PersonRecord]
) -> None:
    """In an empty publication everybody is as before, with every consent, wish and bar; again adds nothing."""
    read = written(some, tmp_path_factory.getbasetemp() / "people.json")
    database = Database(f"sqlite:///{database_template}")
    with emptied(database) as transaction:
        dry, first, again = take(read, transaction, is_dry_run=True), take(read, transaction), take(read, transaction)
        with transaction() as store:
            found, mailable = kept(store), store.count_mailable()
    database.close()
    assert found == some
    assert dry == first == Taken(added=len(some), barred=sum(one.barred is not None for one in some))
    assert again == Taken(known=len(some))
    assert mailable == sum(one.barred is None and one.subscriber.status is SubscriberStatus.ACTIVE for one in some)


def _person(status: SubscriberStatus = SubscriberStatus.ACTIVE, barred: SuppressionReason | None = None) -> ReadRecord:
    """Give a line of a file."""
    return ReadRecord(
        line=2,
        record=PersonRecord(
            subscriber=Subscriber(address="aino@example.com", language=FI, name="From there", status=status),
            consents=(CONSENT,),
            barred=None if barred is None else Barred(reason=barred, at=NOW),
        ),
    )


@pytest.mark.parametrize(
    ("line", "status", "reason"),
    [
        (_person(), SubscriberStatus.ACTIVE, None),
        (_person(barred=SuppressionReason.HARD_BOUNCE), SubscriberStatus.ACTIVE, SuppressionReason.HARD_BOUNCE),
        (
            _person(SubscriberStatus.UNSUBSCRIBED, SuppressionReason.UNSUBSCRIBED),
            SubscriberStatus.UNSUBSCRIBED,
            SuppressionReason.UNSUBSCRIBED,
        ),
        (_person(SubscriberStatus.UNSUBSCRIBED), SubscriberStatus.UNSUBSCRIBED, SuppressionReason.UNSUBSCRIBED),
        (
            _person(SubscriberStatus.UNSUBSCRIBED, SuppressionReason.HARD_BOUNCE),
            SubscriberStatus.UNSUBSCRIBED,
            SuppressionReason.HARD_BOUNCE,
        ),
    ],
)
def test_of_who_is_known_here_nothing_but_leaving_counts(
    line: ReadRecord, status: SubscriberStatus, reason: SuppressionReason | None, transaction: Transaction
) -> None:
    """Name and consents stay as they are; whoever left, bounced or complained there is not mailed here any more."""
    here = Subscriber(address="aino@example.com", language=FI, name="From here")
    with transaction() as store:
        store.add_many([(here, None)], NOW)
    taken = take([line], transaction)
    with transaction() as store:
        (found,) = store.page(limit=9)
        why = store.suppressions_of([found.address])
        consents = store.consents_of(found.address)
    assert (taken.added, taken.known, taken.taken_out) == (0, 1, int(reason is not None))
    assert (found.name, found.status, consents) == ("From here", status, ())
    assert [one.reason for one in why.values()] == ([] if reason is None else [reason])


def test_nobody_is_said_to_have_recorded_what_was_not_signed(transaction: Transaction) -> None:
    """A consent of which the export names no recorder was recorded here by whoever imports it, on that day."""
    unsigned = Consent(at=NOW - timedelta(days=900), source="import old.csv", wording="Tilaan.")
    person = Subscriber(address="aino@example.com", language=FI)
    take([ReadRecord(line=2, record=PersonRecord(subscriber=person, consents=(unsigned,)))], transaction)
    with transaction() as store:
        (proof,) = store.consents_of(person.address)

    assert (proof.at, proof.recorded_at) == (unsigned.at, NOW)


@pytest.mark.parametrize("reason", SuppressionReason)
def test_who_must_not_be_mailed_here_is_not_added(reason: SuppressionReason, transaction: Transaction) -> None:
    """Whoever left or was erased here is not brought in again by a file from elsewhere."""
    with transaction() as store:
        whose = store.hash_of("aino@example.com")
        store.suppress(whose, reason, NOW, "here")
    taken = take([_person()], transaction)
    with transaction() as store:
        assert (store.count(), taken.held) == (0, 1)
        assert store.suppressions_of(["aino@example.com"]) == {
            "aino@example.com": Suppression(address_hash=whose, reason=reason, at=NOW, note="here")
        }


_PROOF = {
    "at": NOW.isoformat(),
    "source": "form",
    "ground": "consent",
    "wording": "Tilaan.",
    "language": None,
    "requested_at": None,
    "recorded_by": "Aino",
    "recorded_at": NOW.isoformat(),
}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"address": "no address"}, "address"),
        ({"status": "subscribed"}, "This line is not as it was exported."),
        ({"status": "active", "consents": []}, "nothing says why this active person may be written to"),
        ({"name": "a\0b"}, "This line is not as it was exported."),
        ({"suppressed": {"reason": "manual", "at": "2017-11-20", "note": ""}}, "This line is not as it was exported."),
        ({"consents": "yes"}, "This line is not as it was exported."),
        ({"language": ""}, "This line is not as it was exported."),
        ({"language": "FI"}, "This line is not as it was exported."),
        ({"consents": [_PROOF | {"wording": " "}]}, "This line is not as it was exported."),
        ({"consents": [_PROOF | {"at": "2017-11-22T09:00:00+00:00"}]}, "a proof is of a day to come"),
    ],
)
def test_a_line_that_was_changed_costs_itself_only(
    change: dict[str, object], told: str, tmp_path: Path, transaction: Transaction
) -> None:
    """It is named, and the people of the other lines are added."""
    path = tmp_path / "people.json"
    records_written = [
        PersonRecord(subscriber=Subscriber(address=f"{one}@example.com", language=FI), consents=(CONSENT,))
        for one in ("aino", "eero")
    ]
    write_records(records_written, path, publication="seutu", made_at=NOW)
    lines = path.read_text(encoding="utf-8").splitlines()
    aino = json.loads(lines[1].removeprefix(",").removesuffix(","))
    lines[1] = json.dumps(aino | change) + ","
    taken = take(list(read_records(io.BytesIO("\n".join(lines).encode() + b"\n"), "people.json")), transaction)
    assert (taken.added, taken.rejected.count) == (1, 1)
    assert told in str(taken.rejected.first[0])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no file of people"),
        (b"[]\n", "is no file of people"),
        (b'{"format": "newsletter people", "version": 2, "people": [\n', "was written by a newer version"),
        (b'{"format": "newsletter people", "version": 1, "people": [\n', "ends before its end"),
    ],
)
def test_what_is_no_whole_export_is_refused(content: bytes, message: str) -> None:
    """Another file, one of a newer program, and one that is cut off are told in words."""
    with pytest.raises(ContentError, match=message):
        list(read_records(io.BytesIO(content), "people.json"))


def test_an_export_never_takes_the_place_of_a_file(tmp_path: Path) -> None:
    """What stands there is kept, and no half file is left."""
    path = tmp_path / "people.json"
    path.write_text("mine")
    with pytest.raises(UsageError, match="There is something at"):
        write_records([], path, publication="seutu", made_at=NOW)
    assert (path.read_text(), list(tmp_path.iterdir())) == ("mine", [path])


def test_a_file_that_is_cut_off_says_what_became_of_those_before(transaction: Transaction, tmp_path: Path) -> None:
    """Whole thousands are added by then; the whole file can be imported over them."""
    path = tmp_path / "people.json"
    people_written = [
        PersonRecord(subscriber=Subscriber(address=f"a{one}@example.com", language=FI), consents=(CONSENT,))
        for one in range(1_001)
    ]
    write_records(people_written, path, publication="seutu", made_at=NOW)
    cut = path.read_bytes().removesuffix(b"\n]}\n")
    with pytest.raises(ContentError) as error:
        take_people(read_records(io.BytesIO(cut), "people.json"), transaction=transaction, now=NOW, topics=TOPICS)
    with transaction() as store:
        assert store.count() == 1_000
    assert "whoever was added by then is left alone" in str(error.value.hint)
