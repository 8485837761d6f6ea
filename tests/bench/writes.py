"""A write with everything on, beside the same statements by a bare program."""

import json
import secrets

from tests.bench import wrk
from tests.bench.figures import Figure
from tests.bench.programs import Program, running, uvicorn
from tests.bench.stand import EMPLOYER, Stand

CONNECTIONS = 16
WARMUP_SECONDS = 3.0
AT_LEAST_OF_RAW = 0.35


async def measure(stand: Stand) -> list[Figure]:
    """POST /v1/employers: token, policy, idempotency, history, event, encryption, trace.

    Both write to databases of their own on one server. No messenger runs, so what is measured
    is the request alone, up to its answer.
    """
    ours = await stand.fresh_service("job-orders")
    theirs = await stand.fresh_service("job-orders")
    port, rival_port = stand.stack.ports["job-orders"], stand.stack.ports["registry"]
    raw = {"DATABASE_URL": theirs["JOB_ORDERS_DATABASE_URL"]}
    rival_command = uvicorn(stand.stack, "tests.bench.rivals.raw_writes:create_app", rival_port)
    command = uvicorn(stand.stack, "job_orders.main:create_app", port)
    async with (
        running("job-orders", command, environment=ours, port=port) as service,
        running("raw-writes", rival_command, environment=raw, port=rival_port) as rival,
    ):
        return await _compare(stand, service, rival, ports=(port, rival_port))


async def _compare(
    stand: Stand, service: Program, rival: Program, *, ports: tuple[int, int]
) -> list[Figure]:
    sides = [(service, ports[0]), (rival, ports[1])]
    rates: list[list[float]] = [[], []]
    cpu: list[list[float]] = [[], []]
    tails: list[float] = []
    for program, port in sides:
        await _load(stand, program, port, seconds=WARMUP_SECONDS)
    for _ in range(stand.plan.runs):
        for side, (program, port) in enumerate(sides):
            before = program.cpu_seconds()
            load = await _load(stand, program, port, seconds=stand.plan.seconds)
            rates[side].append(load.per_second)
            cpu[side].append(1000 * (program.cpu_seconds() - before) / load.requests)
            if program is service:
                tails.append(load.p99_ms)
    return [
        Figure(
            "outbox.write_vs_raw_sql",
            "writes/s",
            rates[0],
            rival="raw SQL",
            rival_samples=rates[1],
            at_least=AT_LEAST_OF_RAW,
        ),
        Figure("outbox.write_cpu_s_per_1000", "CPU s", cpu[0], "raw SQL", cpu[1]),
        Figure("outbox.write_p99_ms", f"ms, {CONNECTIONS} connections", tails),
    ]


async def _load(stand: Stand, program: Program, port: int, *, seconds: float) -> wrk.Load:
    program.ensure_alive()
    return await wrk.load(
        f"http://127.0.0.1:{port}/v1/employers",
        seconds=seconds,
        connections=CONNECTIONS,
        headers=stand.caller("job-orders") | {"Content-Type": "application/json"},
        script="employers.lua",
        arguments=(secrets.token_hex(6), json.dumps(EMPLOYER)),
    )
