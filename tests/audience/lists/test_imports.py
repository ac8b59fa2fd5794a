import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from newsletter.audience.grounds import Basis
from newsletter.audience.lists.imports import BATCH_ROWS, import_people
from newsletter.audience.lists.reading.headings import Layout
from newsletter.audience.lists.reading.people_file import ParsedList, read_list
from newsletter.audience.lists.result import ImportResult, Mended, Told
from newsletter.audience.lists.verdicts import ImportStore
from newsletter.audience.segments import Stray
from newsletter.domain.audience import (
    Consent,
    Ground,
    Subscriber,
    SubscriberStatus,
    Suppression,
    SuppressionReason,
)
from newsletter.domain.content import Language, SegmentId
from newsletter.domain.rules import AllOf, AttributeIn, HasTag
from newsletter.domain.segments import Segment
from newsletter.errors import UsageError
from tests.audience.lists.conftest import Transaction

FI, SV = Language("fi"), Language("sv")
HELSINKI = ZoneInfo("Europe/Helsinki")
NOW = datetime(2017, 11, 20, 9, 0, tzinfo=HELSINKI)
CONSENT = Consent(at=NOW, source="import list.csv", wording="Tilaan SEUTU-uutiskirjeen.")
EXAMPLE = Path(__file__).parents[3] / "subscribers" / "example.csv"


EVERYBODY = (Segment(id=SegmentId("all"), rank=1, names={}, who=AllOf(rules=())),)


ASKED = Basis(ground=Ground.CONSENT, wording="Tilaan SEUTU-uutiskirjeen.")


def parse(text: str) -> ParsedList:
    """Read a list with this text."""
    return read_list(io.BytesIO(text.encode()), "list.csv", layout=Layout(asked=["role"]))


def load(
    transaction: Transaction,
    text: str,
    *,
    now: datetime = NOW,
    is_dry_run: bool = False,
    segments: Sequence[Segment] = EVERYBODY,
    basis: Basis | None = ASKED,
    to_mend: Callable[[Mended], None] = lambda _row: None,
) -> ImportResult:
    """Import a list with this text; whom it shows is not compared."""
    result = import_people(
        parse(text),
        transaction=transaction,
        now=now,
        source="import list.csv",
        basis=basis,
        default_language=FI,
        segments=segments,
        is_dry_run=is_dry_run,
        to_mend=to_mend,
    )
    return replace(result, first_people=())


def everybody(transaction: Transaction) -> tuple[Subscriber, ...]:
    """Give all people, without the number the database gave them."""
    with transaction() as store:
        return tuple(replace(person, id=None) for person in store.page(limit=1_000))


NOTHING = ImportResult()
RESUBSCRIBE = "If the person asked: newsletter subscriber resubscribe ADDRESS --note TEXT"
MEANT = "If the no is meant for this newsletter: newsletter subscriber unsubscribe ADDRESS"


def test_new_people_are_added_with_the_proof_of_their_consent(transaction: Transaction) -> None:
    """Language and status have defaults; a day of consent is its midnight in the publication's zone."""
    result = load(
        transaction,
        "email;name;language;role;tags;consent\naino@example.com;Aino;;x;b,a;\ngunilla@example.com;;sv;;;3.11.2017\n",
    )

    assert result == replace(NOTHING, added=2)
    assert everybody(transaction) == (
        Subscriber(address="aino@example.com", name="Aino", language=FI, attributes={"role": "x"}, tags=("a", "b")),
        Subscriber(address="gunilla@example.com", language=SV),
    )
    with transaction() as store:
        assert store.consents_of("aino@example.com") == (CONSENT,)
        assert store.consents_of("gunilla@example.com") == (
            replace(CONSENT, at=datetime(2017, 11, 2, 22, 0, tzinfo=UTC)),
        )


def test_the_same_list_again_changes_nothing(transaction: Transaction) -> None:
    """Also no second consent, and nobody's record is touched."""
    text = EXAMPLE.read_text()
    first = load(transaction, text)
    before = everybody(transaction)
    second = load(transaction, text, now=NOW + timedelta(days=1))

    left = {SuppressionReason.UNSUBSCRIBED: 1}
    assert (first, second) == (
        replace(NOTHING, added=23, departed=left, newly_suppressed=1),
        replace(NOTHING, unchanged=23, departed=left),
    )
    assert everybody(transaction) == before
    with transaction() as store:
        assert len(store.consents_of("aino.salmela@example.com")) == 1


ADVISERS = (
    Segment(id=SegmentId("a"), rank=1, names={}, who=AttributeIn(name="Role", values=("yritysneuvoja",))),
    Segment(id=SegmentId("b"), rank=2, names={}, who=HasTag(tag="johtoryhmä")),
)


@pytest.mark.parametrize("is_dry_run", [True, False])
def test_an_import_ends_with_who_is_in_no_segment_and_why(is_dry_run: bool, transaction: Transaction) -> None:  # noqa: FBT001
    """Added, changed and unchanged people whom no rule chooses are counted, with what nearly was what a rule names."""
    load(transaction, "email;role\nold@example.com;toimittaja\nsame@example.com;yritysneuvojat\n", segments=ADVISERS)

    result = load(
        transaction,
        "email;role;tags;status\n"
        "a@example.com; YRITYSNEUVOJA ;;\n"
        "b@example.com;x;JOHTORYHMÄ;\n"
        "c@example.com;Yritys-neuvoja;johtoryhma;\n"
        "d@example.com;;;\n"
        "e@example.com;toimittaja;strange;unsubscribed\n"
        "old@example.com;Toimittaja;;\n"
        "same@example.com;yritysneuvojat;;\n",
        segments=ADVISERS,
        is_dry_run=is_dry_run,
    )

    assert (result.added, result.changed, result.unchanged, result.in_no_segment) == (4, 1, 1, 4)
    assert result.strays == (
        Stray(name="role", value="Yritys-neuvoja", people=1, nearest="yritysneuvoja"),
        Stray(name="tag", value="johtoryhma", people=1, nearest="johtoryhmä"),
        Stray(name="role", value="yritysneuvojat", people=1, nearest="yritysneuvoja"),
        Stray(name="role", value="", people=1, nearest=""),
        Stray(name="role", value="Toimittaja", people=1, nearest=""),
    )


def test_the_same_tag_in_other_letters_is_no_change(transaction: Transaction) -> None:
    """A known person's tag keeps the spelling it was first given."""
    load(transaction, "email;tags\naino@example.com;Vertaistyö\n")

    result = load(transaction, "email;tags\naino@example.com;vertaistyö, VERTAISTYO\u0308\n")

    assert (result, everybody(transaction)[0].tags) == (replace(NOTHING, unchanged=1), ("Vertaistyö",))


def test_a_known_person_is_completed(transaction: Transaction) -> None:
    """What the row says replaces, an empty cell changes nothing, a tag is added; the stored spelling stays."""
    load(transaction, "email;name;language;role;municipality;tags\nAino@example.com;Aino;sv;x;Salo;a\n")

    result = load(transaction, "email;name;language;role;municipality;tags\naino@example.com;Aino S;;y;;b\n")

    assert result == replace(NOTHING, changed=1)
    assert everybody(transaction) == (
        Subscriber(
            address="Aino@example.com",
            name="Aino S",
            language=SV,
            attributes={"municipality": "Salo", "role": "y"},
            tags=("a", "b"),
        ),
    )


def test_people_missing_from_the_list_are_counted_and_left_alone(transaction: Transaction) -> None:
    """A list without anybody takes nobody out either; somebody in a rejected row only counts as left alone."""
    load(transaction, "email\naino@example.com\neero@example.com\nkaisa@example.com\n")
    before = everybody(transaction)

    some = load(transaction, "email;language\naino@example.com;\neero@example.com;klingon\n")
    none = load(transaction, "email;language\n")

    assert (some, none) == (
        replace(NOTHING, unchanged=1, rejected=some.rejected, left_alone=2),
        replace(NOTHING, left_alone=3),
    )
    assert everybody(transaction) == before


def test_every_row_is_counted_once(transaction: Transaction) -> None:
    """Added, changed, unchanged, rejected, repeated and held rows are all the rows there are."""
    load(transaction, "email;role\naino@example.com;x\neero@example.com;x\nleft@example.com;x\n")
    with transaction() as store:
        store.set_status(store.hash_of("left@example.com"), SubscriberStatus.UNSUBSCRIBED, NOW)

    result = load(
        transaction,
        "email;role\naino@example.com;y\neero@example.com;x\nleft@example.com;y\nnew@example.com;\nAino@example.com;\nx;\n",
    )

    assert result == ImportResult(
        added=1,
        changed=1,
        unchanged=1,
        rejected=result.rejected,
        repeated=result.repeated,
        held=result.held,
        left_alone=0,
    )
    assert [str(fault) for told in (result.rejected, result.repeated, result.held) for fault in told.first] == [
        "list.csv:7: address: This is no usable e-mail address: it has no @.",
        "list.csv:6: address: This row has the address of line 2 again; line 2 counts.",
        f"list.csv:4: This person has unsubscribed; an import never brings anybody back. ({RESUBSCRIBE})",
    ]


@pytest.mark.parametrize("status", ["", "active"])
@pytest.mark.parametrize("reason", SuppressionReason)
def test_an_import_never_lifts_a_suppression(reason: SuppressionReason, status: str, transaction: Transaction) -> None:
    """Whoever left, bounced, complained, was erased or barred stays so, known or not, whatever the file says."""
    with transaction() as store:
        store.add_many([(Subscriber(address="known@example.com", language=FI, name="Tuttu"), None)], NOW)
        store.suppress_many(["known@example.com", "gone@example.com"], reason, NOW, "test")
    before = everybody(transaction)

    result = load(transaction, f"email;name;status\nKnown@example.com;Uusi;{status}\ngone@example.com;Uusi;{status}\n")

    assert result == replace(NOTHING, held=result.held)
    assert [f"{fault.place}: {fault.message}" for fault in result.held.first] == [
        f"list.csv:{line}: This address is suppressed ({reason}); an import never lifts that." for line in (2, 3)
    ]
    assert everybody(transaction) == before
    with transaction() as store:
        assert store.suppressions_of(["gone@example.com"]) == {
            "gone@example.com": Suppression(
                address_hash=store.hash_of("gone@example.com"), reason=reason, at=NOW, note="test"
            )
        }


@pytest.mark.parametrize(
    ("status", "written", "held"),
    [
        (SubscriberStatus.UNSUBSCRIBED, "", "This person has unsubscribed; an import never brings anybody back."),
        (SubscriberStatus.UNSUBSCRIBED, "active", "This person has unsubscribed; an import never brings anybody back."),
        (
            SubscriberStatus.UNSUBSCRIBED,
            "pending",
            "This person has unsubscribed; an import never brings anybody back.",
        ),
        (SubscriberStatus.PENDING, "", "This person has not confirmed yet; an import cannot do it for them."),
        (SubscriberStatus.PENDING, "active", "This person has not confirmed yet; an import cannot do it for them."),
        (SubscriberStatus.PENDING, "pending", None),
        (SubscriberStatus.ACTIVE, "active", None),
        (SubscriberStatus.ACTIVE, "pending", None),
    ],
)
def test_no_status_in_a_file_changes_who_is_mailed(
    status: SubscriberStatus, written: str, held: str | None, transaction: Transaction
) -> None:
    """A status column makes nobody active, nor an active person pending; who is held is named."""
    known = Subscriber(address="aino@example.com", name="Aino", language=FI, status=status)
    with transaction() as store:
        store.add_many([(known, CONSENT)], NOW)

    result = load(transaction, f"email;name;status\naino@example.com;Aino;{written}\n")

    assert ([fault.message for fault in result.held.first], result.unchanged) == (
        [held] if held else [],
        0 if held else 1,
    )
    assert everybody(transaction) == (known,)


def test_a_file_can_say_that_somebody_has_left(transaction: Transaction) -> None:
    """Leaving is honoured from any source, and suppresses; of whom we do not know nothing else is kept."""
    load(transaction, "email\naino@example.com\n")
    text = "email;status\naino@example.com;peruuttanut\neero@example.com;unsubscribed\n"

    first, second = load(transaction, text), load(transaction, text)

    departed = {SuppressionReason.UNSUBSCRIBED: 2}
    assert first == replace(NOTHING, departed=departed, newly_suppressed=2, taken_out=first.taken_out)
    assert [str(fault) for fault in first.taken_out.first] == [
        "list.csv:2: unsubscribed, says the list; a subscriber here until now."
    ]
    assert second == replace(NOTHING, departed=departed)
    assert [person.status for person in everybody(transaction)] == [SubscriberStatus.UNSUBSCRIBED]
    with transaction() as store:
        assert store.suppression_counts() == {SuppressionReason.UNSUBSCRIBED: 2}
        assert (store.consents_of("aino@example.com"), store.consents_of("eero@example.com")) == ((CONSENT,), ())


@pytest.mark.parametrize(
    ("heading", "cell", "reason"),
    [
        ("UNSUB_TIME", "2015-11-01 10:11:12", SuppressionReason.UNSUBSCRIBED),
        ("CLEAN_TIME", "2015-11-01 10:11:12", SuppressionReason.HARD_BOUNCE),
        ("status", "blocklisted", SuppressionReason.MANUAL),
        ("Status", "Cleaned", SuppressionReason.HARD_BOUNCE),
        ("subscribed_to_emails", "false", SuppressionReason.UNSUBSCRIBED),
        ("Roskapostiksi merkinnyt", "x", SuppressionReason.COMPLAINT),
        ("Uutiskirjeen tilaus peruttu", "3.11.2017", SuppressionReason.UNSUBSCRIBED),
        ("Avregistrerad", "ja", SuppressionReason.UNSUBSCRIBED),
        ("Studsat", "1", SuppressionReason.HARD_BOUNCE),
        ("Markkinointikielto", "kyllä", SuppressionReason.MANUAL),
    ],
)
@pytest.mark.parametrize("others", ["a@example.com;A;\n", ""])
def test_a_list_of_people_who_left_makes_nobody_active(
    heading: str, cell: str, reason: SuppressionReason, others: str, transaction: Transaction
) -> None:
    """After it a list of the same people without such a column brings nobody in, in any of three languages."""
    load(transaction, f"email;name;{heading}\naino@example.com;Aino;{cell}\n{others}")

    again = load(transaction, "email;name\naino@example.com;Aino\n")

    assert (again.added, again.held.count) == (0, 1)
    assert "aino@example.com" not in [person.address for person in everybody(transaction)]
    with transaction() as store:
        assert store.suppression_counts() == {reason: 1}


@pytest.mark.parametrize("order", ["yes first", "no first"])
def test_leaving_counts_wherever_it_stands(order: str, transaction: Transaction) -> None:
    """Somebody who stands in a list twice and left in one of the rows is not added by the other."""
    rows = ["aino@example.com;\n", "AINO@example.com;2017-01-01\n"]

    result = load(transaction, "email;peruttu\n" + "".join(rows if order == "yes first" else reversed(rows)))

    assert (result.added, result.repeated.count, result.newly_suppressed) == (0, 1, 1)
    assert everybody(transaction) == ()


@pytest.mark.parametrize(
    ("heading", "yes", "no"),
    [
        ("Uutiskirjelupa", "Kyllä", "Ei"),
        ("5. Haluatko tilata uutiskirjeemme?", "Kyllä, kiitos", "En halua"),
        ("Vill du ha vårt nyhetsbrev?", "Ja", "Nej tack"),
        ("May we send you our newsletter?", "yes", "no"),
        ("Haluan uutiskirjeen", "x", ""),
        ("En halua markkinointiviestejä", "", "x"),
        ("subscribed", "true", "false"),
    ],
)
def test_a_no_on_a_sign_up_form_is_neither_added_nor_suppressed(
    heading: str, yes: str, no: str, transaction: Transaction
) -> None:
    """Who said no, or nothing, stays out, and may come in later; a yes of the same person elsewhere does not count."""
    result = load(
        transaction,
        f"email;{heading}\naino@example.com;{yes}\neero@example.com;{no}\n"
        f"kaisa@example.com;{yes}\nkaisa@example.com;{no}\n",
    )

    assert (result.added, result.declined.count, result.repeated.count) == (1, 2, 1)
    with transaction() as store:
        assert store.suppression_counts() == {}
    assert load(transaction, "email\neero@example.com\n").added == 1


def test_a_subscriber_who_says_no_elsewhere_stays_one_and_is_named(transaction: Transaction) -> None:
    """A no to a question of an event is no unsubscription; the manager is told what to type if it is meant as one."""
    load(transaction, "email\naino@example.com\n")

    result = load(transaction, "email;uutiskirje\naino@example.com;ei\n")

    (fault,) = result.declined.first
    assert (fault.hint, "is a subscriber here, and stays one" in fault.message) == (MEANT, True)
    assert everybody(transaction)[0].status is SubscriberStatus.ACTIVE


def test_the_ground_is_said_by_the_row_or_by_the_importer(transaction: Transaction) -> None:
    """A yes is a consent to the question it answers; who says nothing and of whom nobody says it is rejected."""
    mended: list[Mended] = []
    text = (
        "email;Peruste;Suostumusteksti;Suostumus\n"
        "a@example.com;suostumus;Tilaan.;3.11.2017\n"
        "b@example.com;yleinen etu;Kunnan tehtävä.;\n"
        "c@example.com;;;3.11.2017\n"
        "d@example.com;;;\n"
    )

    result = load(transaction, text, basis=None, to_mend=mended.append)

    assert (result.added, result.without_ground, result.rejected.count) == (3, 1, 1)
    assert [row.cells[0] for row in mended] == ["d@example.com"]
    third = datetime(2017, 11, 3, tzinfo=HELSINKI)
    with transaction() as store:
        given = [store.consents_of(f"{letter}@example.com") for letter in "abc"]
    assert given == [
        (replace(CONSENT, at=third, wording="Tilaan."),),
        (replace(CONSENT, ground=Ground.PUBLIC_TASK, wording="Kunnan tehtävä."),),
        (replace(CONSENT, at=third, wording="Suostumus"),),
    ]


def test_a_second_proof_of_consent_is_added_and_none_is_dropped(transaction: Transaction) -> None:
    """The same proof again is no new one."""
    load(transaction, "email\naino@example.com\n")
    text = "email;consent\naino@example.com;2017-11-03\n"

    results = load(transaction, text), load(transaction, text)

    assert results == (replace(NOTHING, changed=1, proofs=1), replace(NOTHING, unchanged=1))
    with transaction() as store:
        assert store.consents_of("aino@example.com") == (
            replace(CONSENT, at=datetime(2017, 11, 3, tzinfo=HELSINKI)),
            CONSENT,
        )


def test_unusual_cells_are_read_and_told(transaction: Transaction) -> None:
    """`(at)`, `mailto:`, a name before the address, several addresses, quoted tags, languages we have no edition in."""
    result = load(
        transaction,
        "email;tags;language\n"
        "aino (at) example.com;;de\n"
        "mailto:eero@example.com;;\n"
        'Kaisa <kaisa@example.com>;\'"""a"",""b c"""\';\n'.replace("'", "")
        + "liisa@example.com, liisa@example.org;;\n",
    )

    assert (result.added, result.remarks.count) == (4, 4)
    assert [(one.address, one.language, one.tags) for one in everybody(transaction)] == [
        ("aino@example.com", "de", ()),
        ("eero@example.com", "fi", ()),
        ("kaisa@example.com", "fi", ("a", "b c")),
        ("liisa@example.com", "fi", ()),
    ]


def test_the_address_of_a_role_comes_in_and_is_told(transaction: Transaction) -> None:
    """Whether its readers agreed is for the manager to know."""
    result = load(transaction, "email\naino@example.com\nkirjaamo@example.com\n")

    assert (result.added, [str(fault) for fault in result.role_addresses.first]) == (
        2,
        ["list.csv:3: The address of a role, not of a person."],
    )


def test_only_the_first_ten_rows_of_a_kind_are_kept_to_show(transaction: Transaction) -> None:
    """The others are counted: a list of a million wrong rows fits the screen and the memory."""
    result = load(transaction, "email\n" + "x\n" * 12)

    assert result.rejected == Told(count=12, first=result.rejected.first)
    assert len(result.rejected.first) == 10


def test_a_pending_person_has_given_no_consent_yet(transaction: Transaction) -> None:
    """The proof is written when the person confirms, not when a file names them."""
    load(transaction, "email;status\naino@example.com;pending\n")

    assert [person.status for person in everybody(transaction)] == [SubscriberStatus.PENDING]
    with transaction() as store:
        assert store.consents_of("aino@example.com") == ()


def test_a_consent_of_tomorrow_is_refused(transaction: Transaction) -> None:
    """A day of consent after today, in the publication's zone, is a mistake; today is not."""
    result = load(transaction, "email;consent\naino@example.com;21.11.2017\neero@example.com;2017-11-20\n")

    assert result == replace(NOTHING, added=1, rejected=result.rejected)
    assert [str(fault) for fault in result.rejected.first] == [
        "list.csv:2: consent: The day of consent is in the future."
    ]


def test_a_dry_run_says_the_same_and_keeps_nothing(transaction: Transaction) -> None:
    """What a dry run counts is what the import then does."""
    text = "email;status\naino@example.com;\neero@example.com;unsubscribed\nx;\n"

    results = [load(transaction, text, is_dry_run=True)]
    assert everybody(transaction) == ()
    results.append(load(transaction, text))

    left = {SuppressionReason.UNSUBSCRIBED: 1}
    expected = replace(NOTHING, added=1, departed=left, newly_suppressed=1, rejected=results[0].rejected)
    assert results == [expected] * 2


@pytest.mark.parametrize("wording", ["", " "])
def test_no_import_without_the_wording_of_the_consent(wording: str, transaction: Transaction) -> None:
    """Without it there would be no proof of why we may write, so nothing is kept."""
    with pytest.raises(UsageError):
        import_people(
            parse("email\naino@example.com\n"),
            transaction=transaction,
            now=NOW,
            source="test",
            basis=Basis(ground=Ground.CONSENT, wording=wording),
            default_language=FI,
            segments=EVERYBODY,
        )

    assert everybody(transaction) == ()


def test_a_long_list_is_kept_batch_by_batch_and_mended_by_running_it_again(transaction: Transaction) -> None:
    """An import that dies between two batches has kept the first; the second run adds the rest and nobody twice."""
    text = "email\n" + "".join(f"p{number}@example.com\n" for number in range(BATCH_ROWS + 1))
    parsed = parse(text)
    begun = 0

    @contextmanager
    def dying() -> Iterator[ImportStore]:
        nonlocal begun
        begun += 1
        if begun == 2:
            raise KeyboardInterrupt
        with transaction() as store:
            yield store

    done: list[int] = []

    def run(begin: Callable[[], AbstractContextManager[ImportStore]]) -> ImportResult:
        return import_people(
            parsed,
            transaction=begin,
            now=NOW,
            source="test",
            basis=ASKED,
            default_language=FI,
            segments=EVERYBODY,
            progress=done.append,
        )

    with pytest.raises(KeyboardInterrupt):
        run(dying)
    with transaction() as store:
        assert store.count() == BATCH_ROWS
    result = run(transaction)

    assert (result.added, result.unchanged) == (1, BATCH_ROWS)
    assert done == [BATCH_ROWS, BATCH_ROWS, BATCH_ROWS + 1]
