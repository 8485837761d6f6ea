"""The HTTP process of the gateway."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from gateway.clients.access import AccessTokens
from gateway.clients.issuers import load_issuer_keys
from gateway.clients.limits import RateGuard
from gateway.clients.minting import TransactionMint
from gateway.entrance import Entrance
from gateway.settings import GatewaySettings
from gateway.upstream.proxy import Proxy


def create_app(settings: GatewaySettings | None = None) -> Entrance:
    """The whole gateway as one ASGI app; raises ValueError where keys or settings do not fit."""
    settings = settings or GatewaySettings()
    proxy = Proxy(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await proxy.open()
        # What is loaded now stays for good; without this each full collection walks all of it and
        # stops every call for some 20 ms.
        gc.freeze()
        try:
            yield
        finally:
            await proxy.close()

    return Entrance(
        FastAPI(lifespan=lifespan),
        proxy=proxy,
        tokens=AccessTokens(load_issuer_keys(settings), remembered=settings.remembered_tokens),
        mint=TransactionMint(settings.transaction_key_file),
        guard=RateGuard(settings.rate_limit_requests, settings.rate_limit_window_seconds),
    )
