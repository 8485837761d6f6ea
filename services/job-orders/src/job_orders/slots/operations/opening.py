"""Seats come into being when an order is issued, and end with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from job_orders.slots import queries
from job_orders.slots.operations.moves import enter
from job_orders.slots.operations.permits import return_to_permit
from job_orders.slots.rules import Actor, SlotCause
from job_orders.slots.tables import SlotAccount
from shared import clock


@dataclass(frozen=True, slots=True)
class SeatsToOpen:
    """One line of an order that is being issued."""

    line_id: UUID
    job_order_id: UUID
    employer_id: UUID
    placement_agency_id: UUID
    placement_agency_code: str
    mission: str
    country: str
    occupation_code: str
    host_permit_id: UUID | None
    endorsed: int
    valid_to: date


async def open_slots(session: AsyncSession, lines: Sequence[SeatsToOpen], *, actor: Actor) -> None:
    """Open an account for each line with its endorsed seats free."""
    for line in lines:
        session.add(
            SlotAccount(
                line_id=line.line_id,
                job_order_id=line.job_order_id,
                employer_id=line.employer_id,
                placement_agency_id=line.placement_agency_id,
                placement_agency_code=line.placement_agency_code,
                mission=line.mission,
                country=line.country,
                occupation_code=line.occupation_code,
                host_permit_id=line.host_permit_id,
                endorsed=line.endorsed,
                valid_to=line.valid_to,
                opened_at=clock.now(),
            )
        )
    await session.flush()  # The entries refer to the accounts.
    for line in lines:
        enter(
            session,
            SlotCause.OPEN,
            line_id=line.line_id,
            job_order_id=line.job_order_id,
            actor=actor,
            positions=line.endorsed,
        )


async def close_slots(session: AsyncSession, job_order_id: UUID, *, actor: Actor) -> None:
    """No further seat is reserved; free ones go back to the host permit, held ones stay held."""
    for account in await queries.lock_accounts(session, job_order_id):
        free = account.free
        account.is_open = False
        account.returned += free
        if free:
            enter(
                session,
                SlotCause.CLOSE,
                line_id=account.line_id,
                job_order_id=job_order_id,
                actor=actor,
                positions=free,
            )
        await return_to_permit(session, account.host_permit_id, positions=free)
