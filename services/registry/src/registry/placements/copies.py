"""Copies of what job-orders says, as far as placements need it."""

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.placements.tables import EmployerCopy, JobOrderCopy, PlacementAgencyCopy
from shared.messages.job_orders import (
    EmployerRegistered,
    JobOrderIssued,
    PlacementAgencyLicensed,
)


async def copy_job_order(session: AsyncSession, message: JobOrderIssued) -> None:
    await session.merge(
        JobOrderCopy(
            job_order_id=message.job_order_id,
            job_order_number=message.job_order_number,
            country=message.country,
            valid_to=message.valid_to,
        )
    )


async def copy_employer(session: AsyncSession, message: EmployerRegistered) -> None:
    await session.merge(
        EmployerCopy(
            employer_id=message.employer_id,
            employer_code=message.employer_code,
            country=message.country,
        )
    )


async def copy_placement_agency(session: AsyncSession, message: PlacementAgencyLicensed) -> None:
    await session.merge(
        PlacementAgencyCopy(
            placement_agency_id=message.placement_agency_id,
            placement_agency_code=message.placement_agency_code,
        )
    )
