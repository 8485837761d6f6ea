"""What officers of missions confirm about somebody's whereabouts. Append-only."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import Text
from sqlmodel import Field

from registry.presence.rules import PresenceKind
from registry.tables import RegistryTable
from shared.db import EnumText
from shared.sensitivity import INTERNAL


class PresenceReport(RegistryTable, table=True):
    """An officer saw or heard of a person on a day. Follows its person at a merge or split."""

    __tablename__ = "presence_reports"

    id: Annotated[UUID, INTERNAL] = Field(primary_key=True)
    person_id_as_given: Annotated[UUID, INTERNAL]
    kind: Annotated[PresenceKind, INTERNAL] = Field(sa_type=EnumText(PresenceKind))
    country: Annotated[str, INTERNAL] = Field(sa_type=Text)
    mission: Annotated[str, INTERNAL] = Field(sa_type=Text)
    seen_on: Annotated[date, INTERNAL]
    category: Annotated[str, INTERNAL] = Field(sa_type=Text)
    subject: Annotated[str, INTERNAL] = Field(sa_type=Text)
    organisation: Annotated[str, INTERNAL] = Field(sa_type=Text)
    recorded_at: Annotated[datetime, INTERNAL]
