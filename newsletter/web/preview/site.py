"""The pages of the preview: which address shows what.

Door: `make_site`. Every route reads; the one POST asks for readers because what a person types (an address, perhaps)
must not stand in an address bar. Names in addresses are looked up among what there is, and never become a path.
"""

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from newsletter.domain.issue import Finding
from newsletter.errors import NewsletterError
from newsletter.language.catalogue import FALLBACK_LANGUAGE, translate
from newsletter.web.messages.choices import Choices, read_choices
from newsletter.web.messages.frame import frame_policy, framed
from newsletter.web.messages.mail import read_html
from newsletter.web.pages import spoken
from newsletter.web.preview.guards import Access, Guard
from newsletter.web.preview.issue_view import IssueView
from newsletter.web.preview.pages import LANGUAGES, Pages
from newsletter.web.preview.screens import (
    Visit,
    issue_address,
    issue_screen,
    outbox_screen,
    problem_screen,
    reader_list,
    start_screen,
    wire_for,
)
from newsletter.web.preview.studio import Studio
from newsletter.web.preview.watch import ChangeSignal

STATIC = {"studio.css": "text/css", "studio.js": "text/javascript", "icon.svg": "image/svg+xml"}
"""Everything that is served from a file, read once at the start: no request ever names a file."""
LANGUAGE_COOKIE = "newsletter-language"
HEARTBEAT_SECONDS = 15.0
_CODES = tuple(code for code, _ in LANGUAGES)

log = logging.getLogger(__name__)
routes = APIRouter()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hall:
    """What every route is given: the studio, the templates, and the files that are served as they are."""

    studio: Studio
    pages: Pages
    static: dict[str, bytes]


def _hall(request: Request) -> Hall:
    hall = request.app.state.hall
    assert isinstance(hall, Hall)
    return hall


def _visit(request: Request) -> Visit:
    """Read who looks and at what; the language is the one asked for, the kept one, or the browser's."""
    query = parse_qs(request.url.query)
    asked = [*query.get("language", []), request.cookies.get(LANGUAGE_COOKIE, "")]
    language = spoken(asked, request.headers.get("accept-language", ""), _CODES, FALLBACK_LANGUAGE)
    address = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
    return Visit(language=language, choices=read_choices(query), address=address)


InHall = Annotated[Hall, Depends(_hall)]
Visiting = Annotated[Visit, Depends(_visit)]


def _view(label: str, hall: InHall) -> IssueView:
    view = hall.studio.view(label)
    if view is None:
        raise HTTPException(404)
    return view


OfIssue = Annotated[IssueView, Depends(_view)]


def make_site(studio: Studio, folder: Path, allowed: Access) -> ASGIApp:
    """Give the application: guards around pages; `folder` holds the pages' templates and the files beside them."""

    @asynccontextmanager
    async def running(_site: FastAPI) -> AsyncIterator[None]:
        following = asyncio.create_task(studio.run())
        yield
        studio.stop()
        await following

    def words_of(finding: Finding, language: str) -> tuple[str, str]:
        words = studio.newsletter.issues.words_of(finding, language)
        return words.message, words.fix

    site = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=running, redirect_slashes=False)
    static = {name: (folder / name).read_bytes() for name in STATIC}
    site.state.hall = Hall(studio=studio, pages=Pages(folder, words_of), static=static)
    site.include_router(routes)
    site.add_exception_handler(404, _not_found)
    site.add_exception_handler(RequestValidationError, _misasked)
    site.add_exception_handler(NewsletterError, _refused)
    site.add_exception_handler(Exception, _failed)
    return Guard(site, allowed)


@routes.get("/")
def start(hall: InHall, visit: Visiting) -> Response:
    """Lead to the newest issue, or say what to type when there is none."""
    labels = hall.studio.labels()
    if labels:
        return RedirectResponse(issue_address(labels[0]), status_code=303)
    return _page(start_screen(hall.studio, hall.pages, visit), visit)


@routes.get("/issues/{label}")  # noqa: FAST003 - `_view` takes the label
def issue(view: OfIssue, hall: InHall, visit: Visiting) -> Response:
    """Show an issue."""
    return _page(issue_screen(hall.studio, hall.pages, view, visit), visit)


@routes.get("/issues/{label}/changes")  # noqa: FAST003 - `_view` takes the label
async def issue_changes(view: OfIssue, hall: InHall) -> Response:
    """Tell each new state of an issue as it comes."""

    def state() -> str:
        sheet = view.sheet
        return json.dumps({"revision": f"{hall.studio.run_id}-{sheet.revision}", "versions": sheet.versions})

    return _stream(hall.studio.pages_changed, state)


@routes.get("/issues/{label}/editions/{edition}/frame")  # noqa: FAST003 - `_view` takes the label
def edition_frame(edition: str, view: OfIssue, hall: InHall, visit: Visiting) -> Response:
    """Give the HTML of an edition's mail, shut in."""
    pair = view.sheet.editions.get(edition)
    if pair is None:
        raise HTTPException(404)
    return _frame(read_html(wire_for(hall.studio, pair[1], visit.choices.reader)) or "", visit.choices)


class ReaderQuestion(BaseModel):
    """What the search for a reader sends.

    Attributes:
        words: Part of a name, or a whole address; empty for the next page.
        after: The last reader of the page before.
    """

    model_config = ConfigDict(extra="forbid")

    words: Annotated[str, Field(max_length=254)] = ""
    after: Annotated[str, Field(max_length=40)] = ""


@routes.post("/issues/{label}/editions/{edition}/readers")  # noqa: FAST003 - `_view` takes the label
def edition_readers(edition: str, question: ReaderQuestion, view: OfIssue, hall: InHall, visit: Visiting) -> Response:
    """Give readers of an edition by name or address, or the next ones."""
    pair = view.sheet.editions.get(edition)
    if pair is None:
        raise HTTPException(404)
    key, readers = pair[0].key, hall.studio.readers
    found = readers.search(key, question.words) if question.words else readers.page(key, after=question.after)
    return JSONResponse(reader_list(found, issue_address(view.label), visit.choices, visit.language))


@routes.get("/outbox")
def outbox(hall: InHall, visit: Visiting, page: str = "1") -> Response:
    """Show the rehearsed mails."""
    screen = outbox_screen(hall.studio, hall.pages, visit, number=_number(page))
    assert screen is not None, "no mail was asked for"
    return _page(screen, visit)


@routes.get("/outbox/changes")
async def outbox_changes(hall: InHall) -> Response:
    """Tell when a mail was written."""

    def newest() -> str:
        messages, total = hall.studio.mailbox.page(start=0, count=1)
        return json.dumps({"revision": f"{hall.studio.run_id}-{total}-{messages[0].key if messages else ''}"})

    return _stream(hall.studio.outbox_changed, newest)


@routes.get("/outbox/{folder}/{key}")
def outbox_mail(folder: str, key: str, hall: InHall, visit: Visiting, page: str = "1") -> Response:
    """Show one rehearsed mail beside the list."""
    screen = outbox_screen(hall.studio, hall.pages, visit, number=_number(page), opened=(folder, key))
    if screen is None:
        raise HTTPException(404)
    return _page(screen, visit)


@routes.get("/outbox/{folder}/{key}/frame")
def outbox_frame(folder: str, key: str, hall: InHall, visit: Visiting) -> Response:
    """Give the HTML of a rehearsed mail, shut in."""
    mail = hall.studio.mailbox.read(folder, key)
    if mail is None or mail.html is None:
        raise HTTPException(404)
    return _frame(mail.html, visit.choices)


@routes.get("/static/{name}")
def static(name: str, hall: InHall) -> Response:
    """Give a file of the pages themselves."""
    content = hall.static.get(name)
    if content is None:
        raise HTTPException(404)
    return Response(content, media_type=f"{STATIC[name]}; charset=utf-8", headers={"Cache-Control": "no-cache"})


def _page(content: str, visit: Visit) -> HTMLResponse:
    """Answer with a page, and keep the language that it was asked in."""
    answer = HTMLResponse(content)
    if f"language={visit.language}" in visit.address:
        answer.set_cookie(LANGUAGE_COOKIE, visit.language, httponly=True, samesite="strict")
    return answer


def _frame(html: str, choices: Choices) -> HTMLResponse:
    """Answer with a mail under its own policy."""
    return HTMLResponse(framed(html, choices), headers={"Content-Security-Policy": frame_policy(choices)})


def _stream(signal: ChangeSignal, state: Callable[[], str]) -> StreamingResponse:
    """Tell the state now, and again each time the signal rings (server-sent events)."""

    async def told() -> AsyncIterator[str]:
        yield f"data: {state()}\n\n"
        async for has_rung in signal.rings(HEARTBEAT_SECONDS):
            # Silence is filled with comments, so that a page that has gone is noticed.
            yield f"data: {state()}\n\n" if has_rung else ": still here\n\n"

    return StreamingResponse(told(), media_type="text/event-stream")


def _number(page: str) -> int:
    """Read the number of a page; whatever is none is the first."""
    return int(page) if re.fullmatch("[0-9]{1,6}", page) and int(page) else 1


def _problem(request: Request, status: int, message: str, hint: str = "") -> Response:
    hall, visit = _hall(request), _visit(request)
    title = translate(visit.language, "There is no such page." if status == 404 else "This page could not be made.")  # noqa: PLR2004
    screen = problem_screen(hall.studio, hall.pages, visit, title=title, message=message, hint=hint)
    return HTMLResponse(screen, status_code=status)


async def _not_found(request: Request, _error: Exception) -> Response:
    """Answer where there is nothing, in the same words whatever was looked for."""
    return _problem(request, 404, "")


async def _misasked(_request: Request, _error: Exception) -> Response:
    """Answer a question of another shape without its words: half a message (a lone surrogate) cannot be said again."""
    return Response(status_code=422)


async def _refused(request: Request, error: Exception) -> Response:
    """Answer with what the house itself says is wrong."""
    assert isinstance(error, NewsletterError)
    return _problem(request, 500, str(error), error.hint or "")


async def _failed(request: Request, error: Exception) -> Response:
    """Answer without the inside; the terminal gets the traceback."""
    log.error("Unexpected %s.", type(error).__name__)
    return _problem(request, 500, type(error).__name__)
