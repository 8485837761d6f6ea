"""The HTTP process of the gateway."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.types import Lifespan, StatelessLifespan

from gateway.clients.access import AccessTokens
from gateway.clients.issuers import load_issuer_keys, read_issuers
from gateway.clients.limits import RateGuard
from gateway.clients.minting import TransactionMint
from gateway.clients.proofs import ProofCheck
from gateway.clients.providers import Providers
from gateway.clients.used_proofs import UsedProofs
from gateway.documents import api as documents
from gateway.documents.merged import merge, read_documents
from gateway.documents.templates import Templates
from gateway.entrance import Entrance
from gateway.feed import api as feed
from gateway.feed.measures import FEED
from gateway.reference import api as reference
from gateway.settings import Settings
from gateway.upstream.client import ServiceClient
from gateway.upstream.proxy import Proxy
from gateway.upstream.services import upstreams_of
from gateway.upstream.session import open_session
from gateway.views import api as views
from shared.app import About, build_app, describe_app
from shared.documents import openapi

ABOUT = About(
    service="gateway",
    title="Sinergi",
    description="One API over placement, presence and protection of Indonesian migrant workers.",
)
# One statement at a time uses up the proofs of all callers; readers of the feed do not delay it.
_FOR_PROOFS = 1
ROUTERS = (reference.router, views.router, feed.router, documents.router)


def create_app(settings: Settings | None = None) -> Entrance:
    """The whole gateway as one ASGI app; raises ValueError where keys or settings do not fit."""
    settings = settings or Settings()
    own = build_app(
        ABOUT,
        settings,
        ROUTERS,
        questions=[FEED],
        counts_requests=False,
        reserved_connections=_FOR_PROOFS,
    )
    merged = merge(openapi(described_app()), read_documents(settings.documents_directory))
    own.state.documents = documents.Documents(merged)
    upstreams = upstreams_of(settings)
    own.state.services = ServiceClient(upstreams)
    own.state.mint = TransactionMint(settings.transaction_key_file)
    own.state.proxy = Proxy(settings, upstreams)
    keys = load_issuer_keys(settings)
    tokens = AccessTokens(keys, remembered=settings.remembered_tokens)
    own.state.providers = Providers(
        read_issuers(settings),
        keys,
        refreshed_seconds=settings.provider_keys_seconds,
        pause_seconds=settings.provider_pause_seconds,
        on_loss=tokens.forget_all,
    )
    own.router.lifespan_context = _connected(own.router.lifespan_context)
    return Entrance(
        own,
        proxy=own.state.proxy,
        tokens=tokens,
        providers=own.state.providers,
        proofs=ProofCheck(settings.public_url),
        used=UsedProofs(own.state.reserved_database),
        mint=own.state.mint,
        guard=RateGuard(settings.rate_limit_requests, settings.rate_limit_window_seconds),
        intake_guard=RateGuard(
            settings.intake_limit_requests, settings.rate_limit_window_seconds, name="intake"
        ),
        templates=Templates(merged["paths"]),
    )


def described_app() -> FastAPI:
    """The gateway's own routes, for its documents."""
    return describe_app(ABOUT, ROUTERS)


def _connected(lifespan: Lifespan[FastAPI]) -> StatelessLifespan[FastAPI]:
    """The app's lifespan within that of its connections to the services."""

    @asynccontextmanager
    async def connected(app: FastAPI) -> AsyncIterator[None]:
        seconds = app.state.settings.connect_timeout_seconds
        async with open_session(connect_timeout_seconds=seconds) as session:
            app.state.proxy.open(session)
            app.state.services.open(session, connect_timeout_seconds=seconds)
            app.state.providers.open(session)
            async with lifespan(app), asyncio.TaskGroup() as group:
                fresh = group.create_task(app.state.providers.keep_fresh())
                yield
                fresh.cancel()

    return connected
