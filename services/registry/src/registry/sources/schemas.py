"""What callers get of source records."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, Field

from registry.sources.rules import SourceSystem
from registry.sources.tables import CONTENT_COLUMN, SourceRecord, SourceRecordVersion
from shared.policy import Shown
from shared.privacy import Keyring
from shared.sensitivity import INTERNAL, PARTNER, RESTRICTED


class VersionView(BaseModel):
    """One version of a record, without what it said."""

    version: Annotated[int, PARTNER] = Field(ge=1)
    source_updated_at: Annotated[datetime, INTERNAL]
    is_withdrawn: Annotated[bool, INTERNAL]
    received_at: Annotated[datetime, INTERNAL]


class SourceRecordView(Shown):
    """A source record as it is current, verbatim, with its versions and warnings."""

    id: Annotated[UUID, PARTNER]
    source_system: Annotated[SourceSystem, PARTNER]
    record_key: Annotated[str, PARTNER] = Field(max_length=64)
    person_id: Annotated[UUID | None, INTERNAL]
    current_version: Annotated[int, PARTNER] = Field(ge=1)
    source_updated_at: Annotated[datetime, PARTNER]
    is_withdrawn: Annotated[bool, PARTNER]
    content: Annotated[dict[str, Any] | None, RESTRICTED]
    warnings: Annotated[list[dict[str, str]], INTERNAL] = Field(max_length=1000)
    versions: Annotated[list[VersionView], INTERNAL] = Field(max_length=10_000)

    @classmethod
    def of(
        cls, record: SourceRecord, versions: Sequence[SourceRecordVersion], keyring: Keyring
    ) -> Self:
        current = next(one for one in versions if one.version == record.current_version)
        row = f"{record.id}/{current.version}"
        told = record.model_dump(
            include={
                *("id", "source_system", "record_key", "person_id", "current_version"),
                *("source_updated_at", "is_withdrawn"),
            }
        )
        return cls(
            **told,
            content=json.loads(keyring.open(CONTENT_COLUMN, row, current.content)),
            warnings=current.warnings,
            versions=[VersionView(**one.model_dump(exclude={"content"})) for one in versions],
        )
