"""When a system has come to rest: every process runs, every outbox is empty, every cursor level."""

import asyncio
from collections import Counter
from contextlib import suppress

import asyncpg

import cases.handlers
import gateway.handlers
import job_orders.handlers
import registry.handlers
from deploy.local import supervision
from deploy.local.stack import Stack
from shared.inbox import Handlers
from tests.audit.reading import PRODUCERS, fetch

CONSUMERS: dict[str, Handlers] = {
    "registry": registry.handlers.HANDLERS,
    "cases": cases.handlers.HANDLERS,
    "job_orders": job_orders.handlers.HANDLERS,
    "gateway": gateway.handlers.HANDLERS,
}
QUIET_SECONDS = 90.0
Streams = dict[tuple[str, str], int]

# What a service still owes itself, each a count that has to be none.
_STANDING_WORK = {
    ("gateway", "feed unnumbered"): "SELECT count(*) FROM feed_events WHERE position IS NULL",
    ("registry", "ledger unstamped"): (
        "SELECT count(*) FROM ledger_postings WHERE known_at IS NULL"
    ),
    ("registry", "records unlinked"): (
        "SELECT count(*) FROM source_records WHERE link_due IS NOT NULL"
    ),
    ("registry", "batches unfinished"): (
        "SELECT count(*) FROM operations WHERE state NOT IN ('RECEIVING', 'DONE', 'FAILED')"
    ),
    ("registry", "seats past their time"): (
        "SELECT count(*) FROM slot_reservations WHERE state = 'HELD' AND expires_at < now()"
    ),
}
_AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


async def until_quiet(stack: Stack, *, seconds: float = QUIET_SECONDS) -> None:
    """Wait for rest; TimeoutError tells what does not come to it.

    Level at one look is not enough: what a consumer did between two questions shows at the next.
    """
    owed: dict[str, int] = {"not looked at yet": 1}
    before: Streams | None = None
    try:
        async with asyncio.timeout(seconds):
            while True:
                with suppress(*_AWAY):
                    streams = await read_streams(stack)
                    owed = await unlevel(stack, streams) | await _about_to_move(stack)
                    if not owed and streams == before:
                        return
                    before = None if owed else streams
                await asyncio.sleep(0.5)
    except TimeoutError:
        raise TimeoutError(f"not quiet after {seconds:.0f} s: {owed}") from None


async def unlevel(stack: Stack, streams: Streams) -> dict[str, int]:
    """What is behind, by name."""
    behind: Counter[str] = Counter(_processes_away(stack))
    for producer in PRODUCERS:
        [unsent] = await fetch(stack, producer, "SELECT count(*) FROM outbox WHERE sent_at IS NULL")
        behind[f"{producer} outbox"] = unsent[0]
    for consumer, handlers in CONSUMERS.items():
        behind.update(await _behind(stack, consumer, handlers, streams))
    for (service, name), statement in _STANDING_WORK.items():
        [counted] = await fetch(stack, service, statement)
        behind[name] = counted[0]
    return {name: count for name, count in behind.items() if count}


async def _about_to_move(stack: Stack) -> dict[str, int]:
    """Seats whose time ends while somebody looks would be no lie, and no rest either."""
    [counted] = await fetch(
        stack,
        "registry",
        """
        SELECT count(*) FROM slot_reservations
        WHERE state = 'HELD' AND expires_at < now() + interval '30 seconds'
        """,
    )
    return {"seats about to lapse": counted[0]} if counted[0] else {}


async def read_streams(stack: Stack) -> Streams:
    """The last sequence of every key of every topic."""
    statement = "SELECT topic, key, last_sequence FROM streams"
    return {
        (row["topic"], row["key"]): row["last_sequence"]
        for producer in PRODUCERS
        for row in await fetch(stack, producer, statement)
    }


async def _behind(
    stack: Stack, consumer: str, handlers: Handlers, streams: Streams
) -> Counter[str]:
    behind: Counter[str] = Counter()
    reached = {
        (row["topic"], row["key"]): row
        for row in await fetch(stack, consumer, "SELECT * FROM cursors")
    }
    for (topic, key), last in streams.items():
        if topic not in handlers.all_topics:
            continue
        cursor = reached.get((topic, key))
        if cursor is None or cursor["last_sequence"] != last:
            behind[f"{consumer} of {topic}"] += 1
        elif cursor["parked"] or cursor["waiting"]:
            behind[f"{consumer} parked"] += 1
    return behind


def _processes_away(stack: Stack) -> dict[str, int]:
    return {
        f"process {name} is {one.state}": 1
        for name, one in supervision.states(stack).items()
        if one.state != "RUNNING"
    }
