"""Placements that source records tell of: opened and continued in bulk, one a record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.placements import queries
from registry.placements.following import Journey
from registry.placements.rules import AMENDED, ENDS, standing_steps
from registry.placements.tables import Placement, PlacementStep
from registry.placements.telling import (
    BEFORE_DEPARTURE,
    TOLD_COLUMNS,
    Facts,
    facts_of,
    tell_amended,
    tell_opened,
    tell_step,
)
from shared import clock
from shared.ids import new_id
from shared.rows import copy_rows

_SYSTEM = "SISKOP2MI"
_DATE_OF = {"DEPARTED": "departed_on", "ARRIVED": "arrived_on"}
_JOURNEY_COLUMNS = (
    *("scheme", "country", "subdivision", "occupation_code", "placement_agency_code"),
    *("employer_code", "job_order_number", "contract_starts_on", "contract_ends_on"),
    *("departed_on", "arrived_on", "ended_on"),
)
_COLUMNS = (
    *("id", "person_id", "person_id_as_given", "source_record_id", "status", "opened_at"),
    *("version", *_JOURNEY_COLUMNS),
)
_STEP_COLUMNS = (
    *("placement_id", "number", "step", "completed_on", "subject", "organisation", "recorded_at"),
)


@dataclass(frozen=True, slots=True)
class Told:
    """What a record says of a job now; nothing when it was withdrawn or never told of one."""

    record_id: UUID
    person_id: UUID
    journey: Journey | None


@dataclass(frozen=True, slots=True)
class Opened:
    """A placement on its way into the table; the mapped class would cost more than the row."""

    id: UUID
    person_id: UUID
    record_id: UUID
    opened_at: datetime
    journey: Journey

    def row(self) -> tuple[Any, ...]:
        columns = self.journey.columns
        return (
            *(self.id, self.person_id, self.person_id, self.record_id, self.journey.status),
            *(self.opened_at, 1),
            *(columns[name] for name in _JOURNEY_COLUMNS),
        )

    def facts(self) -> Facts:
        columns = self.journey.columns
        return Facts(
            self.id,
            self.person_id,
            self.journey.status,
            self.opened_at,
            *(columns[name] for name in TOLD_COLUMNS),
        )


async def follow_records(session: AsyncSession, told: Sequence[Told], *, fresh: set[UUID]) -> None:
    """Bring placements in line with their records. `fresh` records had none before."""
    renewed = [one for one in told if one.record_id not in fresh]
    known = (
        await queries.lock_placements_of_records(session, [one.record_id for one in renewed])
        if renewed
        else {}
    )
    opened = [
        (Opened(new_id(), one.person_id, one.record_id, clock.now(), one.journey), one.journey)
        for one in told
        if one.journey is not None and one.record_id not in known
    ]
    await copy_rows(
        session,
        "placements",
        _COLUMNS,
        (placement.row() for placement, _ in opened),
    )
    await copy_rows(
        session,
        "placement_steps",
        _STEP_COLUMNS,
        (
            row
            for placement, journey in opened
            for row in _step_rows(placement.id, journey.steps, placement.opened_at)
        ),
    )
    for placement, journey in opened:
        facts = placement.facts()
        tell_opened(session, facts)
        if journey.columns["ended_on"]:
            tell_step(session, facts, *journey.steps[-1])
    for one in renewed:
        if one.record_id in known:
            await _continue(session, known[one.record_id], one)


async def _continue(session: AsyncSession, placement: Placement, told: Told) -> None:
    """Bring a placement in line with a newer word of its record. What was told before is kept as
    history, and steps that the record does not tell of any more stand no longer.
    """
    placement.person_id = told.person_id
    steps = await queries.list_steps(session, placement.id)
    placement.version += 1
    if told.journey is None:
        _cancel(session, placement, len(steps) + 1)
        return
    standing = standing_steps(steps)
    own = {one.step for one in standing if one.subject == _SYSTEM}
    known = {one.step for one in standing}
    stated = {step for step, _ in told.journey.steps}
    taken_back = sorted(own - stated - BEFORE_DEPARTURE)
    before = _said_of(placement)
    _take_columns(placement, told.journey, by_others=known - own)
    if placement.status in taken_back:
        placement.status = told.journey.status
    status = placement.status
    new_steps = [step for step in told.journey.steps if step[0] not in known]
    explained = {_date_of(step) for step, _ in new_steps}
    if status == "CANCELLED" or (status in BEFORE_DEPARTURE and new_steps):
        # Its system took the withdrawal back, or knows that the worker went on all the same.
        placement.status, last = told.journey.status, told.journey.steps[-1]
        tell_opened(session, facts_of(placement))
        explained |= {*TOLD_COLUMNS}
        new_steps += [last] if last not in new_steps else []
    for place, (step, completed_on) in enumerate(new_steps, start=len(steps) + 1):
        _add_step(session, placement, place, step, completed_on)
        placement.status = step
        tell_step(session, facts_of(placement), step, completed_on)
    is_late = bool(new_steps) and new_steps[-1] != told.journey.steps[-1]
    if is_late:
        # A step that lies behind the placement already; where it has got to stays.
        placement.status = status
    now = _said_of(placement)
    differing = {name for name, value in now.items() if value != before[name]}
    if taken_back or is_late or differing - explained:
        number = len(steps) + len(new_steps) + 1
        reason = " ".join(taken_back) or None
        _add_step(session, placement, number, AMENDED, clock.today(), reason=reason)
        codes = (known | {step for step, _ in new_steps}) - set(taken_back)
        tell_amended(session, placement, has_ended=bool(codes & ENDS))


def _cancel(session: AsyncSession, placement: Placement, number: int) -> None:
    """Its system took the whole record back."""
    if placement.status in BEFORE_DEPARTURE:
        return
    _add_step(session, placement, number, "CANCELLED", clock.today())
    placement.status = "CANCELLED"
    facts, today = facts_of(placement), clock.today()
    tell_step(session, facts, "CANCELLED", today, reason="RECORD_WITHDRAWN")


def _said_of(placement: Placement) -> dict[str, Any]:
    return {name: getattr(placement, name) for name in (*TOLD_COLUMNS, "ended_on")}


def _take_columns(placement: Placement, journey: Journey, *, by_others: set[str]) -> None:
    """What the record says of the journey. A day that somebody else recorded with its step is not
    the record's to take back.
    """
    kept = {_date_of(step) for step in by_others}
    for column, value in journey.columns.items():
        if value is not None or column not in kept:
            setattr(placement, column, value)


def _date_of(step: str) -> str:
    """The column that a step dates; none has no name."""
    return "ended_on" if step in ENDS else _DATE_OF.get(step, "")


def _add_step(
    session: AsyncSession,
    placement: Placement,
    number: int,
    step: str,
    completed_on: date | None,
    *,
    reason: str | None = None,
) -> None:
    session.add(
        PlacementStep(
            placement_id=placement.id,
            number=number,
            step=step,
            completed_on=completed_on,
            reason=reason,
            subject=_SYSTEM,
            organisation=_SYSTEM,
            recorded_at=clock.now(),
        )
    )


def _step_rows(
    placement_id: UUID,
    steps: Sequence[tuple[str, date | None]],
    recorded_at: datetime,
) -> list[tuple[Any, ...]]:
    return [
        (placement_id, number, step, completed_on, _SYSTEM, _SYSTEM, recorded_at)
        for number, (step, completed_on) in enumerate(steps, start=1)
    ]
