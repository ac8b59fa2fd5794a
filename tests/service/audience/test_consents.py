"""Why the people of a publication are written to, counted and written down."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from newsletter import open_newsletter
from newsletter.audience.grounds import Basis
from newsletter.domain.audience import Ground
from newsletter.domain.consents import ConsentGroup, ConsentReport
from newsletter.domain.content import Language
from newsletter.domain.joining import Wording
from newsletter.errors import UsageError
from newsletter.wiring import Newsletter
from tests.conftest import MORNING
from tests.fakes.clock import FakeClock
from tests.grounds import ASKED

FI = Language("fi")
TASK = Basis(ground=Ground.PUBLIC_TASK, wording="Kaupungin elinvoimatehtävä.")


@pytest.fixture
def clock() -> FakeClock:
    """Give a morning three years before."""
    return FakeClock(MORNING - timedelta(days=1000))


@pytest.fixture
def newsletter(publication: Path, clock: FakeClock) -> Iterator[Newsletter]:
    """Give a publication with an old proof, a task, a person who left, and one who has not confirmed."""
    with open_newsletter(publication / "newsletter.toml", clock=clock) as newsletter:
        newsletter.people.add("aino@example.com", basis=ASKED)
        newsletter.people.add("left@example.com", basis=ASKED)
        newsletter.people.unsubscribe("left@example.com")
        clock.jump(timedelta(days=1000))
        newsletter.people.add("eero@example.com", basis=TASK)
        wording = Wording(text="Tilaan.", language=FI, form="front page")
        newsletter.joining.request_joining("pending@example.com", wording, language=FI)
        token = newsletter.joining.request_joining("kaisa@example.com", wording, language=FI).token
        newsletter.joining.confirm(token or "")
        yield newsletter


def test_active_people_are_counted_by_their_latest_proof(newsletter: Newsletter, clock: FakeClock) -> None:
    """Whoever left or has not confirmed is in no group; old proofs and overdue requests are counted apart."""
    clock.jump(timedelta(days=8))
    old = MORNING - timedelta(days=1000)
    of_task = ConsentGroup(
        ground=Ground.PUBLIC_TASK,
        wording=TASK.wording,
        version=2,
        language=None,
        people=1,
        oldest=MORNING,
        newest=MORNING,
        old=0,
        unsigned=0,
        confirmed=0,
    )
    by_form = replace(of_task, ground=Ground.CONSENT, wording="Tilaan.", version=3, language=FI, confirmed=1)
    by_hand = replace(of_task, ground=Ground.CONSENT, wording=ASKED.wording, version=1, oldest=old, newest=old, old=1)
    assert newsletter.consents.report() == ConsentReport(
        groups=(by_hand, by_form, of_task), without_ground=0, pending=1, overdue=1
    )


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("fi", ["# Seloste käsittelytoimista: SEUTU-uutiskirje", "- Suostumus, 1 henkilö: ”Tilaan.” (versio 3)"]),
        ("sv", ["# Register över behandling: ", "- Uppgift av allmänt intresse, 1 person: ”Kaupungin"]),
        ("en", ["# Record of processing: ", "Addresses that must not be mailed, as a keyed hash only: 1."]),
    ],
)
def test_the_record_of_processing_is_made_of_settings_and_database(
    newsletter: Newsletter, tmp_path: Path, language: str, sentences: list[str]
) -> None:
    """In three languages, with brackets for what only a person knows; nobody's address is in it."""
    path = tmp_path / "record.md"
    brackets = newsletter.consents.write_record(path, language=Language(language))
    written = path.read_text(encoding="utf-8")
    assert [sentence for sentence in sentences if sentence not in written] == []
    assert brackets == written.count("]") == 4
    assert "example.com" not in written


def test_the_record_names_who_gets_the_mails(newsletter: Newsletter, publication: Path, tmp_path: Path) -> None:
    """A provider with its region, a server of which only a person knows where it stands."""
    toml = publication / "newsletter.toml"
    before = toml.read_text(encoding="utf-8")
    kinds = {
        "sendgrid": ('region = "eu"', "Twilio SendGrid: in the European Union."),
        "smtp": ('host = "mail.seutu.example"', "mail.seutu.example: [whose server, and where]"),
    }
    for kind, (key, place) in kinds.items():
        assert 'kind = "outbox"' in before
        toml.write_text(
            before.replace('kind = "outbox"', f'kind = "{kind}"') + f"\n[mailer.{kind}]\n{key}\n", encoding="utf-8"
        )
        path = tmp_path / f"{kind}.md"
        with open_newsletter(toml, clock=FakeClock(MORNING)) as opened:
            opened.consents.write_record(path, language=Language("en"))
        written = path.read_text(encoding="utf-8")
        assert (f"- {place}" in written, "[Agreement on processing with " in written) == (True, True)


def test_nothing_is_written_over(newsletter: Newsletter, tmp_path: Path) -> None:
    """A report and a record are new files; the report has a line for each wording."""
    report, record = tmp_path / "report.csv", tmp_path / "record.md"
    newsletter.consents.write_report(report)
    newsletter.consents.write_record(record)
    assert len(report.read_text("utf-8-sig").splitlines()) == 4
    for again in (newsletter.consents.write_report, newsletter.consents.write_record):
        with pytest.raises(UsageError, match="There is something at"):
            again(report)
