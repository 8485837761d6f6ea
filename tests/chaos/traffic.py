"""Mixed traffic over HTTP through the gateway: tellers that go on until they are told to end.

A teller speaks as a careful client does: it repeats what failed in passing under the same key. A
refusal that it did not expect is a finding, because faults may delay an effect and never forbid it.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

from shared import clock
from tests.audit.reading import Check
from tests.chaos.candidates import Candidate
from tests.journeys.story import Story
from tests.journeys.system import Client
from tests.journeys.truth import Person, knowable_people

BATCH_PEOPLE = 60
ARE_PARTED = 0.7
LAPSES_AFTER = timedelta(seconds=20)
_PAUSE_SECONDS = 1.0


@dataclass
class Traffic:
    """Everybody who talks to the system at once, and what came of it."""

    client: Client
    rng: random.Random
    told: list[Story] = field(default_factory=list)
    rounds: dict[str, int] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)
    _ending: asyncio.Event = field(default_factory=asyncio.Event)

    def end(self) -> None:
        """Let everybody finish what they have begun, and begin nothing more."""
        self._ending.set()

    async def run(self) -> None:
        """Until told to end; afterwards one whole story shows that all of it still works."""
        tellers: tuple[Callable[[], Awaitable[None]], ...] = (
            self._whole_story,
            self._batch,
            self._seats,
            self._persons,
            self._corrections,
        )
        async with asyncio.TaskGroup() as group:
            for teller in tellers:
                group.create_task(self._repeat(teller))

    async def whole_story(self) -> None:
        await self._attempt(self._whole_story)

    def check(self) -> Check:
        """Whether every teller got what it was promised, and what finished stays finished."""
        promise = "faults delay what clients ask for, and never forbid it"
        return Check(promise, "rounds of traffic", sum(self.rounds.values()), self.findings)

    async def _repeat(self, teller: Callable[[], Awaitable[None]]) -> None:
        while not self._ending.is_set():
            await self._attempt(teller)
            await asyncio.sleep(self.rng.random() * _PAUSE_SECONDS)

    async def _attempt(self, teller: Callable[[], Awaitable[None]]) -> None:
        name = getattr(teller, "__name__", "").strip("_").replace("_", " ")
        try:
            await teller()
        except (AssertionError, TimeoutError, KeyError) as failure:
            self.findings.append(f"{name}: {type(failure).__name__} {str(failure)[:300]}")
        self.rounds[name] = self.rounds.get(name, 0) + 1

    async def _whole_story(self) -> None:
        """Employer, order, seat, departure, presence, and a case that finds its placement."""
        story = Story(self.client)
        await tell(story)
        self.told.append(story)

    async def _batch(self) -> None:
        """Both ministries' exports of some new people, by the batch route.

        The generator numbers records from one, whatever its seed: the keys are made to differ.
        """
        seed = self.rng.randrange(1_000_000_000)
        people = knowable_people(BATCH_PEOPLE, seed)
        for told in (record for person in people.values() for record in person):
            told["record_key"] = f"{seed}-{told['record_key']}"
        await Story(self.client).load(people)

    async def _seats(self) -> None:
        """Several candidates for few seats: some give theirs back, withdraw, or let it lapse."""
        first = Story(self.client)
        await first.register_employer_and_agency()
        await first.obtain_job_order()
        late, returning, withdrawing, leaving = (
            Candidate(self.client, employer=first.employer, order=first.order, agency=first)
            for _ in range(4)
        )
        for one in (late, returning, withdrawing, leaving):
            await one.open_placement()
        await late.reserve_seat(lasting=LAPSES_AFTER)
        await returning.reserve_seat()
        await returning.release_seat()
        await withdrawing.reserve_seat()
        await withdrawing.withdraw()
        await leaving.reserve_seat()
        await leaving.sign_and_depart()

    async def _persons(self) -> None:
        """Two records that nobody takes for one person are merged by an officer, and parted."""
        one, other = Candidate(self.client), Candidate(self.client)
        for story in (one, other):
            await story.open_placement()
        await one.report_case()
        await one.merge(other)
        if self.rng.random() < ARE_PARTED:
            await one.split(other)
        await other.report_case()
        for story in (one, other):
            await story.attached_case()

    async def _corrections(self) -> None:
        """One record that its system corrects again and again, by single entries."""
        story = Candidate(self.client)
        await story.register_person()
        for _ in range(3):
            departed_on = clock.today() - timedelta(days=self.rng.randrange(400))
            await story.correct_record(country="MY", departed_on=str(departed_on))


async def tell(story: Story, people: dict[int, Person] | None = None) -> None:
    """A worker's story from the first record to the closed case; with people, the files before."""
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
