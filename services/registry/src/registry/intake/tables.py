"""Batches on their way in: operations, their raw lines in pieces, and what was wrong with some."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import Text
from sqlmodel import Field

from registry.intake.rules import Format, OperationState
from registry.sources.rules import SourceSystem
from registry.tables import RegistryTable
from shared.db import EnumText
from shared.sensitivity import INTERNAL, PARTNER, RESTRICTED_ENCRYPTED


class Operation(RegistryTable, table=True):
    """One batch. Storing goes on, after a kill, at `next_line` of the first piece left.

    Lines that change nothing count as linked at once; the others when `operation_links` says so.
    """

    __tablename__ = "operations"

    id: Annotated[UUID, PARTNER] = Field(primary_key=True)
    kind: Annotated[str, PARTNER] = Field(sa_type=Text)
    source_system: Annotated[SourceSystem, PARTNER] = Field(sa_type=EnumText(SourceSystem))
    format: Annotated[Format, PARTNER] = Field(sa_type=EnumText(Format))
    header: Annotated[str | None, PARTNER] = Field(default=None, sa_type=Text)
    state: Annotated[OperationState, PARTNER] = Field(sa_type=EnumText(OperationState))
    organisation: Annotated[str, PARTNER] = Field(sa_type=Text)
    lines_received: Annotated[int, PARTNER]
    lines_stored: Annotated[int, PARTNER]
    lines_unchanged: Annotated[int, PARTNER]
    lines_refused: Annotated[int, PARTNER]
    next_line: Annotated[int, INTERNAL]
    created_at: Annotated[datetime, PARTNER]
    touched_at: Annotated[datetime, INTERNAL]
    finished_at: Annotated[datetime | None, PARTNER] = None
    traceparent: Annotated[str | None, INTERNAL] = Field(default=None, sa_type=Text)


class OperationLinks(RegistryTable, table=True):
    """How many lines of a batch have been linked."""

    __tablename__ = "operation_links"

    operation_id: Annotated[UUID, PARTNER] = Field(primary_key=True)
    lines: Annotated[int, PARTNER]


class OperationPiece(RegistryTable, table=True):
    """About 1 MB of raw lines, sealed whole for `operation/number`; gone once stored."""

    __tablename__ = "operation_pieces"

    operation_id: Annotated[UUID, INTERNAL] = Field(primary_key=True)
    number: Annotated[int, INTERNAL] = Field(primary_key=True)
    first_line: Annotated[int, INTERNAL]
    lines: Annotated[bytes, RESTRICTED_ENCRYPTED]


class OperationProblem(RegistryTable, table=True):
    """A line that was refused, or the warning that it earned. Never what the line says."""

    __tablename__ = "operation_problems"

    operation_id: Annotated[UUID, PARTNER] = Field(primary_key=True)
    line: Annotated[int, PARTNER] = Field(primary_key=True)
    number: Annotated[int, PARTNER] = Field(primary_key=True)
    code: Annotated[str, PARTNER] = Field(sa_type=Text)
    field: Annotated[str | None, PARTNER] = Field(default=None, sa_type=Text)
    title: Annotated[str, PARTNER] = Field(sa_type=Text)
