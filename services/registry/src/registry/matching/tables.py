"""What the matcher works on: one row of normalised features a record, and its candidate keys."""

from datetime import date
from typing import Annotated
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, LargeBinary, Text
from sqlmodel import Field

from registry.tables import RegistryTable
from shared.sensitivity import INTERNAL, RESTRICTED_HASHED


class MatchFeatures(RegistryTable, table=True):
    """Normalised features of a record's current version; numbers are blind indexes.

    Passport numbers of earlier versions stay: whoever held one is still the same person.
    """

    __tablename__ = "match_features"

    source_record_id: Annotated[UUID, INTERNAL] = Field(primary_key=True)
    nik_index: Annotated[bytes | None, RESTRICTED_HASHED] = None
    passport_indexes: Annotated[list[bytes], RESTRICTED_HASHED] = Field(sa_type=ARRAY(LargeBinary))
    names: Annotated[list[str], INTERNAL] = Field(sa_type=ARRAY(Text))
    birth_date: Annotated[date | None, INTERNAL] = None
    sex: Annotated[str | None, INTERNAL] = Field(default=None, sa_type=Text)
    birth_place: Annotated[str | None, INTERNAL] = Field(default=None, sa_type=Text)


class MatchKey(RegistryTable, table=True):
    """What a record would have in common with another of the same person, as a keyed hash."""

    __tablename__ = "match_keys"

    key_hash: Annotated[int, RESTRICTED_HASHED] = Field(sa_type=BigInteger, primary_key=True)
    source_record_id: Annotated[UUID, INTERNAL] = Field(primary_key=True)
