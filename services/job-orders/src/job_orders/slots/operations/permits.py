"""Host permits: how many seats of a host country's quota are committed to endorsed orders."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from job_orders.slots import rules
from job_orders.slots.tables import HostPermit
from shared.ids import new_id
from shared.rows import insert_if_new


@dataclass(frozen=True, slots=True)
class PermitTerms:
    """A host permit as an order names it and the endorsing officer verified it."""

    country: str
    permit_number: str
    employer_id: UUID
    positions_approved: int
    valid_to: date


async def commit_to_permit(session: AsyncSession, terms: PermitTerms, *, positions: int) -> UUID:
    """Commit seats of a permit to an order; gives the permit's id.

    Refuses more than all orders together may draw, and a number that was verified with other
    contents.
    """
    permit = HostPermit(
        id=new_id(),
        country=terms.country,
        permit_number=terms.permit_number,
        employer_id=terms.employer_id,
        positions_approved=terms.positions_approved,
        positions_committed=0,
        valid_to=terms.valid_to,
    )
    await insert_if_new(session, permit)
    found = await session.exec(
        select(HostPermit)
        .where(
            col(HostPermit.country) == terms.country,
            col(HostPermit.permit_number) == terms.permit_number,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    known = found.one()
    named = ("employer_id", "positions_approved", "valid_to")
    mismatch = [name for name in named if getattr(known, name) != getattr(terms, name)]
    if mismatch:
        raise rules.HostPermitDiffers(mismatch=mismatch)
    free = known.positions_approved - known.positions_committed
    if positions > free:
        raise rules.QuotaExceeded(positions_approved=known.positions_approved, positions_free=free)
    known.positions_committed += positions
    return known.id


async def return_to_permit(
    session: AsyncSession, permit_id: UUID | None, *, positions: int
) -> None:
    """Give committed seats back; nothing for an order that has no permit."""
    if permit_id is None or positions == 0:
        return
    await session.exec(
        update(HostPermit)
        .where(col(HostPermit.id) == permit_id)
        .values(positions_committed=col(HostPermit.positions_committed) - positions)
        .execution_options(synchronize_session=False)
    )
