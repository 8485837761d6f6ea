"""The whole story on the eight real processes, over HTTP only."""

import pytest

from shared import clock
from tests.audit.quiet import until_quiet
from tests.audit.whole import findings
from tests.journeys.story import COUNTRY, Story
from tests.journeys.system import System, eventually
from tests.journeys.truth import expected_stock, knowable_people

RECORDS, SEED = 2000, 7

pytestmark = pytest.mark.stack


async def test_both_files_one_person_one_order_one_case(system: System) -> None:
    """Load, match, count; order, seat, departure, presence; case with its placement; all told."""
    people = knowable_people(RECORDS, SEED)
    async with system.client() as client:
        story = Story(client)
        at_first = await story.stock()
        await story.load(people)
        await counts_grew_by(story, at_first, expected_stock(people, clock.today()))

        await story.register_employer_and_agency()
        await story.obtain_job_order()
        await story.open_placement()
        before = await story.stock()
        await story.reserve_seat()
        assert (await story.slots())["reserved"] == 1
        await story.sign_and_depart()
        await slot_is_consumed(story)
        await stock_moves(story, before, kp2mi_only=1, both=0)
        await story.report_presence()
        await stock_moves(story, before, kp2mi_only=0, both=1)

        # Else the placement might be what is heard of last, and its trace the one that attaches.
        await until_quiet(system.stack)
        await story.report_case()
        case = await story.attached_case()
        assert case["participants"][0]["placement_id"] == story.placement_id
        assert case["participants"][0]["person_id"] == story.person_id
        await story.close_case()

        await until_quiet(system.stack)
        await overview_shows_all(story)
        await feed_tells_each_event_once(story)
        await one_trace_leads_through(story)
    assert await findings(system.stack) == []


async def counts_grew_by(
    story: Story, at_first: dict[str, dict[str, int]], expected: dict[str, dict[str, int]]
) -> None:
    """Whatever else the system held before, the load adds exactly these persons."""

    async def grown() -> dict[str, dict[str, int]]:
        told: dict[str, dict[str, int]] = {}
        for country, stock in (await story.stock()).items():
            was = at_first.get(country, {})
            cells = {cell: n - was.get(cell, 0) for cell, n in stock.items()}
            told[country] = {cell: n for cell, n in cells.items() if n}
        return {country: cells for country, cells in told.items() if cells}

    async def look() -> bool | None:
        return True if await grown() == expected else None

    try:
        await eventually(look, seconds=20)
    except TimeoutError:
        assert await grown() == expected


async def slot_is_consumed(story: Story) -> None:
    async def look() -> bool | None:
        slots = await story.slots()
        return True if (slots["filled"], slots["reserved"]) == (1, 0) else None

    await eventually(look)


async def stock_moves(
    story: Story, before: dict[str, dict[str, int]], *, kp2mi_only: int, both: int
) -> None:
    """Against what it was before the departure, in the country of the story."""
    was = before[COUNTRY]

    async def look() -> bool | None:
        now = (await story.stock())[COUNTRY]
        moved = (now["kp2mi_only"] - was["kp2mi_only"], now["both"] - was["both"])
        summed = now["kp2mi_only"] + now["kemlu_only"] + now["both"] == now["total"]
        return True if moved == (kp2mi_only, both) and summed else None

    await eventually(look)


async def overview_shows_all(story: Story) -> None:
    path = f"/v1/persons/{story.person_id}/overview"
    told = await story.by("desk").must_get(path)
    assert told["missing"] == []
    text = str(told)
    for part in (story.placement_id, story.order["id"], story.case["id"]):
        assert part in text, f"{part} is not in the overview"


async def feed_tells_each_event_once(story: Story) -> None:
    items = await story.feed()
    ids = [item["id"] for item in items]
    assert len(ids) == len(set(ids))
    told = {item["type"].split("sinergi.")[1] for item in items}
    assert {
        "job-orders.employer.registered.v1",
        "job-orders.job-order.endorsed.v1",
        "job-orders.job-order.issued.v1",
        "job-orders.job-order.slot-reserved.v1",
        "job-orders.job-order.slot-consumed.v1",
        "registry.person.registered.v1",
        "registry.placement.opened.v1",
        "registry.placement.departed.v1",
        "registry.identification.resolved.v1",
        "cases.identification.requested.v1",
        "cases.case.reported.v1",
        "cases.case.placement-attached.v1",
        "cases.case.closed.v1",
    } <= told
    assert "sealed" not in str(items)
    assert story.passport not in str(items)
    assert story.nik not in str(items)


async def one_trace_leads_through(story: Story) -> None:
    """From the first call to the last handler: each effect carries the trace of its cause."""
    items = await story.feed()

    def traced(kind: str, subject: str) -> set[str]:
        return {
            item["traceparent"].split("-")[1]
            for item in items
            if item["type"].endswith(kind) and item["subject"] == subject
        }

    case = story.case["id"]
    assert traced("cases.case.reported.v1", case) == {story.traces["case"]}
    assert story.traces["case"] in traced("registry.identification.resolved.v1", case)
    assert traced("cases.case.placement-attached.v1", case) == {story.traces["case"]}
    order = story.order["id"]
    assert traced("job-order.slot-consumed.v1", order) == {story.traces["DEPARTED"]}
