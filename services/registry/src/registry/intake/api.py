"""Routes by which records come in, and what became of them."""

import json
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request

from registry.intake import queries
from registry.intake.operations import (
    Received,
    answer_for,
    check_envelope,
    link_now,
    store_records,
)
from registry.intake.receiving import Reception
from registry.intake.rules import (
    BYTE_ORDER_MARK,
    FORMAT_OF_MEDIA_TYPE,
    ID_PREFIX,
    BatchEmpty,
    CsvHeaderInvalid,
    CsvUnreadable,
    OperationNotFound,
    title_of_line,
)
from registry.intake.schemas import Envelope, OperationView, StoredRecordView
from registry.policy import POLICY
from registry.sources.rules import SourceSystem, SystemNotYours, UpdatedInTheFuture, check_system
from shared.bodies import JSON, media_type
from shared.errors import MediaTypeUnsupported
from shared.keys import ServiceKeys
from shared.policy import Grant, permit
from shared.problems import MalformedRequest, language_of, responses
from shared.routes import DeclaredRoute
from shared.writes import Bulk, BulkRoute, BulkWrite, ReadSession

reads = APIRouter(prefix="/v1", tags=["intake"], route_class=DeclaredRoute)
writes = APIRouter(prefix="/v1", tags=["intake"], route_class=BulkRoute)

Submit = Annotated[Grant, permit(POLICY, "source-records:submit")]
OperationId = Annotated[str, Path(max_length=50, pattern=f"^{ID_PREFIX}[0-9a-f-]{{36}}$")]


def _envelope_schema() -> dict[str, Any]:
    """The schema of an envelope, whole: this body is read by the route and not by FastAPI."""
    schema = Envelope.model_json_schema()
    systems = schema.pop("$defs")["SourceSystem"]
    schema["properties"]["source_system"] = systems
    return schema


_ENVELOPE_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": _envelope_schema()}},
    }
}
_BATCH_BODY = {
    "requestBody": {
        "required": True,
        "description": "NDJSON: one envelope a line, `source_system` may be left out. CSV: a "
        "header row; columns record_key, source_updated_at, then content fields; an empty cell is "
        "an absent value.",
        "content": {
            one: {"schema": {"type": "string", "format": "binary"}}
            for one in ("application/x-ndjson", "text/csv")
        },
    }
}
_MOST_PROBLEMS = 100_000


@writes.post(
    "/source-records",
    status_code=201,
    response_model=StoredRecordView,
    responses=responses(SystemNotYours, UpdatedInTheFuture, MalformedRequest),
    openapi_extra=_ENVELOPE_BODY,
)
async def submit_source_record(
    grant: Submit, request: Request, bulk: Bulk, keyring: ServiceKeys
) -> Response:
    """Send one record of your system. It is stored, then linked to a person, before the answer;
    the same content again changes nothing and gets the same answer.
    """
    envelope = _envelope(await _small_body(request, bulk))
    check_system(grant.caller.roles, envelope.source_system)
    check_envelope(envelope.source_updated_at)
    received: list[Received] = []

    async def store(session: AsyncSession) -> None:
        received[:] = await store_records(
            session, [envelope], keyring=keyring, received_from=grant.caller.organisation
        )

    async def link(session: AsyncSession) -> Response:
        await link_now(session, received[0], keyring=keyring)
        answer = await answer_for(session, envelope, received[0])
        return Response(
            grant.show(answer, envelope).model_dump_json(),
            status_code=201,
            media_type="application/json",
            headers={"Location": f"/v1/source-records/{answer.id}"},
        )

    await bulk.store(store)
    bulk.at_the_end(link)
    return Response(status_code=201)


@writes.post(
    "/source-record-batches",
    status_code=202,
    response_model=OperationView,
    responses=responses(
        SystemNotYours, BatchEmpty, CsvHeaderInvalid, CsvUnreadable, MalformedRequest
    ),
    openapi_extra=_BATCH_BODY,
)
async def submit_source_record_batch(
    grant: Submit,
    request: Request,
    bulk: Bulk,
    keyring: ServiceKeys,
    source_system: Annotated[SourceSystem, Query()],
) -> Response:
    """Send many records of your system. The answer names an operation that tells how far storing
    and linking have got; lines that cannot be taken are listed under its problems.
    """
    check_system(grant.caller.roles, source_system)
    form = FORMAT_OF_MEDIA_TYPE.get(media_type(request))
    if form is None:
        raise MediaTypeUnsupported(accepted="application/x-ndjson, text/csv")
    reception = Reception(source_system, form, grant.caller.organisation, keyring)
    await bulk.store(reception.open)
    async for raw in bulk.pieces():
        await _keep(bulk, reception, raw)
    await _keep(bulk, reception, b"", is_last=True)
    if not reception.lines:
        raise BatchEmpty

    async def finish(session: AsyncSession) -> Response:
        operation = await reception.finish(session)
        told = OperationView.of(operation, lines_linked=0)
        return Response(
            told.model_dump_json(),
            status_code=202,
            media_type="application/json",
            headers={"Location": f"/v1/operations/{told.id}"},
        )

    bulk.at_the_end(finish)
    return Response(status_code=202)


@reads.get("/operations/{operation_id}", responses=responses(OperationNotFound))
async def get_operation(
    operation_id: OperationId,
    grant: Annotated[Grant, permit(POLICY, "operations:read")],
    session: ReadSession,
) -> OperationView:
    """How far a batch has got: lines received, stored, linked and refused."""
    operation = await queries.get_operation(session, _uuid(operation_id), within=grant)
    linked = await queries.count_linked(session, operation)
    return grant.show(OperationView.of(operation, lines_linked=linked))


@reads.get(
    "/operations/{operation_id}/problems",
    response_class=Response,
    responses=responses(OperationNotFound)
    | {200: {"content": {"application/x-ndjson": {"schema": {"type": "string"}}}}},
)
async def list_operation_problems(
    operation_id: OperationId,
    grant: Annotated[Grant, permit(POLICY, "operations:read")],
    session: ReadSession,
    request: Request,
) -> Response:
    """The refused lines of a batch, one JSON object a line; never what a line says. `line` counts
    records: neither blank lines nor the header of a CSV.
    """
    language = language_of(request.headers.get("accept-language"))
    operation = await queries.get_operation(session, _uuid(operation_id), within=grant)
    problems = await queries.list_problems(session, operation.id, limit=_MOST_PROBLEMS)
    lines = (
        json.dumps(
            {
                "line": one.line,
                "code": one.code,
                **({"field": one.field} if one.field else {}),
                "title": title_of_line(one.code, language),
            }
        )
        + "\n"
        for one in problems
    )
    headers = {"Content-Language": language}
    return Response("".join(lines), headers=headers, media_type="application/x-ndjson")


async def _keep(
    bulk: BulkWrite, reception: Reception, raw: bytes, *, is_last: bool = False
) -> None:
    piece = reception.take(raw, is_last=is_last)
    if piece is not None:
        await bulk.store(lambda session: reception.keep(session, piece))


async def _small_body(request: Request, bulk: BulkWrite) -> bytes:
    if media_type(request) not in JSON:
        raise MediaTypeUnsupported(accepted=", ".join(JSON))
    return (await bulk.whole()).removeprefix(BYTE_ORDER_MARK)


def _envelope(body: bytes) -> Envelope:
    try:
        return Envelope.model_validate_json(body)
    except ValidationError as error:
        faults: list[Any] = [
            {**fault, "loc": ("body", *fault["loc"])}
            for fault in error.errors(include_input=False, include_url=False)
        ]
        raise RequestValidationError(faults) from None


def _uuid(operation_id: str) -> UUID:
    try:
        return UUID(operation_id.removeprefix(ID_PREFIX))
    except ValueError:
        raise OperationNotFound from None
