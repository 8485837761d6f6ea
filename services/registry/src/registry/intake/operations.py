"""The two transactions of every record: stored with its features, then linked.

Single entry, batches and cases go the same way; only the size of a share differs.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.intake.queries import find_trace
from registry.intake.rules import MOST_WARNINGS
from registry.intake.schemas import DecisionView, Envelope, StoredRecordView, WarningView
from registry.links.linking import Linked, link_records
from registry.links.queries import find_due_records, find_last_decision
from registry.matching.features import read_features, stated_nik
from registry.matching.operations import Known, forget_features, remember_features
from registry.persons.operations import remember_identifiers
from registry.sources.content import Content, ContentWarning, warnings_of
from registry.sources.operations import Incoming, Stored, change_due, store_versions
from registry.sources.rules import LinkDue, UpdatedInTheFuture
from shared import clock
from shared.db import driver_sql
from shared.privacy import Keyring
from shared.telemetry import parse_traceparent, working_within

_CLOCK_MAY_DIFFER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Received:
    """What became of one envelope in the first transaction."""

    stored: Stored
    warnings: tuple[ContentWarning, ...]


async def store_records(
    session: AsyncSession,
    envelopes: Sequence[Envelope],
    *,
    keyring: Keyring,
    received_from: str,
    due_for: UUID | None = None,
) -> list[Received]:
    """The first transaction: versions, features and identifiers; gives what became of each."""
    warnings = [tuple(find_warnings(one)) for one in envelopes]
    incoming = [
        _incoming(envelope, some, keyring)
        for envelope, some in zip(envelopes, warnings, strict=True)
    ]
    stored = await store_versions(
        session, incoming, keyring=keyring, received_from=received_from, due_for=due_for
    )
    current: dict[UUID, tuple[Stored, Envelope, bool]] = {}
    for outcome, envelope in zip(stored, envelopes, strict=True):
        if outcome.is_changed:
            # Of several versions of one record in a share the last current one stands.
            earlier = current.get(outcome.record_id)
            is_new = outcome.is_new or (earlier is not None and earlier[2])
            current[outcome.record_id] = (outcome, envelope, is_new)
    await _remember(session, list(current.values()), keyring)
    return [Received(*one) for one in zip(stored, warnings, strict=True)]


async def link_share(
    session: AsyncSession, *, keyring: Keyring, limit: int
) -> tuple[list[Linked], bool]:
    """The second transaction for what is due, the oldest first; says whether more may be.

    What a batch brought goes on with the trace of the request that brought it.
    """
    due = await find_due_records(session, limit=limit)
    if not due:
        return [], False
    trace = await find_trace(session, due[0])
    with working_within(parse_traceparent(trace), "link records"):
        linked = await link_records(session, due, keyring=keyring)
    return linked, bool(linked)


async def link_now(session: AsyncSession, received: Received, *, keyring: Keyring) -> None:
    """The second transaction for one record; nothing where somebody else has linked it."""
    await link_records(session, [received.stored.record_id], keyring=keyring)


async def answer_for(
    session: AsyncSession, envelope: Envelope, received: Received
) -> StoredRecordView:
    """What the sender of one record is told, the same however often it is sent."""
    stored = received.stored
    decision = await find_last_decision(session, stored.record_id)
    rows = await driver_sql(
        session, "SELECT person_id FROM source_records WHERE id = $1", stored.record_id
    )
    return StoredRecordView(
        id=stored.record_id,
        source_system=envelope.source_system,
        record_key=envelope.record_key,
        version=stored.version,
        is_current=stored.is_current,
        person_id=rows[0][0],
        decision=DecisionView.of(decision) if decision else None,
        warnings=[WarningView(code=one.code, field=one.field) for one in received.warnings],
    )


def check_envelope(source_updated_at: datetime) -> None:
    """Raises UpdatedInTheFuture: such a version would shut out every later one."""
    if source_updated_at > clock.now() + _CLOCK_MAY_DIFFER:
        raise UpdatedInTheFuture


def find_warnings(envelope: Envelope) -> list[ContentWarning]:
    """What in the content was kept but is not used, and what contradicts itself; of a content
    with more faults than anybody reads, the first ones.
    """
    content: Content = envelope.content
    nik = stated_nik(content)
    faults = [] if nik is None else [nik.fault] if nik.fault else list(nik.warnings)
    of_nik = [ContentWarning(fault.value, "nik") for fault in faults]
    of_others = warnings_of(envelope.source_system, content)
    return [*islice(of_others, MOST_WARNINGS - len(of_nik)), *of_nik]


def _incoming(envelope: Envelope, warnings: Sequence[ContentWarning], keyring: Keyring) -> Incoming:
    # Members in one order, so that equal contents are equal texts (RFC 8259: order says nothing).
    content = json.dumps(envelope.content, sort_keys=True, separators=(",", ":"))
    return Incoming(
        envelope.source_system,
        envelope.record_key,
        envelope.source_updated_at,
        content,
        keyring.blind_index("content", f"{envelope.is_withdrawn}|{content}"),
        envelope.is_withdrawn,
        json.dumps([{"code": one.code, "field": one.field} for one in warnings]),
    )


async def _remember(
    session: AsyncSession, current: Sequence[tuple[Stored, Envelope, bool]], keyring: Keyring
) -> None:
    """Features and identifiers of current versions; a withdrawn record identifies nobody."""
    fresh: list[tuple[Stored, Content]] = []
    renewed: list[tuple[Stored, Content]] = []
    withdrawn: list[Stored] = []
    for stored, envelope, is_new in current:
        if envelope.is_withdrawn:
            withdrawn.append(stored)
        else:
            (fresh if is_new else renewed).append((stored, envelope.content))
    unchanged = await remember_features(
        session,
        [Known(stored.record_id, read_features(content)) for stored, content in fresh],
        [Known(stored.record_id, read_features(content)) for stored, content in renewed],
        keyring=keyring,
    )
    if withdrawn:
        await forget_features(session, [stored.record_id for stored in withdrawn])
    unmatched = {stored.record_id for stored, _ in renewed if stored.was_due}
    if decided := unchanged - unmatched:
        await _owe_effects_only(session, decided)
    await remember_identifiers(
        session,
        [(stored.record_id, stored.version, content) for stored, content in fresh],
        [(stored.record_id, stored.version, content) for stored, content in renewed]
        + [(stored.record_id, stored.version, {}) for stored in withdrawn],
        keyring=keyring,
    )


async def _owe_effects_only(session: AsyncSession, record_ids: set[UUID]) -> None:
    """Who is meant has not changed: linked records need no new decision."""
    rows = await driver_sql(
        session,
        "SELECT id FROM source_records WHERE id = ANY($1::uuid[]) AND person_id IS NOT NULL",
        list(record_ids),
    )
    await change_due(session, [row[0] for row in rows], LinkDue.EFFECTS)
