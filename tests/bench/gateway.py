"""The gateway beside its rivals, all in front of the same service: throughput, processor, time.

The gateway checks the caller's token, counts the rate limit, mints a transaction token, bounds
the call and starts a trace. `tests.bench.proxies` tells what of this each rival does.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import aiohttp

from deploy.local.environments import environment
from deploy.local.stack import LOOPBACK
from deploy.local.tokens import sign_token
from shared.ids import new_id
from tests.bench import proxies, wrk
from tests.bench.figures import Figure, percentile
from tests.bench.pace import paced
from tests.bench.programs import CannotMeasure, Program, running, uvicorn
from tests.bench.stand import EMPLOYER, Stand
from tests.stands import fresh_key

CONNECTIONS = 32
WARMUP_SECONDS, MOST_WARMUPS, STILL_FALLING = 4.0, 15, 0.95
PACE = 300.0
AT_LEAST_OF_NGINX, AT_LEAST_OF_SPRING = 0.65, 1.0
MOST_CPU_SECONDS, MOST_CPU_OF_SPRING, MOST_MEMORY_OF_SPRING = 0.5, 1.0, 0.2
MOST_ADDED_P50_MS, MOST_ADDED_P99_MS = 1.0, 5.0
OURS = "gateway"
# So that the guard counts every call but refuses none.
_NO_LIMIT = {"GATEWAY_RATE_LIMIT_REQUESTS": "100000000"}
_PURPOSE = {"Purpose-Of-Use": "JOB_ORDER_VERIFICATION"}
_UNAUTHORIZED = 401


@dataclass(slots=True)
class Way:
    """One way to the answer, and what was seen of it, a value for each round."""

    key: str
    name: str
    url: str
    program: Program
    headers: dict[str, str]
    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    medians: list[float] = field(default_factory=list)
    tails: list[float] = field(default_factory=list)

    async def load(self, seconds: float) -> None:
        """One counted round under full load."""
        load, cpu = await self._loaded(seconds)
        self.cpu.append(cpu)
        self.memory.append(self.program.memory_mb())
        self.rates.append(load.per_second)

    async def warm(self) -> None:
        """Load it until a request costs no less than before: a virtual machine compiles itself
        under load, and until then it is another program.
        """
        least = float("inf")
        for _ in range(MOST_WARMUPS):
            _, cpu = await self._loaded(WARMUP_SECONDS)
            if cpu > least * STILL_FALLING:
                return
            least = cpu

    async def _loaded(self, seconds: float) -> tuple[wrk.Load, float]:
        before = self.program.cpu_seconds()
        load = await wrk.load(
            self.url, seconds=seconds, connections=CONNECTIONS, headers=self.headers
        )
        return load, 1000 * (self.program.cpu_seconds() - before) / load.requests


async def measure(stand: Stand) -> list[Figure]:
    """All figures of the gateway."""
    stand.plan.needs("services/gateway/src/gateway/main.py")
    path = f"/v1/employers/{new_id()}"
    port = stand.stack.ports["job-orders"]
    upstream = uvicorn(stand.stack, "tests.bench.rivals.upstream:create_app", port)
    figures = []
    async with (
        running("upstream", upstream, port=port),
        ways(stand, path, rivals=proxies.ALL) as small,
    ):
        for way in small:
            await way.warm()
        figures += await _throughput(stand, small, direct=stand.stack.url("job-orders") + path)
        figures += await _latency(stand, small, direct=stand.stack.url("job-orders") + path)
    async with (
        employer_behind(stand) as path,
        ways(stand, path, rivals=[proxies.NGINX], vouched=True) as real,
    ):
        figures += await _throughput_of_employers(stand, real)
    return figures


@asynccontextmanager
async def ways(
    stand: Stand, path: str, *, rivals: Sequence[proxies.Rival], vouched: bool = False
) -> AsyncIterator[list[Way]]:
    """The gateway and its rivals, each one process, before whatever listens as job-orders.

    Rivals that cannot be had are left out, and the plan told why. `vouched` sends past nginx what
    the gateway would have added, for a service that wants it.
    """
    port = stand.stack.ports["gateway"]
    bearer = {"Authorization": f"Bearer {sign_token(stand.stack, 'mission-officer')}"}
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(
            running(
                OURS,
                uvicorn(stand.stack, "gateway.main:create_app", port),
                environment=environment(stand.stack, "gateway") | _NO_LIMIT,
                port=port,
            )
        )
        url = stand.stack.gateway_url + path
        found = [Way(OURS, OURS, url, gateway, bearer | _PURPOSE)]
        for rival in rivals:
            try:
                way = await _rival(stand, rival, path, stack=stack)
            except CannotMeasure as reason:
                stand.plan.miss(f"gateway.*{rival.key}: {reason}")
                continue
            if rival.checks_token:
                way.headers = bearer
            elif vouched:
                way.headers = stand.caller("job-orders")
            found.append(way)
        yield found


async def _rival(stand: Stand, rival: proxies.Rival, path: str, *, stack: AsyncExitStack) -> Way:
    port = stand.stack.ports[rival.port]
    start = rival.prepare(stand, port)
    program = await stack.enter_async_context(
        running(rival.key, start.command, environment=start.environment, port=port)
    )
    url = f"http://{LOOPBACK}:{port}{path}"
    if rival.checks_token:
        await _ensure_checked(rival, url, sign_token(stand.stack, "mission-officer"))
    return Way(rival.key, rival.name, url, program, {})


async def _ensure_checked(rival: proxies.Rival, url: str, token: str) -> None:
    """Raises CannotMeasure for a rival that lets through a token whose claims were changed."""
    head, claims, signature = token.split(".")
    wrong = ".".join([head, claims, signature[:-8] + signature[-8:].swapcase()])
    async with aiohttp.ClientSession() as session:
        for headers in ({}, {"Authorization": f"Bearer {wrong}"}):
            async with session.get(url, headers=headers) as answer:
                if answer.status != _UNAUTHORIZED:
                    raise CannotMeasure(f"{rival.name} answers {answer.status} to a wrong token")


@asynccontextmanager
async def employer_behind(stand: Stand) -> AsyncIterator[str]:
    """The real job-orders on a fresh database, and the path of one employer in it."""
    settings = await stand.fresh_service("job-orders")
    port = stand.stack.ports["job-orders"]
    command = uvicorn(stand.stack, "job_orders.main:create_app", port)
    async with running("job-orders", command, environment=settings, port=port):
        headers = stand.caller("job-orders") | fresh_key()
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                f"{stand.stack.url('job-orders')}/v1/employers", json=EMPLOYER, headers=headers
            ) as answer,
        ):
            answer.raise_for_status()
            yield answer.headers["Location"]


async def _throughput(stand: Stand, to: Sequence[Way], *, direct: str) -> list[Figure]:
    alone = []
    for _ in range(stand.plan.runs):
        for way in to:
            await way.load(stand.plan.seconds)
        bare = await wrk.load(direct, seconds=stand.plan.seconds, connections=CONNECTIONS)
        alone.append(bare.per_second)
    ours, *rivals = to
    least = {"nginx": AT_LEAST_OF_NGINX, "spring": AT_LEAST_OF_SPRING}
    figures = [
        Figure(
            f"gateway.passthrough_vs_{rival.key}",
            "requests/s",
            ours.rates,
            rival=rival.name,
            rival_samples=rival.rates,
            at_least=least.get(rival.key),
        )
        for rival in rivals
    ]
    figures.append(Figure("gateway.cpu_s_per_1000", "CPU s", ours.cpu, at_most=MOST_CPU_SECONDS))
    for rival in rivals:
        if rival.key == "spring":
            figures += _beside_spring(ours, rival)
        else:
            figures.append(Figure(f"gateway.{rival.key}_cpu_s_per_1000", "CPU s", rival.cpu))
    return [*figures, Figure("gateway.service_alone", "requests/s", alone)]


def _beside_spring(ours: Way, spring: Way) -> list[Figure]:
    return [
        Figure(
            "gateway.cpu_s_per_1000_vs_spring",
            "CPU s",
            ours.cpu,
            rival=spring.name,
            rival_samples=spring.cpu,
            at_most=MOST_CPU_OF_SPRING,
        ),
        Figure(
            "gateway.memory_mb_vs_spring",
            "MB PSS under load",
            ours.memory,
            rival=spring.name,
            rival_samples=spring.memory,
            at_most=MOST_MEMORY_OF_SPRING,
        ),
    ]


async def _throughput_of_employers(stand: Stand, to: Sequence[Way]) -> list[Figure]:
    """The same before the real job-orders, where the service is what costs most."""
    for way in to:
        await way.warm()
    for _ in range(stand.plan.runs):
        for way in to:
            if way.key == "nginx":
                way.headers = stand.caller("job-orders")
            await way.load(stand.plan.seconds)
    ours, *rivals = to
    return [
        Figure(
            f"gateway.employer_vs_{rival.key}",
            "requests/s",
            ours.rates,
            rival=rival.name,
            rival_samples=rival.rates,
        )
        for rival in rivals
    ]


async def _latency(stand: Stand, to: Sequence[Way], *, direct: str) -> list[Figure]:
    """What each adds to an answer's time at a steady pace that leaves air."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def times(url: str, headers: dict[str, str]) -> list[float]:
            async def ask(_number: int) -> None:
                async with session.get(url, headers=headers) as answer:
                    await answer.read()
                    answer.raise_for_status()

            spent = await paced(ask, per_second=PACE, seconds=stand.plan.seconds)
            return spent[round(PACE) :]

        for _ in range(stand.plan.runs):
            bare = await times(direct, {})
            for way in to:
                through = await times(way.url, way.headers)
                way.medians.append(percentile(through, 50) - percentile(bare, 50))
                way.tails.append(percentile(through, 99) - percentile(bare, 99))
    unit = f"ms at {PACE:.0f}/s"
    figures = []
    for way in to:
        name = "" if way.key == OURS else f"{way.key}_"
        most = (MOST_ADDED_P50_MS, MOST_ADDED_P99_MS) if way.key == OURS else (None, None)
        figures += [
            Figure(f"gateway.{name}added_p50_ms", unit, way.medians, at_most=most[0]),
            Figure(f"gateway.{name}added_p99_ms", unit, way.tails, at_most=most[1]),
        ]
    return figures
