"""Remembering again what records identify their subjects by, when matching wants to know more.

What was known is read anew from the contents; nobody is linked before all of it is.
"""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.matching.features import Features, read_features
from registry.matching.operations import Known, forget_features, remember_features
from registry.matching.queries import lock_to_remember
from registry.sources.queries import open_versions
from shared.db import driver_sql
from shared.privacy import Keyring


async def remember_again(session: AsyncSession, *, keyring: Keyring, limit: int) -> bool:
    """Remember the next records that wait for it; says whether there may be more."""
    record_ids = await lock_to_remember(session, limit=limit)
    if not record_ids:
        return False
    versions = await driver_sql(
        session,
        """
        SELECT v.source_record_id, v.version FROM source_record_versions v
        JOIN source_records r ON r.id = v.source_record_id
        WHERE r.id = ANY($1::uuid[]) AND NOT r.is_withdrawn
        ORDER BY v.source_record_id, v.version = r.current_version, v.version
        """,
        record_ids,
    )
    contents = await open_versions(session, [tuple(row) for row in versions], keyring=keyring)
    known: dict[UUID, Features] = {}
    for record_id, version in (tuple(row) for row in versions):
        said = read_features(contents[record_id, version])
        earlier = known.get(record_id)
        known[record_id] = said.with_earlier(earlier) if earlier else said
    await forget_features(session, record_ids)
    await remember_features(session, [Known(*one) for one in known.items()], [], keyring=keyring)
    return True
