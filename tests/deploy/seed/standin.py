"""A stand-in for the gateway's two routes of bulk intake, for tests of who speaks to them."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

Problem = tuple[int, dict[str, str], dict[str, str]]


@dataclass
class StandIn:
    """Keeps what it was sent under the idempotency key, as the real one does."""

    tokens: tuple[str, ...] = ("token-s", "token-p")
    batches: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    stored: dict[str, int] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    refused_lines: int = 0
    state: str = "DONE"
    # Answers to give instead, one request each, before it behaves.
    troubles: list[Problem] = field(default_factory=list)
    url: str = ""

    async def batch(self, request: web.Request) -> web.Response:
        self.requests.append(f"POST {request.query['source_system']}")
        if problem := self._problem(request):
            return problem
        body = await request.read()
        key = request.headers["Idempotency-Key"]
        target = f"{request.query['source_system']} {request.content_type}"
        if key in self.batches and self.batches[key] != (target, body):
            return self._answer(422, {"title": "Key reused", "code": "idempotency-key-reused"}, {})
        if key not in self.batches:
            self.batches[key] = (target, body)
            header = 1 if request.content_type == "text/csv" else 0
            self.stored[f"registry-{len(self.batches)}"] = body.count(b"\n") - header
        number = list(self.batches).index(key) + 1
        location = f"/v1/operations/registry-{number}"
        return web.json_response({}, status=202, headers={"Location": location})

    async def operation(self, request: web.Request) -> web.Response:
        if problem := self._problem(request):
            return problem
        lines = self.stored[request.match_info["id"]]
        kept = lines - self.refused_lines
        return web.json_response(
            {
                "state": self.state,
                "lines_received": lines,
                "lines_stored": kept,
                "lines_linked": kept,
                "lines_refused": self.refused_lines,
            }
        )

    async def problems(self, _request: web.Request) -> web.Response:
        problem = {"line": 7, "code": "date-invalid", "field": "birth_date", "title": "No date"}
        return web.Response(text=json.dumps(problem) + "\n", content_type="application/x-ndjson")

    def _problem(self, request: web.Request) -> web.Response | None:
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            body = {"title": "Token refused", "detail": "It has expired.", "code": "token-refused"}
            return self._answer(401, body, {})
        assert request.headers["Purpose-Of-Use"] == "SYSTEM_OPERATION"
        return self._answer(*self.troubles.pop(0)) if self.troubles else None

    def _answer(self, status: int, body: dict[str, str], headers: dict[str, str]) -> web.Response:
        return web.json_response(
            body, status=status, headers=headers, content_type="application/problem+json"
        )


@asynccontextmanager
async def standing_in() -> AsyncIterator[StandIn]:
    """Serve a stand-in on a free port."""
    stand_in = StandIn()
    app = web.Application(client_max_size=1 << 30)
    app.router.add_get("/health/live", _live)
    app.router.add_post("/v1/source-record-batches", stand_in.batch)
    app.router.add_get("/v1/operations/{id}", stand_in.operation)
    app.router.add_get("/v1/operations/{id}/problems", stand_in.problems)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        stand_in.url = f"http://{host}:{port}"
        yield stand_in
    finally:
        await runner.cleanup()


async def _live(_request: web.Request) -> web.Response:
    return web.Response(text="ok")
