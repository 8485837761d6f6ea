"""Giving a model that was adopted its effect, record by record, where two models differ.

Nothing that an officer decided or is deciding is touched, and where much hangs on a person an
officer is asked. Each share's changes and progress are one transaction.
"""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.links.deciding import World
from registry.links.identifying import tell_cases
from registry.links.linking import keep_decisions, listed
from registry.links.locking import lock_world, read_worlds
from registry.links.operations import Decider, join_persons, lock_both
from registry.links.weighing import find_stakes, weigh_reviews
from registry.matching.match import Decision
from registry.matching.served_model import known_models
from registry.rematching import queries
from registry.rematching.rehearsing import Seen, differences, is_someone_due, see
from registry.rematching.rules import AdoptedKind, AdoptedState, AdoptionState, Standing
from registry.rematching.tables import AdoptedChange, Adoption
from registry.rematching.withdrawing import take_back_share
from registry.sources.rules import LinkDue
from shared import clock
from shared.errors import ServiceBusy
from shared.ids import new_id
from shared.privacy import Keyring
from shared.rows import insert_row

SHARE_RECORDS = 100
MERGE_REASON = "MODEL_ADOPTED"


async def adopt_share(
    session: AsyncSession, *, keyring: Keyring, limit: int = SHARE_RECORDS
) -> bool:
    """Make or take back the next changes of the adoption at work; says whether there may be more.

    Raises ServiceBusy where one of the two models is not here.
    """
    adoption = await queries.lock_adoption_at_work(session)
    if adoption is None or await is_someone_due(session):
        return False
    if adoption.state is AdoptionState.WITHDRAWING:
        await take_back_share(session, adoption, limit=limit)
        return True
    if adoption.records_total is None:
        adoption.records_total = await queries.count_to_walk(session)
    record_ids = await queries.list_to_walk(session, after=adoption.walked_to, limit=limit)
    if not record_ids:
        adoption.state, adoption.finished_at = AdoptionState.DONE, clock.now()
        return True
    known = known_models()
    try:
        models = (known[adoption.model_before], known[adoption.model])
    except KeyError:
        raise ServiceBusy(retry_after_seconds=30) from None
    before, after = await read_worlds(session, record_ids, models=models, keyring=keyring)
    for one in list(differences(before, after, record_ids)):
        await _adopt(session, adoption, one.record_id, keyring=keyring)
        await queries.let_go(session)
    adoption.records_seen += len(record_ids)
    adoption.walked_to = record_ids[-1]
    return True


async def _adopt(
    session: AsyncSession, adoption: Adoption, record_id: UUID, *, keyring: Keyring
) -> None:
    """Decide a record anew, locked, by the model in use."""
    world = await lock_world(session, [record_id], keyring=keyring)
    seen = see(world, record_id)
    person_id = world.records[record_id].person_id if record_id in world.records else None
    if seen is None or seen.decision is None or person_id is None:
        return
    candidates = [one.person_id for one in seen.decision.comparisons if one.deserves_review]
    concerned = {person_id, *candidates}
    if await queries.are_officers_at(session, concerned):
        return
    world.spared = await find_stakes(session, concerned)
    if _may_join(world, record_id, seen):
        await _join(session, adoption, record_id, person_id, seen.decision)
        return
    open_review = await queries.pending_review_of(session, record_id)
    if seen.standing is Standing.STAYS:
        if open_review is None:
            return
    elif open_review is not None or await queries.is_asked_elsewhere(
        session, record_id, person_id, candidates
    ):
        return
    await _decide(session, adoption, world, record_id, open_review)


def _may_join(world: World, record_id: UUID, seen: Seen) -> bool:
    person_id = world.records[record_id].person_id
    if seen.standing is not Standing.JOINS or person_id is None or seen.joined_person_id is None:
        return False
    return (
        world.members[person_id] == {record_id}
        and person_id not in world.burdened
        and world.spared.isdisjoint((person_id, seen.joined_person_id))
    )


async def _join(
    session: AsyncSession, adoption: Adoption, record_id: UUID, person_id: UUID, decision: Decision
) -> None:
    """The ordinary merge, by the model's word."""
    if decision.person_id is None:
        return
    person, merged = await lock_both(session, decision.person_id, person_id, version=None)
    joined = await join_persons(
        session,
        person,
        merged,
        reason=MERGE_REASON,
        by=Decider(
            adoption.confirmed_by or adoption.asked_by,
            adoption.organisation,
            decision.model,
            tuple(reason.value for reason in decision.reasons),
            tuple(listed(decision.comparisons)),
        ),
    )
    await session.flush()
    await _keep(
        session,
        adoption,
        record_id,
        AdoptedKind.JOINED,
        merge_id=joined.merge_id,
        closed=joined.closed_review_ids,
    )


async def _decide(
    session: AsyncSession,
    adoption: Adoption,
    world: World,
    record_id: UUID,
    open_review: UUID | None,
) -> None:
    """The record stays where it is; an officer is asked, or no longer."""
    world.records[record_id].due = LinkDue.MATCH
    settled = world.settle(record_id)
    await keep_decisions(session, world, [settled])
    await weigh_reviews(session, [settled.person_id])
    await tell_cases(session, person_ids=[settled.person_id], record_ids=[record_id])
    opened = await queries.pending_review_of(session, record_id)
    await _keep(
        session,
        adoption,
        record_id,
        AdoptedKind.SETTLED if opened is None else AdoptedKind.ASKED,
        opened=opened,
        closed=[open_review] if open_review else [],
    )


async def _keep(
    session: AsyncSession,
    adoption: Adoption,
    record_id: UUID,
    kind: AdoptedKind,
    *,
    merge_id: UUID | None = None,
    opened: UUID | None = None,
    closed: list[UUID],
) -> None:
    await insert_row(
        session,
        AdoptedChange(
            id=new_id(),
            adoption_id=adoption.id,
            source_record_id=record_id,
            kind=kind,
            state=AdoptedState.STANDS,
            merge_id=merge_id,
            opened_review_id=opened,
            closed_review_ids=closed,
        ),
    )
