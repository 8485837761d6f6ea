"""Questions to the tables of placement agencies."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from job_orders.agencies.rules import AgencyNotFound
from job_orders.agencies.tables import PlacementAgency, PlacementAgencyHistory


async def get_agency(session: AsyncSession, agency_id: UUID) -> PlacementAgency:
    """Raises AgencyNotFound."""
    agency = await session.get(PlacementAgency, agency_id)
    if agency is None:
        raise AgencyNotFound
    return agency


async def lock_agency(session: AsyncSession, agency_id: UUID) -> PlacementAgency:
    """Raises AgencyNotFound."""
    found = await session.exec(
        select(PlacementAgency).where(col(PlacementAgency.id) == agency_id).with_for_update()
    )
    agency = found.one_or_none()
    if agency is None:
        raise AgencyNotFound
    return agency


async def hold_agency(session: AsyncSession, agency_id: UUID) -> None:
    """Keep an agency as it is until the commit: a sanction waits. Raises AgencyNotFound."""
    found = await session.exec(
        select(PlacementAgency.id)
        .where(col(PlacementAgency.id) == agency_id)
        .with_for_update(read=True)
    )
    if found.one_or_none() is None:
        raise AgencyNotFound


async def get_agency_by_code(session: AsyncSession, code: str) -> PlacementAgency:
    """Raises AgencyNotFound."""
    found = await session.exec(select(PlacementAgency).where(col(PlacementAgency.code) == code))
    agency = found.one_or_none()
    if agency is None:
        raise AgencyNotFound
    return agency


async def find_registered(
    session: AsyncSession, *, code: str, sip3mi_number: str
) -> PlacementAgency | None:
    found = await session.exec(
        select(PlacementAgency)
        .where(
            or_(
                col(PlacementAgency.code) == code,
                col(PlacementAgency.sip3mi_number) == sip3mi_number,
            )
        )
        .limit(1)
    )
    return found.one_or_none()


async def list_agencies(
    session: AsyncSession, *, after: UUID | None, limit: int
) -> Sequence[PlacementAgency]:
    """In order of registration, one row more than `limit`."""
    question = select(PlacementAgency)
    if after is not None:
        question = question.where(col(PlacementAgency.id) > after)
    found = await session.exec(question.order_by(col(PlacementAgency.id)).limit(limit + 1))
    return found.all()


async def list_history(
    session: AsyncSession, agency_ids: Iterable[UUID]
) -> Sequence[PlacementAgencyHistory]:
    """Of one or several agencies, each in order of its versions."""
    found = await session.exec(
        select(PlacementAgencyHistory)
        .where(col(PlacementAgencyHistory.placement_agency_id).in_(list(agency_ids)))
        .order_by(
            col(PlacementAgencyHistory.placement_agency_id), col(PlacementAgencyHistory.version)
        )
    )
    return found.all()
