"""The messages that a placement's changes amount to."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.placements.reference.p_to_p import P_TO_P
from registry.placements.tables import Placement
from shared import clock, outbox
from shared.messages.base import Message
from shared.messages.registry import (
    PlacementAmended,
    PlacementArrived,
    PlacementDeparted,
    PlacementEnded,
    PlacementOpened,
    PlacementStepCompleted,
    PlacementWithdrawn,
)

BEFORE_DEPARTURE = frozenset(
    {"UNFIT", "WITHDRAWN", "FAILED_DEPARTURE", "REJECTED_BY_IMMIGRATION", "CANCELLED"}
)

TOLD_COLUMNS = (
    *("scheme", "country", "occupation_code", "placement_agency_code", "employer_code"),
    *("job_order_number", "contract_ends_on", "departed_on", "arrived_on"),
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What messages say of a placement."""

    id: UUID
    person_id: UUID
    status: str
    opened_at: datetime
    scheme: str | None
    country: str | None
    occupation_code: str | None
    placement_agency_code: str | None
    employer_code: str | None
    job_order_number: str | None
    contract_ends_on: date | None
    departed_on: date | None
    arrived_on: date | None
    reservation_id: UUID | None = None


def facts_of(placement: Placement) -> Facts:
    return Facts(
        placement.id,
        placement.person_id,
        placement.status,
        placement.opened_at,
        *(getattr(placement, name) for name in (*TOLD_COLUMNS, "reservation_id")),
    )


def tell_opened(session: AsyncSession, placement: Facts) -> None:
    outbox.add(
        session,
        PlacementOpened(
            placement_id=placement.id,
            person_id=placement.person_id,
            scheme=placement.scheme,
            status=placement.status,
            country=placement.country,
            occupation_code=placement.occupation_code,
            placement_agency_code=placement.placement_agency_code,
            employer_code=placement.employer_code,
            job_order_number=placement.job_order_number,
            contract_ends_on=placement.contract_ends_on,
            opened_at=placement.opened_at,
            departed_on=placement.departed_on,
            arrived_on=placement.arrived_on,
        ),
    )


def tell_step(
    session: AsyncSession,
    placement: Facts,
    step: str,
    completed_on: date | None,
    *,
    job_order_id: UUID | None = None,
    reason: str | None = None,
) -> None:
    """Every step has one message: a named one where others act on it, else the general one."""
    on = completed_on or clock.today()
    ids = {"placement_id": placement.id, "person_id": placement.person_id}
    declared = P_TO_P.by_code.get(step)
    message: Message
    if step == "DEPARTED":
        message = PlacementDeparted(
            **ids,
            country=placement.country,
            departed_on=on,
            job_order_id=job_order_id,
            reservation_id=placement.reservation_id,
        )
    elif step == "ARRIVED":
        message = PlacementArrived(**ids, country=placement.country, arrived_on=on)
    elif step in BEFORE_DEPARTURE:
        message = PlacementWithdrawn(
            **ids, reason=reason or step, reservation_id=placement.reservation_id
        )
    elif declared is not None and declared.ends:
        message = PlacementEnded(**ids, ended_on=on, reason=step)
    else:
        message = PlacementStepCompleted(
            **ids, step=step, completed_on=on, reservation_id=placement.reservation_id
        )
    outbox.add(session, message)


def tell_amended(session: AsyncSession, placement: Placement, *, has_ended: bool) -> None:
    """What a placement is now, for whoever keeps a copy of what was told of it before."""
    phase: Literal["OPEN", "DEPARTED", "ENDED", "WITHDRAWN"] = "OPEN"
    if placement.status in BEFORE_DEPARTURE:
        phase = "WITHDRAWN"
    elif has_ended:
        phase = "ENDED"
    elif placement.departed_on or placement.arrived_on:
        phase = "DEPARTED"
    said = {name: getattr(placement, name) for name in (*TOLD_COLUMNS, "ended_on")}
    outbox.add(
        session,
        PlacementAmended(
            placement_id=placement.id,
            person_id=placement.person_id,
            status=placement.status,
            phase=phase,
            **said,
        ),
    )
