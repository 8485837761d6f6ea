"""Addresses of the documents. Open to everybody: they describe the API and hold no data."""

import hashlib
import json
from functools import cache
from pathlib import Path

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.documents.catalogue import ProblemType, problem_types
from gateway.documents.merged import Document
from gateway.documents.pages import STYLE_PATH, Pages
from shared.errors import NotFound
from shared.problems import language_of

_SECURITY = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_MAX_AGE_SECONDS = 300
_LANGUAGES = ("id", "en")


class Documents:
    """The merged document and the pages made of it, each rendered once."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._types = problem_types(document)
        self.text = json.dumps(document, ensure_ascii=False).encode()
        self.reference = cache(self._reference)

    def _reference(self, language: str) -> str:
        return Pages(language).reference(self._document)

    def problems(self, language: str) -> str:
        return Pages(language).problems(self._types.values())

    def problem(self, code: str, language: str) -> str:
        """The page of one problem type; raises NotFound."""
        known: ProblemType | None = self._types.get(code)
        if known is None:
            raise NotFound
        return Pages(language).problem(known)


router = APIRouter(include_in_schema=False)


@router.get("/v1/openapi.json")
async def get_openapi(request: Request) -> Response:
    return _answer(request, _documents(request).text, "application/vnd.oai.openapi+json")


@router.get("/reference")
async def get_reference(request: Request) -> Response:
    return _page(request, _documents(request).reference(_language(request)))


@router.get(STYLE_PATH)
async def get_style(request: Request) -> Response:
    return _answer(request, _style(), "text/css; charset=utf-8")


@router.get("/problems")
async def get_problems(request: Request) -> Response:
    return _page(request, _documents(request).problems(_language(request)))


@router.get("/problems/{code}")
async def get_problem(code: str, request: Request) -> Response:
    return _page(request, _documents(request).problem(code, _language(request)))


def _documents(request: Request) -> Documents:
    documents: Documents = request.app.state.documents
    return documents


def _language(request: Request) -> str:
    asked = request.query_params.get("lang")
    return asked if asked in _LANGUAGES else language_of(request.headers.get("accept-language"))


def _page(request: Request, html: str) -> Response:
    response = _answer(request, html.encode(), "text/html; charset=utf-8")
    response.headers["Vary"] = "Accept-Language"
    return response


def _answer(request: Request, body: bytes, media_type: str) -> Response:
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": f"public, max-age={_MAX_AGE_SECONDS}", **_SECURITY}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=media_type)


@cache
def _style() -> bytes:
    return (Path(__file__).parent / "reference.css").read_bytes()
