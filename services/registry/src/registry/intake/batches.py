"""Batches that have come in: stored and linked share by share.

Each share's effects and progress are one transaction, so a kill loses nothing and doubles nothing.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.intake import queries
from registry.intake.operations import link_share, store_records
from registry.intake.receiving import LINES_COLUMN
from registry.intake.rules import (
    OperationState,
)
from registry.intake.shares import Problem, read_share
from shared import clock
from shared.db import driver_sql
from shared.privacy import DoesNotOpen, Keyring
from shared.rows import copy_rows

log = logging.getLogger(__name__)

SHARE_LINES = 500
_PROBLEM_COLUMNS = ("operation_id", "line", "number", "code", "field", "title")


async def store_share(session: AsyncSession, *, keyring: Keyring, limit: int = SHARE_LINES) -> bool:
    """Store the next lines of the oldest batch that has any; says whether there may be more."""
    operation = await queries.lock_next_operation(session)
    if operation is None:
        return False
    piece = await queries.get_next_piece(session, operation.id)
    try:
        raw = keyring.open(LINES_COLUMN, f"{operation.id}/{piece.number}", piece.lines)
    except DoesNotOpen:
        log.exception("piece does not open", extra={"facts": {"operation": str(operation.id)}})
        operation.state = OperationState.FAILED
        operation.finished_at = clock.now()
        return True
    share = read_share(
        raw,
        operation,
        first_line=piece.first_line,
        skip=operation.next_line,
        limit=limit,
    )
    received = await store_records(
        session,
        share.envelopes,
        keyring=keyring,
        received_from=operation.organisation,
        due_for=operation.id,
    )
    await _keep_problems(session, operation.id, share.problems)
    due = {one.stored.record_id for one in received if one.stored.is_changed}
    operation.state = OperationState.RUNNING
    operation.lines_stored += len(share.envelopes)
    operation.lines_refused += len(share.problems)
    operation.lines_unchanged += len(received) - len(due)
    operation.touched_at = clock.now()
    read = len(share.envelopes) + len(share.problems)
    if read < limit:
        await session.delete(piece)
        operation.next_line = 0
    else:
        operation.next_line += read
    return True


async def pass_over_line(session: AsyncSession) -> None:
    """Refuse the next line, which we fail to store, so that the others go on."""
    operation = await queries.lock_next_operation(session)
    if operation is None:
        return
    piece = await queries.get_next_piece(session, operation.id)
    line = piece.first_line + operation.next_line
    log.error("line passed over", extra={"facts": {"operation": str(operation.id), "line": line}})
    problem = Problem(line, "line-failed", None, "Line could not be stored; the fault is ours")
    await _keep_problems(session, operation.id, [problem])
    operation.lines_refused += 1
    operation.next_line += 1


async def pass_over_record(session: AsyncSession) -> None:
    """Hold the oldest due record, which we fail to link, so that the others go on."""
    held = await driver_sql(
        session,
        """
        UPDATE source_records SET link_due = 'HELD'
        WHERE id = (SELECT id FROM source_records
                    WHERE link_due IS NOT NULL AND link_due <> 'HELD' ORDER BY id LIMIT 1)
        RETURNING id
        """,
    )
    log.error("record held", extra={"facts": {"records": [str(row[0]) for row in held]}})


async def link_next_share(
    session: AsyncSession, *, keyring: Keyring, limit: int = SHARE_LINES
) -> bool:
    """Link what is due, whoever stored it; says whether there may be more.

    Progress has rows of its own: storing holds the batch's row, and two that hold records and
    wait for each other's row would stand still.
    """
    linked, more = await link_share(session, keyring=keyring, limit=limit)
    counts = Counter(one.due_for for one in linked if one.due_for is not None)
    if counts:
        await driver_sql(
            session,
            """
            INSERT INTO operation_links AS l (operation_id, lines)
            SELECT * FROM unnest($1::uuid[], $2::integer[]) AS u(id, lines) ORDER BY id
            ON CONFLICT (operation_id) DO UPDATE SET lines = l.lines + excluded.lines
            """,
            list(counts),
            list(counts.values()),
        )
    return more


async def finish_batches(session: AsyncSession) -> bool:
    """Batches of which nothing waits any more are done."""
    await driver_sql(
        session,
        """
        UPDATE operations o
        SET state = 'DONE', finished_at = clock_timestamp(), touched_at = clock_timestamp()
        WHERE o.id IN (
            SELECT id FROM operations WHERE state IN ('RECEIVED', 'RUNNING')
            ORDER BY id FOR UPDATE SKIP LOCKED)
          AND NOT EXISTS (SELECT FROM operation_pieces p WHERE p.operation_id = o.id)
          AND NOT EXISTS (SELECT FROM source_records r
                          WHERE r.link_due IS NOT NULL AND r.link_due <> 'HELD'
                            AND r.due_for = o.id)
        """,
    )
    return False


async def sweep_abandoned(session: AsyncSession) -> bool:
    """A batch whose sender went away an hour ago fails, and its lines are forgotten."""
    gone = await driver_sql(
        session,
        """
        UPDATE operations SET state = 'FAILED', finished_at = clock_timestamp()
        WHERE state = 'RECEIVING' AND touched_at < clock_timestamp() - interval '1 hour'
        RETURNING id
        """,
    )
    for (operation_id,) in gone:
        await driver_sql(
            session, "DELETE FROM operation_pieces WHERE operation_id = $1", operation_id
        )
    return False


async def _keep_problems(
    session: AsyncSession, operation_id: UUID, problems: Sequence[Problem]
) -> None:
    numbers: Counter[int] = Counter()
    rows = []
    for one in problems:
        numbers[one.line] += 1
        rows.append((operation_id, one.line, numbers[one.line], one.code, one.field, one.title))
    await copy_rows(session, "operation_problems", _PROBLEM_COLUMNS, rows)
