"""The one linking function: decides on a share of stored records and gives everything its effect.

Single entry, batches and cases all come through `link_records`; a share of one and a share of
five hundred differ in nothing but size.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.links.deciding import Record, Settled, World
from registry.links.identifying import tell_cases
from registry.links.locking import lock_world
from registry.links.moving import empty_into
from registry.links.rules import MATCHER, OWNER_OF_SYSTEM, LinkAction
from registry.links.weighing import weigh_reviews
from registry.matching.match import Comparison, Outcome
from registry.matching.queries import is_remembering
from registry.persons.operations import Registration, register_persons, touch_persons
from registry.placements.following import read_journey
from registry.placements.operations import reading_today
from registry.placements.records import Told, follow_records
from registry.population.definition import PRESENCE_1
from registry.population.evidence import (
    Reading,
    case_evidence,
    peduli_wni_evidence,
    sisko_p2mi_evidence,
)
from registry.population.operations import Said, hear, recount
from registry.population.timeline import Change, Evidence
from registry.sources.queries import CurrentContent, open_contents
from registry.sources.rules import SourceSystem
from shared import clock, outbox
from shared.db import driver_sql
from shared.ids import new_id
from shared.messages.registry import SourceRecordLinked, SourceRecordUnlinked
from shared.privacy import Keyring
from shared.rows import copy_rows

_DECISION_COLUMNS = (
    *("id", "source_record_id", "person_id", "action", "outcome", "score", "reasons"),
    *("comparisons", "model", "decided_by", "decided_at"),
)
_LISTED_COMPARISONS = 10


@dataclass(frozen=True, slots=True)
class Linked:
    """What was settled of one record, and the batch that it belongs to."""

    settled: Settled
    due_for: UUID | None


async def link_records(
    session: AsyncSession, record_ids: Sequence[UUID], *, keyring: Keyring
) -> list[Linked]:
    """Link stored records, in their order; those with nothing due are left alone.

    Raises ServiceBusy when new candidates keep appearing; nothing has happened then. Nothing
    happens either while records wait to be remembered as the matcher now wants it.
    """
    if await is_remembering(session):
        # Whoever is not remembered yet would be registered twice; what is due waits.
        return []
    world = await lock_world(session, record_ids, keyring=keyring)
    due = [one for one in record_ids if one in world.records and world.records[one].due]
    due = await _without_stillborn(session, world, due)
    fresh = {one for one in due if world.records[one].person_id is None}
    settled = [world.settle(record_id) for record_id in due]
    if not settled:
        return []
    await register_persons(
        session,
        [Registration(person_id, provisional) for person_id, provisional in world.made.items()],
    )
    await _point_to_persons(session, settled)
    for one in settled:
        if one.merged_id is not None:
            await empty_into(session, one.merged_id, one.person_id)
    await keep_decisions(session, world, settled)
    await _give_effect(session, world, settled, fresh=fresh, keyring=keyring)
    return [Linked(one, world.records[one.record_id].due_for) for one in settled]


async def _without_stillborn(
    session: AsyncSession, world: World, due: Sequence[UUID]
) -> list[UUID]:
    """A record that was withdrawn before anybody linked it makes nobody known."""
    stillborn = [
        one for one in due if world.records[one].is_withdrawn and not world.records[one].person_id
    ]
    if stillborn:
        await driver_sql(
            session,
            """
            UPDATE source_records SET link_due = NULL, due_for = NULL WHERE id = ANY($1::uuid[])
            """,
            stillborn,
        )
    return [one for one in due if one not in stillborn]


async def _point_to_persons(session: AsyncSession, settled: Sequence[Settled]) -> None:
    await driver_sql(
        session,
        """
        UPDATE source_records r SET person_id = g.person_id, link_due = NULL, due_for = NULL
        FROM unnest($1::uuid[], $2::uuid[]) AS g(id, person_id) WHERE r.id = g.id
        """,
        [one.record_id for one in settled],
        [one.person_id for one in settled],
    )


async def keep_decisions(session: AsyncSession, world: World, settled: Sequence[Settled]) -> None:
    """Keep what was decided, with the reviews that it opens and replaces, and tell of it."""
    now = clock.now()
    decided = [one for one in settled if one.decision.reasons]
    await copy_rows(
        session,
        "link_decisions",
        _DECISION_COLUMNS,
        (
            (
                new_id(),
                one.record_id,
                one.person_id,
                one.action.value,
                one.decision.outcome.value,
                one.decision.score,
                [reason.value for reason in one.decision.reasons],
                json.dumps(listed(one.decision.comparisons)),
                one.decision.model,
                MATCHER,
                now,
            )
            for one in decided
        ),
    )
    await _supersede_reviews(session, [one.record_id for one in decided])
    await _open_reviews(
        session, world, [one for one in decided if one.decision.outcome is Outcome.REVIEW]
    )
    for one in settled:
        _tell(session, world.records[one.record_id], one)


def _tell(session: AsyncSession, record: Record, settled: Settled) -> None:
    if settled.action is LinkAction.UNLINKED:
        outbox.add(
            session,
            SourceRecordUnlinked(
                person_id=settled.person_id,
                source_record_id=record.id,
                source_system=record.system.value,
                reason="WITHDRAWN",
            ),
        )
    elif settled.action is not LinkAction.KEPT:
        outbox.add(
            session,
            SourceRecordLinked(
                person_id=settled.person_id,
                source_record_id=record.id,
                source_system=record.system.value,
                decision=settled.decision.outcome.value,
                model_version=settled.decision.model,
            ),
        )


async def _supersede_reviews(session: AsyncSession, record_ids: Sequence[UUID]) -> None:
    """A later decision on the same record replaces a review that is still open."""
    await driver_sql(
        session,
        """
        UPDATE link_reviews SET state = 'SUPERSEDED', closed_at = $2
        WHERE source_record_id = ANY($1::uuid[]) AND repeat_of IS NULL
          AND state IN ('OPEN', 'AWAITING_SECOND')
        """,
        list(record_ids),
        clock.now(),
    )


async def _open_reviews(session: AsyncSession, world: World, settled: Sequence[Settled]) -> None:
    await copy_rows(
        session,
        "link_reviews",
        (
            "id",
            "source_record_id",
            "candidate_person_ids",
            "reasons",
            "owner",
            "state",
            "urgency",
            "opened_at",
        ),
        (
            (
                new_id(),
                one.record_id,
                [found.person_id for found in one.decision.comparisons if found.deserves_review],
                [reason.value for reason in one.decision.reasons],
                OWNER_OF_SYSTEM[world.records[one.record_id].system],
                "OPEN",
                0,
                clock.now(),
            )
            for one in settled
        ),
    )


async def _give_effect(
    session: AsyncSession,
    world: World,
    settled: Sequence[Settled],
    *,
    fresh: set[UUID],
    keyring: Keyring,
) -> None:
    """Evidence, placements and the ledger, for the records and the persons they touch."""
    contents = await open_contents(session, [one.record_id for one in settled], keyring=keyring)
    persons = {one.record_id: one.person_id for one in settled}
    reading = reading_today()
    await hear(
        session,
        [
            Said(
                content.record_id,
                persons[content.record_id],
                is_from_case=content.system is SourceSystem.CASES,
                evidence=evidence_of(content, reading),
            )
            for content in contents.values()
        ],
    )
    await follow_records(
        session,
        [
            Told(
                content.record_id,
                persons[content.record_id],
                None if content.is_withdrawn else read_journey(content.content),
            )
            for content in contents.values()
            if content.system is SourceSystem.SISKOP2MI
        ],
        fresh=fresh,
    )
    withdrawn = {one.record_id for one in contents.values() if one.is_withdrawn}
    corrected = {persons[record_id] for record_id in withdrawn}
    touched = set(persons.values()) | {one.merged_id for one in settled if one.merged_id}
    emptied = {one.merged_id for one in settled if one.merged_id}
    await recount(session, emptied, change=Change.MERGE, definition=PRESENCE_1)
    await recount(session, corrected, change=Change.CORRECTION, definition=PRESENCE_1)
    await recount(session, touched - emptied - corrected, change=Change.NEWS, definition=PRESENCE_1)
    await touch_persons(
        session,
        touched - set(world.made),
        settled=_in_a_register(world, settled),
    )
    await weigh_reviews(session, touched)
    await tell_cases(session, person_ids=touched, record_ids=persons)


def evidence_of(content: CurrentContent, reading: Reading) -> Evidence:
    """What a record says of its person's whereabouts; a withdrawn one says nothing."""
    if content.is_withdrawn:
        return Evidence()
    if content.system is SourceSystem.SISKOP2MI:
        return sisko_p2mi_evidence(content.content, reading)
    updated_on = min(content.source_updated_at.date(), reading.today)
    if content.system is SourceSystem.CASES:
        return case_evidence(content.content, reading, reported_on=updated_on)
    return peduli_wni_evidence(content.content, reading, updated_on=updated_on)


def _told(comparison: Comparison) -> dict[str, Any]:
    """A comparison as it is kept and shown: weights by field, which add up to the score."""
    return {
        "person_id": str(comparison.person_id),
        "score": comparison.score,
        "fields": [
            {"field": part.field, "level": part.level, "weight": part.weight}
            for part in comparison.weights
        ],
        "conflicts": list(comparison.conflicts),
        "warnings": list(comparison.warnings),
    }


def listed(comparisons: Sequence[Comparison]) -> list[dict[str, Any]]:
    """The likeliest of the comparisons, as a decision keeps them."""
    return [_told(found) for found in comparisons[:_LISTED_COMPARISONS]]


def _in_a_register(world: World, settled: Iterable[Settled]) -> set[UUID]:
    return {
        one.person_id
        for one in settled
        if world.records[one.record_id].system is not SourceSystem.CASES
    }
