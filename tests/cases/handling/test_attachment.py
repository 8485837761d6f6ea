"""A placement comes to a participant without anybody typing it, whatever the order of arrival.

Every message is handed to the inbox twice.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from cases.handling import queries
from cases.handling.operations import attachment
from cases.placements import operations as placements
from cases.policy import POLICY
from shared import outbox
from shared.db import Database
from shared.messages.base import Message
from shared.messages.job_orders import EmployerRegistered, JobOrderIssued, PlacementAgencyLicensed
from shared.messages.registry import (
    IdentificationResolved,
    PlacementOpened,
    PlacementStepCompleted,
)
from tests.cases.parts import (
    Bus,
    Desk,
    caller,
    departed,
    ended,
    events_of,
    merged,
    opened,
    resolved,
    split,
    withdrawn,
)

TODAY = datetime.now(UTC).date()


async def attachments(admin: asyncpg.Connection, case_id: str) -> list[tuple[str, str]]:
    return [
        (name.removeprefix("case.placement-"), told["placement_id"])
        for name, told in await events_of(admin, case_id)
        if name.startswith("case.placement-")
    ]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_the_last_of_person_and_placement_attaches_it_once(
    desk: Desk, bus: Bus, admin: asyncpg.Connection, order: tuple[int, int]
) -> None:
    receipt = await desk.reported()
    person, placement = uuid4(), uuid4()
    messages: list[Message] = [resolved(receipt, person), opened(person, placement)]
    for index in order:
        await bus.deliver(messages[index])
    assert await attachments(admin, receipt["id"]) == [("attached", str(placement))]
    participant = (await desk.read(receipt["id"]))["participants"][0]
    assert participant["identification"] == "RESOLVED"
    assert participant["person_id"] == str(person)
    assert participant["placement_id"] == str(placement)
    assert participant["placement"]["status"] == "REGISTERED"
    assert participant["placement"]["employer_code"] == "EMP-MY-1"
    parked = await admin.fetchval("SELECT count(*) FROM parked_messages")
    assert parked == 0


async def test_a_person_named_in_the_report_has_the_placement_at_once(
    desk: Desk, bus: Bus, admin: asyncpg.Connection
) -> None:
    person, placement = uuid4(), uuid4()
    await bus.deliver(opened(person, placement))
    receipt = await desk.reported(
        participants=[{"role": "AFFECTED_PERSON", "person_id": str(person)}]
    )
    assert await attachments(admin, receipt["id"]) == [("attached", str(placement))]
    added = await desk.do(
        receipt["id"], "participants", {"role": "WITNESS", "person_id": str(person)}
    )
    assert added.json()["placement"]["placement_id"] == str(placement)


async def test_who_stands_behind_a_placement_is_told_when_it_becomes_known(
    desk: Desk, bus: Bus
) -> None:
    receipt = await desk.reported()
    person, placement, employer, agency, order = (uuid4() for _ in range(5))
    code = f"EMP-{employer.hex[:8]}"
    told = opened(
        person,
        placement,
        employer_code=code,
        placement_agency_code=f"P3MI-{agency.hex[:8]}",
        job_order_number=f"JO-{order.hex[:8]}",
    )
    await bus.deliver(resolved(receipt, person), told)
    before = (await desk.read(receipt["id"]))["participants"][0]["placement"]
    assert (before["employer_id"], before["employer_code"]) == (None, code)
    await bus.deliver(
        EmployerRegistered(
            employer_id=employer,
            employer_code=code,
            employer_type="COMPANY",
            country="MY",
            mission="KJRI-JOHOR-BAHRU",
            sector="PLANTATION",
            registered_at=datetime.now(UTC),
        ),
        PlacementAgencyLicensed(
            placement_agency_id=agency,
            placement_agency_code=f"P3MI-{agency.hex[:8]}",
            valid_from=date(2026, 1, 1),
            valid_to=date(2030, 1, 1),
        ),
        JobOrderIssued(
            job_order_id=order,
            job_order_number=f"JO-{order.hex[:8]}",
            employer_id=employer,
            placement_agency_id=agency,
            country="MY",
            valid_to=date(2027, 1, 1),
            issued_at=datetime.now(UTC),
        ),
        PlacementStepCompleted(
            placement_id=placement, person_id=person, step="CONTRACTED", completed_on=TODAY
        ),
    )
    after = (await desk.read(receipt["id"]))["participants"][0]["placement"]
    assert after["employer_id"] == str(employer)
    assert after["placement_agency_id"] == str(agency)
    assert after["job_order_id"] == str(order)
    assert after["status"] == "CONTRACTED"


async def test_of_several_placements_the_live_one_is_attached_in_any_order(
    desk: Desk, bus: Bus
) -> None:
    days = [TODAY - timedelta(days=days) for days in (900, 400, 100)]
    for order in itertools.permutations(range(4)):
        receipt = await desk.reported()
        person, old, live, given_up = (uuid4() for _ in range(4))
        stories: list[list[Message]] = [
            [
                opened(person, old),
                departed(person, old, days[0]),
                ended(person, old, days[1]),
            ],
            [opened(person, live), departed(person, live, days[2])],
            [opened(person, given_up), withdrawn(person, given_up)],
            [resolved(receipt, person)],
        ]
        for index in order:
            await bus.deliver(*stories[index])
        participant = (await desk.read(receipt["id"]))["participants"][0]
        assert participant["placement_id"] == str(live), order


async def test_without_a_live_placement_the_latest_is_attached(desk: Desk, bus: Bus) -> None:
    receipt = await desk.reported()
    person, first, second = uuid4(), uuid4(), uuid4()
    for placement, days in ((second, 300), (first, 900)):
        await bus.deliver(
            opened(person, placement),
            departed(person, placement, TODAY - timedelta(days=days)),
            ended(person, placement, TODAY - timedelta(days=days - 100)),
        )
    await bus.deliver(resolved(receipt, person))
    participant = (await desk.read(receipt["id"]))["participants"][0]
    assert participant["placement_id"] == str(second)


async def test_a_job_that_begins_after_the_report_does_not_move_the_case(
    desk: Desk, bus: Bus, admin: asyncpg.Connection
) -> None:
    receipt = await desk.reported()
    person, told_of, later = uuid4(), uuid4(), uuid4()
    await bus.deliver(
        resolved(receipt, person),
        opened(person, told_of),
        departed(person, told_of, TODAY - timedelta(days=200)),
        ended(person, told_of, TODAY + timedelta(days=10)),
    )
    await bus.deliver(opened(person, later), departed(person, later, TODAY + timedelta(days=30)))
    assert await attachments(admin, receipt["id"]) == [("attached", str(told_of))]


async def test_another_person_detaches_one_placement_and_attaches_the_other(
    desk: Desk, bus: Bus, admin: asyncpg.Connection
) -> None:
    receipt = await desk.reported()
    wrong, right, his, hers = (uuid4() for _ in range(4))
    await bus.deliver(opened(wrong, his), opened(right, hers), resolved(receipt, wrong))
    await bus.deliver(resolved(receipt, right))
    assert await attachments(admin, receipt["id"]) == [
        ("attached", str(his)),
        ("detached", str(his)),
        ("attached", str(hers)),
    ]
    await bus.deliver(resolved(receipt, None, "REVIEW"))
    assert (await attachments(admin, receipt["id"]))[-1] == ("detached", str(hers))
    participant = (await desk.read(receipt["id"]))["participants"][0]
    assert (participant["identification"], participant["person_id"]) == ("REVIEW", None)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_a_merge_brings_person_and_placement_together_in_any_order(
    desk: Desk, bus: Bus, admin: asyncpg.Connection, order: tuple[int, ...]
) -> None:
    receipt = await desk.reported()
    survivor, gone, placement = uuid4(), uuid4(), uuid4()
    messages: list[Message] = [
        resolved(receipt, gone, "PROVISIONAL"),
        opened(survivor, placement),
        merged(survivor, gone),
    ]
    for index in order:
        await bus.deliver(messages[index])
    assert await attachments(admin, receipt["id"]) == [("attached", str(placement))]
    participant = (await desk.read(receipt["id"]))["participants"][0]
    assert participant["person_id"] == str(survivor)
    assert participant["person_id_as_given"] == str(gone)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
async def test_merges_in_a_row_end_at_the_same_person_in_any_order(
    desk: Desk, bus: Bus, order: tuple[int, ...]
) -> None:
    receipt = await desk.reported()
    first, second, third, placement = (uuid4() for _ in range(4))
    messages: list[Message] = [
        resolved(receipt, first),
        opened(first, placement),
        merged(second, first),
        merged(third, second),
    ]
    for index in order:
        await bus.deliver(messages[index])
    participant = (await desk.read(receipt["id"]))["participants"][0]
    assert participant["person_id"] == str(third)
    assert participant["placement_id"] == str(placement)


async def test_an_old_id_in_a_report_is_followed_and_answers_with_the_new_address(
    desk: Desk, bus: Bus
) -> None:
    survivor, gone = uuid4(), uuid4()
    await bus.deliver(merged(survivor, gone))
    receipt = await desk.reported(
        participants=[{"role": "AFFECTED_PERSON", "person_id": str(gone)}]
    )
    answer = await desk.api.get(f"/v1/persons/{gone}/cases", headers=desk.officer())
    assert answer.status_code == 308
    assert answer.headers["location"] == f"/v1/persons/{survivor}/cases"
    there = await desk.api.get(answer.headers["location"], headers=desk.officer())
    assert [item["id"] for item in there.json()["items"]] == [receipt["id"]]


@pytest.mark.parametrize("is_named_by_old_id", [True, False])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_a_split_gives_back_what_belonged_to_the_other_person(
    desk: Desk, bus: Bus, is_named_by_old_id: bool, order: tuple[int, int]
) -> None:
    person, other, kept, moved = (uuid4() for _ in range(4))
    staying = await desk.reported()
    leaving = await desk.reported()
    start = datetime.now(UTC)
    await bus.deliver(opened(person, kept), resolved(staying, person), at=start)
    named = other if is_named_by_old_id else person
    await bus.deliver(merged(person, other), at=start + timedelta(seconds=1))
    late: list[Message] = [
        split(
            person,
            other,
            placements=[moved],
            cases=[] if is_named_by_old_id else [UUID(leaving["id"])],
        ),
        opened(person, moved),
    ]
    await bus.deliver(resolved(leaving, named), at=start + timedelta(seconds=2))
    # What was opened before the split may arrive after it, and must not win.
    moments = [start + timedelta(seconds=4), start + timedelta(seconds=3)]
    for index in order:
        await bus.deliver(late[index], at=moments[index])
    stayed = (await desk.read(staying["id"]))["participants"][0]
    left = (await desk.read(leaving["id"]))["participants"][0]
    assert (stayed["person_id"], stayed["placement_id"]) == (str(person), str(kept))
    assert (left["person_id"], left["placement_id"]) == (str(other), str(moved))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_somebody_named_by_an_id_merged_twice_comes_back_with_the_splits_in_any_order(
    desk: Desk, bus: Bus, order: tuple[int, int]
) -> None:
    first, second, third, placement = (uuid4() for _ in range(4))
    start = datetime.now(UTC)
    await bus.deliver(opened(first, placement), at=start)
    named = {"role": "AFFECTED_PERSON", "person_id": str(first)}
    receipt = await desk.reported(participants=[named])
    await bus.deliver(merged(second, first), at=start + timedelta(seconds=1))
    await bus.deliver(merged(third, second), at=start + timedelta(seconds=2))
    splits = [split(*pair, placements=[placement]) for pair in ((third, second), (second, first))]
    for place in order:
        await bus.deliver(splits[place], at=start + timedelta(seconds=3 + place))
    participant = (await desk.read(receipt["id"]))["participants"][0]
    assert participant["person_id"] == str(first)
    assert participant["placement_id"] == str(placement)


async def test_a_merge_that_was_undone_does_not_come_back_with_a_late_message(
    desk: Desk, bus: Bus
) -> None:
    person, other, receipt = uuid4(), uuid4(), await desk.reported()
    start = datetime.now(UTC)
    await bus.deliver(split(uuid4(), other), at=start + timedelta(seconds=5))
    await bus.deliver(merged(person, other), at=start)
    await bus.deliver(resolved(receipt, other), at=start + timedelta(seconds=6))
    assert (await desk.read(receipt["id"]))["participants"][0]["person_id"] == str(other)


async def test_a_closed_case_still_learns_which_placement_it_was_about(
    desk: Desk, bus: Bus, admin: asyncpg.Connection
) -> None:
    case = await desk.brought_to("CLOSED")
    receipt = {"id": case["id"], "participants": case["participants"]}
    person, placement = uuid4(), uuid4()
    await bus.deliver(resolved(receipt, person), opened(person, placement))
    assert await attachments(admin, case["id"]) == [("attached", str(placement))]
    assert (await desk.read(case["id"]))["version"] == case["version"]


async def test_person_and_placement_at_the_same_moment_never_miss_each_other(
    desk: Desk, database: Database, admin: asyncpg.Connection
) -> None:
    moment = datetime.now(UTC)

    async def commit(work: Callable[[AsyncSession], Awaitable[None]]) -> None:
        async with database.session() as session:
            await work(session)
            await session.flush()
            await asyncio.sleep(0.05)
            await outbox.flush(session)
            await session.commit()

    for _ in range(5):
        receipt = await desk.reported()
        person, placement = uuid4(), uuid4()
        identity, job = resolved(receipt, person), opened(person, placement)

        async def identify(
            session: AsyncSession, message: IdentificationResolved = identity
        ) -> None:
            await attachment.resolve_identity(session, message)

        async def open_job(session: AsyncSession, message: PlacementOpened = job) -> None:
            changes = placements.opened(message)
            word = placements.Word(message.placement_id, message.person_id, moment, changes)
            [persons] = await placements.hear_placements(session, [word])
            await attachment.reattach(session, persons)

        await asyncio.gather(commit(identify), commit(open_job))
        assert await attachments(admin, receipt["id"]) == [("attached", str(placement))]


async def test_an_arriving_placement_does_not_wait_for_an_officer_who_holds_the_case(
    desk: Desk, bus: Bus, database: Database, admin: asyncpg.Connection
) -> None:
    receipt = await desk.reported()
    person, placement = uuid4(), uuid4()
    grant = POLICY.grant(caller("kemlu-desk"), "cases:triage")
    async with database.session() as session:
        await queries.lock_case(session, UUID(receipt["id"]), within=grant)
        async with asyncio.timeout(3):
            await bus.deliver(resolved(receipt, person), opened(person, placement))
    assert await attachments(admin, receipt["id"]) == [("attached", str(placement))]


async def test_officers_adding_a_person_whose_placements_arrive_all_see_the_same_one(
    desk: Desk, bus: Bus, admin: asyncpg.Connection
) -> None:
    receipt = await desk.reported(participants=[])
    person = uuid4()
    entry = {"role": "AFFECTED_PERSON", "person_id": str(person)}
    adding = asyncio.gather(*(desk.do(receipt["id"], "participants", entry) for _ in range(8)))
    await asyncio.gather(
        *(bus.deliver(opened(person, uuid4(), opened_at=datetime.now(UTC))) for _ in range(4))
    )
    answers = await adding
    assert [answer.status_code for answer in answers] == [201] * 8
    participants = (await desk.read(receipt["id"]))["participants"]
    assert len({participant["placement_id"] for participant in participants}) == 1
    assert None not in {participant["placement_id"] for participant in participants}
    assert await admin.fetchval("SELECT count(*) FROM parked_messages") == 0
