"""Questions to the matcher's tables."""

from collections.abc import Iterable
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.matching.features import Features
from registry.matching.names import Name
from shared.db import driver_sql

MOST_PER_KEY = 200
"""A key that more records share says too little to look at all of them."""


async def load_features(session: AsyncSession, record_ids: Iterable[UUID]) -> dict[UUID, Features]:
    """Features of records, NIKs and document numbers as blind indexes in hex."""
    rows = await driver_sql(
        session,
        """
        SELECT source_record_id, nik_index, passport_indexes, names, birth_date, sex, birth_place
        FROM match_features WHERE source_record_id = ANY($1::uuid[])
        """,
        list(record_ids),
    )
    return {
        row[0]: Features(
            niks=frozenset({row[1].hex()} if row[1] else ()),
            passports=frozenset(number.hex() for number in row[2]),
            names=tuple(read(name) for name in row[3]),
            birth_dates=(row[4],) if row[4] else (),
            sexes=frozenset({row[5]} if row[5] else ()),
            birth_places=frozenset({row[6]} if row[6] else ()),
        )
        for row in rows
    }


async def find_candidates(
    session: AsyncSession, record_ids: Iterable[UUID]
) -> list[tuple[UUID, UUID]]:
    """Pairs of a record of these and another one that shares a key with it."""
    rows = await driver_sql(
        session,
        """
        SELECT DISTINCT k.source_record_id, other.source_record_id
        FROM match_keys k
        CROSS JOIN LATERAL (
            SELECT source_record_id FROM match_keys
            WHERE key_hash = k.key_hash LIMIT $2
        ) AS other
        WHERE k.source_record_id = ANY($1::uuid[])
          AND other.source_record_id <> k.source_record_id
        """,
        list(record_ids),
        MOST_PER_KEY,
    )
    return [(row[0], row[1]) for row in rows]


async def find_records_by_keys(session: AsyncSession, key_hashes: Iterable[int]) -> list[UUID]:
    """Records under any of these key hashes."""
    rows = await driver_sql(
        session,
        """
        SELECT DISTINCT source_record_id FROM match_keys
        WHERE key_hash = ANY($1::bigint[]) LIMIT $2
        """,
        list(key_hashes),
        MOST_PER_KEY,
    )
    return [row[0] for row in rows]


def written(name: Name) -> str:
    """A name as one text of the features table."""
    return f"{' '.join(name.tokens)}|{' '.join(name.father)}"


def read(text: str) -> Name:
    tokens, _, father = text.partition("|")
    return Name(tuple(tokens.split()), tuple(father.split()))
