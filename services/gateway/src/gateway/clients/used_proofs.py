"""Which proofs came already: one table in the gateway's database, for all its processes.

The unique key decides between two that come at once, in whichever processes. Where the database
is away nobody with a bound token comes in: an unanswered question is not a new proof.
"""

import asyncio
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel.ext.asyncio.session import AsyncSession

from gateway.clients.proofs import LIFETIME_SECONDS, Proof
from gateway.clients.rules import ProofReplayed
from shared.db import Database, driver_sql
from shared.errors import ServiceBusy

# Past the last moment at which any process would take the proof, were its clock a minute behind.
KEPT_SECONDS = LIFETIME_SECONDS + 60
_PATIENCE_SECONDS = 5
_RETRY_AFTER_SECONDS = 2
_MOST_FORGOTTEN_AT_ONCE = 10_000

_REMEMBER = """
INSERT INTO used_proofs (digest, expires_at)
SELECT * FROM unnest($1::bytea[], $2::timestamptz[])
ON CONFLICT (digest) DO NOTHING
RETURNING digest
"""
_FORGET = """
DELETE FROM used_proofs WHERE digest IN (
    SELECT digest FROM used_proofs WHERE expires_at < now() ORDER BY expires_at LIMIT $1
) RETURNING 1
"""


class UsedProofs:
    """Remembers proofs; those that come while one statement is under way share the next."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[bytes, tuple[datetime, asyncio.Future[bool | None]]] = {}
        self._turn = asyncio.Lock()

    async def use(self, proof: Proof) -> None:
        """Use this proof up; raises ProofReplayed, or ServiceBusy where nobody can say."""
        if proof.digest in self._waiting:
            raise ProofReplayed
        expires_at = datetime.fromtimestamp(proof.made_at, UTC) + timedelta(seconds=KEPT_SECONDS)
        is_new: asyncio.Future[bool | None] = asyncio.get_running_loop().create_future()
        self._waiting[proof.digest] = (expires_at, is_new)
        async with self._turn:
            if not is_new.done():
                await self._store_waiting()
        if (answer := is_new.result()) is None:
            raise ServiceBusy(retry_after_seconds=_RETRY_AFTER_SECONDS)
        if not answer:
            raise ProofReplayed

    async def _store_waiting(self) -> None:
        batch, self._waiting = self._waiting, {}
        # In one order everywhere, so that two processes with the same proofs cannot deadlock.
        digests = sorted(batch)
        stored: set[bytes] | None = None
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                stored = await self._stored(digests, [batch[digest][0] for digest in digests])
        except (DBAPIError, OSError, TimeoutError, PoolTimeout):
            pass
        finally:
            for digest, (_, is_new) in batch.items():
                if not is_new.done():
                    is_new.set_result(None if stored is None else digest in stored)

    async def _stored(self, digests: list[bytes], expiries: list[datetime]) -> set[bytes]:
        # One statement that is its own transaction: there is nothing else to take back.
        async with self._database.engine.connect() as connection:
            alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
            rows = await alone.exec_driver_sql(_REMEMBER, (digests, expiries))
            return {bytes(row[0]) for row in rows}


async def forget_used_proofs(session: AsyncSession) -> bool:
    """Delete some of the proofs that nobody would take any more; whether more may be due."""
    forgotten = await driver_sql(session, _FORGET, _MOST_FORGOTTEN_AT_ONCE)
    return len(forgotten) == _MOST_FORGOTTEN_AT_ONCE
