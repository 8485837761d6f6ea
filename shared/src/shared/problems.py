"""Refusals as RFC 9457 answers: the only place in `shared` that turns a refusal into HTTP.

No answer repeats a value that the caller sent: a NIK in a bad request must not come back.
"""

import logging
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from shared.errors import (
    BodyTooLarge,
    Kind,
    MediaTypeUnsupported,
    NotFound,
    Refusal,
    Text,
)
from shared.ids import new_id
from shared.sensitivity import PUBLIC
from shared.telemetry import current_trace_id

MEDIA_TYPE = "application/problem+json"
log = logging.getLogger(__name__)

STATUS = {
    Kind.MALFORMED: 400,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.STALE: 412,
    Kind.TOO_LARGE: 413,
    Kind.UNSUPPORTED: 415,
    Kind.INVALID: 422,
    Kind.PRECONDITION_REQUIRED: 428,
    Kind.TOO_MANY: 429,
    Kind.BUSY: 503,
}


class FieldError(BaseModel):
    """One field that was refused: where (RFC 6901 pointer) and why, never what was sent."""

    pointer: Annotated[str, PUBLIC] = Field(max_length=200)
    code: Annotated[str, PUBLIC] = Field(max_length=80)


class Problem(BaseModel):
    """RFC 9457 problem details, with stable `code`, texts in id or en, and the trace id."""

    model_config = ConfigDict(extra="allow")

    type: Annotated[str, PUBLIC] = Field(max_length=120, examples=["/problems/version-stale"])
    title: Annotated[str, PUBLIC] = Field(max_length=200)
    status: Annotated[int, PUBLIC] = Field(ge=400, le=599)
    detail: Annotated[str, PUBLIC] = Field(max_length=1000)
    instance: Annotated[str, PUBLIC] = Field(max_length=60)
    code: Annotated[str, PUBLIC] = Field(max_length=80)
    trace_id: Annotated[str | None, PUBLIC] = Field(default=None, max_length=32)
    errors: Annotated[list[FieldError] | None, PUBLIC] = Field(default=None, max_length=100)


class MalformedRequest(Refusal):
    kind = Kind.INVALID
    code = "malformed-request"
    title = Text("Permintaan tidak sesuai bentuknya", "Malformed request")
    detail = Text(
        "Perbaiki bagian yang disebut di errors, lalu kirim lagi. Tidak ada yang berubah.",
        "Mend the parts listed in errors and send again. Nothing was changed.",
    )


class MethodNotAllowed(Refusal):
    kind = Kind.MALFORMED
    code = "method-not-allowed"
    title = Text("Metode tidak berlaku di alamat ini", "Method not allowed")
    detail = Text(
        "Alamat ini ada, tetapi tidak untuk metode tersebut; lihat header Allow.",
        "This address exists, but not for this method; see the Allow header.",
    )


class Unexpected(Refusal):
    kind = Kind.BUSY
    code = "unexpected-error"
    title = Text("Terjadi kesalahan tak terduga", "Unexpected error")
    detail = Text(
        "Kesalahan ada pada kami. Sampaikan trace_id ini kepada pengelola.",
        "The fault is ours. Give this trace_id to the operators.",
    )


class Unreadable(Refusal):
    kind = Kind.MALFORMED
    code = "request-unreadable"
    title = Text("Permintaan tidak terbaca", "Request not readable")
    detail = Text(
        "Kirim satu nilai JSON dalam UTF-8, tanpa susunan yang sangat dalam dan tanpa bilangan "
        "yang sangat panjang, dan header dengan huruf ASCII saja. Tidak ada yang berubah.",
        "Send one JSON value in UTF-8, neither nested very deep nor with very long numbers, and "
        "headers of ASCII characters alone. Nothing was changed.",
    )


def language_of(accept_language: str | None) -> str:
    """`en` where it is preferred over `id`, else `id` (RFC 9110 section 12.5.4)."""
    best, best_quality = "id", 0.0
    for part in (accept_language or "").split(","):
        tag, _, weight = part.replace(" ", "").replace("\t", "").lower().partition(";q=")
        language = tag.split("-")[0]
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            continue
        if language in {"id", "in", "en"} and quality > best_quality:
            best, best_quality = ("en" if language == "en" else "id"), quality
    return best


def problem_response(
    refusal: Refusal,
    *,
    accept_language: str | None = None,
    status: int | None = None,
    errors: list[FieldError] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer to a refusal."""
    language = language_of(accept_language)
    title, detail = refusal.told(language)
    facts = {name: value for name, value in refusal.facts.items() if name not in _RESERVED}
    problem = Problem(
        type=f"/problems/{refusal.code}",
        title=title,
        status=status or STATUS[refusal.kind],
        detail=detail,
        instance=f"urn:uuid:{new_id()}",
        code=refusal.code,
        trace_id=current_trace_id(),
        errors=errors,
        **facts,
    )
    sent = {"Content-Language": language, "Cache-Control": "no-store", **(headers or {})}
    if refusal.kind is Kind.UNAUTHENTICATED:
        sent.setdefault("WWW-Authenticate", "Bearer")
    if refusal.retry_after_seconds is not None:
        sent["Retry-After"] = str(refusal.retry_after_seconds)
    return JSONResponse(
        problem.model_dump(mode="json", exclude_none=True),
        status_code=problem.status,
        headers=sent,
        media_type=MEDIA_TYPE,
    )


_RESERVED = frozenset(Problem.model_fields)


def install(app: FastAPI) -> None:
    """Every error of the app leaves as a problem, the framework's own included."""
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _by_status)


def responses(*refusals: type[Refusal]) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route: what it may refuse, by status, with the codes in the text."""
    told: dict[int | str, dict[str, Any]] = {}
    for refusal in refusals:
        text = f"`{refusal.code}`: {refusal.title.en}"
        told = merged(told, {STATUS[refusal.kind]: {"description": text}})
    return told


def merged(
    some: Mapping[int | str, dict[str, Any]], others: Mapping[int | str, dict[str, Any]]
) -> dict[int | str, dict[str, Any]]:
    """Two `responses` together: the refusals of one status are told in one description."""
    together = {status: dict(answer) for status, answer in some.items()}
    for status, answer in others.items():
        known = together.get(status)
        if known is None:
            together[status] = dict(answer)
        elif answer["description"] not in known["description"]:
            known["description"] += f"; {answer['description']}"
    return together


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)  # noqa: S101 - registered for this class alone.
    log.info("refused", extra={"facts": {"code": error.code, "route": _route(request)}})
    return problem_response(error, accept_language=request.headers.get("accept-language"))


async def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above.
    errors = [
        FieldError(pointer=_pointer(item["loc"], item["type"]), code=_kebab(item["type"]))
        for item in error.errors()[:100]
    ]
    log.info("refused", extra={"facts": {"code": MalformedRequest.code, "route": _route(request)}})
    return problem_response(
        MalformedRequest(), accept_language=request.headers.get("accept-language"), errors=errors
    )


async def _by_status(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above.
    known: dict[int, Refusal] = {
        404: NotFound(),
        405: MethodNotAllowed(),
        413: BodyTooLarge(limit_bytes="?"),
        415: MediaTypeUnsupported(accepted="application/json"),
    }
    return problem_response(
        known.get(error.status_code, Unreadable()),
        accept_language=request.headers.get("accept-language"),
        status=error.status_code,
        headers=error.headers,
    )


def unexpected(scope: Scope, error: Exception) -> Response:
    """The answer to an error that nobody foresaw: a trace id and nothing else."""
    request = Request(scope)
    log.error("unexpected error", exc_info=error, extra={"facts": {"route": _route(request)}})
    return problem_response(
        Unexpected(), accept_language=request.headers.get("accept-language"), status=500
    )


def _kebab(kind: str) -> str:
    return kind.replace("_", "-")


def _pointer(location: tuple[int | str, ...], kind: str) -> str:
    """Where the fault lies; a name that the caller made up is left out, it might be personal.

    Of a body that is no JSON the last step is a place among its characters, which no pointer is.
    """
    source, *path = location
    if kind in {"extra_forbidden", "json_invalid"}:
        path = path[:-1]
    shown = [str(step).replace("~", "~0").replace("/", "~1")[:60] for step in path]
    return f"{source}#/" + "/".join(shown) if shown else f"{source}#"


def _route(request: Request) -> str:
    route = request.scope.get("route")
    return str(getattr(route, "path", "?"))
