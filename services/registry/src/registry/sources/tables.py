"""Source records and their append-only versions."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from registry.sources.rules import LinkDue, SourceSystem
from registry.tables import RegistryTable
from shared.db import EnumText
from shared.sensitivity import (
    INTERNAL,
    PARTNER,
    RESTRICTED_ENCRYPTED,
    RESTRICTED_HASHED,
)

CONTENT_COLUMN = "source_record_versions.content"
"""What `content` is sealed for, beside the record's id and version."""


class SourceRecord(RegistryTable, table=True):
    """One record of one ministry's system, as far as it is current.

    `link_due` says what the second transaction still owes it, `due_for` which batch asked.
    """

    __tablename__ = "source_records"

    id: Annotated[UUID, INTERNAL] = Field(primary_key=True)
    source_system: Annotated[SourceSystem, PARTNER] = Field(sa_type=EnumText(SourceSystem))
    record_key: Annotated[str, INTERNAL] = Field(sa_type=Text)
    latest_version: Annotated[int, INTERNAL]
    current_version: Annotated[int, INTERNAL]
    content_hash: Annotated[bytes, RESTRICTED_HASHED]
    source_updated_at: Annotated[datetime, INTERNAL]
    is_withdrawn: Annotated[bool, INTERNAL]
    received_at: Annotated[datetime, INTERNAL]
    person_id: Annotated[UUID | None, INTERNAL] = None
    link_due: Annotated[LinkDue | None, INTERNAL] = Field(default=None, sa_type=EnumText(LinkDue))
    due_for: Annotated[UUID | None, INTERNAL] = None


class SourceRecordVersion(RegistryTable, table=True):
    """What was said at one time. `content` is sealed whole for the id and version."""

    __tablename__ = "source_record_versions"

    source_record_id: Annotated[UUID, INTERNAL] = Field(
        primary_key=True, foreign_key="source_records.id"
    )
    version: Annotated[int, INTERNAL] = Field(primary_key=True)
    source_updated_at: Annotated[datetime, INTERNAL]
    content: Annotated[bytes, RESTRICTED_ENCRYPTED]
    content_hash: Annotated[bytes, RESTRICTED_HASHED]
    is_withdrawn: Annotated[bool, INTERNAL]
    warnings: Annotated[list[dict[str, Any]], INTERNAL] = Field(sa_type=JSONB)
    received_from: Annotated[str, INTERNAL] = Field(sa_type=Text)
    received_at: Annotated[datetime, INTERNAL]
