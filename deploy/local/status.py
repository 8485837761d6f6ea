"""What a stack does at this moment: processes, and how far each service is behind."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass

import psutil

from deploy.local import broker, extras, postgres
from deploy.local.processes import server_names, service_names
from deploy.local.stack import SERVICES, Service, Stack
from deploy.local.supervision import ProcessState, find_leftovers, states

_ABSENT = "-"

_OUTBOX = """
SELECT count(*), coalesce(extract(epoch FROM now() - min(created_at))::bigint, 0)
FROM outbox WHERE sent_at IS NULL
"""
_PARKED = "SELECT count(*) FILTER (WHERE parked), coalesce(sum(waiting), 0) FROM cursors"
_GAPS = "SELECT count(DISTINCT (topic, key)) FROM parked_messages WHERE reason = 'GAP'"
_UNREADABLE = "SELECT count(*) FROM parked_messages WHERE reason = 'UNREADABLE'"
_UNNUMBERED = "SELECT count(*) FROM feed_events WHERE position IS NULL"
_LEASES = "SELECT count(*) FROM leases WHERE expires_at > now()"
_PAUSE = "SELECT holder FROM leases WHERE name = 'pause' AND expires_at > now()"


@dataclass
class Backlog:
    """How far one service is behind; a figure that cannot be had is a dash."""

    unsent: str = _ABSENT
    oldest_unsent: str = _ABSENT
    parked_keys: str = _ABSENT
    waiting: str = _ABSENT
    gaps: str = _ABSENT
    unreadable: str = _ABSENT
    unnumbered: str = _ABSENT
    leases: str = _ABSENT


def show_status(stack: Stack) -> bool:
    """Print the status of a stack; return whether all of its processes run."""
    now = states(stack)
    if not now:
        left = find_leftovers(stack)
        print(f"The stack {stack.name!r} is not running. Start it: make up")
        if left:
            pids = ", ".join(str(process.pid) for process in left)
            print(f"An earlier start left these processes running: {pids}. End them: make down")
        return False
    names = [*server_names(stack), *extras.process_names(stack), *service_names()]
    _print_table(
        ["process", "state", "pid", "memory", "up"], [_process_row(now, name) for name in names]
    )
    print()
    _print_table(
        [
            *(
                "service",
                "unsent",
                "oldest unsent",
                "parked keys",
                "waiting behind",
                "leases",
                "lag",
            ),
            *("keys at gaps", "unreadable", "feed behind"),
        ],
        _backlog_rows(stack),
    )
    if paused := [service.name for service in SERVICES if _is_paused(stack, service)]:
        print(f"\nWrites wait at {', '.join(paused)}: a backup is in progress.")
    return all(name in now and now[name].state in {"RUNNING", "STARTING"} for name in names)


def read_backlog(stack: Stack, service: Service) -> Backlog:
    """What the service's own tables say; tables that do not exist yet leave dashes."""
    backlog = Backlog()
    with suppress(LookupError):
        unsent, seconds = postgres.query(stack, service.package, statement=_OUTBOX)[0]
        backlog.unsent = unsent
        backlog.oldest_unsent = duration(int(seconds)) if int(unsent) else _ABSENT
    with suppress(LookupError):
        backlog.parked_keys, backlog.waiting = postgres.query(
            stack, service.package, statement=_PARKED
        )[0]
    figures = {
        "leases": _LEASES,
        "gaps": _GAPS,
        "unreadable": _UNREADABLE,
        "unnumbered": _UNNUMBERED,
    }
    for name, statement in figures.items():
        with suppress(LookupError):
            setattr(
                backlog, name, postgres.query(stack, service.package, statement=statement)[0][0]
            )
    return backlog


async def read_lags(stack: Stack) -> dict[str, int]:
    """Messages that each consumer group has not confirmed yet, by group name."""
    from aiokafka import AIOKafkaConsumer  # noqa: PLC0415  # Slow to load, and only needed here.
    from aiokafka.admin import AIOKafkaAdminClient  # noqa: PLC0415

    admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka_bootstrap)
    consumer = AIOKafkaConsumer(bootstrap_servers=stack.kafka_bootstrap)
    lags: dict[str, int] = {}
    try:
        await admin.start()
        await consumer.start()
        for group, *_ in await admin.list_consumer_groups():
            committed = await admin.list_consumer_group_offsets(group)
            ends = await consumer.end_offsets(list(committed))
            lags[group] = sum(max(ends[at] - one.offset, 0) for at, one in committed.items())
    finally:
        await consumer.stop()
        await admin.close()
    return lags


def duration(seconds: int) -> str:
    """Seconds as people say them: 42s, 7m, 3h 20m, 2d 4h."""
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if days:
        return f"{days}d {hours % 24}h"
    if hours:
        return f"{hours}h {minutes % 60}m"
    return f"{minutes}m" if minutes else f"{seconds}s"


def _process_row(now: dict[str, ProcessState], name: str) -> list[str]:
    one = now.get(name)
    if one is None or not one.pid:
        return [name, one.state if one else "UNKNOWN", _ABSENT, _ABSENT, _ABSENT]
    memory = 0
    with suppress(psutil.Error):
        process = psutil.Process(one.pid)
        for part in [process, *process.children(recursive=True)]:
            with suppress(psutil.Error):
                # Shared pages would count once per PostgreSQL child; they belong to the parent.
                memory += part.memory_info().rss - (
                    part.memory_info().shared if part.pid != one.pid else 0
                )
    up = duration(int(time.time()) - one.started_at)
    return [name, one.state, str(one.pid), f"{memory >> 20} MiB", up]


def _backlog_rows(stack: Stack) -> list[list[str]]:
    lags: dict[str, int] = {}
    if broker.answers(stack.kafka_bootstrap):
        with suppress(Exception):
            lags = asyncio.run(read_lags(stack))
    rows = []
    for service in SERVICES:
        backlog = read_backlog(stack, service)
        lag = lags.get(service.name, lags.get(service.package))
        rows.append(
            [
                service.name,
                backlog.unsent,
                backlog.oldest_unsent,
                backlog.parked_keys,
                backlog.waiting,
                backlog.leases,
                _ABSENT if lag is None else str(lag),
                backlog.gaps,
                backlog.unreadable,
                backlog.unnumbered,
            ]
        )
    return rows


def _is_paused(stack: Stack, service: Service) -> bool:
    with suppress(LookupError):
        return bool(postgres.query(stack, service.package, statement=_PAUSE))
    return False


def _print_table(head: list[str], rows: list[list[str]]) -> None:
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    for row in [head, *rows]:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        print("  ".join(cells).rstrip())
