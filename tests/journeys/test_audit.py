"""The audit itself: every lie that is planted in a sound system is found, and no other."""

from collections.abc import Awaitable, Callable

import pytest

from deploy.local.stack import Stack
from tests.audit.changes import check_changes
from tests.audit.copies import check_copies
from tests.audit.population import check_population
from tests.audit.quiet import until_quiet
from tests.audit.reading import Check, database
from tests.audit.seats import check_seats
from tests.audit.spine import check_spine
from tests.audit.whole import findings
from tests.chaos.traffic import tell
from tests.journeys.story import Story
from tests.journeys.system import System

pytestmark = pytest.mark.stack

Part = Callable[[Stack], Awaitable[list[Check]]]
# The part that finds it, the promise that is broken, where, the lie, and how it is taken back.
LIES: tuple[tuple[Part, str, str, str, str], ...] = (
    (
        check_spine,
        "sequences are gapless",
        "job_orders",
        "UPDATE outbox SET sequence = sequence + 1000 WHERE position = 1",
        "UPDATE outbox SET sequence = sequence - 1000 WHERE position = 1",
    ),
    (
        check_spine,
        "the feed holds each event once",
        "gateway",
        "UPDATE feed_events SET position = -1 WHERE position = 1",
        "UPDATE feed_events SET position = 1 WHERE position = -1",
    ),
    (
        check_spine,
        "what was committed was sent, and nothing else",
        "cases",
        "UPDATE outbox SET event_id = uuidv7(), causation_id = event_id WHERE position = 1",
        "UPDATE outbox SET event_id = causation_id::uuid, causation_id = NULL WHERE position = 1",
    ),
    (
        check_spine,
        "every reader is level with every key",
        "cases",
        "UPDATE cursors SET last_sequence = last_sequence - 1",
        "UPDATE cursors SET last_sequence = last_sequence + 1",
    ),
    (
        check_spine,
        "nothing is parked",
        "registry",
        "UPDATE cursors SET parked = true",
        "UPDATE cursors SET parked = false",
    ),
    (
        check_changes,
        "each move of a seat is one event",
        "job_orders",
        "UPDATE outbox SET type = replace(type, 'slot-reserved', 'slot-told')",
        "UPDATE outbox SET type = replace(type, 'slot-told', 'slot-reserved')",
    ),
    (
        check_changes,
        "each step of a placement is one event",
        "registry",
        "UPDATE placement_steps SET step = 'UNFIT' WHERE step = 'OPP_DONE'",
        "UPDATE placement_steps SET step = 'OPP_DONE' WHERE step = 'UNFIT'",
    ),
    (
        check_copies,
        "copies of cases, open or closed are the owner's",
        "registry",
        "UPDATE case_copies SET is_open = NOT is_open",
        "UPDATE case_copies SET is_open = NOT is_open",
    ),
    (
        check_copies,
        "copies of placements stand with their person, step and job",
        "cases",
        "UPDATE placement_copies SET status = status || '-'",
        "UPDATE placement_copies SET status = rtrim(status, '-')",
    ),
    (
        check_copies,
        "copies of placements stand with their person, step and job",
        "cases",
        "UPDATE placement_copies SET departed_on = departed_on - 7",
        "UPDATE placement_copies SET departed_on = departed_on + 7",
    ),
    (
        check_copies,
        "copies of placements stand with their person and phase",
        "job_orders",
        "UPDATE placements SET phase = 'NAMED' WHERE phase = 'DEPARTED'",
        "UPDATE placements SET phase = 'DEPARTED' WHERE phase = 'NAMED'",
    ),
    (
        check_seats,
        "the balance of each line is the sum of its ledger, within what was endorsed",
        "job_orders",
        "UPDATE slot_accounts SET filled = filled - 1",
        "UPDATE slot_accounts SET filled = filled + 1",
    ),
    (
        check_seats,
        "a seat is filled if and only if its placement departed",
        "registry",
        "UPDATE placements SET reservation_id = id WHERE reservation_id IS NOT NULL",
        """
        UPDATE placements p SET reservation_id = r.reservation_id FROM slot_reservations r
        WHERE r.placement_id = p.id AND r.state = 'CONSUMED' AND p.reservation_id = p.id
        """,
    ),
    (
        check_population,
        "the ledger agrees with its recount",
        "registry",
        "UPDATE ledger_postings SET valid_on = valid_on - 7 WHERE id = 1",
        "UPDATE ledger_postings SET valid_on = valid_on + 7 WHERE id = 1",
    ),
    (
        check_population,
        "the ledger follows from the evidence",
        "registry",
        "UPDATE person_evidence SET person_id = origin_id",
        """
        UPDATE person_evidence SET person_id = coalesce(
            (SELECT person_id FROM source_records WHERE id = origin_id),
            (SELECT person_id FROM placements WHERE id = origin_id))
        """,
    ),
)


async def test_every_lie_that_is_planted_is_found(system: System) -> None:
    stack = system.stack
    async with system.client() as client:
        await tell(Story(client))
    await until_quiet(stack)
    assert await findings(stack) == []
    for part, promise, service, lie, truth in LIES:
        await _execute(stack, service, lie)
        broken = {check.promise for check in await part(stack) if check.findings}
        await _execute(stack, service, truth)
        assert promise in broken, f"{lie} was found as {broken or 'nothing'}"
    assert await findings(stack) == [], "everything was taken back"


async def _execute(stack: Stack, service: str, statement: str) -> None:
    async with database(stack, service) as connection:
        await connection.execute(statement)
