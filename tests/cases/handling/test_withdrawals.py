"""What a withdrawal of a placement, and its being taken back, does to the cases of its worker."""

from datetime import UTC, datetime
from uuid import uuid4

from tests.cases.parts import Bus, Desk, opened, resolved, withdrawn


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
