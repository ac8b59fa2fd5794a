"""A link to our pages leaves only when they answer, and are ours."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from newsletter import open_newsletter
from newsletter.errors import SourceError, StateError
from newsletter.service.public_address import PublicAddress
from newsletter.wiring import Newsletter

BASE = "https://kirje.seutuohjelma.fi/"


def _nobody(address: str) -> bytes:
    """Fail when asked."""
    pytest.fail(f"{address} was asked")


@pytest.fixture
def newsletter(publication: Path) -> Iterator[Newsletter]:
    """Open a publication."""
    with open_newsletter(publication / "newsletter.toml") as opened:
        yield opened


def _pages(newsletter: Newsletter, fetch: Callable[[str], bytes], *, base: str | None = BASE) -> PublicAddress:
    """Give the check of a publication with pages at an address."""
    settings = newsletter.settings
    publication = replace(settings.publication, links=replace(settings.publication.links, public_url=base))
    newsletter.resources.settings = replace(settings, publication=publication)
    return PublicAddress(newsletter.resources, fetch)


def test_pages_of_ours_that_answer_let_the_mail_go(newsletter: Newsletter) -> None:
    """The nonce comes back signed, from below the base, and another one each time."""
    asked: list[str] = []

    def serve(address: str) -> bytes:
        asked.append(address)
        return newsletter.leaving.prove(address.rpartition("/")[2]).encode()

    pages = _pages(newsletter, serve)
    pages.require()
    pages.require()

    assert all(address.startswith("https://kirje.seutuohjelma.fi/proof/") for address in asked)
    assert len(set(asked)) == 2


def test_doctor_says_that_pages_answer_only_when_they_do(newsletter: Newsletter) -> None:
    """That readers leave by one click is said of pages that were asked, and answered."""
    pages = _pages(newsletter, lambda address: newsletter.leaving.prove(address.rpartition("/")[2]).encode())

    assert pages.look() == (f"By one click, at {BASE}, which answers.", None)


def test_without_pages_nothing_is_asked(newsletter: Newsletter) -> None:
    """A publication whose readers leave by mail needs no network."""
    _pages(newsletter, _nobody, base=None).require()


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        (lambda _newsletter: SourceError("It answers 502.", hint=""), "nothing answers there: It answers 502"),
        (lambda _newsletter: b"<h1>Welcome to nginx</h1>", "is not `newsletter serve` of this publication"),
        (lambda newsletter: newsletter.leaving.prove("yesterday").encode(), "repeats an old answer"),
    ],
    ids=["nothing", "another", "a cache"],
)
def test_whatever_else_answers_stops_the_mail_and_names_both_ways_out(
    newsletter: Newsletter, answers: Callable[[Newsletter], bytes | SourceError], why: str
) -> None:
    """No answer, a stranger's and an old one are told apart, each with the two ways out."""

    def fetch(_address: str) -> bytes:
        answer = answers(newsletter)
        if isinstance(answer, SourceError):
            raise answer
        return answer

    with pytest.raises(StateError, match=why) as refused:
        _pages(newsletter, fetch).require()

    assert "newsletter serve" in (refused.value.hint or "")
    assert "take public_url out" in (refused.value.hint or "")


def test_an_issue_is_not_approved_whose_readers_would_find_nothing(drafted_once: Path, tmp_path: Path) -> None:
    """`issue approve` asks the pages first, and names the way out when they are silent."""

    class Silence:
        """A network on which nobody answers."""

        def fetch(self, *_: object, **__: object) -> bytes:
            """Find nobody."""
            raise SourceError("There is no such host.", hint="")

    path = shutil.copytree(drafted_once, tmp_path / "drafted") / "newsletter.toml"
    path.write_text(path.read_text("utf-8").replace("# public_url =", "public_url ="), "utf-8")
    with open_newsletter(path) as newsletter:
        silent = Newsletter(newsletter.settings, clock=newsletter.resources.clock, fetcher=Silence())  # type: ignore[arg-type]
        with silent, pytest.raises(StateError, match="nothing answers there: There is no such host"):
            silent.issues.approve("2017-11", by="Aino")
