"""The HTTP app of any service, as its process would build it."""

import asyncio
import importlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2 as httpx
import pytest
from fastapi import FastAPI
from starlette.types import ASGIApp

from deploy.local.stack import Service
from shared.documents import openapi
from tests.stands import DatabaseStand


@dataclass(frozen=True, slots=True)
class Served:
    """A running app, a client that speaks to it, its document, and its environment."""

    service: Service
    client: httpx.AsyncClient
    document: dict[str, Any]
    settings: dict[str, str]


def described(service: Service) -> FastAPI:
    app: FastAPI = importlib.import_module(f"{service.package}.main").described_app()
    return app


@asynccontextmanager
async def serve(
    service: Service, databases: DatabaseStand, more: Mapping[str, str] | None = None
) -> AsyncIterator[Served]:
    """The app with everything behind it; `more` are settings beside the usual ones."""
    settings = await databases.fresh(service.name) | dict(more or {})
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in settings.items():
            patch.setenv(variable, value)
        app = importlib.import_module(f"{service.package}.main").create_app()
    async with _alive(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            yield Served(service, client, openapi(described(service)), settings)


@asynccontextmanager
async def _alive(app: ASGIApp) -> AsyncIterator[None]:
    """Start and stop by the lifespan protocol, which the gateway, no FastAPI app, speaks too."""
    told: asyncio.Queue[Any] = asyncio.Queue()
    answered: asyncio.Queue[Any] = asyncio.Queue()
    async with asyncio.TaskGroup() as group:
        scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
        group.create_task(app(scope, told.get, answered.put))  # type: ignore[arg-type] # a coroutine by any name.
        for moment in ("startup", "shutdown"):
            await told.put({"type": f"lifespan.{moment}"})
            answer = await answered.get()
            assert answer["type"] == f"lifespan.{moment}.complete", answer
            if moment == "startup":
                yield
