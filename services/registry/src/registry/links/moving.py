"""Moving what hangs on a person to another one: records, evidence, placements, redirects."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from shared import clock, outbox
from shared.db import driver_sql
from shared.messages.registry import PersonsMerged

MATCHER_REASON = "RECORD_MOVED"


@dataclass(frozen=True, slots=True)
class Moved:
    """What went from one person to the other."""

    record_ids: list[UUID]
    placement_ids: list[UUID]
    origin_ids: list[UUID]

    def packed(self) -> dict[str, Any]:
        return {
            "source_record_ids": [str(one) for one in self.record_ids],
            "placement_ids": [str(one) for one in self.placement_ids],
            "origin_ids": [str(one) for one in self.origin_ids],
        }


async def move_all(session: AsyncSession, from_person: UUID, to_person: UUID) -> Moved:
    """Everything of one locked person to another one."""
    return Moved(
        await _moved(session, "source_records", "id", from_person, to_person),
        await _moved(session, "placements", "id", from_person, to_person),
        await _moved(session, "person_evidence", "origin_id", from_person, to_person),
    )


async def move_some(
    session: AsyncSession,
    record_ids: Iterable[UUID],
    to_person: UUID,
    *,
    also: Iterable[UUID] = (),
) -> Moved:
    """Records with the placements and evidence that came from them; `also` names other origins."""
    records, others = list(record_ids), list(also)
    await _run(session, "source_records SET person_id = $2 WHERE id", records, to_person)
    placements = await driver_sql(
        session,
        """
        UPDATE placements SET person_id = $2, version = version + 1
        WHERE source_record_id = ANY($1::uuid[]) OR id = ANY($3::uuid[]) RETURNING id
        """,
        records,
        to_person,
        others,
    )
    origins = [*records, *others]
    await _run(session, "person_evidence SET person_id = $2 WHERE origin_id", origins, to_person)
    return Moved(records, [row[0] for row in placements], origins)


async def redirect(session: AsyncSession, merged_id: UUID, person_id: UUID) -> list[UUID]:
    """The merged id, and whatever led to it, leads to the survivor; gives all that were turned."""
    rows = await driver_sql(
        session,
        """
        UPDATE persons SET merged_into = $2, version = version + 1
        WHERE id = $1 OR merged_into = $1 RETURNING id
        """,
        merged_id,
        person_id,
    )
    return [row[0] for row in rows]


async def turn_back(session: AsyncSession, person_ids: list[UUID], person_id: UUID) -> None:
    """Undo a redirect: the merged id stands for itself again, and what led to it does again."""
    await driver_sql(
        session,
        """
        UPDATE persons SET merged_into = nullif($2::uuid, id), version = version + 1
        WHERE id = ANY($1::uuid[])
        """,
        person_ids,
        person_id,
    )


async def empty_into(session: AsyncSession, merged_id: UUID, person_id: UUID) -> None:
    """The only record of a person moved to another one: what is left leads there."""
    await move_all(session, merged_id, person_id)
    await redirect(session, merged_id, person_id)
    tell_merged(session, merged_id, person_id, reason=MATCHER_REASON)


def tell_merged(session: AsyncSession, merged_id: UUID, person_id: UUID, *, reason: str) -> None:
    outbox.add(
        session,
        PersonsMerged(
            person_id=person_id,
            merged_person_id=merged_id,
            reason=reason,
            merged_at=clock.now(),
        ),
    )


async def _moved(
    session: AsyncSession, table: str, key: str, from_person: UUID, to_person: UUID
) -> list[UUID]:
    rows = await driver_sql(
        session,
        f"UPDATE {table} SET person_id = $2 WHERE person_id = $1 RETURNING {key}",  # noqa: S608 - constants.
        from_person,
        to_person,
    )
    return [row[0] for row in rows]


async def _run(session: AsyncSession, update: str, ids: list[UUID], person_id: UUID) -> None:
    await driver_sql(session, f"UPDATE {update} = ANY($1::uuid[])", ids, person_id)
