"""Questions to the matcher's tables."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.matching.features import Features, unpacked
from registry.matching.likeness import MOST_PER_KEY
from registry.matching.tables import FEATURES_COLUMN
from shared.db import driver_sql
from shared.privacy import Keyring

MOST_PER_WEAK_KEY = 20
"""The same for a name alone, and for a birth date with a letter: their hashes end in 1."""


@dataclass(slots=True)
class Candidates:
    """Who shares a key with whom, and the keys that too many share."""

    of: dict[UUID, list[UUID]] = field(default_factory=dict)
    hubs: list[int] = field(default_factory=list)

    @property
    def others(self) -> set[UUID]:
        return set().union(*self.of.values())


async def load_features(
    session: AsyncSession, record_ids: Iterable[UUID], *, keyring: Keyring
) -> dict[UUID, Features]:
    """Features of records, opened."""
    rows = await driver_sql(
        session,
        """
        SELECT source_record_id, features FROM match_features
        WHERE source_record_id = ANY($1::uuid[]) AND features IS NOT NULL
        """,
        list(record_ids),
    )
    return {row[0]: unpacked(keyring.open(FEATURES_COLUMN, row[0], row[1])) for row in rows}


async def find_candidates(session: AsyncSession, record_ids: Iterable[UUID]) -> Candidates:
    """For each of these records the other ones that share a key with it."""
    rows = await driver_sql(
        session,
        """
        WITH found AS MATERIALIZED (
            SELECT k.source_record_id, k.key_hash, k.most, other.ids
            FROM (
                SELECT source_record_id, key_hash,
                       CASE key_hash & 1 WHEN 0 THEN $2::bigint ELSE $3::bigint END AS most
                FROM match_features, unnest(keys) AS key_hash
                WHERE source_record_id = ANY($1::uuid[])
            ) AS k
            CROSS JOIN LATERAL (
                SELECT array_agg(source_record_id) AS ids FROM (
                    SELECT source_record_id FROM match_keys
                    WHERE key_hash = k.key_hash
                    -- In the order of the index, or the planner collects a bitmap for each key.
                    ORDER BY key_hash, source_record_id LIMIT k.most + 1
                ) AS under
            ) AS other
            WHERE cardinality(other.ids) > 1
        ), pairs AS (
            SELECT source_record_id, unnest(ids) AS other FROM found WHERE cardinality(ids) <= most
        )
        SELECT source_record_id, array_agg(DISTINCT other), NULL FROM pairs
        WHERE other <> source_record_id GROUP BY source_record_id
        UNION ALL
        SELECT NULL, NULL, array_agg(DISTINCT key_hash) FROM found
        WHERE cardinality(ids) > most HAVING count(*) > 0
        """,
        list(record_ids),
        MOST_PER_KEY,
        MOST_PER_WEAK_KEY,
    )
    return Candidates(
        {row[0]: row[1] for row in rows if row[0] is not None},
        [key_hash for row in rows if row[2] is not None for key_hash in row[2]],
    )


async def is_remembering(session: AsyncSession) -> bool:
    """Whether records are still to be remembered as the matcher now compares them."""
    rows = await driver_sql(
        session, "SELECT EXISTS (SELECT FROM match_features WHERE features IS NULL)"
    )
    return bool(rows[0][0])


async def lock_to_remember(session: AsyncSession, *, limit: int) -> list[UUID]:
    """Records of which only is known that they are to be remembered again."""
    rows = await driver_sql(
        session,
        """
        SELECT source_record_id FROM match_features
        WHERE features IS NULL LIMIT $1 FOR UPDATE SKIP LOCKED
        """,
        limit,
    )
    return [row[0] for row in rows]


async def find_records_by_key(session: AsyncSession, key_hashes: Iterable[int]) -> list[UUID]:
    """Records under any of these key hashes."""
    rows = await driver_sql(
        session,
        "SELECT DISTINCT source_record_id FROM match_keys WHERE key_hash = ANY($1::bigint[])",
        list(key_hashes),
    )
    return [row[0] for row in rows]


async def find_records_by_keys(
    session: AsyncSession, some: Iterable[int], others: Iterable[int]
) -> list[UUID]:
    """Records under any of the first key hashes and under any of the second."""
    rows = await driver_sql(
        session,
        """
        SELECT DISTINCT one.source_record_id FROM match_keys one
        JOIN match_keys other USING (source_record_id)
        WHERE one.key_hash = ANY($1::bigint[]) AND other.key_hash = ANY($2::bigint[]) LIMIT $3
        """,
        list(some),
        list(others),
        MOST_PER_KEY,
    )
    return [row[0] for row in rows]
