"""The gateway beside nginx, both in front of the same service: throughput, processor, latency.

The gateway checks the caller's token, counts the rate limit, mints a transaction token, bounds
the call and starts a trace; nginx does none of these.
"""

import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import aiohttp

from deploy.local.environments import environment
from deploy.local.stack import LOCAL, LOOPBACK
from deploy.local.tokens import sign_token
from shared.ids import new_id
from tests.bench import wrk
from tests.bench.figures import Figure, percentile
from tests.bench.pace import paced
from tests.bench.programs import Program, running, uvicorn
from tests.bench.stand import EMPLOYER, Stand
from tests.stands import fresh_key

CONNECTIONS = 32
WARMUP_SECONDS = 3.0
PACE = 300.0
AT_LEAST_OF_NGINX = 0.5
MOST_CPU_SECONDS = 0.5
# So that the guard counts every call but refuses none.
_NO_LIMIT = {"GATEWAY_RATE_LIMIT_REQUESTS": "100000000"}
_PURPOSE = {"Purpose-Of-Use": "JOB_ORDER_VERIFICATION"}


@dataclass(frozen=True, slots=True)
class Ways:
    """Three ways to the same answer, and the process that is watched."""

    direct: str
    by_nginx: str
    by_gateway: str
    gateway: Program
    nginx: Program


async def measure(stand: Stand) -> list[Figure]:
    """All figures of the gateway."""
    stand.plan.needs("services/gateway/src/gateway/main.py")
    path = f"/v1/employers/{new_id()}"
    upstream = uvicorn(
        stand.stack, "tests.bench.rivals.upstream:create_app", stand.stack.ports["job-orders"]
    )
    figures = []
    async with (
        running("upstream", upstream, port=stand.stack.ports["job-orders"]),
        ways(stand, path) as small,
    ):
        figures += await _throughput(stand, small)
        figures += await _latency(stand, small)
    async with employer_behind(stand) as path, ways(stand, path) as real:
        figures += await _throughput_of_employers(stand, real)
    return figures


@asynccontextmanager
async def ways(stand: Stand, path: str) -> AsyncIterator[Ways]:
    """The gateway and nginx, each one process, before whatever listens as job-orders."""
    ports = stand.stack.ports
    # The registry's port is free here, because only the way to job-orders is used.
    nginx_port = ports["registry"]
    settings = environment(stand.stack, "gateway") | _NO_LIMIT
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(
            running(
                "gateway",
                uvicorn(stand.stack, "gateway.main:create_app", ports["gateway"]),
                environment=settings,
                port=ports["gateway"],
            )
        )
        nginx = await stack.enter_async_context(
            running(
                "nginx",
                _nginx(port=nginx_port, service_port=ports["job-orders"]),
                port=nginx_port,
            )
        )
        yield Ways(
            direct=stand.stack.url("job-orders") + path,
            by_nginx=f"http://{LOOPBACK}:{nginx_port}{path}",
            by_gateway=stand.stack.gateway_url + path,
            gateway=gateway,
            nginx=nginx,
        )


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


async def _throughput(stand: Stand, to: Ways) -> list[Figure]:
    ours, theirs, cpu, nginx_cpu, direct = [], [], [], [], []
    bearer = _bearer(stand)
    await _both_warm(to, bearer, {})
    for _ in range(stand.plan.runs):
        before = to.gateway.cpu_seconds()
        load = await wrk.load(
            to.by_gateway, seconds=stand.plan.seconds, connections=CONNECTIONS, headers=bearer
        )
        cpu.append(1000 * (to.gateway.cpu_seconds() - before) / load.requests)
        before = to.nginx.cpu_seconds()
        rival = await wrk.load(to.by_nginx, seconds=stand.plan.seconds, connections=CONNECTIONS)
        nginx_cpu.append(1000 * (to.nginx.cpu_seconds() - before) / rival.requests)
        bare = await wrk.load(to.direct, seconds=stand.plan.seconds, connections=CONNECTIONS)
        ours.append(load.per_second)
        theirs.append(rival.per_second)
        direct.append(bare.per_second)
    return [
        Figure(
            "gateway.passthrough_vs_nginx",
            "requests/s",
            ours,
            rival="nginx",
            rival_samples=theirs,
            at_least=AT_LEAST_OF_NGINX,
        ),
        Figure("gateway.cpu_s_per_1000", "CPU s", cpu, at_most=MOST_CPU_SECONDS),
        Figure("gateway.nginx_cpu_s_per_1000", "CPU s", nginx_cpu),
        Figure("gateway.service_alone", "requests/s", direct),
    ]


async def _throughput_of_employers(stand: Stand, to: Ways) -> list[Figure]:
    """The same before the real job-orders, where the service is what costs most."""
    ours, theirs = [], []
    bearer = _bearer(stand)
    await _both_warm(to, bearer, _PURPOSE | stand.caller("job-orders"))
    for _ in range(stand.plan.runs):
        load = await wrk.load(
            to.by_gateway, seconds=stand.plan.seconds, connections=CONNECTIONS, headers=bearer
        )
        vouched = stand.caller("job-orders")
        rival = await wrk.load(
            to.by_nginx, seconds=stand.plan.seconds, connections=CONNECTIONS, headers=vouched
        )
        ours.append(load.per_second)
        theirs.append(rival.per_second)
    name = "gateway.employer_vs_nginx"
    return [Figure(name, "requests/s", ours, rival="nginx", rival_samples=theirs)]


async def _latency(stand: Stand, to: Ways) -> list[Figure]:
    """What the gateway adds to an answer's time at a steady pace that leaves air."""
    medians, tails, nginx_medians, nginx_tails = [], [], [], []
    bearer = _bearer(stand)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def times(url: str, headers: dict[str, str]) -> list[float]:
            async def ask(_number: int) -> None:
                async with session.get(url, headers=headers) as answer:
                    await answer.read()
                    answer.raise_for_status()

            spent = await paced(ask, per_second=PACE, seconds=stand.plan.seconds)
            return spent[round(PACE) :]

        for _ in range(stand.plan.runs):
            direct = await times(to.direct, {})
            ours = await times(to.by_gateway, bearer)
            theirs = await times(to.by_nginx, {})
            medians.append(percentile(ours, 50) - percentile(direct, 50))
            tails.append(percentile(ours, 99) - percentile(direct, 99))
            nginx_medians.append(percentile(theirs, 50) - percentile(direct, 50))
            nginx_tails.append(percentile(theirs, 99) - percentile(direct, 99))
    unit = f"ms at {PACE:.0f}/s"
    return [
        Figure("gateway.added_p50_ms", unit, medians),
        Figure("gateway.added_p99_ms", unit, tails),
        Figure("gateway.nginx_added_p50_ms", unit, nginx_medians),
        Figure("gateway.nginx_added_p99_ms", unit, nginx_tails),
    ]


async def _both_warm(to: Ways, bearer: dict[str, str], vouched: dict[str, str]) -> None:
    for url, headers in ((to.by_gateway, bearer), (to.by_nginx, vouched)):
        await wrk.load(url, seconds=WARMUP_SECONDS, connections=CONNECTIONS, headers=headers)


def _bearer(stand: Stand) -> dict[str, str]:
    return {"Authorization": f"Bearer {sign_token(stand.stack, 'mission-officer')}"} | _PURPOSE


def _nginx(*, port: int, service_port: int) -> list[str]:
    program = wrk.find("nginx")
    folder = LOCAL / "bench" / "nginx"
    folder.mkdir(parents=True, exist_ok=True)
    template = (wrk.RIVALS / "nginx.conf").read_text()
    for name, value in {"folder": folder, "port": port, "service_port": service_port}.items():
        template = template.replace(f"{{{name}}}", str(value))
    settings = folder / "nginx.conf"
    settings.write_text(template)
    subprocess.run([program, "-t", "-q", "-c", str(settings)], check=True)
    return [program, "-c", str(settings)]
