"""The way out of a mail, asked as mail programs, scanners, readers and strangers do."""

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp

from newsletter.audience.tokens import TokenPurpose, make_token, read_token, unsubscribe_token
from newsletter.domain.audience import AddressHash, SubscriberStatus, hash_address
from newsletter.errors import StorageError
from newsletter.service.group_commit import GroupCommit
from newsletter.service.templates import brand_colours
from newsletter.web.public.clients import Clients
from newsletter.web.public.leaving import BODY_BYTES_MAX, make_leaving, make_proof
from newsletter.web.public.pages import PublicPages
from newsletter.web.public.site import Room, make_site
from newsletter.wiring import Newsletter, open_newsletter, web_templates

READER = "aino.salo@forssa.example.com"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
Ask = Callable[..., httpx.Response]


@pytest.fixture
def newsletter(whole_draft: Path) -> Iterator[Newsletter]:
    """Open a publication with readers."""
    with open_newsletter(whole_draft / "newsletter.toml") as opened:
        yield opened


@pytest.fixture
def address(newsletter: Newsletter) -> str:
    """Give the address of somebody who reads in Swedish."""
    return next(person.address for person in newsletter.people.everybody() if person.language == "sv")


def _token(newsletter: Newsletter, address: str) -> str:
    """Make the token of a mail's link."""
    key = newsletter.resources.keys.current
    return unsubscribe_token(hash_address(address, key), key)


@pytest.fixture
def ask(newsletter: Newsletter) -> Iterator[Ask]:
    """Ask the rooms as the internet does."""
    commit = GroupCommit()
    yield asking(_site(newsletter, commit, newsletter.leaving.leave))
    commit.close()


def _site(newsletter: Newsletter, commit: GroupCommit, write: Callable[[Sequence[str]], object]) -> ASGIApp:
    """Put the rooms together."""
    settings = newsletter.settings
    pages = PublicPages(web_templates(), settings.publication, brand_colours(settings.templates_path))
    applications = {
        "leave": make_leaving(newsletter.leaving, pages, commit.lane(write)),
        "proof": make_proof(newsletter.leaving),
    }
    rooms = [
        Room(name=name, application=application, in_flight_max=5, seconds_max=20, client_per_minute=None)
        for name, application in applications.items()
    ]
    return make_site(rooms, hosts=["a.example"], clients=Clients([], lambda: 0.0), explain=pages.explain)


def asking(site: ASGIApp) -> Ask:
    """Give a callable that asks."""

    def ask(path: str, method: str = "GET", **options: object) -> httpx.Response:
        async def answer() -> httpx.Response:
            transport = httpx.ASGITransport(site)
            async with httpx.AsyncClient(transport=transport, base_url="http://a.example") as client:
                return await client.request(method, path, **options)  # type: ignore[arg-type]

        return asyncio.run(answer())

    return ask


def _status(newsletter: Newsletter, address: str) -> SubscriberStatus | None:
    person = newsletter.people.find(address)
    return None if person is None else person.status


@pytest.mark.parametrize("how", ["urlencoded", "multipart"])
def test_one_click_leaves_at_once_and_again(ask: Ask, newsletter: Newsletter, address: str, how: str) -> None:
    """A POST as RFC 8058 writes it leaves without cookie, origin or redirect; doing it again gives the same answer."""
    path = f"/leave/{_token(newsletter, address)}"
    options = {"data": ONE_CLICK} if how == "urlencoded" else {"files": {"List-Unsubscribe": (None, "One-Click")}}

    first, again = ask(path, "POST", **options), ask(path, "POST", **options)

    assert [(one.status_code, one.text) for one in (first, again)] == [(200, "OK\n")] * 2
    assert _status(newsletter, address) is SubscriberStatus.UNSUBSCRIBED
    assert newsletter.people.person(address).suppression is not None


def test_scanners_change_nothing(ask: Ask, newsletter: Newsletter, address: str) -> None:
    """GET and HEAD of every link show a page and leave everything as it is."""
    path = f"/leave/{_token(newsletter, address)}"

    answers = [ask(path), ask(path, "HEAD")]

    assert [one.status_code for one in answers] == [200, 200]
    assert _status(newsletter, address) is SubscriberStatus.ACTIVE


def test_the_page_has_one_button_and_masks_the_address(ask: Ask, newsletter: Newsletter, address: str) -> None:
    """The page speaks the reader's language, holds the address masked and no script, and is kept by nobody."""
    answer = ask(f"/leave/{_token(newsletter, address)}", headers={"Accept-Language": "en"})

    assert '<html lang="sv">' in answer.text
    assert answer.text.count("<button") == 1
    assert address not in answer.text
    assert f"{address[0]}…@" in answer.text
    assert "<script" not in answer.text
    assert {name: answer.headers[name] for name in ("cache-control", "referrer-policy", "x-robots-tag")} == {
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-robots-tag": "noindex, nofollow",
    }
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "set-cookie" not in answer.headers


def test_the_button_leaves_and_says_so_in_the_same_language(ask: Ask, newsletter: Newsletter, address: str) -> None:
    """The page's own form leaves, and answers a person with a sentence and a way back."""
    path = f"/leave/{_token(newsletter, address)}?language=fi"
    [action] = re.findall(r'<form method="post" action="([^"]*)"', ask(path).text)

    answer = ask(f"{path.partition('?')[0]}{action}", "POST", data={"from": "page"})

    assert (answer.status_code, "Uutiskirje on peruutettu" in answer.text, "mailto:" in answer.text) == (
        200,
        True,
        True,
    )
    assert _status(newsletter, address) is SubscriberStatus.UNSUBSCRIBED


def test_nobody_learns_whose_token_it_is(ask: Ask, newsletter: Newsletter, address: str) -> None:
    """Forged, unknown and erased tokens get the same answers, byte for byte."""
    key = newsletter.resources.keys.current
    erased, unknown = _token(newsletter, address), unsubscribe_token(AddressHash("0" * 64), key)
    forged = unsubscribe_token(AddressHash("0" * 64), b"another key" * 3)
    with newsletter.resources.people(is_writing=True) as store:
        store.erase(store.hash_of(address))
    paths = [f"/leave/{token}" for token in (erased, unknown, forged, "x", make_token(TokenPurpose.PROOF, "a", key))]

    posts = {(one.status_code, one.text) for one in (ask(path, "POST", data=ONE_CLICK) for path in paths)}
    pages = {(one.status_code, one.text) for one in map(ask, paths)}

    assert posts == {(200, "OK\n")}
    assert len(pages) == 1


def test_what_cannot_be_kept_is_asked_for_again(newsletter: Newsletter, address: str) -> None:
    """A database that takes nothing now gives a 503 and a time to come again, and nobody hears that they have left."""

    def refuse(_tokens: Sequence[str]) -> None:
        raise StorageError("The disk is full.")

    commit = GroupCommit()
    answer = asking(_site(newsletter, commit, refuse))(
        f"/leave/{_token(newsletter, address)}", "POST", data={"from": "page"}
    )
    commit.close()

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


def test_a_body_too_large_is_not_read_to_its_end(ask: Ask, newsletter: Newsletter, address: str) -> None:
    """More than a form needs is refused, and the reader stays."""
    answer = ask(f"/leave/{_token(newsletter, address)}", "POST", content=b"x" * (BODY_BYTES_MAX + 1))

    assert answer.status_code == 413
    assert _status(newsletter, address) is SubscriberStatus.ACTIVE


@pytest.mark.parametrize(
    ("path", "method", "host", "status"),
    [
        ("/", "GET", "a.example", 404),
        ("/leave", "GET", "a.example", 404),
        ("/leave/a/b", "GET", "a.example", 404),
        ("/leave/x", "DELETE", "a.example", 405),
        ("/proof/%20", "GET", "a.example", 404),
        ("/leave/x", "GET", "evil.example", 421),
    ],
)
def test_what_is_not_there_is_said_in_a_sentence(ask: Ask, path: str, method: str, host: str, status: int) -> None:
    """Other paths, methods and names of the host get a status, and nothing of what was sent."""
    answer = ask(path, method, headers={"Host": host, "Accept-Language": "fi"})

    assert answer.status_code == status
    assert "evil" not in answer.text


def test_the_pages_prove_whose_they_are(ask: Ask, newsletter: Newsletter) -> None:
    """A sender's nonce comes back signed with the publication's key."""
    answer = ask("/proof/abc_123")

    keys = newsletter.resources.keys.keys
    assert read_token(answer.text, TokenPurpose.PROOF, keys) == "abc_123"
