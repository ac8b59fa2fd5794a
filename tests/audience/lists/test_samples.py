"""Lists as people have them: what each program of three languages exports, read without a word of explanation."""

from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import pytest

from newsletter.audience.lists.reading.headings import Layout
from newsletter.audience.lists.reading.people_file import ParsedList, read_list
from newsletter.audience.lists.reading.rows import PersonRow, RejectedRow
from newsletter.errors import ContentError

SAMPLES = Path(__file__).with_name("samples")


@dataclass(frozen=True, kw_only=True)
class Read:
    """What was read of a list: who could be added, who left and why, who said no, what was rejected and dropped."""

    described: str
    people: list[str]
    left: dict[str, str] = field(default_factory=dict)
    declined: list[str] = field(default_factory=list)
    rejected: list[int | None] = field(default_factory=list)
    dropped: str = ""


OUTLOOK = {
    "fi": "Toinen nimi, Yritys, Tehtävänimike, Työpuhelin, Sähköpostin tyyppi, Sähköpostin näyttönimi,"
    " Sähköpostiosoite 2, Muistiinpanot",
    "en": "Middle Name, Company, Job Title, Business Phone, E-mail Type, E-mail Display Name, E-mail 2 Address,"
    " Birthday, Notes",
}
MAILCHIMP = (
    "MEMBER_RATING, OPTIN_IP, CONFIRM_TIME, CONFIRM_IP, LATITUDE, LONGITUDE, TIMEZONE, CC, REGION, LAST_CHANGED{},"
    " LEID, EUID, NOTES"
)
EXPECTED = {
    "excel-fi.csv": Read(
        described="cp1252, ';' between columns",
        people=["aino.makela@example.com Aino Mäkelä", "orjan.ohman@example.com Örjan Öhman"],
        dropped="Tehtävänimike, Puhelin",
    ),
    "excel-sv.csv": Read(
        described="utf-16, tab between columns",
        people=["asa.astrom@example.com Åsa Åström", "sven.ek@example.com Sven Ek"],
        dropped="Allergier",
    ),
    "outlook-fi.csv": Read(
        described="cp1252, ',' between columns",
        people=["eero.kivisto@example.com Eero Kivistö", "helmi.rautanen@example.com Helmi Rautanen"],
        dropped=OUTLOOK["fi"],
    ),
    "outlook-en.csv": Read(
        described="utf-8, ',' between columns",
        people=["alma.lind@example.com Alma Lind", "oskar.berg@example.com Oskar Berg"],
        dropped=OUTLOOK["en"],
    ),
    "mailchimp-subscribed.csv": Read(
        described="utf-8, ',' between columns",
        people=["aino.makela@example.com Aino Mäkelä", "left.elsewhere@example.com Liisa Lehto"],
        dropped=MAILCHIMP.format(""),
    ),
    "mailchimp-unsubscribed.csv": Read(
        described="utf-8, ',' between columns",
        people=[],
        left={"left.elsewhere@example.com": "unsubscribed", "spam.sender@example.com": "complaint"},
        dropped=MAILCHIMP.format(", UNSUB_CAMPAIGN_TITLE, UNSUB_CAMPAIGN_ID"),
    ),
    "mailchimp-cleaned.csv": Read(
        described="utf-8, ',' between columns",
        people=[],
        left={"no.mailbox@example.com": "hard bounce"},
        dropped=MAILCHIMP.format(", CLEAN_CAMPAIGN_TITLE, CLEAN_CAMPAIGN_ID"),
    ),
    "lyyti.csv": Read(
        described="utf-8, ';' between columns",
        people=["aino.makela@example.com Aino Mäkelä"],
        left={"kalle.kielto@example.com": "manual"},
        declined=["eero.kivisto@example.com"],
        dropped="Organisaatio, Ilmoittautunut, Erityisruokavalio",
    ),
    "webropol.xlsx": Read(
        described="workbook, sheet 'Vastaukset'",
        people=["aino.makela@example.com Aino Mäkelä"],
        declined=["eero.kivisto@example.com"],
        dropped="3. Mitä haluat meiltä?: Haluan soiton, 3. Mitä haluat meiltä?: Muuta, Vastausaika",
    ),
    "municipality.csv": Read(
        described="cp1252, ';' between columns",
        people=["maija.meri@example.com ", "lars.lund@example.com ", "tiina.tuuli@example.com "],
        rejected=[5],
        dropped="Kaupunginjohtaja",
    ),
    "listmonk.csv": Read(
        described="utf-8, ',' between columns",
        people=["aino.makela@example.com Aino Mäkelä"],
        left={"barred@example.com": "manual"},
        declined=["resting@example.com"],
        dropped="uuid, attributes, created_at, updated_at",
    ),
    "ghost.csv": Read(
        described="utf-8, ',' between columns",
        people=["aino.makela@example.com Aino Mäkelä"],
        left={"left.ghost@example.com": "unsubscribed"},
        dropped="id, note, complimentary_plan, stripe_customer_id, created_at, deleted_at, tiers",
    ),
    "two-sheets.xlsx": Read(
        described="workbook, sheet 'Neuvojat'",
        people=["aino.makela@example.com Aino Mäkelä", "eero.kivisto@example.com Eero Kivistö"],
        dropped="Phone",
    ),
}


def parse(name: str, sheet: str | None = None) -> ParsedList:
    """Read a sample."""
    return read_list(BytesIO((SAMPLES / name).read_bytes()), name, layout=Layout(), sheet=sheet)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_list_is_read_as_its_program_means_it(name: str) -> None:
    """Nobody who left, bounced, complained or said no is among the people, and nothing is kept unasked."""
    parsed = parse(name, sheet="Neuvojat" if name == "two-sheets.xlsx" else None)

    rows = list(parsed.rows())
    persons = [row for row in rows if isinstance(row, PersonRow)]
    staying = [row for row in persons if row.departure is None]
    assert EXPECTED[name] == Read(
        described=parsed.table.described,
        people=[f"{row.address} {row.name}" for row in staying if not row.is_declined],
        left={row.address: row.departure for row in persons if row.departure is not None},
        declined=[row.address for row in staying if row.is_declined],
        rejected=[row.fault.place.line for row in rows if isinstance(row, RejectedRow) and row.fault.place],
        dropped=", ".join(column.heading for column in parsed.columns if column.becomes == "drop"),
    )


def test_a_workbook_with_two_lists_asks_which_is_meant() -> None:
    """Neither sheet is taken in silence."""
    with pytest.raises(ContentError) as caught:
        parse("two-sheets.xlsx")

    assert caught.value.message == "2 sheets of the workbook name a column of addresses: 'Neuvojat', 'Johtajat'."
    assert caught.value.hint == "Say which: --sheet 'Neuvojat'"
