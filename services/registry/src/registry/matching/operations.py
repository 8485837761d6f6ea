"""Remembering what a record's subject is known by: sealed features, and keys under keyed hashes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.matching import queries
from registry.matching.features import Features
from registry.matching.keys import key_hashes
from registry.matching.tables import FEATURES_COLUMN
from shared.db import driver_sql
from shared.privacy import Keyring
from shared.rows import copy_rows


@dataclass(frozen=True, slots=True)
class Known:
    """A record and its features in clear, on their way into the tables."""

    record_id: UUID
    features: Features


async def remember_features(
    session: AsyncSession, fresh: Sequence[Known], renewed: Sequence[Known], *, keyring: Keyring
) -> set[UUID]:
    """Keep the features of new and of changed records; gives those renewed ones that still
    identify the same, so that nobody need look for their person again.
    """
    kept, unchanged = list(fresh), set[UUID]()
    if renewed:
        before = await queries.load_features(
            session, [one.record_id for one in renewed], keyring=keyring
        )
        stale = []
        for one in renewed:
            was = before.get(one.record_id)
            now = one.features.with_earlier(was) if was else one.features
            if was is not None and now.identity == was.identity:
                unchanged.add(one.record_id)
            if now != was:
                stale.append(one.record_id)
                kept.append(Known(one.record_id, now))
        await forget_features(session, stale)
    await _keep(session, kept, keyring=keyring)
    return unchanged


async def forget_features(session: AsyncSession, record_ids: Iterable[UUID]) -> None:
    """A withdrawn record identifies nobody."""
    if ids := list(record_ids):
        await driver_sql(
            session,
            """
            WITH gone AS (
                DELETE FROM match_features WHERE source_record_id = ANY($1::uuid[])
                RETURNING source_record_id, keys
            )
            DELETE FROM match_keys m USING gone
            WHERE m.key_hash = ANY(gone.keys) AND m.source_record_id = gone.source_record_id
            """,
            ids,
        )


@lru_cache(maxsize=4096)
def number_index(keyring: Keyring, kind: str, number: str) -> bytes:
    """The blind index of a NIK or other number; equal numbers have equal ones."""
    return keyring.blind_index(kind, number)


async def _keep(session: AsyncSession, kept: Sequence[Known], *, keyring: Keyring) -> None:
    if not kept:
        return
    keys = key_hashes([one.features for one in kept], keyring)
    await copy_rows(
        session,
        "match_features",
        ("source_record_id", "features", "keys"),
        (
            (
                one.record_id,
                keyring.seal(FEATURES_COLUMN, one.record_id, one.features.packed()),
                some,
            )
            for one, some in zip(kept, keys, strict=True)
        ),
    )
    await driver_sql(
        session,
        """
        INSERT INTO match_keys (key_hash, source_record_id)
        SELECT unnest(keys) AS key_hash, source_record_id FROM match_features
        WHERE source_record_id = ANY($1::uuid[]) ORDER BY key_hash
        """,
        [one.record_id for one in kept],
    )
