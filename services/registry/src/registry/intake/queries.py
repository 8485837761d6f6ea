"""Questions to operations."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, exists, select
from sqlmodel.ext.asyncio.session import AsyncSession

from registry.intake.rules import OperationNotFound, OperationState
from registry.intake.tables import (
    Operation,
    OperationLinks,
    OperationPiece,
    OperationProblem,
)
from shared.db import driver_sql
from shared.policy import Grant


async def get_operation(
    session: AsyncSession, operation_id: UUID, *, within: Grant | None = None
) -> Operation:
    """Raises OperationNotFound, also for one that is out of the caller's reach."""
    question = select(Operation).where(col(Operation.id) == operation_id)
    if within is not None:
        question = question.where(within.where(Operation))
    found = await session.exec(question.execution_options(populate_existing=True))
    operation = found.one_or_none()
    if operation is None:
        raise OperationNotFound
    return operation


async def lock_next_operation(session: AsyncSession) -> Operation | None:
    """The oldest batch that is wholly received and has lines to store."""
    found = await session.exec(
        select(Operation)
        .where(
            col(Operation.state).in_((OperationState.RECEIVED, OperationState.RUNNING)),
            exists().where(col(OperationPiece.operation_id) == col(Operation.id)),
        )
        .order_by(col(Operation.id))
        .limit(1)
        .with_for_update()
    )
    return found.one_or_none()


async def find_trace(session: AsyncSession, record_id: UUID) -> str | None:
    """The traceparent of the batch for which a record is due."""
    rows = await driver_sql(
        session,
        """
        SELECT o.traceparent FROM source_records r JOIN operations o ON o.id = r.due_for
        WHERE r.id = $1
        """,
        record_id,
    )
    return rows[0][0] if rows else None


async def has_bulk_work(session: AsyncSession) -> bool:
    """Whether a received batch waits to be stored, a record to be linked or remembered again."""
    rows = await driver_sql(
        session,
        """
        SELECT EXISTS (SELECT FROM operations o JOIN operation_pieces p ON p.operation_id = o.id
                       WHERE o.state IN ('RECEIVED', 'RUNNING'))
            OR EXISTS (SELECT FROM source_records
                       WHERE link_due IS NOT NULL AND link_due <> 'HELD')
            OR EXISTS (SELECT FROM match_features WHERE features IS NULL)
        """,
    )
    return bool(rows[0][0])


async def get_next_piece(session: AsyncSession, operation_id: UUID) -> OperationPiece:
    found = await session.exec(
        select(OperationPiece)
        .where(col(OperationPiece.operation_id) == operation_id)
        .order_by(col(OperationPiece.number))
        .limit(1)
    )
    return found.one()


async def count_linked(session: AsyncSession, operation: Operation) -> int:
    """Lines with their whole effect; repeats within a batch make it exact only at the end."""
    if operation.state is OperationState.DONE:
        return operation.lines_stored
    links = await session.get(OperationLinks, operation.id)
    linked = operation.lines_unchanged + (links.lines if links else 0)
    return min(linked, operation.lines_stored)


async def list_problems(
    session: AsyncSession, operation_id: UUID, *, limit: int
) -> Sequence[OperationProblem]:
    found = await session.exec(
        select(OperationProblem)
        .where(col(OperationProblem.operation_id) == operation_id)
        .order_by(col(OperationProblem.line), col(OperationProblem.number))
        .limit(limit)
    )
    return found.all()
