"""A person can be taken apart and put together again, across services, after any history.

The registry, cases and job-orders with their own operations and handlers on real databases; what
they say to each other comes late, again, and in any order that keeps the order of each key.
`HISTORIES=500` runs so many histories, each of a hundred steps.
"""

import json
import os
import random
from itertools import pairwise
from typing import Any, ClassVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from registry.links.rules import ReviewState
from shared import clock
from tests.histories.deeds import OFFICERS, make_envelope
from tests.histories.people import Aspect, Days, Human, Life, make_humans, placed, seen, told_of
from tests.histories.services import Service
from tests.histories.stand import Stand
from tests.registry.senders import PEDULI, SISKO

EXAMPLES = int(os.environ.get("HISTORIES", "0"))
HUMANS, RECORDS = 3, 4
SEEDS = st.integers(0, 2**32 - 1)
PLACES = st.integers(0, 50)
_AT_TIMES = 0.3


class Histories(RuleBasedStateMachine):
    """Decisions and officers' words are remembered here and compared with what became of them."""

    stand: ClassVar[Stand]

    def __init__(self) -> None:
        super().__init__()
        self.run = self.stand.run
        self.deeds, self.readings, self.wire = (
            self.stand.deeds,
            self.stand.readings,
            self.stand.wire,
        )
        self.rng = random.Random(0)
        self.humans: list[Human] = make_humans(HUMANS)
        self.days = Days.begin()
        self.sent: dict[tuple[str, str], list[Any]] = {}
        self.decisions: dict[UUID, tuple[Any, ...]] = {}
        self.apart: set[tuple[UUID, UUID]] = set()

    @initialize(seed=SEEDS)
    def begin(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.run(self._begin())

    async def _begin(self) -> None:
        """Both systems know some of the people, and cases speak of them."""
        for service in self.stand.services:
            await service.forget()
        self.order = await self.deeds.open_seats()
        for system in (SISKO, PEDULI):
            for key in range(1, RECORDS):
                content = self._content(system, self.rng.randrange(HUMANS), *self._drawn())
                await self._send(system, str(key), content, at=self.days.later())
        await self._report(self.rng.randrange(HUMANS), is_named=False)
        await self._report(self.rng.randrange(RECORDS), is_named=True)

    @rule(
        system=st.sampled_from([SISKO, PEDULI]),
        key=st.integers(1, RECORDS),
        human=st.integers(0, HUMANS - 1),
        aspect=st.sampled_from(Aspect),
        life=st.sampled_from(Life),
        is_late=st.booleans(),
        is_linked=st.sampled_from([True, True, True, False]),
    )
    def say(
        self,
        system: str,
        key: int,
        human: int,
        aspect: Aspect,
        life: Life,
        *,
        is_late: bool,
        is_linked: bool,
    ) -> None:
        """A new record, or a version of one that is newer or older than those before."""
        at = self.days.earlier() if is_late else self.days.later()
        content = self._content(system, human, aspect, life)
        self.run(self._send(system, str(key), content, at=at, is_linked=is_linked))

    @precondition(lambda self: self.sent)
    @rule(place=PLACES, is_last=st.booleans())
    def say_again(self, place: int, *, is_last: bool) -> None:
        versions = self._pick(sorted(self.sent.values(), key=str), place)
        self.run(self.deeds.say(versions[-1 if is_last else 0], is_linked=True))

    @precondition(lambda self: self.sent)
    @rule(place=PLACES, is_linked=st.booleans())
    def withdraw(self, place: int, *, is_linked: bool) -> None:
        (system, key), _ = self._pick(sorted(self.sent.items()), place)
        said, at = {"phone": f"+62 811 5550 {place:04d}"}, self.days.later()
        gone = self._send(system, key, said, at=at, is_linked=is_linked, is_withdrawn=True)
        self.run(gone)

    @precondition(lambda self: any(versions[-1].is_withdrawn for versions in self.sent.values()))
    @rule(place=PLACES)
    def take_a_withdrawal_back(self, place: int) -> None:
        gone = [one for one in sorted(self.sent.items()) if one[1][-1].is_withdrawn]
        (system, key), versions = self._pick(gone, place)
        before = [one for one in versions if not one.is_withdrawn]
        if before:
            self.run(self._send(system, key, before[-1].content, at=self.days.later()))

    @precondition(lambda self: self.apart)
    @rule(place=PLACES, is_first=st.booleans())
    def look_the_same(self, place: int, *, is_first: bool) -> None:
        """One of two that an officer told apart comes to say all that the other says."""
        pair = self._pick(sorted(self.apart), place)
        self.run(self._look_the_same(*(pair if is_first else pair[::-1])))

    @rule()
    def link_what_is_due(self) -> None:
        self.run(self.deeds.link_what_is_due())

    @rule(place=PLACES, choice=PLACES, officer=st.sampled_from(OFFICERS))
    def answer_a_review(self, place: int, choice: int, officer: str) -> None:
        self.run(self._answer(place, choice, officer))

    @rule(one=PLACES, other=PLACES, officer=st.sampled_from(OFFICERS))
    def merge(self, one: int, other: int, officer: str) -> None:
        """By two officers where much hangs on it, or by one who is not enough then."""
        self.run(self._merge(one, other, officer))

    @rule(place=PLACES, seed=SEEDS, is_undone=st.booleans())
    def split(self, place: int, seed: int, *, is_undone: bool) -> None:
        self.run(self._split(place, random.Random(seed), is_undone=is_undone))

    @rule(seed=SEEDS, number=st.sampled_from([2, 2, 3]))
    def merge_and_split(self, seed: int, number: int) -> None:
        self.run(self._merge_and_split(number, random.Random(seed)))

    @rule(place=PLACES)
    def see_somebody(self, place: int) -> None:
        self.run(self._with_person(place, self._see))

    @rule(place=PLACES)
    def open_a_placement(self, place: int) -> None:
        self.run(self._with_person(place, self.deeds.open_placement))

    @rule(place=PLACES, is_withdrawn=st.sampled_from([False, False, True]))
    def reserve_or_withdraw(self, place: int, *, is_withdrawn: bool) -> None:
        self.run(self._reserve_or_withdraw(place, is_withdrawn=is_withdrawn))

    @rule(place=PLACES, is_named=st.booleans())
    def report_a_case(self, place: int, *, is_named: bool) -> None:
        self.run(self._report(place, is_named=is_named))

    @rule(reader=st.integers(0, 2), most=st.integers(1, 30), seed=SEEDS)
    def deliver(self, reader: int, most: int, seed: int) -> None:
        self.run(self._deliver(self.stand.services[reader], most, random.Random(seed)))

    @rule(reader=st.integers(0, 2), seed=SEEDS)
    def deliver_again(self, reader: int, seed: int) -> None:
        again = self.wire.deliver_again(self.stand.services[reader], random.Random(seed))
        self.run(again)

    @invariant()
    def everybody_is_whole(self) -> None:
        self.run(self._check_step())

    def teardown(self) -> None:
        self.run(self._check_all())

    async def _check_step(self) -> None:
        await self.readings.check_registry()
        await self.readings.check_followed_records()
        await self._check_decisions()
        standing = await self.readings.standing_records()
        joined = {pair for pair in self.apart if standing[pair[0]] == standing[pair[1]]}
        assert not joined, "the machine joined what an officer told apart"

    async def _check_decisions(self) -> None:
        rows = await self.stand.deeds.registry.admin.fetch("SELECT * FROM link_decisions")
        now = {row["id"]: tuple(row) for row in rows}
        assert self.decisions.items() <= now.items(), "a decision was changed or lost"
        self.decisions = now

    async def _check_all(self) -> None:
        await self.deeds.link_what_is_due()
        await self.wire.level(self.rng)
        await self._check_step()
        await self.readings.check_projection()
        await self.readings.check_ledger()
        await self.readings.check_copies()

    async def _send(self, system: str, key: str, content: Any, **more: Any) -> None:
        is_linked = more.pop("is_linked", True)
        envelope = make_envelope(system, key, content, **more)
        self.sent.setdefault((system, key), []).append(envelope)
        await self.deeds.say(envelope, is_linked=is_linked)

    def _content(self, system: str, human: int, aspect: Aspect, life: Life) -> dict[str, str]:
        told = told_of(self.humans[human], aspect, self.humans[human - 1])
        agency_code = self.deeds.parties.agency_code
        return told | (placed(life, agency_code) if system == SISKO else seen(life))

    def _drawn(self) -> tuple[Aspect, Life]:
        return self.rng.choice(list(Aspect)), self.rng.choice(list(Life))

    async def _deliver(self, reader: Service, most: int, rng: random.Random) -> None:
        await self.wire.collect()
        await self.wire.deliver(reader, rng, most=most)

    async def _answer(self, place: int, choice: int, officer: str) -> None:
        pending = await self.deeds.registry.admin.fetch(
            "SELECT * FROM link_reviews WHERE state IN ('OPEN', 'AWAITING_SECOND') ORDER BY id"
        )
        if not pending:
            return
        review = self._pick(pending, place)
        candidates = review["candidate_person_ids"]
        same_as = self._pick(candidates, choice) if candidates and choice % 2 else None
        before = await self.readings.standing_records()
        persons = await self.readings.persons()
        state = await self.deeds.answer(review["id"], same_as, officer)
        await self._forgive_officers()
        if state is ReviewState.DIFFERENT and review["repeat_of"] is None:
            record_id = review["source_record_id"]
            others = {persons[one] for one in candidates} - {before[record_id]}
            self._tell_apart({record_id}, {one for one in before if before[one] in others})

    async def _merge(self, one: int, other: int, officer: str) -> None:
        persons = await self._living()
        if len(persons) > 1:
            second = OFFICERS[(OFFICERS.index(officer) + other) % len(OFFICERS)]
            pair = self._pick(persons, one), self._pick(persons, other)
            await self.deeds.merge(*pair, officer, second)
            await self._forgive_officers()

    async def _split(self, place: int, rng: random.Random, *, is_undone: bool) -> None:
        standing = await self.readings.standing_records()
        held: dict[UUID, list[UUID]] = {}
        for record_id, person_id in sorted(standing.items()):
            held.setdefault(person_id, []).append(record_id)
        several = sorted(one for one, records in held.items() if len(records) > 1)
        if not several:
            return
        person_id = self._pick(several, place)
        records = held[person_id]
        chosen = set(rng.sample(records, rng.randint(1, len(records) - 1)))
        if is_undone and (merged := await self._merged_into(person_id)):
            chosen = merged
        await self._take_off(person_id, chosen)

    async def _take_off(self, person_id: UUID, chosen: set[UUID]) -> UUID | None:
        before = await self.readings.standing_records()
        split_id = await self.deeds.split(person_id, chosen)
        if split_id is not None:
            left = {one for one in before if before[one] == person_id} - chosen
            self._tell_apart(chosen, left)
        return split_id

    async def _merge_and_split(self, number: int, rng: random.Random) -> None:
        """One into the next and so on, and back: exactly everything is as it was, in all three."""
        persons = await self._living()
        if len(persons) < number:
            return
        chain = rng.sample(persons, number)
        await self.deeds.link_what_is_due()
        await self.wire.level(rng)
        before = await self.readings.declared()
        merges = []
        for merged, survivor in pairwise(chain):
            standing = await self.readings.standing_records()
            moved = {record_id for record_id in standing if standing[record_id] == merged}
            if not await self.deeds.merge(survivor, merged, *OFFICERS):
                break
            merges.append((survivor, merged, moved))
            if rng.random() < _AT_TIMES:
                await self.wire.level(rng)
        for survivor, merged, moved in reversed(merges):
            split_id = await self._take_off(survivor, moved)
            assert split_id == merged, "the records went back to another id"
        await self.wire.level(rng)
        after = await self.readings.declared()
        differing = {what for what in before if before[what] != after[what]}
        assert not differing, f"not as before the merge: {differing}"

    async def _with_person(self, place: int, deed: Any) -> None:
        if persons := await self._living():
            await deed(self._pick(persons, place))

    async def _look_the_same(self, record_id: UUID, other_id: UUID) -> None:
        rows = await self.deeds.registry.admin.fetch(
            "SELECT id, source_system, record_key FROM source_records WHERE id = ANY($1)",
            [record_id, other_id],
        )
        keys = {row["id"]: (row["source_system"], row["record_key"]) for row in rows}
        if keys[record_id] in self.sent and keys[other_id] in self.sent:
            said = self.sent[keys[other_id]][-1].content
            await self._send(*keys[record_id], said, at=self.days.later())

    async def _see(self, person_id: UUID) -> None:
        await self.deeds.report_presence(person_id, clock.today())

    async def _reserve_or_withdraw(self, place: int, *, is_withdrawn: bool) -> None:
        rows = await self.deeds.registry.admin.fetch("SELECT id FROM placements ORDER BY id")
        if rows:
            placement_id = self._pick(rows, place)["id"]
            if is_withdrawn:
                await self.deeds.withdraw_placement(placement_id)
            else:
                await self.deeds.reserve(*self.order, placement_id)

    async def _report(self, place: int, *, is_named: bool) -> None:
        """By any id that ever was, merged ones too, or by what is known of somebody."""
        persons = sorted(await self.readings.persons())
        if not is_named:
            await self.deeds.report_case(self._pick(self.humans, place))
        elif persons:
            await self.deeds.report_case(self._pick(persons, place))

    async def _living(self) -> list[UUID]:
        persons = await self.readings.persons()
        return sorted(one for one, survivor in persons.items() if one == survivor)

    async def _merged_into(self, person_id: UUID) -> set[UUID]:
        """The records that one standing merge brought to a person."""
        moved = await self.deeds.registry.admin.fetchval(
            "SELECT moved ->> 'source_record_ids' FROM person_merges"
            " WHERE person_id = $1 AND split_at IS NULL ORDER BY id DESC LIMIT 1",
            person_id,
        )
        return {UUID(one) for one in _read(moved)} if moved else set()

    async def _forgive_officers(self) -> None:
        """An officer may join what another one told apart."""
        standing = await self.readings.standing_records()
        self.apart = {pair for pair in self.apart if standing[pair[0]] != standing[pair[1]]}

    def _tell_apart(self, some: set[UUID], others: set[UUID]) -> None:
        self.apart |= {(one, other) for one in some for other in others}

    def _pick(self, among: Any, place: int) -> Any:
        return among[place % len(among)]


def _read(told: str) -> list[str]:
    read: list[str] = json.loads(told)
    return read


@pytest.mark.timeout(7200 if EXAMPLES else 600)
def test_whatever_happened_persons_can_be_taken_apart_and_put_together_again(
    stand: Stand,
) -> None:
    Histories.stand = stand
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=EXAMPLES or 16,
            stateful_step_count=100 if EXAMPLES else 40,
            deadline=None,
            database=None,
            phases=[Phase.generate],  # Shrinking on real databases takes minutes.
            suppress_health_check=list(HealthCheck),
        ),
    )
