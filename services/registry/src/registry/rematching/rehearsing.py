"""Walking over all linked records by two models, share by share; nothing else is touched.

Each share's findings and progress are one transaction, so a kill loses nothing and doubles nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.links.deciding import World
from registry.links.locking import read_worlds
from registry.links.model_in_use import model_in_use
from registry.links.queries import find_due_records
from registry.links.weighing import find_stakes
from registry.matching.match import Decision, Outcome
from registry.matching.queries import is_remembering
from registry.matching.served_model import Served, known_models
from registry.rematching import queries
from registry.rematching.counting import count_effect
from registry.rematching.rules import Change, Failure, RehearsalState, Standing, change_of
from registry.rematching.tables import Rehearsal, RehearsedChange
from shared import clock
from shared.privacy import Keyring
from shared.rows import copy_rows

SHARE_RECORDS = 200
_COLUMNS = (
    *("rehearsal_id", "source_record_id", "change", "person_id", "joined_person_id", "is_alone"),
    "has_stakes",
)


@dataclass(frozen=True, slots=True)
class Seen:
    """Where a model sees a record, and with whom it would join it."""

    standing: Standing
    joined_person_id: UUID | None = None
    decision: Decision | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Differs:
    """A record of which two models think differently."""

    record_id: UUID
    change: Change
    person_id: UUID
    joined_person_id: UUID | None
    is_alone: bool

    @property
    def concerned(self) -> list[UUID]:
        return [one for one in (self.person_id, self.joined_person_id) if one is not None]


async def rehearse_share(
    session: AsyncSession, *, keyring: Keyring, limit: int = SHARE_RECORDS
) -> bool:
    """Look at the next records of the oldest rehearsal; says whether there may be more.

    It waits while records are to be linked, or to be remembered as the matcher now wants it.
    """
    rehearsal = await queries.lock_next_rehearsal(session)
    if rehearsal is None or await is_someone_due(session):
        return False
    models = await _models_of(session, rehearsal)
    if isinstance(models, Failure):
        rehearsal.state, rehearsal.failed_because = RehearsalState.FAILED, models
        rehearsal.finished_at = clock.now()
        return True
    if rehearsal.records_total is None:
        rehearsal.records_total = await queries.count_to_walk(session)
    record_ids = await queries.list_to_walk(session, after=rehearsal.walked_to, limit=limit)
    if not record_ids:
        await _finish(session, rehearsal)
        return True
    before, after = await read_worlds(session, record_ids, models=models, keyring=keyring)
    await _keep(session, rehearsal.id, list(differences(before, after, record_ids)))
    rehearsal.records_seen += len(record_ids)
    rehearsal.records_of_officers += sum(before.is_officers(one) for one in record_ids)
    rehearsal.walked_to = record_ids[-1]
    return True


async def is_someone_due(session: AsyncSession) -> bool:
    """Whether records are to be linked or remembered; walks over all persons wait for it."""
    return bool(await find_due_records(session, limit=1)) or await is_remembering(session)


async def _models_of(
    session: AsyncSession, rehearsal: Rehearsal
) -> tuple[Served, Served] | Failure:
    """The model in use and the other one, as they were when the rehearsal was asked for."""
    in_use = await model_in_use(session)
    if in_use.label != rehearsal.model_in_use:
        return Failure.MODEL_IN_USE_CHANGED
    other = known_models().get(rehearsal.model)
    return Failure.MODEL_GONE if other is None else (in_use, other)


def differences(before: World, after: World, record_ids: Sequence[UUID]) -> Iterator[Differs]:
    """Records in the hands of the matcher that the two worlds, which are one at heart, see
    differently.
    """
    for record_id in record_ids:
        was, now = see(before, record_id), see(after, record_id)
        if was is None or now is None:
            continue
        change = change_of(was.standing, now.standing)
        if change is None and was != now:
            change = Change.WOULD_LINK
        person_id = after.records[record_id].person_id
        if change is not None and person_id is not None:
            is_alone = after.members[person_id] == {record_id}
            yield Differs(record_id, change, person_id, now.joined_person_id, is_alone)


def see(world: World, record_id: UUID) -> Seen | None:
    """None for a record that is not the matcher's to decide: an officer's, withdrawn, or gone."""
    record = world.records.get(record_id)
    if record is None or record.person_id is None or record.is_officers or record.is_withdrawn:
        return None
    decision = world.decide(record)
    if decision.outcome is Outcome.REVIEW:
        return Seen(Standing.DOUBTFUL, decision=decision)
    if decision.outcome is Outcome.NO_LINK:
        is_alone = world.members[record.person_id] == {record_id}
        return Seen(Standing.STAYS if is_alone else Standing.PARTS, decision=decision)
    if decision.person_id == record.person_id:
        return Seen(Standing.STAYS, decision=decision)
    return Seen(Standing.JOINS, decision.person_id, decision)


async def _keep(session: AsyncSession, rehearsal_id: UUID, found: Sequence[Differs]) -> None:
    if not found:
        return
    concerned = {person_id for one in found for person_id in one.concerned}
    stakes = await find_stakes(session, concerned)
    await copy_rows(
        session,
        "rehearsed_changes",
        _COLUMNS,
        (
            (
                *(rehearsal_id, one.record_id, one.change.value, one.person_id),
                *(one.joined_person_id, one.is_alone, not stakes.isdisjoint(one.concerned)),
            )
            for one in found
        ),
    )


async def _finish(session: AsyncSession, rehearsal: Rehearsal) -> None:
    changes = await queries.list_changes(session, rehearsal.id)
    effect = await count_effect(session, changes, today=clock.today())
    rehearsal.result = {
        "changes": [_told(kind, some) for kind, some in sorted(_by_kind(changes).items())],
        "effect": [
            {"country": country, "source_cell": source_cell, "difference": difference}
            for (country, source_cell), difference in sorted(effect.items())
        ],
    }
    rehearsal.state = RehearsalState.DONE
    rehearsal.finished_at = clock.now()


def _by_kind(changes: Sequence[RehearsedChange]) -> dict[Change, list[RehearsedChange]]:
    kinds: dict[Change, list[RehearsedChange]] = defaultdict(list)
    for one in changes:
        kinds[one.change].append(one)
    return kinds


def _told(kind: Change, some: Sequence[RehearsedChange]) -> dict[str, Any]:
    stakes = Counter(one.has_stakes for one in some)
    return {
        "change": kind.value,
        "records": len(some),
        "records_with_stakes": stakes[True],
        "sample_record_ids": [str(one.source_record_id) for one in some[: queries.SAMPLE]],
    }
