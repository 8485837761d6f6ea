"""Whether the four databases tell one story: nothing on the way between them.

Of each stream and each cursor a count, a sum and a digest are taken per topic; where those of all
agree, every event that was said has had its effect, or waits in the reader's own database.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import asyncpg

from deploy.local.stack import SERVICES

_UNSENT = "SELECT count(*) FROM outbox WHERE sent_at IS NULL"
_STREAMS = """
SELECT topic, count(*), sum(last_sequence)::bigint,
       sum(hashtextextended(key, last_sequence))::text
FROM streams GROUP BY topic ORDER BY topic
"""
# What stands in line behind a parked message is as safe as what had its effect.
_CURSORS = """
SELECT topic, count(*), sum(reached)::bigint, sum(hashtextextended(key, reached))::text
FROM cursors c CROSS JOIN LATERAL (
    SELECT last_sequence + CASE WHEN waiting > 0 AND last_sequence + waiting = (
        SELECT max(sequence) FROM parked_messages p WHERE p.topic = c.topic AND p.key = c.key
    ) THEN waiting ELSE 0 END AS reached) AS place
GROUP BY topic ORDER BY topic
"""
_PARKED = "SELECT count(*) FROM cursors WHERE parked OR waiting > 0"


@dataclass(frozen=True, slots=True)
class Sum:
    """Of the keys of one topic: how many, their last sequences added up, a digest of both."""

    keys: int
    sequences: int
    digest: str


@dataclass(frozen=True, slots=True)
class Marks:
    """How far one service has said and heard."""

    unsent: int
    parked_keys: int
    streams: Mapping[str, Sum]
    cursors: Mapping[str, Sum]

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Marks":
        """From the form in which a manifest keeps them."""

        def sums(name: str) -> dict[str, Sum]:
            return {topic: Sum(**one) for topic, one in told[name].items()}

        return cls(told["unsent"], told["parked_keys"], sums("streams"), sums("cursors"))


async def count_unsent(connection: asyncpg.Connection) -> int:
    """The cheap question, to be asked first."""
    return int(await connection.fetchval(_UNSENT))


async def read_marks(connection: asyncpg.Connection) -> Marks:
    """The marks of one database, all of one moment if the connection is in a snapshot."""
    return Marks(
        unsent=await count_unsent(connection),
        parked_keys=await connection.fetchval(_PARKED),
        streams=await _sums(connection, _STREAMS),
        cursors=await _sums(connection, _CURSORS),
    )


def behind(marks: Mapping[str, Marks]) -> list[str]:
    """What is still on the way, one phrase each; empty when the databases tell one story."""
    found = [f"{name} has {one.unsent} unsent" for name, one in marks.items() if one.unsent]
    streams = {topic: said for one in marks.values() for topic, said in one.streams.items()}
    for service in SERVICES:
        cursors = marks[service.name].cursors
        for topic in _heard_by(service.package):
            said, heard = streams.get(topic), cursors.get(topic)
            if said != heard:
                missing = (said.sequences if said else 0) - (heard.sequences if heard else 0)
                found.append(f"{service.name} is {missing} behind in {topic}")
    return found


def _heard_by(package: str) -> list[str]:
    topics: list[str] = import_module(f"{package}.handlers").HANDLERS.all_topics
    return topics


async def _sums(connection: asyncpg.Connection, statement: str) -> dict[str, Sum]:
    rows = await connection.fetch(statement)
    return {topic: Sum(keys, sequences, digest) for topic, keys, sequences, digest in rows}
