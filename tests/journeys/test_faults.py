"""The same story while processes, Kafka and PostgreSQL are killed: it completes, nothing lies."""

import asyncio
import os
import random

import pytest

from tests.audit.processes import check_processes
from tests.audit.quiet import until_quiet
from tests.audit.whole import findings
from tests.chaos.faults import Hand, script
from tests.chaos.traffic import Traffic, tell
from tests.journeys.answers import Answers
from tests.journeys.story import Story
from tests.journeys.system import System
from tests.journeys.truth import knowable_people

KILLS = 20
RECORDS, PEOPLE_SEED = 600, 11
PAUSE_SECONDS = (0.3, 1.8)
ASKED_AGAIN = 50
# A loaded machine takes its time to start again what was killed.
PATIENCE_SECONDS = 240

pytestmark = pytest.mark.stack


@pytest.mark.timeout(600)
async def test_twenty_kills_in_the_middle_of_the_traffic_lose_and_double_nothing(
    system: System,
) -> None:
    rng = random.Random(int(os.environ.get("SEED", "20261124")))
    stack = system.stack
    async with system.client(patience=PATIENCE_SECONDS) as client:
        client.kept = Answers(rng, size=ASKED_AGAIN)
        traffic = Traffic(client, rng)
        hand = Hand(stack, client.answered)
        talking = asyncio.create_task(traffic.run())
        loading = asyncio.create_task(tell(Story(client), knowable_people(RECORDS, PEOPLE_SEED)))
        await hand.play(script(stack, rng, kills=KILLS, pause=PAUSE_SECONDS))
        traffic.end()
        await talking
        await loading
        await traffic.whole_story()
        await until_quiet(stack, seconds=PATIENCE_SECONDS)
        for told in traffic.told:
            case = await told.attached_case()
            assert case["status"] == "CLOSED"
            assert (await told.slots())["filled"] == 1
        assert await client.kept.differing(client.http) == []
    assert traffic.findings == []
    assert await findings(stack) == [], f"after killing {hand.killed}"
    assert check_processes(stack, hand.killed).findings == []
