"""Keeping the copies up to date. Persons and placements arrive on two topics, in either order."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from job_orders.placements import queries
from job_orders.placements.rules import PlacementPhase, phase_when_opened
from job_orders.placements.tables import Placement
from shared.messages.registry import (
    PersonsMerged,
    PersonSplit,
    PlacementAmended,
    PlacementOpened,
)


async def copy_placements(session: AsyncSession, messages: Sequence[PlacementOpened]) -> None:
    """Keep what seats need of placements, each of which is told once here."""
    copies = [
        Placement(
            id=message.placement_id,
            person_id=message.person_id,
            placement_agency_code=message.placement_agency_code,
            country=message.country,
            job_order_number=message.job_order_number,
            phase=phase_when_opened(message.status),
            opened_at=message.opened_at,
        )
        for message in messages
    ]
    await queries.add_placements(session, copies)


async def amend_placement(session: AsyncSession, message: PlacementAmended) -> None:
    """Keep what a placement is now, and hold it until the commit."""
    await queries.set_facts(
        session,
        message.placement_id,
        phase=PlacementPhase(message.phase),
        placement_agency_code=message.placement_agency_code,
        country=message.country,
        job_order_number=message.job_order_number,
    )


async def move_placement(session: AsyncSession, placement_id: UUID, phase: PlacementPhase) -> None:
    """Note that a placement departed, ended or was withdrawn, and hold it until the commit."""
    await queries.set_facts(session, placement_id, phase=phase)


async def merge_persons(session: AsyncSession, message: PersonsMerged) -> None:
    """Let the merged id live on as a redirect."""
    # A redirect of the survivor that is older than this merge was undone by a split.
    await queries.drop_redirect(session, message.person_id, older_than=message.merged_at)
    await queries.add_redirect(
        session,
        message.merged_person_id,
        to_person_id=message.person_id,
        merged_at=message.merged_at,
    )


async def split_person(session: AsyncSession, message: PersonSplit) -> None:
    """Hand the placements that moved to the person who was split off, whose id leads on itself."""
    await queries.drop_redirect(session, message.split_person_id, older_than=message.split_at)
    await queries.give_placements(
        session,
        message.placement_ids,
        to_person_id=message.split_person_id,
        at=message.split_at,
    )


async def person_of(session: AsyncSession, placement_id: UUID) -> UUID | None:
    """Who a placement is of, by the id that the person goes by now."""
    placement = await queries.find_placement(session, placement_id)
    return await queries.follow_person(session, placement.person_id) if placement else None
