"""What officers do with links: merge and split. One transaction each, never committed here."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.links import queries, rules
from registry.links.identifying import tell_cases
from registry.links.moving import (
    Moved,
    move_all,
    move_some,
    redirect,
    tell_merged,
    turn_back,
)
from registry.links.rules import OFFICER, LinkAction, ReviewState
from registry.links.tables import LinkDecision, PersonMerge, ToldApart
from registry.links.weighing import weigh_reviews
from registry.matching.match import Outcome, Reason
from registry.persons.operations import Registration, register_persons
from registry.persons.queries import list_records, lock_person
from registry.persons.tables import Person
from registry.population.definition import PRESENCE_1
from registry.population.operations import recount
from registry.population.timeline import Change
from registry.sources.rules import SourceSystem
from shared import clock, outbox
from shared.auth import Caller
from shared.db import driver_sql
from shared.errors import VersionStale
from shared.ids import new_id
from shared.messages.registry import PersonSplit
from shared.policy import Grant
from shared.rows import insert_row


@dataclass(frozen=True, slots=True)
class Decider:
    """By whose word records move: an officer's, or that of a model which officers adopted."""

    subject: str
    organisation: str
    model: str = OFFICER
    reasons: tuple[str, ...] = (Reason.DECIDED_BY_OFFICER,)
    comparisons: tuple[Any, ...] = ()

    @classmethod
    def of(cls, caller: Caller) -> "Decider":
        return cls(caller.subject, caller.organisation)


@dataclass(frozen=True, slots=True)
class Joined:
    """A merge by its id, and the reviews that it answered."""

    merge_id: UUID
    closed_review_ids: list[UUID]


async def merge_persons(
    session: AsyncSession,
    person_id: UUID,
    merged_person_id: UUID,
    *,
    reason: str,
    grant: Grant,
    version: int,
) -> Person:
    """Make two persons one; refuses a person with itself, a merged one, and a stale version."""
    person, merged = await lock_both(session, person_id, merged_person_id, version=version)
    await join_persons(session, person, merged, reason=reason, by=Decider.of(grant.caller))
    return person


async def join_persons(
    session: AsyncSession, person: Person, merged: Person, *, reason: str, by: Decider
) -> Joined:
    """Make two locked persons one, with all that follows."""
    person_id, merged_person_id = person.id, merged.id
    moved = await move_all(session, merged_person_id, person_id)
    turned = await redirect(session, merged_person_id, person_id)
    person.version += 1
    person.is_provisional = person.is_provisional and merged.is_provisional
    merge_id = new_id()
    await insert_row(
        session,
        PersonMerge(
            id=merge_id,
            person_id=person_id,
            merged_person_id=merged_person_id,
            reason=reason,
            moved=moved.packed() | {"redirected_ids": [str(one) for one in turned]},
            subject=by.subject,
            organisation=by.organisation,
            merged_at=clock.now(),
        ),
    )
    _decide(session, moved.record_ids, person_id, LinkAction.MOVED, by=by)
    tell_merged(session, merged_person_id, person_id, reason=reason)
    await session.flush()
    closed = await _close_answered_reviews(session, person_id, merged_person_id, by=by)
    await recount(
        session, (person_id, merged_person_id), change=Change.MERGE, definition=PRESENCE_1
    )
    await weigh_reviews(session, (person_id, merged_person_id))
    await tell_cases(session, person_ids=(person_id, merged_person_id), record_ids=())
    return Joined(merge_id, closed)


async def lock_both(
    session: AsyncSession, person_id: UUID, merged_person_id: UUID, *, version: int | None
) -> tuple[Person, Person]:
    """Two persons who shall be one, locked; refuses what `merge_persons` refuses."""
    if person_id == merged_person_id:
        raise rules.MergeWithItself
    await _lock_records_of(session, (person_id, merged_person_id))
    locked = {
        one: await lock_person(session, one)
        for one in sorted((person_id, merged_person_id), key=str)
    }
    if version is not None and locked[person_id].version != version:
        raise VersionStale
    return locked[person_id], locked[merged_person_id]


async def split_person(
    session: AsyncSession,
    person_id: UUID,
    record_ids: set[UUID],
    *,
    grant: Grant,
    version: int,
) -> UUID:
    """Take records from a person; gives the id of whom they belong to now.

    Records that came by one merge go back to the id they came from, with all that came with them.
    Refuses records of others, and a split that would leave nothing.
    """
    person = await lock_with_records(session, person_id)
    if person.version != version:
        raise VersionStale
    return await take_off(session, person, record_ids, by=Decider.of(grant.caller))


async def lock_with_records(session: AsyncSession, person_id: UUID) -> Person:
    """Raises what `lock_person` does."""
    await _lock_records_of(session, (person_id,))
    return await lock_person(session, person_id)


async def take_off(
    session: AsyncSession, person: Person, record_ids: set[UUID], *, by: Decider
) -> UUID:
    """Take records from a locked person, with all that follows; refuses what `split_person` does
    but a stale version.
    """
    person_id = person.id
    held = {record.id: record for record in await list_records(session, person_id)}
    if not record_ids <= set(held):
        raise rules.RecordsNotOfPerson
    if record_ids == set(held):
        raise rules.NothingLeft
    merge = await queries.find_standing_merge(session, person_id, record_ids)
    split_id = await _split_off(
        session,
        merge,
        is_provisional=all(held[one].source_system is SourceSystem.CASES for one in record_ids),
    )
    moved = await move_some(session, record_ids, split_id, also=_came_along(merge, record_ids))
    left = [record for record in held.values() if record.id not in record_ids]
    person.is_provisional = all(one.source_system is SourceSystem.CASES for one in left)
    person.version += 1
    _decide(session, moved.record_ids, split_id, LinkAction.MOVED, by=by)
    if by.model == OFFICER:
        tell_apart(session, record_ids, [one.id for one in left], by=by.subject)
    await _tell_split(session, person_id, split_id, moved)
    await session.flush()
    await recount(session, (person_id, split_id), change=Change.SPLIT, definition=PRESENCE_1)
    await weigh_reviews(session, (person_id, split_id))
    await tell_cases(session, person_ids=(person_id, split_id), record_ids=record_ids)
    return split_id


def tell_apart(
    session: AsyncSession, record_ids: Iterable[UUID], others: Iterable[UUID], *, by: str
) -> None:
    """Keep an officer's word that these records are of other people than the others."""
    some, rest = sorted(record_ids), sorted(others)
    if some and rest:
        session.add(
            ToldApart(
                id=new_id(),
                source_record_ids=some,
                other_record_ids=rest,
                subject=by,
                told_at=clock.now(),
            )
        )


async def _close_answered_reviews(
    session: AsyncSession, person_id: UUID, merged_id: UUID, *, by: Decider
) -> list[UUID]:
    """A merge answers the reviews that asked whether these two are one; gives their ids."""
    rows = await driver_sql(
        session,
        """
        UPDATE link_reviews w SET state = $5, closed_at = $3, closed_by = $4
        FROM source_records r
        WHERE r.id = w.source_record_id AND w.state IN ('OPEN', 'AWAITING_SECOND')
          AND w.repeat_of IS NULL AND r.person_id = $1
          AND w.candidate_person_ids && ARRAY[$1, $2]::uuid[]
        RETURNING w.id
        """,
        person_id,
        merged_id,
        clock.now(),
        by.subject,
        (ReviewState.SAME if by.model == OFFICER else ReviewState.SUPERSEDED).value,
    )
    return [row[0] for row in rows]


async def _lock_records_of(session: AsyncSession, person_ids: Iterable[UUID]) -> None:
    await driver_sql(
        session,
        """
        SELECT FROM source_records WHERE person_id = ANY($1::uuid[]) ORDER BY id FOR UPDATE
        """,
        list(person_ids),
    )


async def _split_off(
    session: AsyncSession, merge: PersonMerge | None, *, is_provisional: bool
) -> UUID:
    """The id that the records get: the one they had before a merge, else a new one."""
    if merge is not None:
        merge.split_at = clock.now()
        turned = [UUID(one) for one in merge.moved["redirected_ids"]]
        await turn_back(session, turned, merge.merged_person_id)
        return merge.merged_person_id
    split_id = new_id()
    await register_persons(session, [Registration(split_id, is_provisional)])
    return split_id


def _came_along(merge: PersonMerge | None, record_ids: set[UUID]) -> list[UUID]:
    """Placements and reports that a merge brought beside the records."""
    if merge is None:
        return []
    came = (*merge.moved["origin_ids"], *merge.moved["placement_ids"])
    return [one for one in dict.fromkeys(map(UUID, came)) if one not in record_ids]


async def _tell_split(session: AsyncSession, person_id: UUID, split_id: UUID, moved: Moved) -> None:
    cases = await driver_sql(
        session,
        "SELECT DISTINCT case_id FROM identifications WHERE source_record_id = ANY($1::uuid[])",
        moved.record_ids,
    )
    outbox.add(
        session,
        PersonSplit(
            person_id=person_id,
            split_person_id=split_id,
            source_record_ids=moved.record_ids,
            placement_ids=moved.placement_ids,
            case_ids=[row[0] for row in cases],
            split_at=clock.now(),
        ),
    )


def _decide(
    session: AsyncSession,
    record_ids: Iterable[UUID],
    person_id: UUID,
    action: LinkAction,
    *,
    by: Decider,
) -> None:
    for record_id in record_ids:
        session.add(
            LinkDecision(
                id=new_id(),
                source_record_id=record_id,
                person_id=person_id,
                action=action,
                outcome=Outcome.AUTO_LINK,
                reasons=list(by.reasons),
                comparisons=list(by.comparisons),
                model=by.model,
                decided_by=by.subject,
                decided_at=clock.now(),
            )
        )
