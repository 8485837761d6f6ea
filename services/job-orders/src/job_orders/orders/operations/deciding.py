"""The mission verifies an order, KP2MI issues it; either may send it back or refuse it."""

import secrets
from collections.abc import Sequence
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from job_orders.agencies.operations import require_may_place
from job_orders.employers.queries import lock_employer
from job_orders.orders import queries, rules
from job_orders.orders.operations.changes import lock_for, move, undo_endorsement
from job_orders.orders.reference.reasons import Reason
from job_orders.orders.rules import JobOrderAction
from job_orders.orders.schemas import JobOrderEndorsement, JobOrderIssuance
from job_orders.orders.tables import JobOrder, JobOrderLine
from job_orders.slots.operations import (
    PermitTerms,
    SeatsToOpen,
    actor_of,
    commit_to_permit,
    open_slots,
)
from shared import clock, outbox
from shared.messages.job_orders import (
    EndorsedLine,
    JobOrderEndorsed,
    JobOrderIssued,
    JobOrderRejected,
    JobOrderReturned,
)
from shared.policy import Grant

_NUMBER_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # No letter or digit that a reader confuses.


async def endorse_order(
    session: AsyncSession,
    job_order_id: UUID,
    endorsement: JobOrderEndorsement,
    *,
    grant: Grant,
    version: int,
) -> JobOrder:
    """Record that the mission verified the order, for some or all of its positions.

    Refuses another mission's officer and the person who submitted it; an employer that is listed
    or not accredited; an agency that may not recruit; more than requested or than the host permit
    has left.
    """
    order = await lock_for(session, job_order_id, grant=grant, version=version)
    move(session, order, JobOrderAction.ENDORSE, actor=actor_of(grant))
    rules.check_other_officer(grant.caller.subject, earlier=[order.submitted_by])
    rules.check_validity(endorsement.valid_to, today=clock.today())
    lines = await queries.list_lines(session, order.id)
    asked = {line.line_id: line.positions_endorsed for line in endorsement.lines}
    positions = rules.check_endorsed(
        {line.id: line.positions_requested for line in lines},
        [(line.line_id, line.positions_endorsed) for line in endorsement.lines],
    )
    await _require_parties(session, order)
    order.host_permit_id = await _commit(session, order, positions)
    for line in lines:
        line.positions_endorsed = asked[line.id]
    order.positions_endorsed = positions
    order.valid_to = endorsement.valid_to
    order.endorsed_by = grant.caller.subject
    order.endorsed_at = clock.now()
    outbox.add(
        session,
        JobOrderEndorsed(
            job_order_id=order.id,
            mission=order.mission,
            lines=[
                EndorsedLine(
                    line_id=line.id,
                    occupation_code=line.occupation_code,
                    positions_endorsed=asked[line.id],
                )
                for line in lines
            ],
            endorsed_at=order.endorsed_at,
        ),
    )
    return order


async def issue_order(
    session: AsyncSession,
    job_order_id: UUID,
    issuance: JobOrderIssuance,
    *,
    grant: Grant,
    version: int,
) -> JobOrder:
    """Permit recruitment: the order gets its number, and its endorsed seats become free.

    Refuses the person who submitted or endorsed it, a number that is taken, an order past its last
    day, and parties that would not be endorsed today.
    """
    order = await lock_for(session, job_order_id, grant=grant, version=version)
    move(session, order, JobOrderAction.ISSUE, actor=actor_of(grant))
    rules.check_other_officer(grant.caller.subject, earlier=[order.submitted_by, order.endorsed_by])
    if order.valid_to is None or order.valid_to < clock.today():
        raise rules.ValidityInvalid
    await _require_parties(session, order)
    number = issuance.job_order_number or _new_number(order.country)
    if await queries.is_number_taken(session, number):
        raise rules.JobOrderNumberTaken
    order.job_order_number = number
    order.sip2mi_number = issuance.sip2mi_number
    order.issued_by = grant.caller.subject
    order.issued_at = clock.now()
    lines = await queries.list_lines(session, order.id)
    await open_slots(session, _seats(order, lines), actor=actor_of(grant))
    outbox.add(
        session,
        JobOrderIssued(
            job_order_id=order.id,
            job_order_number=number,
            employer_id=order.employer_id,
            placement_agency_id=order.placement_agency_id,
            country=order.country,
            valid_to=order.valid_to,
            issued_at=order.issued_at,
        ),
    )
    return order


async def return_order(
    session: AsyncSession,
    job_order_id: UUID,
    *,
    reasons: Sequence[Reason],
    grant: Grant,
    version: int,
) -> JobOrder:
    """Send the order back for correction; an endorsement that it had is void."""
    order = await _send_away(
        session, job_order_id, JobOrderAction.RETURN, reasons=reasons, grant=grant, version=version
    )
    outbox.add(session, JobOrderReturned(job_order_id=order.id, reasons=list(reasons)))
    return order


async def reject_order(
    session: AsyncSession,
    job_order_id: UUID,
    *,
    reasons: Sequence[Reason],
    grant: Grant,
    version: int,
) -> JobOrder:
    """Refuse the order for good."""
    order = await _send_away(
        session, job_order_id, JobOrderAction.REJECT, reasons=reasons, grant=grant, version=version
    )
    outbox.add(session, JobOrderRejected(job_order_id=order.id, reasons=list(reasons)))
    return order


async def _send_away(
    session: AsyncSession,
    job_order_id: UUID,
    action: JobOrderAction,
    *,
    reasons: Sequence[Reason],
    grant: Grant,
    version: int,
) -> JobOrder:
    order = await lock_for(session, job_order_id, grant=grant, version=version)
    before = order.status
    move(session, order, action, actor=actor_of(grant), reasons=sorted(set(reasons)))
    rules.check_turn(before, grant.caller.roles)
    await undo_endorsement(session, order)
    for line in await queries.list_lines(session, order.id):
        line.positions_endorsed = None
    order.positions_endorsed = None
    order.valid_to = None
    order.endorsed_by = None
    order.endorsed_at = None
    return order


async def _require_parties(session: AsyncSession, order: JobOrder) -> None:
    """Hold employer and agency until the commit, and refuse what is wrong with them today."""
    employer = await lock_employer(session, order.employer_id)
    today = clock.today()
    rules.check_employer(employer.status, employer.accreditation_valid_to, today=today)
    await require_may_place(session, order.placement_agency_id, country=order.country)


async def _commit(session: AsyncSession, order: JobOrder, positions: int) -> UUID | None:
    number, approved = order.host_permit_number, order.host_permit_positions
    valid_to = order.host_permit_valid_to
    if number is None or approved is None or valid_to is None:
        return None
    rules.check_permit(valid_to, today=clock.today())
    terms = PermitTerms(
        country=order.country,
        permit_number=number,
        employer_id=order.employer_id,
        positions_approved=approved,
        valid_to=valid_to,
    )
    return await commit_to_permit(session, terms, positions=positions)


def _seats(order: JobOrder, lines: Sequence[JobOrderLine]) -> list[SeatsToOpen]:
    return [
        SeatsToOpen(
            line_id=line.id,
            job_order_id=order.id,
            employer_id=order.employer_id,
            placement_agency_id=order.placement_agency_id,
            placement_agency_code=order.placement_agency_code,
            mission=order.mission,
            country=order.country,
            occupation_code=line.occupation_code,
            host_permit_id=order.host_permit_id,
            endorsed=line.positions_endorsed,
            valid_to=order.valid_to,
        )
        for line in lines
        if line.positions_endorsed and order.valid_to is not None
    ]


def _new_number(country: str) -> str:
    """Random and not counted: nobody can guess the number of an order that they were not given."""
    code = "".join(secrets.choice(_NUMBER_ALPHABET) for _ in range(8))
    return f"JO-{country}-{clock.today().year}-{code}"
