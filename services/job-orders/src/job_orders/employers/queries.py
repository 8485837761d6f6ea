"""Questions to the employer tables."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import and_, false, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from job_orders.employers.rules import EmployerNotFound, EmployerStatus
from job_orders.employers.tables import Employer, EmployerHistory
from shared.policy import Grant


async def get_employer(session: AsyncSession, employer_id: UUID, *, within: Grant) -> Employer:
    """Raises EmployerNotFound, also for one that is out of the caller's reach."""
    found = await session.exec(
        select(Employer).where(col(Employer.id) == employer_id, within.where(Employer))
    )
    employer = found.one_or_none()
    if employer is None:
        raise EmployerNotFound
    return employer


async def lock_employer(session: AsyncSession, employer_id: UUID) -> Employer:
    """Raises EmployerNotFound."""
    found = await session.exec(
        select(Employer).where(col(Employer.id) == employer_id).with_for_update()
    )
    employer = found.one_or_none()
    if employer is None:
        raise EmployerNotFound
    return employer


async def find_employer_by_registration(
    session: AsyncSession, *, code: str | None, country: str, registration_number: str | None
) -> Employer | None:
    """The employer who holds this code, or this number of the host country's register."""
    same = [col(Employer.code) == code] if code else []
    if registration_number:
        same.append(
            and_(
                col(Employer.country) == country,
                col(Employer.registration_number) == registration_number,
            )
        )
    found = await session.exec(select(Employer).where(or_(false(), *same)).limit(1))
    return found.one_or_none()


async def list_employers(
    session: AsyncSession,
    *,
    within: Grant,
    country: str | None,
    mission: str | None,
    status: EmployerStatus | None,
    after: UUID | None,
    limit: int,
) -> Sequence[Employer]:
    """In order of registration (ids rise with time), one row more than `limit`."""
    question = select(Employer).where(within.where(Employer))
    if country is not None:
        question = question.where(col(Employer.country) == country)
    if mission is not None:
        question = question.where(col(Employer.mission) == mission)
    if status is not None:
        question = question.where(col(Employer.status) == status)
    if after is not None:
        question = question.where(col(Employer.id) > after)
    found = await session.exec(question.order_by(col(Employer.id)).limit(limit + 1))
    return found.all()


async def list_history(session: AsyncSession, employer_id: UUID) -> Sequence[EmployerHistory]:
    found = await session.exec(
        select(EmployerHistory)
        .where(col(EmployerHistory.employer_id) == employer_id)
        .order_by(col(EmployerHistory.version))
    )
    return found.all()
