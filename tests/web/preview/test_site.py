import asyncio
import logging
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi import FastAPI

from newsletter.domain.content import Language, SegmentId
from newsletter.domain.issue import EditionKey
from newsletter.errors import StorageError
from newsletter.web.preview.guards import Access, Guard
from newsletter.web.preview.site import _stream, make_site
from newsletter.web.preview.studio import Studio
from newsletter.web.preview.watch import ChangeSignal
from newsletter.wiring import web_templates
from tests.web.conftest import HOST, LABEL, Ask, asking, asking_of, opened

ISSUE = f"/issues/{LABEL}"
ADVISERS = EditionKey(segments=(SegmentId("advisers"),), language=Language("fi"))
ORIGIN = {"Origin": f"http://{HOST}"}


def test_the_start_leads_to_the_newest_issue(look: Ask) -> None:
    """There is one thing a person came for."""
    answer = look("/")

    assert (answer.status_code, answer.headers["location"]) == (303, ISSUE)


def test_without_an_issue_the_start_says_what_to_type(ask: Ask, publication: Path) -> None:
    """The commands stand there to be copied."""
    (publication / "issues" / LABEL / "issue.toml").unlink()

    answer = ask("/")

    assert (answer.status_code, "newsletter issue new LABEL" in answer.text) == (200, True)


def test_the_bar_says_that_it_is_a_trial(look: Ask, publication: Path) -> None:
    """Whoever looks at a trial reads so above everything; above a real publication stands nothing."""
    path = publication / "newsletter.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("trial = false", "trial = true"), encoding="utf-8")
    (publication / "issues" / LABEL / "issue.toml").unlink()

    with opened(publication) as studio:
        trial = asking(studio)("/?language=en").text

    assert ["Trial: nobody is mailed" in page for page in (look(ISSUE).text, trial)] == [False, True]


def test_how_much_of_each_item_is_shown_stands_beside_the_pictures(look: Ask) -> None:
    """A cut is the item's form, not a finding: the editor sees it here."""
    page = look(f"{ISSUE}?edition=advisers.fi&language=en").text

    assert '<span lang="fi">Telakoiden töitä riittää myös sisämaahan</span>: whole' in page
    assert '<span lang="fi">Omistajanvaihdos alkaa kahvikupin ääressä</span>: cut to its lead' in page


def test_every_edition_stands_on_one_page(look: Ask) -> None:
    """Each edition has a frame for each chosen width, shut in, with a name of its own."""
    page = look(f"{ISSUE}?width=320&width=1024").text
    frames = re.findall(r"<iframe src=\"([^\"]+)\" width=\"(\d+)\".*?sandbox=\"([^\"]+)\"", page)

    assert [(width, sandbox) for _, width, sandbox in frames] == [
        (width, "allow-popups allow-popups-to-escape-sandbox") for _ in range(9) for width in ("320", "1024")
    ]
    assert len({source for source, _, _ in frames}) == 9


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("view=text", "Hei Aino,"),
        ("view=text&reader=nameless", "Hei,"),
        ("view=source", "&lt;/body&gt;"),
        ("view=mjml", "&lt;mj-head&gt;"),
        ("view=headers", "X-Newsletter-Rehearsal"),
        ("view=raw", "Content-Transfer-Encoding: quoted-printable"),
    ],
)
def test_an_edition_is_shown_in_words(look: Ask, query: str, expected: str) -> None:
    """Text, source, headers, bytes and MJML are those of the mail on the wire."""
    page = look(f"{ISSUE}?edition=advisers.fi&{query}").text

    assert expected in page
    assert "<iframe" not in page


def test_the_frame_holds_the_mail_under_its_own_policy(look: Ask) -> None:
    """The mail cannot run, load or send anything, whoever opens its address (P5)."""
    answer = look(f"{ISSUE}/editions/advisers.fi/frame?scheme=dark")

    assert answer.headers["content-security-policy"].startswith("sandbox allow-popups")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "Hei Aino," in answer.text


@pytest.mark.parametrize("path", [f"{ISSUE}/editions/none.fi/frame", "/issues/2019-01", "/outbox/2017-11/none/frame"])
def test_what_is_not_there_is_not_found(look: Ask, path: str) -> None:
    """An unknown name is answered like any other."""
    assert look(path).status_code == 404


def test_an_unknown_edition_shows_all(look: Ask) -> None:
    """An old bookmark opens something sensible."""
    assert look(f"{ISSUE}?edition=none.fi").text.count('class="edition"') == 9


@pytest.mark.parametrize(
    ("query", "headers", "language"),
    [
        ("?language=sv", {"Accept-Language": "fi"}, "sv"),
        ("", {"Accept-Language": "de;q=0.9, fi-FI"}, "fi"),
        ("", {"Cookie": "newsletter-language=fi", "Accept-Language": "sv"}, "fi"),
        ("?language=xx", {}, "en"),
    ],
)
def test_the_page_speaks_the_visitors_language(look: Ask, query: str, headers: dict[str, str], language: str) -> None:
    """The address comes before what was kept, and that before the browser's wish."""
    assert f'<html lang="{language}">' in look(f"{ISSUE}{query}", headers=headers).text


def test_a_chosen_language_is_kept(look: Ask) -> None:
    """The next page speaks it too."""
    assert look(f"{ISSUE}?language=sv").headers["set-cookie"].startswith("newsletter-language=sv; HttpOnly")


def test_findings_and_audience_stand_beside_their_edition(ask: Ask, publication: Path, studio: Studio) -> None:
    """Sentence, line and counts are there in the visitor's language."""
    path = publication / "issues" / LABEL / "issue.toml"
    path.write_text(path.read_text("utf-8").replace('lead = "Hyvä hakemus', 'lead = "TODO', 1), "utf-8")
    view = studio.view(LABEL)
    assert view is not None
    view.refresh()
    view.look_over()

    page = ask(f"{ISSUE}?edition=advisers.fi&language=fi").text

    assert f"issues/{LABEL}/issue.toml:" in page
    assert "Tekstiin on jäänyt muistutus tai täyte: ”TODO syntyy ennen lomaketta." in page
    assert "8 lukijaa" in page
    assert "1 vahvistamatta" in page
    assert "1 ei kuulu mihinkään kohderyhmään" in page


def test_trouble_stands_over_the_last_good_pictures(ask: Ask, publication: Path, studio: Studio) -> None:
    """File and line are told in the page; the pictures stay."""
    view = studio.view(LABEL)
    assert view is not None
    (publication / "templates" / "email" / "base.mjml.j2").write_text("{% if %}")
    view.refresh()

    page = ask(f"{ISSUE}?language=en").text

    assert 'role="alert"' in page
    assert "templates/email/base.mjml.j2:1" in page
    assert page.count("<iframe") == 6


def test_a_reader_is_looked_for_without_an_address_in_an_address(look: Ask, unchanged: Studio) -> None:
    """What was typed goes in the body; the answer leads to an opaque name (no address in an address bar)."""
    person = unchanged.newsletter.audience.readers(ADVISERS)[0]

    answer = look(
        f"{ISSUE}/editions/advisers.fi/readers?edition=advisers.fi",
        method="POST",
        headers=ORIGIN,
        json={"words": person.address},
    )
    found = answer.json()
    page = look(found[0]["address"] + "&view=headers").text

    assert [one["name"] for one in found] == [f"{person.name} · {person.address}"]
    assert person.address not in found[0]["address"]
    assert person.address in page
    assert [
        address for address in re.findall(r'(?:href|src|action)="([^"]*)"', page) if "@" in address or "%40" in address
    ] == []


@pytest.mark.parametrize(
    "question",
    [
        b'{"words": "%s"}' % (b"x" * 300),
        b'{"word": "a"}',
        b"[]",
        b'"text"',
        b"{",
        b'{"words": "\\ud800"}',
        b'{"words": "\\ud800@yritys.example"}',
        b'{"after": "\\udfff"}',
        b'{"\\ud800": ""}',
    ],
)
def test_a_question_of_another_shape_is_refused(look: Ask, question: bytes) -> None:
    """Only what the page itself sends is read, and nothing of anything else is said again."""
    as_json = ORIGIN | {"Content-Type": "application/json"}

    answer = look(f"{ISSUE}/editions/advisers.fi/readers", method="POST", headers=as_json, content=question)

    assert (answer.status_code, answer.content) == (422, b"")


def test_readers_of_an_unknown_edition_are_not_found(look: Ask) -> None:
    """As for any other name."""
    assert look(f"{ISSUE}/editions/x.fi/readers", method="POST", headers=ORIGIN, json={}).status_code == 404


def test_no_address_of_a_person_reaches_the_log(look: Ask, unchanged: Studio, caplog: pytest.LogCaptureFixture) -> None:
    """A whole visit, search included, leaves nothing behind."""
    person = unchanged.newsletter.audience.readers(ADVISERS)[0]
    caplog.set_level(logging.DEBUG, "newsletter")

    for path in (ISSUE, f"{ISSUE}?edition=advisers.fi", "/outbox", "/none"):
        look(path)
    look(f"{ISSUE}/editions/advisers.fi/readers", method="POST", headers=ORIGIN, json={"words": person.address})

    assert person.address not in caplog.text


def test_a_fault_of_the_program_shows_nothing_of_its_inside(ask: Ask, publication: Path) -> None:
    """The page says that it could not be made, and no more."""
    outbox = publication / "outbox"
    outbox.mkdir()
    ask(ISSUE)
    (publication / "subscribers" / "segments.toml").unlink()

    answer = ask(f"{ISSUE}?edition=advisers.fi&view=text&language=en")

    assert "Traceback" not in answer.text
    assert str(publication) not in answer.text


def test_the_page_without_its_editions_weighs_little(look: Ask) -> None:
    """Page, style and script together stay below 150 KB."""
    page = look(ISSUE).content
    parts = [look(f"/static/{name}").content for name in ("studio.css", "studio.js", "icon.svg")]

    assert len(page) + sum(map(len, parts)) <= 150_000


def test_a_stream_tells_the_state_now_and_at_each_ring() -> None:
    """Silence is filled with comments, and the end of the preview ends the stream."""

    async def told() -> list[str]:
        signal, states = ChangeSignal(), iter(["a-1", "a-2"])
        stream = aiter(_stream(signal, lambda: next(states)).body_iterator)
        lines = [await anext(stream)]
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        signal.ring()
        lines.append(await waiting)
        signal.end()
        return [str(line) for line in lines] + [str(line) async for line in stream]

    assert asyncio.run(told()) == ["data: a-1\n\n", "data: a-2\n\n"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """An issue that was sent into the outbox, which no test changes.

    Attributes:
        look: Asks the site of its studio.
        addresses: Of its mails, as the list has them.
    """

    look: Ask
    addresses: list[str]


@pytest.fixture(scope="module")
def rehearsed(approved_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsed]:
    """Send the issue into the outbox."""
    with opened(shutil.copytree(approved_once, tmp_path_factory.mktemp("rehearsed") / "publication")) as studio:
        studio.newsletter.deliveries.send(LABEL, by="Testaaja")
        messages, _ = studio.mailbox.page(start=0, count=100)
        yield Rehearsed(
            look=asking(studio), addresses=[f"/outbox/{message.folder}/{message.key}" for message in messages]
        )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", 'sandbox="allow-popups allow-popups-to-escape-sandbox"'),
        ("?view=text", "SEUTU-uutiskirje"),
        ("?view=headers", "X-Newsletter-Rehearsal"),
        ("?view=raw", "Content-Transfer-Encoding: quoted-printable"),
        ("?view=mjml", "This mail has no such part."),
    ],
)
def test_a_rehearsed_mail_opens_in_every_view(rehearsed: Rehearsed, query: str, expected: str) -> None:
    """Beside the list, marked as a rehearsal, its own line marked as open."""
    address = rehearsed.addresses[0]

    page = rehearsed.look(f"{address}{query}", headers={"Cookie": "newsletter-language=en"}).text

    assert expected in page
    assert "A rehearsal: it was written to this machine and sent to nobody." in page
    assert re.search(rf'href="{address}"[^>]*aria-current="true"', page)
    assert "21 rehearsed mails" in page


def test_a_rehearsed_mail_is_framed_like_an_edition(rehearsed: Rehearsed) -> None:
    """Mails of the outbox are as foreign as any (P5)."""
    answer = rehearsed.look(f"{rehearsed.addresses[0]}/frame?scheme=dark")

    assert answer.headers["content-security-policy"].startswith("sandbox allow-popups")
    assert "color-scheme:dark only" in answer.text


def test_a_long_outbox_has_pages(ask: Ask, publication: Path) -> None:
    """Fifty to a page; the page is kept while a mail of it is read in another view."""
    folder = publication / "outbox" / LABEL
    folder.mkdir(parents=True)
    for number in range(60):
        (folder / f"mail-{number:02}.eml").write_bytes(b"To: a@example.com\r\nContent-Type: text/html\r\n\r\n<p>x</p>")

    first, second = ask("/outbox?page=1").text, ask("/outbox?page=2").text
    opened = re.search(r'href="(/outbox/[^"]+\?page=2)"', second)

    assert (first.count('id="mail-'), second.count('id="mail-')) == (50, 10)
    assert opened is not None
    assert "&amp;page=2" in ask(opened[1]).text
    for odd in ("x", "0", "-1", "²", "9" * 5_000):
        assert ask(f"/outbox?page={odd}").text.count('id="mail-') == 50


def test_people_without_an_edition_are_named(ask: Ask, publication: Path) -> None:
    """Whoever would get an edition that has no items is told of, so that nobody is forgotten."""
    issue = publication / "issues" / LABEL / "issue.toml"
    text = re.sub(r"(?ms)^managers = \[.*?^\]", "managers = []", issue.read_text("utf-8"))
    issue.write_text(text, "utf-8")

    page = ask(f"{ISSUE}?language=en").text

    assert "managers.fi has no items and is not made." in page
    assert "8 for managers.fi, which has no items" in page


def test_segments_that_cannot_be_read_leave_the_sample_people(ask: Ask, studio: Studio, publication: Path) -> None:
    """The last good pictures are shown with whoever can still be asked."""
    studio.view(LABEL)
    (publication / "subscribers" / "segments.toml").write_text("[[segment]]\nid = 1\n")

    page = ask(f"{ISSUE}?edition=advisers.fi&language=en")

    assert (page.status_code, page.text.count("<option")) == (200, 2)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (StorageError("The disk is full.", hint="Free some space."), ["The disk is full.", "Free some space."]),
        (RuntimeError("aino@example.com in /home/aino"), ["RuntimeError"]),
    ],
)
def test_a_page_that_cannot_be_made_shows_nothing_of_the_inside(
    studio: Studio, error: Exception, said: list[str]
) -> None:
    """The house's own words and hint are told; of anything else only the kind."""

    def fail() -> None:
        raise error

    site = make_site(studio, web_templates(), Access(names=frozenset({HOST})))
    assert isinstance(site, Guard)
    assert isinstance(site._application, FastAPI)
    site._application.add_api_route("/fails", fail)

    page = asking_of(site)("/fails")

    assert (page.status_code, [words for words in said if words not in page.text]) == (500, [])
    assert [word for word in ("aino@", "/home", "Traceback") if word in page.text] == []


def test_a_search_of_a_past_reader_shows_the_sample(look: Ask) -> None:
    """An opaque name of another run is nobody's now: the sample reader stands in."""
    page = look(f"{ISSUE}?edition=advisers.fi&view=text&reader=0123456789abcdef0123").text

    assert "Hei Aino," in page
    assert '<option value="sample" selected>' in page
