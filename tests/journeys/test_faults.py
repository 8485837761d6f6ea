"""The same story while processes, Kafka and PostgreSQL are killed: it completes, nothing lies."""

import asyncio
import os
import random
import signal

import pytest

from deploy.local import supervision
from deploy.local.stack import Stack
from tests.journeys import audit
from tests.journeys.story import Story
from tests.journeys.system import System
from tests.journeys.truth import knowable_people

KILLS = 5
RECORDS, PEOPLE_SEED = 600, 11
PAUSE_SECONDS = (1.0, 4.0)

pytestmark = pytest.mark.stack


@pytest.mark.timeout(600)
async def test_five_kills_in_the_middle_of_the_journey_lose_and_double_nothing(
    system: System,
) -> None:
    rng = random.Random(int(os.environ.get("SEED", "20261124")))
    people = knowable_people(RECORDS, PEOPLE_SEED)
    async with system.client() as client:
        story = Story(client)
        killing = asyncio.create_task(kill_some(system.stack, rng, kills=KILLS))
        stories = [story]
        await tell(story, people)
        while not killing.done():
            stories.append(Story(client))
            await tell(stories[-1], {})
        killed = await killing
        stories.append(Story(client))
        await tell(stories[-1], {})
        await audit.until_quiet(system.stack)
        for told in stories:
            case = await told.attached_case()
            assert case["status"] == "CLOSED"
            assert (await told.slots())["filled"] == 1
    assert len(killed) == KILLS
    assert await audit.findings(system.stack) == [], f"after killing {killed}"


async def tell(story: Story, people: dict[int, list[dict[str, object]]]) -> None:
    if people:
        await story.load(people)
    await story.register_employer_and_agency()
    await story.obtain_job_order()
    await story.open_placement()
    await story.reserve_seat()
    await story.sign_and_depart()
    await story.report_presence()
    await story.report_case()
    await story.attached_case()
    await story.close_case()


async def kill_some(stack: Stack, rng: random.Random, *, kills: int) -> list[str]:
    """Kill -9 at random moments; the servers are among the first so that each run has them."""
    names = sorted(supervision.states(stack))
    servers = [name for name in names if name in {"kafka", "postgres"}]
    victims = rng.sample(servers, k=len(servers)) + rng.choices(names, k=kills - len(servers))
    rng.shuffle(victims)
    for victim in victims:
        await asyncio.sleep(rng.uniform(*PAUSE_SECONDS))
        while (one := supervision.states(stack)[victim]).state != "RUNNING":
            await asyncio.sleep(0.2)
        os.kill(one.pid, signal.SIGKILL)
    return victims
