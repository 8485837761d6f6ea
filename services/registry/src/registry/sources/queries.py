"""Questions to source records."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from registry.sources.rules import SourceRecordNotFound, SourceSystem
from registry.sources.tables import CONTENT_COLUMN, SourceRecord, SourceRecordVersion
from shared.db import driver_sql
from shared.policy import Grant
from shared.privacy import Keyring


@dataclass(frozen=True, slots=True)
class CurrentContent:
    """What a record says now, opened."""

    record_id: UUID
    system: SourceSystem
    source_updated_at: datetime
    is_withdrawn: bool
    content: dict[str, Any]


async def get_source_record(
    session: AsyncSession, record_id: UUID, *, within: Grant
) -> SourceRecord:
    """Raises SourceRecordNotFound, also for one that is out of the caller's reach."""
    found = await session.exec(
        select(SourceRecord).where(col(SourceRecord.id) == record_id, within.where(SourceRecord))
    )
    record = found.one_or_none()
    if record is None:
        raise SourceRecordNotFound
    return record


async def list_versions(session: AsyncSession, record_id: UUID) -> Sequence[SourceRecordVersion]:
    found = await session.exec(
        select(SourceRecordVersion)
        .where(col(SourceRecordVersion.source_record_id) == record_id)
        .order_by(col(SourceRecordVersion.version))
    )
    return found.all()


async def open_contents(
    session: AsyncSession, record_ids: Iterable[UUID], *, keyring: Keyring
) -> dict[UUID, CurrentContent]:
    """The current contents of records, decrypted."""
    rows = await driver_sql(
        session,
        """
        SELECT r.id, r.source_system, r.source_updated_at, r.is_withdrawn, v.version, v.content
        FROM source_records r
        JOIN source_record_versions v
             ON v.source_record_id = r.id AND v.version = r.current_version
        WHERE r.id = ANY($1::uuid[])
        """,
        list(record_ids),
    )
    return {
        row.id: CurrentContent(
            row.id,
            SourceSystem(row.source_system),
            row.source_updated_at,
            row.is_withdrawn,
            json.loads(keyring.open(CONTENT_COLUMN, f"{row.id}/{row.version}", row.content)),
        )
        for row in rows
    }


async def open_versions(
    session: AsyncSession, versions: Iterable[tuple[UUID, int]], *, keyring: Keyring
) -> dict[tuple[UUID, int], dict[str, Any]]:
    """The contents of certain versions of records, decrypted."""
    wanted = list(dict.fromkeys(versions))
    rows = await driver_sql(
        session,
        """
        SELECT source_record_id, version, content FROM source_record_versions
        JOIN unnest($1::uuid[], $2::integer[]) AS g(source_record_id, version)
             USING (source_record_id, version)
        """,
        [record_id for record_id, _ in wanted],
        [version for _, version in wanted],
    )
    return {
        (row[0], row[1]): json.loads(keyring.open(CONTENT_COLUMN, f"{row[0]}/{row[1]}", row[2]))
        for row in rows
    }
