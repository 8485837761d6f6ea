"""What a withdrawn placement does to cases, one taken up again, or one of which more is said."""

from datetime import UTC, date, datetime
from uuid import uuid4

import asyncpg
import pytest

from tests.cases.parts import Bus, Desk, amended, ended, opened, resolved, withdrawn


async def test_a_withdrawal_that_is_taken_back_attaches_the_placement_again(
    desk: Desk, bus: Bus
) -> None:
    person, older, newer = uuid4(), uuid4(), uuid4()
    receipt = await desk.reported()

    async def attached() -> str:
        placement: str = (await desk.read(receipt["id"]))["participants"][0]["placement_id"]
        return placement

    await bus.deliver(resolved(receipt, person))
    await bus.deliver(opened(person, older, opened_at=datetime(2024, 1, 1, tzinfo=UTC)))
    await bus.deliver(opened(person, newer, opened_at=datetime(2025, 1, 1, tzinfo=UTC)))
    assert await attached() == str(newer)
    await bus.deliver(withdrawn(person, newer))
    assert await attached() == str(older)
    await bus.deliver(opened(person, newer, opened_at=datetime(2025, 1, 1, tzinfo=UTC)))
    assert await attached() == str(newer)


async def test_what_is_said_anew_of_a_placement_stands_and_decides_which_one_a_case_has(
    desk: Desk, bus: Bus, admin: asyncpg.Connection
) -> None:
    person, older, newer = uuid4(), uuid4(), uuid4()
    receipt = await desk.reported()
    await bus.deliver(resolved(receipt, person))
    await bus.deliver(opened(person, older, opened_at=datetime(2024, 1, 1, tzinfo=UTC)))
    await bus.deliver(opened(person, newer, opened_at=datetime(2025, 1, 1, tzinfo=UTC)))
    await bus.deliver(ended(person, newer, date(2025, 6, 1)))
    (before,) = (await desk.read(receipt["id"]))["participants"]
    assert before["placement_id"] == str(older)
    await bus.deliver(amended(person, newer, country="SG", departed_on=date(2025, 2, 2)))
    (after,) = (await desk.read(receipt["id"]))["participants"]
    assert after["placement_id"] == str(newer)
    row = await admin.fetchrow(
        "SELECT status, country, departed_on, ended_on FROM placement_copies"
        " WHERE placement_id = $1",
        newer,
    )
    assert tuple(row) == ("DEPARTED", "SG", date(2025, 2, 2), None)


async def test_of_two_jobs_that_records_tell_of_at_once_a_case_has_the_later_one(
    desk: Desk, bus: Bus
) -> None:
    """Both open on the day on which their records come in, whichever of them comes last."""
    person, newer, older = uuid4(), uuid4(), uuid4()
    receipt = await desk.reported()
    await bus.deliver(resolved(receipt, person))
    for placement, left_on in ((newer, date(2025, 2, 2)), (older, date(2019, 2, 2))):
        await bus.deliver(opened(person, placement, status="DEPARTED", departed_on=left_on))
    (participant,) = (await desk.read(receipt["id"]))["participants"]
    assert participant["placement_id"] == str(newer)


@pytest.mark.parametrize(
    ("phase", "status", "kept"),
    [
        ("ENDED", "DEPORTED", ("ENDED", False)),
        ("WITHDRAWN", "UNFIT", ("WITHDRAWN", True)),
        ("OPEN", "CONTRACTED", ("CONTRACTED", False)),
    ],
)
async def test_an_amended_placement_is_over_or_withdrawn_as_if_told_so_step_by_step(
    bus: Bus, admin: asyncpg.Connection, phase: str, status: str, kept: tuple[str, bool]
) -> None:
    person, placement = uuid4(), uuid4()
    await bus.deliver(opened(person, placement))
    await bus.deliver(amended(person, placement, phase=phase, status=status))
    row = await admin.fetchrow(
        "SELECT status, is_withdrawn FROM placement_copies WHERE placement_id = $1", placement
    )
    assert tuple(row) == kept
