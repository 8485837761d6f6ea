"""Locking what a share of linking may touch, so that two at once give one person.

Its own records first, then those that are alike enough to matter, where nobody else holds them.
Where somebody does, all is given back and locked anew in the order of ids, and what came in between
(a new candidate) makes it start over. Persons come after records, in their order.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.links import queries
from registry.links.deciding import Record, World, members_of
from registry.links.model_in_use import model_in_use
from registry.links.rules import OFFICER
from registry.matching.features import Features
from registry.matching.keys import crowded, crowds_among, head_hashes
from registry.matching.likeness import Likenesses
from registry.matching.match import may_matter
from registry.matching.nik import FIRST_SERIAL
from registry.matching.queries import (
    Candidates,
    find_candidates,
    find_records_by_key,
    load_features,
)
from registry.matching.served_model import Served
from registry.sources.rules import LinkDue, SourceSystem
from shared.db import driver_sql
from shared.errors import ServiceBusy
from shared.ids import new_id
from shared.privacy import Keyring

_TRIES = 8


async def lock_world(
    session: AsyncSession, record_ids: Sequence[UUID], *, keyring: Keyring
) -> World:
    """Everything that linking these records needs, locked; raises ServiceBusy."""
    served = await model_in_use(session)
    for attempt in range(_TRIES):
        savepoint = await session.begin_nested()
        play = _Play(session, record_ids, keyring, served)
        locked = await (_lock_in_order(play) if attempt else _lock_at_once(play))
        if locked is not None:
            world = await _world(play, locked)
            await savepoint.commit()
            return world
        # Giving the locks back keeps the order of locking for the next try.
        await savepoint.rollback()
    raise ServiceBusy(retry_after_seconds=1)


async def read_worlds(
    session: AsyncSession, record_ids: Sequence[UUID], *, models: Iterable[Served], keyring: Keyring
) -> list[World]:
    """What linking these records would look at by each of the models; nothing is locked."""
    worlds, features = [], dict[UUID, Features]()
    for served in models:
        play = _Play(session, record_ids, keyring, served, features)
        await play.look()
        found = await _read_records(session, "id", play.wanted)
        worlds.append(await _world(play, found, locks=False))
    return worlds


@dataclass(slots=True)
class _Play:
    """The records to link, who may be the same, and how alike they are."""

    session: AsyncSession
    record_ids: Sequence[UUID]
    keyring: Keyring
    served: Served
    features: dict[UUID, Features] = field(default_factory=dict)
    candidates: Candidates = field(default_factory=Candidates)
    likely: dict[UUID, set[UUID]] = field(default_factory=dict)
    held: set[UUID] = field(default_factory=set)
    known: Likenesses = field(init=False)

    def __post_init__(self) -> None:
        self.known = Likenesses(self.served)

    @property
    def wanted(self) -> set[UUID]:
        return set(self.record_ids).union(*self.likely.values())

    async def look(self) -> None:
        """Find the candidates, and compare those that were not there before."""
        self.candidates = await find_candidates(self.session, self.record_ids)
        if self.candidates.hubs:
            self.known.are_crowded = crowded(self.candidates.hubs, self.keyring)
        await self.open({*self.record_ids, *self.candidates.others})
        await self._open_twins()
        if self.candidates.hubs:
            here = list(self.features.values())
            self.known.crowds = crowds_among(here, self.candidates.hubs, self.keyring)
        pairs = [
            (record_id, other)
            for record_id, others in self.candidates.of.items()
            for other in others
            if record_id in self.features and other in self.features
        ]
        self.compare(pairs)
        self.likely = {}
        for record_id, other in pairs:
            likeness = self.known.of(self.features[record_id], self.features[other])
            if may_matter(likeness, self.known):
                self.likely.setdefault(record_id, set()).add(other)

    async def open(self, record_ids: Iterable[UUID]) -> None:
        missing = [one for one in record_ids if one not in self.features]
        if missing:
            opened = await load_features(self.session, missing, keyring=self.keyring)
            self.features |= opened

    async def _open_twins(self) -> None:
        """Who was born with a candidate, as its NIK tells: a record without a NIK may be theirs."""
        first_born = {
            self.features[other]
            for record_id, others in self.candidates.of.items()
            if record_id in self.features and not self.features[record_id].nik
            for other in others
            if other in self.features and (self.features[other].nik or "").endswith(FIRST_SERIAL)
        }
        hashes = head_hashes(list(first_born), self.keyring)
        if hashes:
            twins = await find_records_by_key(self.session, hashes)
            await self.open(twins)
            self._hold(twins)

    def compare(self, pairs: Iterable[tuple[UUID, UUID]]) -> None:
        there = [pair for pair in pairs if pair[0] in self.features and pair[1] in self.features]
        self._hold(one for pair in there for one in pair)
        self.known.add((self.features[one], self.features[other]) for one, other in there)

    def _hold(self, record_ids: Iterable[UUID]) -> None:
        new = {one for one in record_ids if one in self.features} - self.held
        self.held |= new
        self.known.hold(self.features[one] for one in new)


async def _lock_at_once(play: _Play) -> list[Record] | None:
    """Own records, and then the others without waiting: whoever finds one of ours later waits."""
    locked = await _lock_records(play.session, set(play.record_ids))
    await play.look()
    others = play.wanted - set(play.record_ids)
    free = await _lock_records(play.session, others, waits=False) if others else []
    return [*locked, *free] if len(free) == len(others) else None


async def _lock_in_order(play: _Play) -> list[Record] | None:
    """All at once, and then everything is read again: what was read before is not locked."""
    before = _Play(play.session, play.record_ids, play.keyring, play.served)
    await before.look()
    locked = await _lock_records(play.session, before.wanted)
    await play.look()
    return locked if play.wanted <= before.wanted else None


async def _world(play: _Play, locked: Sequence[Record], *, locks: bool = True) -> World:
    """The persons of what is locked, with all of their records."""
    session = play.session
    persons = {record.person_id for record in locked if record.person_id}
    if locks:
        await _lock_persons(session, persons)
    members = await _read_records(session, "person_id", persons)
    records = {record.id: record for record in (*members, *locked)}
    await _mark_officers_word(session, records, play.record_ids)
    grouped = members_of(records.values())
    await play.open(record.id for record in members)
    play.compare(_pairs_with_members(play, records, grouped))
    return World(
        records,
        play.features,
        play.likely,
        grouped,
        play.known,
        new_id,
        burdened=await queries.find_burdened(session, persons),
    )


def _pairs_with_members(
    play: _Play, records: dict[UUID, Record], members: dict[UUID, set[UUID]]
) -> Iterable[tuple[UUID, UUID]]:
    """Each record beside all records of the persons whom it may belong to."""
    for record_id in play.record_ids:
        own = records.get(record_id)
        persons = {
            records[one].person_id for one in play.likely.get(record_id, ()) if one in records
        }
        persons |= {own.person_id} if own else set()
        for person_id in persons:
            if person_id is not None:
                yield from ((record_id, one) for one in members[person_id] if one != record_id)


async def _lock_records(
    session: AsyncSession, record_ids: set[UUID], *, waits: bool = True
) -> list[Record]:
    """Records locked in the order of ids; those that somebody else holds are missing if it does
    not wait.
    """
    rows = await driver_sql(
        session,
        f"""
        SELECT id, source_system, person_id, is_withdrawn, link_due, due_for
        FROM source_records WHERE id = ANY($1::uuid[]) ORDER BY id
        FOR UPDATE {"" if waits else "SKIP LOCKED"}
        """,  # noqa: S608 - constants.
        list(record_ids),
    )
    return [_record(row) for row in rows]


async def _lock_persons(session: AsyncSession, person_ids: set[UUID]) -> None:
    if person_ids:
        await driver_sql(
            session,
            "SELECT FROM persons WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE",
            list(person_ids),
        )


async def _read_records(session: AsyncSession, column: str, ids: set[UUID]) -> list[Record]:
    if not ids:
        return []
    rows = await driver_sql(
        session,
        f"""
        SELECT id, source_system, person_id, is_withdrawn, link_due, due_for
        FROM source_records WHERE {column} = ANY($1::uuid[])
        """,  # noqa: S608 - constants.
        list(ids),
    )
    return [_record(row) for row in rows]


async def _mark_officers_word(
    session: AsyncSession, records: dict[UUID, Record], record_ids: Sequence[UUID]
) -> None:
    """Links that an officer made stay, and persons whom one told apart are no candidates."""
    known = [one for one in record_ids if (found := records.get(one)) and found.person_id]
    if not known:
        return
    for word in await queries.last_words(session, known):
        record = records[word.source_record_id]
        record.is_officers, record.is_unlinked = word.model == OFFICER, word.is_unlinked
    for record_id, person_ids in await queries.told_apart(session, known):
        # Whoever merged them since has the last word.
        records[record_id].not_persons = frozenset(person_ids) - {records[record_id].person_id}


def _record(row: Sequence[object]) -> Record:
    record_id, system, person_id, is_withdrawn, due, due_for = row
    return Record(
        record_id,  # type: ignore[arg-type]  # the driver's rows are untyped
        SourceSystem(str(system)),
        person_id,  # type: ignore[arg-type]
        bool(is_withdrawn),
        LinkDue(str(due)) if due else None,
        due_for,  # type: ignore[arg-type]
    )
