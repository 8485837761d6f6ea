"""Taking one record from a person of several: until all that hangs on both is counted anew.

The clock runs from the request to its answer, which leaves after the commit: membership, the
placements and evidence of the record, both timelines, the ledger, and the events of all that.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp

from deploy.seed.envelopes import csv_lines, ndjson
from deploy.seed.lives import System
from tests.bench.batches import Batch, load, registry_behind_gateway
from tests.bench.figures import Figure, percentile
from tests.bench.programs import CannotMeasure
from tests.bench.stand import Stand
from tests.bench.systems import SystemCallers

MOST_P99_MS = 50.0
PERSONS_A_RUN, WARMUP_PERSONS = 300, 30
RECORDS_OF_A_PERSON = 10
_FIRST_YEAR = 2016
_CREATED = 201


@dataclass(frozen=True, slots=True)
class Component:
    """A person and the record that will be taken off."""

    person_id: str
    record_id: str


async def measure(stand: Stand) -> list[Figure]:
    """Persons with ten records each, half of them placements abroad; one is split off."""
    stand.plan.needs("services/registry/src/registry/main.py")
    tails, number = [], 0
    async with (
        registry_behind_gateway(stand),
        aiohttp.ClientSession(stand.stack.url("registry")) as session,
    ):
        bench = _Components(stand, session, SystemCallers(stand))
        for run in range(-1, stand.plan.runs):
            count = WARMUP_PERSONS if run < 0 else PERSONS_A_RUN
            made = await bench.make(range(number, number + count))
            number += count
            times = [await bench.split(one) for one in made]
            if run >= 0:
                tails.append(percentile(times, 99))
                stand.plan.say(f"run {run + 1}: p99 {tails[-1]:.1f} ms of {count} splits")
    unit = f"ms, one record of {RECORDS_OF_A_PERSON}"
    return [Figure("registry.component_recompute_p99_ms", unit, tails, at_most=MOST_P99_MS)]


@dataclass(frozen=True, slots=True)
class _Components:
    stand: Stand
    session: aiohttp.ClientSession
    callers: SystemCallers

    async def make(self, numbers: range) -> list[Component]:
        """Persons whom both ministries told of in all their records, loaded in bulk."""
        told = {
            system: [one for number in numbers for one in _envelopes(system, number)]
            for system in System
        }
        texts = {
            System.SISKOP2MI: ndjson(told[System.SISKOP2MI]),
            System.PEDULI_WNI: csv_lines(System.PEDULI_WNI, told[System.PEDULI_WNI]),
        }
        await load(self.stand, [Batch(one, "".join(texts[one]).encode()) for one in System])
        return [await self._found(number) for number in numbers]

    async def _found(self, number: int) -> Component:
        """Who they became: the answer to their last placement, which is sent once more."""
        *_, last = _envelopes(System.SISKOP2MI, number)
        headers = self.callers.headers(System.SISKOP2MI)
        async with self.session.post("/v1/source-records", json=last, headers=headers) as answer:
            told = await answer.json()
        if answer.status != _CREATED:
            raise CannotMeasure(f"the registry answers {answer.status}: {told}")
        return Component(told["person_id"], told["id"])

    async def split(self, component: Component) -> float:
        """Milliseconds until the answer."""
        path = f"/v1/persons/{component.person_id}"
        async with self.session.get(path, headers=self.callers.steward()) as answer:
            version, person = answer.headers["ETag"], await answer.json()
        linked = len(person["source_records"])
        if linked != RECORDS_OF_A_PERSON:
            raise CannotMeasure(f"{linked} records were linked to a person of ten")
        headers = self.callers.steward() | {"If-Match": version}
        body = {"source_record_ids": [component.record_id]}
        began = time.perf_counter()
        async with self.session.post(f"{path}/splits", json=body, headers=headers) as answer:
            told = await answer.text()
        spent = 1000 * (time.perf_counter() - began)
        if answer.status != _CREATED:
            raise CannotMeasure(f"the registry answers {answer.status}: {told[:300]}")
        return spent


def _envelopes(system: System, number: int) -> Iterator[dict[str, Any]]:
    """One system's half of the records of a person: the years in turn."""
    known = {
        "nik": f"990101{1 + number % 28:02d}0180{1 + number % 9998:04d}",
        "full_name": _name(number),
        "country": "MY",
    }
    for place in range(list(System).index(system), RECORDS_OF_A_PERSON, 2):
        year = _FIRST_YEAR + place
        said = (
            {"departed_on": f"{year}-02-01", "contract_ends_on": f"{year}-12-01"}
            if system is System.SISKOP2MI
            else {"reported_on": f"{year}-06-01"}
        )
        yield {
            "source_system": system.value,
            "record_key": f"component-{number}-{place}",
            "source_updated_at": f"{year}-06-02T00:00:00Z",
            "content": known | said,
        }


def _name(number: int) -> str:
    """Two words that no other number gives."""
    letters = "BDGKLMNRST"
    return " ".join(
        "".join(letters[int(digit)] + vowel for digit in f"{number:05d}") for vowel in "AU"
    )
