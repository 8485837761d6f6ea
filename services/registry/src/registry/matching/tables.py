"""What the matcher works on: one row of sealed features a record, and its candidate keys."""

from typing import Annotated
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger
from sqlmodel import Field

from registry.tables import RegistryTable
from shared.sensitivity import INTERNAL, RESTRICTED_ENCRYPTED, RESTRICTED_HASHED

FEATURES_COLUMN = "match_features.features"
"""What `features` is sealed for, beside the record's id."""


class MatchFeatures(RegistryTable, table=True):
    """What a record's current version identifies its subject by, sealed whole and opened only in
    memory while matching; and its keys, by which those in `match_keys` are found again.

    Passport numbers of earlier versions stay: whoever held one is still the same person. Without
    features a record waits to be remembered again, and nobody is linked before.
    """

    __tablename__ = "match_features"

    source_record_id: Annotated[UUID, INTERNAL] = Field(primary_key=True)
    features: Annotated[bytes | None, RESTRICTED_ENCRYPTED] = None
    keys: Annotated[list[int], RESTRICTED_HASHED] = Field(sa_type=ARRAY(BigInteger))


class MatchKey(RegistryTable, table=True):
    """What a record would have in common with another of the same person, as a keyed hash."""

    __tablename__ = "match_keys"

    key_hash: Annotated[int, RESTRICTED_HASHED] = Field(sa_type=BigInteger, primary_key=True)
    source_record_id: Annotated[UUID, INTERNAL] = Field(primary_key=True)
