"""build_app(): what the HTTP process of every service has in common."""

import asyncio
import gc
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version

from fastapi import APIRouter, FastAPI
from opentelemetry.trace import SpanKind
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import metrics, problems
from shared.admission import Admission
from shared.auth import TransactionTokens
from shared.db import Database
from shared.measuring import Measuring, Question
from shared.outbox import Notifier
from shared.privacy import Keyring
from shared.serving import Answer, is_measuring
from shared.settings import ServiceSettings
from shared.telemetry import parse_traceparent, start_telemetry, working_within
from shared.watchdog import watch_event_loop

# Better late than refused: what is reserved is for those who should not have to come back.
_RESERVED_PATIENCE_SECONDS = 10.0
_ALWAYS_SENT = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))


@dataclass(frozen=True, slots=True)
class About:
    """What a service says of itself. `service` is the package name."""

    service: str
    title: str
    description: str

    @property
    def audience(self) -> str:
        """The audience of its transaction tokens: the folder name."""
        return self.service.replace("_", "-")


def describe_app(about: About, routers: Iterable[APIRouter]) -> FastAPI:
    """The app with its routes and problems, but nothing behind them; enough for its documents."""
    app = FastAPI(
        title=about.title,
        description=about.description,
        version=version(about.service),
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        separate_input_output_schemas=False,
        # A redirect would tell a caller of the gateway where the service lies.
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    problems.install(app)
    for router in routers:
        app.include_router(router)
    return app


def build_app(
    about: About,
    settings: ServiceSettings,
    routers: Iterable[APIRouter],
    *,
    questions: Sequence[Question] = (),
    counts_requests: bool = True,
    reserved_connections: int = 0,
) -> FastAPI:
    """The HTTP app of one service: state, health, problems, telemetry, and its routers.

    `questions` are measured beside those of the spine. An app whose requests are counted before
    they reach it does not count them again. `reserved_connections` make a second pool, for what
    must come through when all others are in use.
    """
    start_telemetry(about.service, "http", settings)
    app = describe_app(about, routers)
    app.state.settings = settings
    app.state.keyring = Keyring.load(settings.keys_file, about.service)
    app.state.transaction_tokens = TransactionTokens(settings.transaction_jwks_file, about.audience)
    app.state.database = Database(
        settings.database_url,
        application=f"{about.service}-http",
        pool_size=settings.database_pool_size,
    )
    app.state.reserved_database = None
    if reserved_connections:
        app.state.reserved_database = Database(
            settings.database_url,
            application=f"{about.service}-reserved",
            pool_size=reserved_connections,
            pool_timeout=_RESERVED_PATIENCE_SECONDS,
        )
    app.state.admission = Admission(
        settings.calls_at_once,
        waiting=settings.calls_waiting,
        patience_seconds=settings.calls_patience_seconds,
        is_adaptive=True,
    )
    app.state.notifier = Notifier(app.state.database)
    app.state.questions = questions
    app.add_middleware(Frame, service=about.service, counts=counts_requests)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.notifier.start()
    # What is loaded by now stays for good; without this each full collection walks all of it and
    # stops every call for some 20 ms.
    gc.freeze()
    async with measured(app):
        yield
    await app.state.notifier.stop()
    await app.state.database.close()
    if app.state.reserved_database is not None:
        await app.state.reserved_database.close()


@asynccontextmanager
async def measured(app: FastAPI) -> AsyncIterator[None]:
    """While inside, the service and this process are measured, if anybody is told."""
    if not metrics.is_on():
        yield
        return
    watch_event_loop(asyncio.get_running_loop(), ends_process=False)
    settings: ServiceSettings = app.state.settings
    measuring = Measuring(
        app.state.database,
        app.state.questions,
        every_seconds=settings.metrics_interval_seconds,
    )
    task = asyncio.create_task(measuring.run(), name="measuring")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


class Frame:
    """Around each request: its trace, the headers that every answer carries, and health."""

    def __init__(self, app: ASGIApp, service: str, *, counts: bool) -> None:
        self._app = app
        self._service = service
        self._counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"].startswith("/health/"):
            await (await self._health(scope))(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            # What a GET would answer; the server keeps the body back (RFC 9110 section 9.3.2).
            scope = {**scope, "method": "GET"}
        header = dict(scope["headers"]).get(b"traceparent", b"").decode("latin-1")

        started = False

        async def framed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                sent = {name for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *(pair for pair in _ALWAYS_SENT if pair[0] not in sent),
                ]
            await send(message)

        with working_within(
            parse_traceparent(header), f"{self._service} {scope['method']}", kind=SpanKind.SERVER
        ):
            answer = Answer(framed) if is_measuring() else None
            out = answer.send if answer else framed
            try:
                await self._app(scope, receive, out)
            except Exception as error:
                # Answered here, inside the trace: the framework would do it outside of it.
                problem = problems.unexpected(scope, error)
                if started:
                    raise
                await problem(scope, receive, out)
            finally:
                if answer:
                    answer.tell(scope, _route(scope), counts=self._counts)

    async def _health(self, scope: Scope) -> Response:
        if scope["path"] == "/health/live":
            return JSONResponse({"status": "live"})
        database: Database = scope["app"].state.database
        if await database.is_ready():
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "waiting for the database"}, status_code=503)


def _route(scope: Scope) -> str | None:
    """The template of the route that was found, if one was."""
    template: str | None = getattr(scope.get("route"), "path_format", None)
    return template
