"""One run: traffic beside the script of faults, rest, and the audit, told line by line."""

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field

from deploy.local.stack import Stack
from tests.audit.processes import check_processes
from tests.audit.quiet import until_quiet
from tests.audit.reading import Check
from tests.audit.whole import audit
from tests.chaos.faults import Fault, Hand, Kind, script
from tests.chaos.network import Network
from tests.chaos.traffic import Traffic
from tests.journeys.answers import Answers
from tests.journeys.system import Client, System

# Under faults an effect may be late by as long as several restarts in a row take.
PATIENCE_SECONDS = 900.0
QUIET_SECONDS = 240.0
ASKED_AGAIN = 200
OTHERS, PAUSE_SECONDS = 0.2, (0.5, 2.5)
WITHOUT = (Kind.FREEZE,)
WITH_NETWORK = (Kind.FREEZE, Kind.CUT, Kind.SLOW, Kind.SILENT)
_WARM_UP_SECONDS = 5.0
_TELLING_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is to be; the same plan gives the same script of faults."""

    seed: int
    kills: int
    others: float
    pause: tuple[float, float]
    has_network: bool = True

    @property
    def command(self) -> str:
        more = [f"--others {self.others}"] if self.others != OTHERS else []
        if self.pause != PAUSE_SECONDS:
            more += [f"--pause-from {self.pause[0]}", f"--pause-to {self.pause[1]}"]
        more += [] if self.has_network else ["--without-network"]
        arguments = f" ARGS='{' '.join(more)}'" if more else ""
        return f"make chaos SEED={self.seed} KILLS={self.kills}{arguments}"


@dataclass
class Teller:
    """Says what happens while it happens."""

    client: Client
    began: float = field(default_factory=time.monotonic)
    faults: Counter[str] = field(default_factory=Counter)

    def fault(self, fault: Fault) -> None:
        self.faults[fault.kind] += 1
        self.say(f"{self.faults[fault.kind]:4} {fault}")

    def say(self, text: str) -> None:
        outcomes = self.client.outcomes
        refused = sum(n for status, n in outcomes.items() if status[0] in "45")
        print(
            f"[{time.monotonic() - self.began:7.1f} s] {text:34} "
            f"answered {self.client.answered()}, refused {refused}, "
            f"without an answer {outcomes['no answer']}",
            flush=True,
        )

    async def from_time_to_time(self) -> None:
        while True:
            await asyncio.sleep(_TELLING_SECONDS)
            self.say("")


async def run(stack: Stack, plan: Plan, *, network: Network | None) -> bool:
    """Whether everything was as promised, after all that."""
    faults = script(
        stack,
        random.Random(plan.seed),
        kills=plan.kills,
        others=plan.others,
        kinds=WITH_NETWORK if network else WITHOUT,
        pause=plan.pause,
    )
    async with System(stack).client(patience=PATIENCE_SECONDS) as client:
        client.kept = Answers(random.Random(plan.seed), size=ASKED_AGAIN)
        teller = Teller(client)
        telling = asyncio.create_task(teller.from_time_to_time())
        traffic = Traffic(client, random.Random(plan.seed))
        talking = asyncio.create_task(traffic.run())
        await asyncio.sleep(_WARM_UP_SECONDS)
        hand = Hand(stack, client.answered, teller.fault, network)
        await hand.play(faults)
        teller.say("no more faults")
        traffic.end()
        await talking
        await traffic.whole_story()
        teller.say("traffic has ended")
        checks = [await _rest(stack)]
        teller.say("the audit begins")
        telling.cancel()
        checks += [
            *await audit(stack),
            await _answered(client, client.kept),
            traffic.check(),
            check_processes(stack, hand.killed),
        ]
    _tell(checks, teller, traffic, hand)
    return not any(check.findings for check in checks)


async def _rest(stack: Stack) -> Check:
    began = time.monotonic()
    found = []
    try:
        await until_quiet(stack, seconds=QUIET_SECONDS)
    except TimeoutError as owed:
        found.append(str(owed))
    return Check("the system comes to rest", "seconds", round(time.monotonic() - began), found)


async def _answered(client: Client, kept: Answers) -> Check:
    found = await kept.differing(client.http)
    promise = "the same key and body get the same answer, and no second effect"
    return Check(promise, "answered writes, asked again", len(kept.sample), found)


def _tell(checks: list[Check], teller: Teller, traffic: Traffic, hand: Hand) -> None:
    print()
    for check in checks:
        print(check.line())
    print()
    print("faults   ", _listed(Counter(f"{one.kind} {one.target}" for one in hand.done)))
    print("rounds   ", _listed(Counter(traffic.rounds)))
    print("outcomes ", _listed(teller.client.outcomes))


def _listed(counted: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counted.items()))
