"""build_app(): what the HTTP process of every service has in common."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version

from fastapi import APIRouter, FastAPI
from opentelemetry.trace import SpanKind
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import problems
from shared.auth import TransactionTokens
from shared.db import Database
from shared.outbox import Notifier
from shared.privacy import Keyring
from shared.settings import ServiceSettings
from shared.telemetry import parse_traceparent, start_telemetry, working_within

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
        generate_unique_id_function=lambda route: route.name,
    )
    problems.install(app)
    for router in routers:
        app.include_router(router)
    return app


def build_app(about: About, settings: ServiceSettings, routers: Iterable[APIRouter]) -> FastAPI:
    """The HTTP app of one service: state, health, problems, telemetry, and its routers."""
    start_telemetry(
        about.service, "http", otlp_endpoint=settings.otlp_endpoint, log_level=settings.log_level
    )
    app = describe_app(about, routers)
    app.state.settings = settings
    app.state.keyring = Keyring.load(settings.keys_file, about.service)
    app.state.transaction_tokens = TransactionTokens(settings.transaction_jwks_file, about.audience)
    app.state.database = Database(
        settings.database_url,
        application=f"{about.service}-http",
        pool_size=settings.database_pool_size,
    )
    app.state.notifier = Notifier(app.state.database)
    app.add_middleware(Frame, service=about.service)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.notifier.start()
    yield
    await app.state.notifier.stop()
    await app.state.database.close()


class Frame:
    """Around each request: its trace, the headers that every answer carries, and health."""

    def __init__(self, app: ASGIApp, service: str) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"].startswith("/health/"):
            await (await self._health(scope))(scope, receive, send)
            return
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
            try:
                await self._app(scope, receive, framed)
            except Exception as error:
                # Answered here, inside the trace: the framework would do it outside of it.
                answer = problems.unexpected(scope, error)
                if started:
                    raise
                await answer(scope, receive, framed)

    async def _health(self, scope: Scope) -> Response:
        if scope["path"] == "/health/live":
            return JSONResponse({"status": "live"})
        database: Database = scope["app"].state.database
        if await database.is_ready():
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "waiting for the database"}, status_code=503)
