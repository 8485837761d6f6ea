"""Storing what a system said: one version a change, whatever arrives twice or late."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.sources.rules import LinkDue, SourceSystem, becomes_current
from registry.sources.tables import CONTENT_COLUMN
from shared import clock
from shared.db import driver_sql
from shared.ids import new_id
from shared.privacy import Keyring
from shared.rows import copy_rows

_VERSION_COLUMNS = (
    *("source_record_id", "version", "source_updated_at", "content", "content_hash"),
    *("is_withdrawn", "warnings", "received_from", "received_at"),
)


@dataclass(frozen=True, slots=True)
class Incoming:
    """One envelope with its content as it will be kept."""

    system: SourceSystem
    record_key: str
    source_updated_at: datetime
    content: str
    content_hash: bytes
    is_withdrawn: bool
    warnings: str


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of one envelope; `is_changed` when the current version is another one now, and
    `was_due` when an earlier one has not been matched yet.
    """

    record_id: UUID
    version: int
    is_current: bool
    is_changed: bool
    is_new: bool = False
    was_due: bool = False


async def store_versions(
    session: AsyncSession,
    incoming: Sequence[Incoming],
    *,
    keyring: Keyring,
    received_from: str,
    due_for: UUID | None = None,
) -> list[Stored]:
    """Store envelopes in their order; gives what became of each. Repeats have no effect."""
    stored: dict[int, Stored] = {}
    for wave in _waves(incoming):
        storing = _Storing(session, keyring, received_from, due_for, clock.now())
        stored.update(await storing.store({place: incoming[place] for place in wave}))
    return [stored[place] for place in range(len(incoming))]


async def change_due(session: AsyncSession, record_ids: Iterable[UUID], due: LinkDue) -> None:
    """Say anew what the second transaction owes these records."""
    await driver_sql(
        session,
        "UPDATE source_records SET link_due = $2 WHERE id = ANY($1::uuid[])",
        list(record_ids),
        due.value,
    )


def _waves(incoming: Sequence[Incoming]) -> list[list[int]]:
    """Places in the list, so that no wave holds a record twice and order is kept."""
    waves: list[list[int]] = []
    seen: dict[tuple[str, str], int] = {}
    for place, one in enumerate(incoming):
        times = seen.get((one.system, one.record_key), 0)
        seen[one.system, one.record_key] = times + 1
        if times == len(waves):
            waves.append([])
        waves[times].append(place)
    return waves


@dataclass(slots=True)
class _Storing:
    """One wave of envelopes, each of another record."""

    session: AsyncSession
    keyring: Keyring
    received_from: str
    due_for: UUID | None
    now: datetime
    versions: list[tuple[UUID, int, Incoming]] = field(default_factory=list)

    async def store(self, incoming: dict[int, Incoming]) -> dict[int, Stored]:
        stored = await self._insert(incoming)
        known = {place: one for place, one in incoming.items() if place not in stored}
        if known:
            stored |= await self._renew(known)
        await copy_rows(
            self.session,
            "source_record_versions",
            _VERSION_COLUMNS,
            (self._version_row(*version) for version in self.versions),
        )
        return stored

    async def _insert(self, incoming: dict[int, Incoming]) -> dict[int, Stored]:
        """Those that nobody has seen before; whoever else stores the same key now is waited for."""
        ids = {new_id(): place for place in incoming}
        inserted = await driver_sql(
            self.session,
            """
            INSERT INTO source_records
                (id, source_system, record_key, latest_version, current_version, content_hash,
                 source_updated_at, is_withdrawn, received_at, link_due, due_for)
            SELECT id, source_system, record_key, 1, 1, content_hash, source_updated_at,
                   is_withdrawn, $7::timestamptz, 'MATCH', $8::uuid
            FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::timestamptz[],
                        $6::boolean[])
                 AS g(id, source_system, record_key, content_hash, source_updated_at, is_withdrawn)
            ORDER BY source_system, record_key
            ON CONFLICT (source_system, record_key) DO NOTHING
            RETURNING id
            """,
            list(ids),
            [one.system.value for one in incoming.values()],
            [one.record_key for one in incoming.values()],
            [one.content_hash for one in incoming.values()],
            [one.source_updated_at for one in incoming.values()],
            [one.is_withdrawn for one in incoming.values()],
            self.now,
            self.due_for,
        )
        stored = {}
        for (record_id,) in inserted:
            place = ids[record_id]
            self.versions.append((record_id, 1, incoming[place]))
            stored[place] = Stored(record_id, 1, is_current=True, is_changed=True, is_new=True)
        return stored

    async def _renew(self, known: dict[int, Incoming]) -> dict[int, Stored]:
        rows = await driver_sql(
            self.session,
            """
            SELECT r.id, r.source_system, r.record_key, r.latest_version, r.current_version,
                   r.content_hash, r.source_updated_at, r.link_due
            FROM source_records r
            JOIN unnest($1::text[], $2::text[]) AS g(source_system, record_key)
                 USING (source_system, record_key)
            ORDER BY r.id FOR UPDATE OF r
            """,
            [one.system.value for one in known.values()],
            [one.record_key for one in known.values()],
        )
        by_key = {(row.source_system, row.record_key): row for row in rows}
        earlier = await self._earlier_versions([row.id for row in rows])
        stored: dict[int, Stored] = {}
        changes: list[tuple[Stored, Incoming | None]] = []
        for place, one in known.items():
            row = by_key[one.system.value, one.record_key]
            stored[place] = outcome = self._renewed(row, one, earlier)
            if outcome.is_changed:
                changes.append((outcome, one))
            elif outcome.version > row.latest_version:
                changes.append((outcome, None))
        await self._update(changes)
        await self._confirm(known, by_key)
        return stored

    async def _confirm(
        self, known: dict[int, Incoming], by_key: dict[tuple[str, str], Any]
    ) -> None:
        """The same content said again later: nothing new, but what is older than that stays so."""
        confirmed = [
            (row.id, one.source_updated_at)
            for one in known.values()
            if (row := by_key[one.system.value, one.record_key]).content_hash == one.content_hash
            and one.source_updated_at > row.source_updated_at
        ]
        if confirmed:
            await driver_sql(
                self.session,
                """
                UPDATE source_records r SET source_updated_at = g.source_updated_at
                FROM unnest($1::uuid[], $2::timestamptz[]) AS g(id, source_updated_at)
                WHERE r.id = g.id
                """,
                [record_id for record_id, _ in confirmed],
                [updated_at for _, updated_at in confirmed],
            )

    def _renewed(
        self, row: Any, one: Incoming, earlier: dict[tuple[UUID, bytes, datetime], int]
    ) -> Stored:
        if one.content_hash == row.content_hash:
            return Stored(row.id, row.current_version, is_current=True, is_changed=False)
        again = earlier.get((row.id, one.content_hash, one.source_updated_at))
        if again is not None:
            return Stored(row.id, again, is_current=False, is_changed=False)
        version = row.latest_version + 1
        self.versions.append((row.id, version, one))
        is_current = becomes_current(one.source_updated_at, row.source_updated_at)
        return Stored(
            row.id,
            version,
            is_current=is_current,
            is_changed=is_current,
            was_due=row.link_due == LinkDue.MATCH,
        )

    async def _earlier_versions(
        self, record_ids: list[UUID]
    ) -> dict[tuple[UUID, bytes, datetime], int]:
        rows = await driver_sql(
            self.session,
            """
            SELECT source_record_id, content_hash, source_updated_at, version
            FROM source_record_versions WHERE source_record_id = ANY($1::uuid[])
            """,
            record_ids,
        )
        return {(row[0], row[1], row[2]): row[3] for row in rows}

    async def _update(self, changes: list[tuple[Stored, Incoming | None]]) -> None:
        """Move the current version, or only count one that came too late to be current."""
        if not changes:
            return
        await driver_sql(
            self.session,
            """
            UPDATE source_records r
            SET latest_version = g.version,
                current_version = CASE WHEN g.is_current THEN g.version ELSE r.current_version END,
                content_hash = coalesce(g.content_hash, r.content_hash),
                source_updated_at = coalesce(g.source_updated_at, r.source_updated_at),
                is_withdrawn = coalesce(g.is_withdrawn, r.is_withdrawn),
                link_due = CASE WHEN g.is_current THEN 'MATCH' ELSE r.link_due END,
                due_for = CASE WHEN g.is_current THEN $7::uuid ELSE r.due_for END
            FROM unnest($1::uuid[], $2::integer[], $3::boolean[], $4::bytea[], $5::timestamptz[],
                        $6::boolean[])
                 AS g(id, version, is_current, content_hash, source_updated_at, is_withdrawn)
            WHERE r.id = g.id
            """,
            [stored.record_id for stored, _ in changes],
            [stored.version for stored, _ in changes],
            [stored.is_current for stored, _ in changes],
            [one and one.content_hash for _, one in changes],
            [one and one.source_updated_at for _, one in changes],
            [one and one.is_withdrawn for _, one in changes],
            self.due_for,
        )

    def _version_row(self, record_id: UUID, version: int, one: Incoming) -> tuple[Any, ...]:
        return (
            record_id,
            version,
            one.source_updated_at,
            self.keyring.seal(CONTENT_COLUMN, f"{record_id}/{version}", one.content),
            one.content_hash,
            one.is_withdrawn,
            one.warnings,
            self.received_from,
            self.now,
        )
