"""A batch while it comes in: raw lines, piece by piece, each kept before the next is read."""

import csv
from dataclasses import dataclass, field
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.intake import queries
from registry.intake.lines import csv_rows, end_of_records, ndjson_rows
from registry.intake.rules import (
    BYTE_ORDER_MARK,
    CsvHeaderInvalid,
    CsvUnreadable,
    Format,
    OperationState,
)
from registry.intake.tables import Operation, OperationPiece
from registry.sources.rules import SourceSystem
from shared import clock
from shared.db import driver_sql
from shared.ids import new_id
from shared.privacy import Keyring
from shared.telemetry import current_trace
from shared.writes import PIECE_BYTES, LineTooLong

KIND = "SOURCE_RECORD_BATCH"
LINES_COLUMN = "operation_pieces.lines"
"""Raw lines are sealed for this column and `<operation>/<piece>`."""

_MUST_BE_NAMED = frozenset({"record_key", "source_updated_at"})


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
            lines=self.keyring.seal(LINES_COLUMN, f"{self.id}/{self.pieces}", raw),
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
