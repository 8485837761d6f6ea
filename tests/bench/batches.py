"""Source records in bulk, through the gateway, until every one is stored and linked."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import aiohttp

from deploy.local.environments import environment
from deploy.local.tokens import sign_token
from deploy.seed.gateway import TIMEOUT, Gateway, Json, LoadFailed, first_of
from deploy.seed.lives import System
from deploy.seed.load import CONTENT_TYPES, PURPOSE, ROLES, parts_of, texts_of
from tests.bench.figures import Figure
from tests.bench.programs import CannotMeasure, running, uvicorn
from tests.bench.stand import Stand
from tests.stands import fresh_key

LEAST_PER_SECOND = 1_000
WARMUP_RECORDS = 1_000
_PIECE_BYTES = 64 * 1024
_POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Batch:
    """The lines of one system, made before the clock starts."""

    system: System
    body: bytes

    async def pieces(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self.body), _PIECE_BYTES):
            yield self.body[start : start + _PIECE_BYTES]


async def measure(stand: Stand) -> list[Figure]:
    """Both ministries send at once; the clock runs from the first byte to the last DONE."""
    stand.plan.needs(
        "services/registry/src/registry/main.py",
        "services/registry/src/registry/messenger.py",
        "services/gateway/src/gateway/main.py",
    )
    records = stand.plan.records
    few, many = batches_of(WARMUP_RECORDS, seed=1), batches_of(records, seed=2026)
    rates = []
    for number in range(stand.plan.runs):
        async with registry_behind_gateway(stand):
            await load(stand, few)
            seconds = await load(stand, many)
        rates.append(records / seconds)
        stand.plan.say(f"run {number + 1}: {records:,} records in {seconds:.1f} s")
    name = "registry.batch_load_per_s"
    return [Figure(name, f"records/s of {records:,}", rates, at_least=LEAST_PER_SECOND)]


def batches_of(records: int, *, seed: int) -> list[Batch]:
    return [
        Batch(system, "".join(texts_of(part, records, seed)).encode())
        for system in System
        for part in parts_of(system, records)
    ]


@asynccontextmanager
async def registry_behind_gateway(stand: Stand) -> AsyncIterator[None]:
    """The registry's two processes on a fresh database, and the gateway before them."""
    ports = stand.stack.ports
    settings = await stand.fresh_service("registry", prefix=await stand.fresh_topics())
    messenger = [sys.executable, "-m", "registry.messenger"]
    programs = [
        ("registry", uvicorn(stand.stack, "registry.main:create_app", ports["registry"]), settings),
        (
            "gateway",
            uvicorn(stand.stack, "gateway.main:create_app", ports["gateway"]),
            environment(stand.stack, "gateway"),
        ),
    ]
    async with AsyncExitStack() as stack:
        for name, command, given in programs:
            await stack.enter_async_context(
                running(name, command, environment=given, port=ports[name])
            )
        await stack.enter_async_context(
            running("registry-messenger", messenger, environment=settings)
        )
        yield


async def load(stand: Stand, batches: list[Batch]) -> float:
    """Seconds until all batches are done; raises CannotMeasure where a line was refused."""
    began = time.perf_counter()
    async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
        try:
            with first_of(LoadFailed):
                async with asyncio.TaskGroup() as group:
                    for batch in batches:
                        role = ROLES[batch.system]
                        token = sign_token(stand.stack, role)
                        gateway = Gateway(session, stand.stack.gateway_url, role, token, PURPOSE)
                        group.create_task(_send(gateway, batch))
        except LoadFailed as failure:
            raise CannotMeasure(str(failure)) from None
    return time.perf_counter() - began


async def _send(gateway: Gateway, batch: Batch) -> None:
    answer = await gateway.ask(
        "POST",
        "/v1/source-record-batches",
        params={"source_system": batch.system.value},
        headers={"Content-Type": CONTENT_TYPES[batch.system], **fresh_key()},
        body=batch.pieces,
    )
    operation: Json = {}
    while operation.get("state") not in {"DONE", "FAILED"}:
        await asyncio.sleep(_POLL_SECONDS)
        operation = (await gateway.ask("GET", answer.headers["Location"])).json()
    if operation["state"] == "FAILED" or operation.get("lines_refused"):
        raise LoadFailed(f"{batch.system}: the registry says {operation}")
