"""Batches: raw lines come in piece by piece, then are stored and linked share by share.

Each share's effects and progress are one transaction, so a kill loses nothing and doubles nothing.
"""

import csv
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any
from uuid import UUID

from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from registry.intake import queries
from registry.intake.lines import csv_objects, csv_rows, end_of_records, ndjson_rows
from registry.intake.operations import check_envelope, link_share, store_records
from registry.intake.rules import (
    BYTE_ORDER_MARK,
    LONGEST_LINE_BYTES,
    CsvHeaderInvalid,
    CsvUnreadable,
    Format,
    OperationState,
)
from registry.intake.schemas import Envelope
from registry.intake.tables import Operation, OperationPiece
from registry.rows import copy_rows
from registry.sources.rules import SourceSystem, UpdatedInTheFuture
from shared import clock
from shared.db import driver_sql
from shared.ids import new_id
from shared.privacy import DoesNotOpen, Keyring
from shared.sensitivity import PARTNER
from shared.telemetry import current_trace
from shared.writes import PIECE_BYTES, LineTooLong

log = logging.getLogger(__name__)

SHARE_LINES = 500
_MUST_BE_NAMED = frozenset({"record_key", "source_updated_at"})
KIND = "SOURCE_RECORD_BATCH"
_LINES_COLUMN = "operation_pieces.lines"
_PROBLEM_COLUMNS = ("operation_id", "line", "number", "code", "field", "title")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a line was refused, by code and field, never by what it says."""

    line: int
    code: str
    field: str | None
    title: str


@dataclass(slots=True)
class Share:
    """Lines read from raw bytes: the good ones as envelopes, the others as problems."""

    envelopes: list[Envelope] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@dataclass(slots=True)
class Reception:
    """A batch while it comes in. Nothing is held between two pieces."""

    source_system: SourceSystem
    format: Format
    organisation: str
    keyring: Keyring
    id: UUID = field(default_factory=new_id)
    pieces: int = 0
    lines: int = 0
    header: str | None = None
    _rest: bytes = b""

    async def open(self, session: AsyncSession) -> None:
        now = clock.now()
        trace = current_trace()
        session.add(
            Operation(
                id=self.id,
                kind=KIND,
                source_system=self.source_system,
                format=self.format,
                state=OperationState.RECEIVING,
                organisation=self.organisation,
                lines_received=0,
                lines_stored=0,
                lines_unchanged=0,
                lines_refused=0,
                next_line=0,
                created_at=now,
                touched_at=now,
                traceparent=trace.traceparent if trace else None,
            )
        )

    def take(self, piece: bytes, *, is_last: bool = False) -> OperationPiece | None:
        """The next piece to keep, cut where a record ends.

        Raises CsvHeaderInvalid, CsvUnreadable, LineTooLong.
        """
        raw = self._rest + piece
        if self.format is Format.CSV:
            raw, self._rest = self._whole_records(raw, is_last=is_last)
            raw = self._without_header(raw)
        elif self.pieces == 0:
            raw = raw.removeprefix(BYTE_ORDER_MARK)
        lines = count_lines(raw, self.format)
        if not lines:
            return None
        self.pieces += 1
        first, self.lines = self.lines + 1, self.lines + lines
        return OperationPiece(
            operation_id=self.id,
            number=self.pieces,
            first_line=first,
            lines=self.keyring.seal(_LINES_COLUMN, f"{self.id}/{self.pieces}", raw),
        )

    async def keep(self, session: AsyncSession, piece: OperationPiece) -> None:
        """Store one piece; a repeat after a lost connection finds it there."""
        await driver_sql(
            session,
            """
            INSERT INTO operation_pieces (operation_id, number, first_line, lines)
            VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING
            """,
            piece.operation_id,
            piece.number,
            piece.first_line,
            piece.lines,
        )
        await self._note_progress(session, OperationState.RECEIVING)

    async def finish(self, session: AsyncSession) -> Operation:
        """The last byte is here: the batch is the messenger's from now on."""
        await self._note_progress(session, OperationState.RECEIVED)
        return await queries.get_operation(session, self.id)

    async def _note_progress(self, session: AsyncSession, state: OperationState) -> None:
        await driver_sql(
            session,
            """
            UPDATE operations SET state = $2, lines_received = $3, header = $4, touched_at = $5
            WHERE id = $1
            """,
            self.id,
            state.value,
            self.lines,
            self.header,
            clock.now(),
        )

    def _whole_records(self, raw: bytes, *, is_last: bool) -> tuple[bytes, bytes]:
        """The records that are whole, and the start of the next one.

        A quote that is never closed would take all that follows into its cell, and hold it here.
        """
        if is_last:
            raw = raw if raw.endswith(b"\n") or not raw else raw + b"\n"
        cut = end_of_records(raw)
        if is_last and cut < len(raw):
            raise CsvUnreadable
        if len(raw) - cut > PIECE_BYTES:
            raise LineTooLong(limit_bytes=PIECE_BYTES)
        return raw[:cut], raw[cut:]

    def _without_header(self, raw: bytes) -> bytes:
        if self.header is not None or not raw:
            return raw
        line, _, rest = raw.partition(b"\n")
        header = line.decode("utf-8-sig", errors="replace").strip("\r\n").replace("\0", "")
        columns = _columns(header)
        if not _MUST_BE_NAMED.issubset(columns) or len(set(columns)) < len(columns):
            raise CsvHeaderInvalid
        self.header = header
        return rest


def _columns(header: str) -> list[str]:
    try:
        return next(csv.reader([header]), [])
    except csv.Error:
        raise CsvHeaderInvalid from None


def count_lines(raw: bytes, form: Format) -> int:
    """Raises CsvUnreadable for what no CSV reader would take."""
    if form is Format.NDJSON:
        return sum(1 for _ in ndjson_rows(raw))
    try:
        return sum(1 for row in csv_rows(raw) if row)
    except csv.Error:
        raise CsvUnreadable from None


def read_share(
    raw: bytes, operation: Operation, *, first_line: int, skip: int, limit: int
) -> Share:
    """The envelopes of up to `limit` lines after the first `skip`."""
    share = Share()
    rows = ndjson_rows(raw) if operation.format is Format.NDJSON else csv_objects(raw, operation)
    for number, row in enumerate(rows):
        if number < skip:
            continue
        if number >= skip + limit:
            break
        _read_line(share, row, first_line + number, operation.source_system)
    return share


async def store_share(session: AsyncSession, *, keyring: Keyring, limit: int = SHARE_LINES) -> bool:
    """Store the next lines of the oldest batch that has any; says whether there may be more."""
    operation = await queries.lock_next_operation(session)
    if operation is None:
        return False
    piece = await queries.get_next_piece(session, operation.id)
    try:
        raw = keyring.open(_LINES_COLUMN, f"{operation.id}/{piece.number}", piece.lines)
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


def _read_line(share: Share, row: bytes | dict[str, Any] | None, line: int, own: Any) -> None:
    try:
        if row is None or (isinstance(row, bytes) and len(row) > LONGEST_LINE_BYTES):
            share.problems.append(Problem(line, "line-unreadable", None, "Line cannot be read"))
            return
        envelope = _envelope(row, own)
        check_envelope(envelope.source_updated_at)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        # A member that the sender made up is not named: a name can be personal too.
        path = first["loc"][:-1] if first["type"] == "extra_forbidden" else first["loc"]
        where = "/".join(str(part) for part in path)[:64] or None
        title = "Line is not a valid envelope"
        share.problems.append(Problem(line, first["type"].replace("_", "-"), where, title))
        return
    except UpdatedInTheFuture as refusal:
        share.problems.append(Problem(line, refusal.code, "source_updated_at", refusal.title.en))
        return
    if envelope.source_system is not own:
        share.problems.append(
            Problem(line, "source-system-not-yours", "source_system", "Another source system")
        )
        return
    share.envelopes.append(envelope)


class _NamedEnvelope(Envelope):
    """A line of a batch, which may leave out the system that the whole batch is of."""

    source_system: Annotated[Any, PARTNER] = None


def _envelope(row: bytes | dict[str, Any], own: SourceSystem) -> Envelope:
    if isinstance(row, bytes):
        named = _NamedEnvelope.model_validate_json(row)
    else:
        named = _NamedEnvelope.model_validate(row)
    fields = named.__dict__
    if named.source_system is None:
        return Envelope.model_construct(**(fields | {"source_system": own}))
    system = next((one for one in SourceSystem if one == named.source_system), SourceSystem.CASES)
    return Envelope.model_construct(**(fields | {"source_system": system}))
