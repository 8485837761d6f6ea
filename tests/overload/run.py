"""One run: what the stack can serve, ten times as much, what comes after, crowds, and the audit."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import aiohttp

from deploy.local.stack import Stack
from tests.audit.quiet import until_quiet
from tests.audit.reading import Check, fetch
from tests.audit.whole import audit
from tests.bench.figures import percentile
from tests.bench.stand import EMPLOYER
from tests.journeys.story import Story
from tests.journeys.system import System
from tests.overload.callers import Caller, Outcome, steadily
from tests.overload.crowds import Crowd
from tests.overload.flood import Answers, Flood, prepare
from tests.overload.memory import Memory, memory

CAPACITY_CONNECTIONS = 32
REPORTS_A_SECOND = 20.0
READS_A_SECOND = 5.0
# About what an answer to the flood takes, so that so many connections ask as often as planned.
ANSWERED_MS = 1000.0
RECOVERY_SECONDS = 10.0
MOST_P95_MS = 500.0
QUIET_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Plan:
    seconds: float
    times: float
    connections: int
    idle: int


class Run:
    """Everything that one run needs, and what it found."""

    def __init__(self, stack: Stack, plan: Plan, http: aiohttp.ClientSession) -> None:
        self._stack = stack
        self._plan = plan
        self._reporter = Caller(stack, http, "kemlu-desk", "PROTECTION_CASE", client="intake")
        self._reader = Caller(
            stack, http, "mission-officer", "JOB_ORDER_VERIFICATION", client="quiet-reader"
        )
        self._crowd = Crowd(stack)
        self._memory = Memory(stack)
        self._all = Outcome()
        self._created = 0
        self._employer = ""
        self._case = ""
        self._person = ""

    async def whole(self) -> bool:
        """Whether all was as promised."""
        flood = await self._prepare()
        self._memory.before = memory(self._stack)
        calm, _ = await self._beside(asyncio.sleep(10))
        self._say("reports before the flood", **_figures(calm))
        able = await self._capacity(flood)
        held = await self._flooded(flood, able)
        await self._crowded()
        self._memory.after = memory(self._stack)
        self._tell_memory()
        checks = await self._checks()
        for check in checks:
            print(check.line())
        return held and not any(check.findings for check in checks)

    async def _prepare(self) -> Flood:
        async with System(self._stack).client() as client:
            story = Story(client)
            flood = await prepare(self._stack, story)
        self._employer, self._case = story.employer["id"], story.case["id"]
        self._person = story.person_id
        # What is loaded and compiled at the first call of each kind is no matter of load.
        self._count(await flood.run(seconds=5, connections=8))
        return flood

    async def _capacity(self, flood: Flood) -> float:
        best = 0.0
        for _ in range(3):
            told = await flood.run(seconds=self._plan.seconds / 3, connections=CAPACITY_CONNECTIONS)
            self._count(told)
            self._say("capacity", served=f"{told.served_per_second:.0f}/s", **_told(told))
            best = max(best, told.served_per_second)
        return best

    async def _flooded(self, flood: Flood, able: float) -> bool:
        offered = able * self._plan.times
        pause_ms = max(0.0, 1000 * self._plan.connections / offered - ANSWERED_MS)
        running = flood.run(
            seconds=self._plan.seconds, connections=self._plan.connections, pause_ms=pause_ms
        )
        (reports, reads), told = await self._beside_both(running)
        self._count(told)
        self._say(
            "flood",
            offered=f"{told.per_second:.0f}/s",
            times_capacity=f"{told.per_second / able:.1f}",
            served=f"{told.served_per_second:.0f}/s",
            **_told(told),
        )
        self._say("reports beside it", **_figures(reports))
        self._say("a quiet client beside it", **_figures(reads))
        recovery = await self._recovery()
        self._say("recovery", seconds=f"{recovery:.1f}")
        calm, _ = await self._beside(asyncio.sleep(10))
        self._say("reports after the flood", **_figures(calm))
        return (
            set(reports.statuses) == {201}
            and percentile(reports.times, 95) <= MOST_P95_MS
            and recovery <= RECOVERY_SECONDS
        )

    async def _recovery(self) -> float:
        """Seconds until the last call to any of the services that was refused or slow."""
        began = last = time.perf_counter()
        while (moment := time.perf_counter()) - began < RECOVERY_SECONDS + 5:
            outcome = Outcome()
            await asyncio.gather(
                self._reader.read(f"/v1/employers/{self._employer}", outcome, due=moment),
                self._reporter.read(f"/v1/cases/{self._case}", outcome, due=moment),
                self._reporter.read(f"/v1/persons/{self._person}", outcome, due=moment),
            )
            if set(outcome.statuses) != {200} or max(outcome.times) > MOST_P95_MS:
                last = time.perf_counter()
            await asyncio.sleep(0.1)
        return last - began

    async def _crowded(self) -> None:
        """Idle connections, slow readers and writers, huge bodies; reports go on beside each."""
        async with self._crowd.idle(self._plan.idle) as readers:
            reports, _ = await self._beside(asyncio.sleep(5))
            now = memory(self._stack)
            ended = sum(reader.at_eof() for reader in readers)
            self._say(
                f"{len(readers)} idle connections",
                ended_by_the_gateway=ended,
                gateway_mb=f"{now['gateway']:.0f}",
                **_figures(reports),
            )
        path = "/v1/cases?limit=100"
        for name, crowd in (
            ("500 slow writers", self._crowd.slow_writers(500)),
            ("300 slow readers", self._crowd.slow_readers(300, path, seconds=15)),
            ("64 huge bodies", self._crowd.huge_bodies(64)),
        ):
            reports, ends = await self._beside(crowd)
            now = memory(self._stack)
            self._say(
                name, ends=dict(ends), gateway_mb=f"{now['gateway']:.0f}", **_figures(reports)
            )

    async def _beside(self, work: Any) -> tuple[Outcome, Any]:
        (reports, _), result = await self._beside_both(work)
        return reports, result

    async def _beside_both(self, work: Any) -> tuple[tuple[Outcome, Outcome], Any]:
        """Reports and a quiet client's reads, while something else goes on; and what came of it."""
        reports, reads, ending = Outcome(), Outcome(), asyncio.Event()

        async def report(number: int, due: float) -> None:
            await self._reporter.report(reports, number=number, due=due)

        async def read(_number: int, due: float) -> None:
            await self._reader.read(f"/v1/employers/{self._employer}", reads, due=due)

        async with asyncio.TaskGroup() as group:
            group.create_task(steadily(report, per_second=REPORTS_A_SECOND, until=ending))
            group.create_task(steadily(read, per_second=READS_A_SECOND, until=ending))
            group.create_task(self._memory.watch(ending))
            try:
                result = await work
            finally:
                ending.set()
        self._all.extend(reports)
        return (reports, reads), result

    def _count(self, told: Answers) -> None:
        self._created += told.statuses[201]

    async def _checks(self) -> list[Check]:
        found = []
        began = time.perf_counter()
        try:
            await until_quiet(self._stack, seconds=QUIET_SECONDS)
        except TimeoutError as owed:
            found.append(str(owed))
        checks = [Check("it comes to rest", "seconds", round(time.perf_counter() - began), found)]
        found = await self._reporter.differing(self._all.receipts)
        promise = "every report that was accepted exists, and is answered the same"
        checks.append(Check(promise, "reports sent again", len(self._all.receipts), found))
        [counted] = await fetch(
            self._stack,
            "job_orders",
            "SELECT count(*) FROM employers WHERE name = $1",
            EMPLOYER["name"],
        )
        lost = max(0, self._created - counted[0])
        found = [f"{lost} of those that were answered 201 are missing"] if lost else []
        promise = "every employer that the flood was answered 201 for exists"
        checks.append(Check(promise, "answers of 201", self._created, found))
        return [*checks, *await audit(self._stack)]

    def _tell_memory(self) -> None:
        for name, before in self._memory.before.items():
            self._say(
                f"memory of {name}",
                before=f"{before:.0f} MB",
                most=f"{self._memory.most[name]:.0f} MB",
                after=f"{self._memory.after[name]:.0f} MB",
            )

    @staticmethod
    def _say(what: str, **facts: object) -> None:
        told = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in facts.items())
        print(f"{what:32} {told}", flush=True)


def _figures(outcome: Outcome) -> dict[str, object]:
    times = outcome.times
    p50, p95, p99 = (f"{percentile(times, percent):.0f}" for percent in (50, 95, 99))
    return {"n": len(times), "ms": f"{p50}/{p95}/{p99}", "statuses": _listed(outcome.statuses)}


def _told(told: Answers) -> dict[str, object]:
    return {
        "ms": f"{told.p50_ms:.0f}/{told.p95_ms:.0f}/{told.p99_ms:.0f}",
        "statuses": _listed(told.statuses),
        "unanswered": told.unanswered,
        "retry_after": _spread(told.waits),
    }


def _spread(waits: Counter[int]) -> str:
    if not waits:
        return "-"
    ordered = sorted(waits.elements())
    return f"{ordered[0]} to {ordered[-1]} s, median {ordered[len(ordered) // 2]} s"


def _listed(counted: Counter[int]) -> str:
    return " ".join(f"{status}:{n}" for status, n in sorted(counted.items()))
