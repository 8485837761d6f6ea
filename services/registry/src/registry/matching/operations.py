"""Remembering what a record's subject is known by, under keyed hashes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.matching import queries
from registry.matching.features import Features, candidate_keys
from shared.db import driver_sql
from shared.privacy import Keyring
from shared.rows import copy_rows

_FEATURE_COLUMNS = (
    *("source_record_id", "nik_index", "passport_indexes", "names", "birth_date", "sex"),
    "birth_place",
)


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
    told = {one.record_id: hashed(one.features, keyring) for one in (*fresh, *renewed)}
    unchanged = await _forget_changed(session, [one.record_id for one in renewed], told)
    kept = [one for one in (*fresh, *renewed) if one.record_id not in unchanged]
    await copy_rows(
        session,
        "match_features",
        _FEATURE_COLUMNS,
        (_row(one.record_id, told[one.record_id]) for one in kept),
    )
    await copy_rows(
        session,
        "match_keys",
        ("key_hash", "source_record_id"),
        ((key, one.record_id) for one in kept for key in key_hashes(told[one.record_id], keyring)),
    )
    return unchanged


async def forget_features(session: AsyncSession, record_ids: Iterable[UUID]) -> None:
    """A withdrawn record identifies nobody."""
    ids = list(record_ids)
    for table in ("match_features", "match_keys"):
        await driver_sql(
            session,
            f"DELETE FROM {table} WHERE source_record_id = ANY($1::uuid[])",  # noqa: S608 - constants.
            ids,
        )


def hashed(features: Features, keyring: Keyring) -> Features:
    """The same features with NIKs and document numbers as blind indexes, in hex."""
    return replace(
        features,
        niks=frozenset(number_index(keyring, "NIK", nik).hex() for nik in features.niks),
        passports=frozenset(
            number_index(keyring, "PASSPORT", number).hex() for number in features.passports
        ),
    )


@lru_cache(maxsize=4096)
def number_index(keyring: Keyring, kind: str, number: str) -> bytes:
    """The blind index of a NIK or other number; equal numbers have equal ones."""
    return keyring.blind_index(kind, number)


def key_hashes(features: Features, keyring: Keyring) -> list[int]:
    """The candidate keys of hashed features as the tables hold them: 64 bits, compared anew."""
    hashes = (
        int.from_bytes(keyring.blind_index("match-key", key)[:8], "big", signed=True)
        for key in candidate_keys(features)
    )
    return list(dict.fromkeys(hashes))


async def _forget_changed(
    session: AsyncSession, record_ids: list[UUID], told: dict[UUID, Features]
) -> set[UUID]:
    """Clears the way for renewed features; passports of earlier versions are taken over."""
    if not record_ids:
        return set()
    before = await queries.load_features(session, record_ids)
    unchanged = set()
    for record_id, was in before.items():
        now = replace(told[record_id], passports=told[record_id].passports | was.passports)
        told[record_id] = now
        if now == was:
            unchanged.add(record_id)
    await forget_features(session, [one for one in record_ids if one not in unchanged])
    return unchanged


def _row(record_id: UUID, features: Features) -> tuple[Any, ...]:
    return (
        record_id,
        next((bytes.fromhex(nik) for nik in features.niks), None),
        [bytes.fromhex(number) for number in sorted(features.passports)],
        [queries.written(name) for name in features.names],
        next(iter(features.birth_dates), None),
        next(iter(features.sexes), None),
        next(iter(features.birth_places), None),
    )
