"""The counters behind case numbers."""

from typing import Annotated

from sqlalchemy import Text
from sqlmodel import Field

from cases.tables import CasesTable
from shared.sensitivity import PARTNER


class CaseNumberCounter(CasesTable, table=True):
    """The last number that a mission gave in a year. Its row is held until the commit, so that no
    number is missing and none is given twice.
    """

    __tablename__ = "case_number_counters"

    mission: Annotated[str, PARTNER] = Field(sa_type=Text, primary_key=True)
    year: Annotated[int, PARTNER] = Field(primary_key=True)
    last_number: Annotated[int, PARTNER]
