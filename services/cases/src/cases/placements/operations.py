"""Keeping the copies. Each operation tells whose placements it touched, and never commits.

Events of different keys come in any order. Who a placement belongs to is therefore decided by the
time of the word, and an id that was merged away is followed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from cases.placements import queries, rules
from cases.placements.tables import (
    EmployerCopy,
    JobOrderCopy,
    PlacementAgencyCopy,
    PlacementCopy,
)
from shared.messages.job_orders import EmployerRegistered, JobOrderIssued, PlacementAgencyLicensed
from shared.messages.registry import (
    PersonsMerged,
    PersonSplit,
    PlacementAmended,
    PlacementOpened,
)

Change = str | bool | date | datetime | None
Changes = Mapping[str, Change]


@dataclass(frozen=True, slots=True)
class Word:
    """What was said of a placement: whose it is, when that was told, and what changed of it."""

    placement_id: UUID
    person_id: UUID
    told_at: datetime
    changes: Changes


async def hear_placements(session: AsyncSession, words: Sequence[Word]) -> list[set[UUID]]:
    """Take up what was said of several placements, each once; gives for each the persons whose it
    is or was a moment ago.
    """
    survivors = await queries.lock_persons(session, {word.person_id for word in words})
    copies = await queries.lock_placements(session, {word.placement_id for word in words})
    survivors |= await queries.lock_persons(
        session, {copy.person_id for copy in copies.values()} - survivors.keys()
    )
    concerned = []
    for word in words:
        survivor = survivors[word.person_id]
        copy = copies.get(word.placement_id)
        before = survivors[copy.person_id] if copy else survivor
        if copy is None:
            copy = PlacementCopy(
                placement_id=word.placement_id,
                person_id=survivor,
                person_id_as_given=word.person_id,
                person_told_at=word.told_at,
            )
            session.add(copy)
        elif word.told_at >= copy.person_told_at:
            copy.person_id, copy.person_id_as_given = survivor, word.person_id
            copy.person_told_at = word.told_at
        for column, value in word.changes.items():
            setattr(copy, column, value)
        concerned.append({before, copy.person_id})
    await session.flush()
    return concerned


def moved(status: str, *, is_withdrawn: bool = False, **dates: date) -> dict[str, Change]:
    """A placement that moves on, or opens again, is not withdrawn any more."""
    return {"status": status, "is_withdrawn": is_withdrawn, **dates}


def opened(message: PlacementOpened) -> dict[str, Change]:
    """What is known of a placement from its opening."""
    return moved(message.status) | _job(message) | {"opened_at": message.opened_at}


def amended(message: PlacementAmended) -> dict[str, Change]:
    """What a placement is now, whatever was told of it before."""
    is_over = message.phase in {"ENDED", "WITHDRAWN"}
    return _job(message) | {
        "status": message.phase if is_over else message.status,
        "is_withdrawn": message.phase == "WITHDRAWN",
        "ended_on": message.ended_on,
    }


def _job(message: PlacementOpened | PlacementAmended) -> dict[str, Change]:
    return {
        "scheme": message.scheme,
        "country": message.country,
        "occupation_code": message.occupation_code,
        "placement_agency_code": message.placement_agency_code,
        "employer_code": message.employer_code,
        "job_order_number": message.job_order_number,
        "departed_on": message.departed_on,
        "arrived_on": message.arrived_on,
    }


async def merge_persons(
    session: AsyncSession, message: PersonsMerged, *, at: datetime
) -> dict[UUID, UUID]:
    """Redirect the merged id; gives where each id concerned leads now. What a later split has
    undone already stays so.
    """
    return await _redirect(
        session, message.merged_person_id, message.person_id, beside=message.person_id, at=at
    )


async def split_person(
    session: AsyncSession, message: PersonSplit, *, at: datetime
) -> dict[UUID, UUID]:
    """Let the other id live again and give it its placements; gives where each id concerned leads
    now.
    """
    leads = await _redirect(session, message.split_person_id, None, beside=message.person_id, at=at)
    words = [Word(one, message.split_person_id, at, {}) for one in message.placement_ids]
    await hear_placements(session, words)
    return leads


async def _redirect(
    session: AsyncSession, person_id: UUID, survivor_id: UUID | None, *, beside: UUID, at: datetime
) -> dict[UUID, UUID]:
    """Let an id lead to another, or to itself again, and placements follow whom they were given
    to. What was told later of the id stands.
    """
    redirects = await queries.lock_related(session, {person_id, beside})
    row = await queries.get_person(session, person_id)
    if row.told_at is None or row.told_at <= at:
        row.survivor_id, row.told_at = survivor_id, at
        redirects[person_id] = survivor_id
    leads = {one: rules.leads_to(redirects, one) for one in redirects}
    for copy in await queries.lock_placements_of(session, leads):
        copy.person_id = leads.get(copy.person_id_as_given, copy.person_id)
    await session.flush()
    return leads


async def keep_employer(session: AsyncSession, message: EmployerRegistered) -> None:
    await session.merge(
        EmployerCopy(
            employer_id=message.employer_id,
            employer_code=message.employer_code,
            country=message.country,
            mission=message.mission,
        )
    )


async def keep_placement_agency(session: AsyncSession, message: PlacementAgencyLicensed) -> None:
    await session.merge(
        PlacementAgencyCopy(
            placement_agency_id=message.placement_agency_id,
            placement_agency_code=message.placement_agency_code,
        )
    )


async def keep_job_order(session: AsyncSession, message: JobOrderIssued) -> None:
    await session.merge(
        JobOrderCopy(
            job_order_id=message.job_order_id,
            job_order_number=message.job_order_number,
            employer_id=message.employer_id,
            placement_agency_id=message.placement_agency_id,
        )
    )
