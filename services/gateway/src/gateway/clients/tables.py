"""The one table of this slice."""

from datetime import datetime
from typing import Annotated

from sqlmodel import Field

from gateway.tables import GatewayTable
from shared.sensitivity import INTERNAL


class UsedProof(GatewayTable, table=True):
    """A proof that came, as a hash of its key and id, until nobody would take it any more."""

    __tablename__ = "used_proofs"

    digest: Annotated[bytes, INTERNAL] = Field(primary_key=True)
    expires_at: Annotated[datetime, INTERNAL] = Field(index=True)
