"""A placement agency draws up an order, corrects it, and submits it to the mission."""

from decimal import Decimal
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from job_orders.agencies.operations import require_may_place
from job_orders.agencies.queries import get_agency_by_code
from job_orders.agencies.tables import PlacementAgency
from job_orders.employers.queries import lock_employer
from job_orders.employers.rules import EmployerStatus, SectorUnknown
from job_orders.employers.tables import Employer
from job_orders.orders import queries, rules
from job_orders.orders.operations.changes import lock_for, move, remember
from job_orders.orders.rules import JobOrderAction, JobOrderStatus
from job_orders.orders.schemas import JobOrderTerms, LineTerms, Wage
from job_orders.orders.tables import JobOrder, JobOrderLine
from job_orders.slots.operations import actor_of
from job_orders.slots.rules import EmployerOnProblemList
from shared import clock, outbox, reference
from shared.ids import new_id
from shared.messages.job_orders import JobOrderSubmitted
from shared.policy import Grant


async def draft_order(session: AsyncSession, terms: JobOrderTerms, *, grant: Grant) -> JobOrder:
    """Draw up an order of the caller's agency with an employer; its mission follows from that.

    Refuses an unknown agency, employer, occupation, sector or currency, and more positions than
    the host permit approves.
    """
    agency = await get_agency_by_code(session, grant.caller.organisation)
    employer = await lock_employer(session, terms.employer_id)
    order = _new_order(agency, employer)
    lines = _apply(order, employer, terms)
    session.add(order)
    await session.flush()  # Lines and history refer to it.
    session.add_all(lines)
    remember(session, order, JobOrderAction.DRAFT, before=None, actor=actor_of(grant), terms=terms)
    return order


async def amend_order(
    session: AsyncSession, job_order_id: UUID, terms: JobOrderTerms, *, grant: Grant, version: int
) -> JobOrder:
    """Replace the terms of a draft or returned order; what was asked before stays in history."""
    order = await lock_for(session, job_order_id, grant=grant, version=version)
    employer = await lock_employer(session, terms.employer_id)
    lines = _apply(order, employer, terms)
    move(session, order, JobOrderAction.AMEND, actor=actor_of(grant), terms=terms)
    await queries.delete_lines(session, order.id)
    session.add_all(lines)
    return order


async def submit_order(
    session: AsyncSession, job_order_id: UUID, *, grant: Grant, version: int
) -> JobOrder:
    """Ask the mission to verify the order.

    Refuses an agency that may not recruit for the country, and a listed employer.
    """
    order = await lock_for(session, job_order_id, grant=grant, version=version)
    move(session, order, JobOrderAction.SUBMIT, actor=actor_of(grant))
    employer = await lock_employer(session, order.employer_id)
    if employer.status is EmployerStatus.LISTED:
        raise EmployerOnProblemList
    await require_may_place(session, order.placement_agency_id, country=order.country)
    order.submitted_by = grant.caller.subject
    order.submitted_at = clock.now()
    outbox.add(
        session,
        JobOrderSubmitted(
            job_order_id=order.id,
            employer_id=order.employer_id,
            placement_agency_id=order.placement_agency_id,
            mission=order.mission,
            country=order.country,
            positions_requested=order.positions_requested,
            submitted_at=order.submitted_at,
        ),
    )
    return order


def _new_order(agency: PlacementAgency, employer: Employer) -> JobOrder:
    return JobOrder(
        id=new_id(),
        employer_id=employer.id,
        employer_code=employer.code,
        placement_agency_id=agency.id,
        placement_agency_code=agency.code,
        country=employer.country,
        mission=employer.mission,
        status=JobOrderStatus.DRAFT,
        positions_requested=0,
        terms_digest="",
        created_at=clock.now(),
        version=1,
    )


def _apply(order: JobOrder, employer: Employer, terms: JobOrderTerms) -> list[JobOrderLine]:
    """Put terms into an order; gives its lines."""
    permit = terms.host_quota_permit
    rules.check_requested(
        terms.positions_requested, approved=permit.positions_approved if permit else None
    )
    order.employer_id = employer.id
    order.employer_code = employer.code
    order.country = employer.country
    order.mission = employer.mission
    order.partner_agency_code = terms.partner_agency_code
    order.demand_letter_number = terms.demand_letter_number
    order.host_permit_number = permit.permit_number if permit else None
    order.host_permit_positions = permit.positions_approved if permit else None
    order.host_permit_valid_to = permit.valid_to if permit else None
    order.positions_requested = terms.positions_requested
    order.positions_endorsed = None
    order.terms_digest = terms.digest()
    return [_line(order, number, line) for number, line in enumerate(terms.lines, start=1)]


def _line(order: JobOrder, line_number: int, line: LineTerms) -> JobOrderLine:
    if reference.find_occupation(line.occupation_code) is None:
        raise rules.OccupationUnknown(line_number=line_number)
    if reference.find_sector(line.sector) is None:
        raise SectorUnknown
    return JobOrderLine(
        id=new_id(),
        job_order_id=order.id,
        line_number=line_number,
        wage_minor=_minor_units(line.wage, line_number=line_number),
        wage_currency=line.wage.currency,
        wage_period=line.wage.period,
        **line.model_dump(exclude={"wage"}),
    )


def _minor_units(wage: Wage, *, line_number: int) -> int:
    currency = reference.find_currency(wage.currency)
    if currency is None:
        raise rules.WageInvalid(line_number=line_number)
    minor = Decimal(wage.amount).scaleb(currency.minor_units)
    if minor <= 0 or minor != minor.to_integral_value():
        raise rules.WageInvalid(line_number=line_number)
    return int(minor)
