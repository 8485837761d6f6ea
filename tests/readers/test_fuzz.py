"""The merged document is true: whatever it lets one send is answered, and as it says."""

import asyncio

import pytest
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.responses import PlainTextResponse, Response

from tests.gateway.servers import serving
from tests.readers.fuzz import Run, facts_of, fuzz
from tests.readers.live import Live

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(1500)]

AMOUNT = ("--max-examples", "12")


@pytest.fixture(scope="module")
async def run(live: Live) -> Run:
    facts = await facts_of(live)
    return await asyncio.to_thread(fuzz, live.stack.gateway_url, facts, *AMOUNT)


def test_whatever_is_sent_is_answered_as_the_document_says(run: Run) -> None:
    """No 5xx, every refusal a problem, every status and every body as declared."""
    assert run.is_clean, run.output[-20_000:]


async def test_the_run_reached_every_operation_and_did_most_of_them(run: Run, live: Live) -> None:
    async with live.gateway() as client:
        document = (await client.get("/v1/openapi.json")).json()
    documented = {
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method in operations
    }
    assert run.operations == documented
    assert len(run.done) > len(documented) / 2, documented - run.done
    assert run.answers.total() > 1000


class Told(BaseModel):
    count: int


async def test_planted_answers_that_break_the_promise_are_found() -> None:
    app = FastAPI(openapi_url="/v1/openapi.json")

    @app.get("/v1/untrue", response_model=Told)
    async def untrue() -> Response:
        return Response('{"count": "many"}', media_type="application/json")

    @app.get("/v1/broken", status_code=500)
    async def broken() -> None:
        return None

    @app.get("/v1/plain", response_class=PlainTextResponse, status_code=404)
    async def plain() -> str:
        return "nothing here"

    facts = {"rows": {}, "readers": {}, "tokens": {"kemlu-desk": "t"}, "purposes": []}
    async with serving(app) as [port]:
        found = await asyncio.to_thread(fuzz, f"http://127.0.0.1:{port}", facts, *AMOUNT)
    assert not found.is_clean
    for words in ("Response violates schema", "Server error", "refusals_are_problems"):
        assert words in found.output
