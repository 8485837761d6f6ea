"""A small system under observation: the gateway, job-orders with its messenger, and the messengers
of the registry and the gateway, on databases and topics of their own.
"""

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx2 as httpx

from deploy.local.stack import LOOPBACK, ROOT, Stack, get_service
from deploy.local.tokens import sign_token
from tests.observe.parts import INTERVAL_SECONDS, answers, free_port, http_command, running
from tests.stands import Broker, DatabaseStand, fresh_key

MISSION = "KBRI-KUALA-LUMPUR"
SERVICES = ("job-orders", "registry", "gateway")
Settings = dict[str, str]


@dataclass(frozen=True)
class Observed:
    """The system as a client and as its operator reach it."""

    stack: Stack
    databases: DatabaseStand
    gateway: str
    settings: dict[str, Settings]
    prefix: str
    processes: dict[str, subprocess.Popen[bytes]]

    @asynccontextmanager
    async def admin(self, service: str) -> AsyncIterator[asyncpg.Connection]:
        """Behind a service's back, for breaking things."""
        connection = await self.databases.admin(self.settings[service], service)
        try:
            yield connection
        finally:
            await connection.close()

    def replay(self, service: str) -> str:
        """What an operator does with `make replay`; gives what it says."""
        command = [sys.executable, "-m", f"{get_service(service).package}.messenger", "replay"]
        environment = {**os.environ, **self.settings[service]}
        outcome = subprocess.run(
            command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
        )
        return outcome.stdout

    def headers(self, role: str = "mission-officer", **claims: Any) -> dict[str, str]:
        token = sign_token(self.stack, role, mission=MISSION, **claims)
        return {
            "Authorization": f"Bearer {token}",
            "Purpose-Of-Use": "JOB_ORDER_VERIFICATION",
            **fresh_key(),
        }

    async def register_employer(self, **more: Any) -> httpx.Response:
        body = {
            "type": "COMPANY",
            "name": "Ladang Teramat Sdn Bhd",
            "country": "MY",
            "subdivision": "MY-14",
            "sector": "PLANTATION",
            **more,
        }
        async with httpx.AsyncClient(base_url=self.gateway, timeout=30) as client:
            return await client.post("/v1/employers", json=body, headers=self.headers())


@asynccontextmanager
async def observed(
    stack: Stack, databases: DatabaseStand, broker: Broker, *, endpoint: str, logs: Path
) -> AsyncIterator[Observed]:
    """The whole of it, up and answering, telling the collector at `endpoint`."""
    prefix = await broker.fresh_prefix()
    ports = {name: free_port() for name in ("job-orders", "gateway")}
    settings = {
        name: _settings(name, await databases.fresh(name), endpoint=endpoint, prefix=prefix)
        for name in SERVICES
    }
    settings["gateway"]["GATEWAY_JOB_ORDERS_URL"] = f"http://{LOOPBACK}:{ports['job-orders']}"
    settings["job-orders"]["JOB_ORDERS_DATABASE_POOL_SIZE"] = "2"
    async with AsyncExitStack() as processes:

        async def start(name: str, command: list[str], service: str) -> None:
            process = await processes.enter_async_context(
                running(name, command, settings[service], logs)
            )
            started[name] = process

        started: dict[str, subprocess.Popen[bytes]] = {}
        for name, port in ports.items():
            await start(name, http_command(get_service(name).package, port), name)
        for name in SERVICES:
            command = ["-m", f"{get_service(name).package}.messenger"]
            await start(f"{name}-messenger", command, name)
        for port in ports.values():
            await answers(f"http://{LOOPBACK}:{port}/health/ready")
        yield Observed(
            stack, databases, f"http://{LOOPBACK}:{ports['gateway']}", settings, prefix, started
        )
        # All at once; the blocks above then wait for each.
        for process in started.values():
            process.terminate()


def _settings(name: str, own: Settings, *, endpoint: str, prefix: str) -> Settings:
    begin = get_service(name).prefix
    return own | {
        f"{begin}OTLP_ENDPOINT": endpoint,
        f"{begin}METRICS_INTERVAL_SECONDS": str(INTERVAL_SECONDS),
        f"{begin}TOPIC_PREFIX": prefix,
    }
