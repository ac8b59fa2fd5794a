"""The way out of every mail (RFC 8058): a page with one button, and one click without any page. Door: `make_leaving`.

GET and HEAD change nothing: scanners open every link of a mail. POST leaves, with nothing but the token in the address:
no cookie, no origin, no redirect. Whoever posts learns nothing of whom the token is for, nor whether it is forged.
"""

import asyncio
import re
from functools import partial

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from newsletter.domain.content import Language
from newsletter.errors import StorageError
from newsletter.service.audience.leaving import Leaver, LeavingService
from newsletter.service.group_commit import Lane
from newsletter.web.public.body import read_body
from newsletter.web.public.pages import ICON, STYLES, PublicPages

BODY_BYTES_MAX = 10_000
"""A form of one field, also as multipart with a long boundary."""

_FROM_PAGE = b"from=page"
"""In the form of our own page, which answers a person; one click answers a program."""

_NONCE = re.compile(r"[A-Za-z0-9_-]{1,100}")


def make_leaving(leaving: LeavingService, pages: PublicPages, lane: Lane[str]) -> Starlette:
    """Give the application under `/leave`."""

    async def show(request: Request) -> Response:
        token = request.path_params["token"]
        leaver = await run_in_threadpool(leaving.reader, token)
        masked = None if leaver is None else leaver.masked_address
        return _page(pages.page("leave", _language(request, leaver, pages), address=masked))

    async def leave(request: Request) -> Response:
        token = request.path_params["token"]
        try:
            body = await read_body(request, BODY_BYTES_MAX)
        except ClientDisconnect:
            return Response(status_code=408)
        if body is None:
            return Response(status_code=413, headers={"Connection": "close"})
        try:
            if await run_in_threadpool(leaving.is_valid, token):
                await asyncio.wrap_future(lane.submit([token]))
        except StorageError:
            return Response(status_code=503, headers={"Retry-After": "5"})
        if _FROM_PAGE not in body:
            return PlainTextResponse("OK\n")
        leaver = await run_in_threadpool(leaving.reader, token)
        return _page(pages.page("left", _language(request, leaver, pages)))

    routes = [
        Route(STYLES, partial(_file, pages.styles, "text/css")),
        Route(ICON, partial(_file, pages.icon, "image/svg+xml")),
        Route("/leave/{token}", show, methods=["GET", "HEAD"]),
        Route("/leave/{token}", leave, methods=["POST"]),
    ]
    return Starlette(routes=routes, exception_handlers={HTTPException: partial(_refuse, pages)})


async def _file(content: bytes, media_type: str, _request: Request) -> Response:
    """Give what never changes while the server runs."""
    return Response(content, media_type=media_type, headers={"Cache-Control": "max-age=3600"})


async def _refuse(pages: PublicPages, request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    page = pages.explain(error.status_code, request.headers.get("accept-language", ""))
    return Response(page, error.status_code, error.headers, media_type="text/html; charset=utf-8")


def make_proof(leaving: LeavingService) -> Starlette:
    """Give the application under `/proof`: it signs what a sender asks with, who then knows whose pages answer."""

    async def prove(request: Request) -> Response:
        nonce = request.path_params["nonce"]
        if _NONCE.fullmatch(nonce) is None:
            return Response(status_code=404)
        return PlainTextResponse(await run_in_threadpool(leaving.prove, nonce))

    return Starlette(routes=[Route("/proof/{nonce}", prove)])


def _language(request: Request, leaver: Leaver | None, pages: PublicPages) -> Language:
    """Choose by the address, then the reader, then the browser."""
    wanted = [request.query_params.get("language", ""), *([] if leaver is None else [leaver.language])]
    return pages.language(wanted, request.headers.get("accept-language", ""))


def _page(page: bytes) -> Response:
    return Response(page, media_type="text/html; charset=utf-8")
