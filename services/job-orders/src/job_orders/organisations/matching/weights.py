"""What each agreement weighs: for each level how often it is met in one organisation under two
names and how often in two of no connection, and the bits that follow (Fellegi and Sunter 1969).
"""

from dataclasses import dataclass
from enum import StrEnum
from math import log2

from job_orders.organisations.matching.contacts import AddressLevel, PhoneLevel
from job_orders.organisations.matching.firm_names import NameLevel
from job_orders.organisations.matching.owners import OwnerLevel

MODEL = "organisations-1"
"""Changes with the shares; a migration then empties `matched_version`, so that all wait again."""
OF_MANY = "OF_MANY"
SAME, DIFFERENT, UNKNOWN = "SAME", "OTHER", "UNKNOWN"


class Field(StrEnum):
    PRIOR = "PRIOR"
    NAME = "NAME"
    OWNER = "OWNER"
    PHONE = "PHONE"
    ACCOUNT = "ACCOUNT"
    ADDRESS = "ADDRESS"
    PLACE = "PLACE"


@dataclass(frozen=True, slots=True)
class Share:
    """How often a level is met: in one under two names, and in two of no connection."""

    in_one: float
    in_two: float

    @property
    def bits(self) -> float:
        return log2(self.in_one / self.in_two)


PRIOR = Share(1, 30_000)
"""Of thirty thousand pairs one is an organisation that came back."""

SHARES: dict[Field, dict[str, Share]] = {
    Field.NAME: {
        NameLevel.EQUAL: Share(0.12, 0.0002),
        NameLevel.EQUAL_OF_COMMON_WORDS: Share(0.03, 0.0006),
        NameLevel.SIMILAR: Share(0.18, 0.001),
        NameLevel.ONE_WORD_IN_COMMON: Share(0.15, 0.01),
        NameLevel.OTHER: Share(0.52, 0.988),
    },
    Field.OWNER: {
        OwnerLevel.EQUAL: Share(0.40, 0.0005),
        OwnerLevel.EQUAL_OF_ONE_WORD: Share(0.08, 0.002),
        OwnerLevel.SIMILAR: Share(0.15, 0.002),
        # A relative or a straw man signs more often than not after a revocation.
        OwnerLevel.OTHER: Share(0.37, 0.9955),
    },
    Field.PHONE: {
        PhoneLevel.EQUAL: Share(0.40, 0.0002),
        PhoneLevel.OTHER: Share(0.60, 0.9998),
    },
    Field.ACCOUNT: {
        SAME: Share(0.30, 0.00002),
        DIFFERENT: Share(0.70, 0.99998),
    },
    Field.ADDRESS: {
        AddressLevel.EQUAL: Share(0.30, 0.0003),
        AddressLevel.SAME_BUILDING: Share(0.10, 0.003),
        AddressLevel.OTHER: Share(0.60, 0.9967),
    },
    Field.PLACE: {
        SAME: Share(0.80, 0.22),
        DIFFERENT: Share(0.20, 0.78),
    },
}

REVIEW_FROM = log2(1 / 3)
"""One in four is put to an officer: a look costs minutes, a sanction evaded costs people."""


def bits_of(field: Field, level: str) -> float:
    """What a level weighs; what is unknown or held by many speaks neither way."""
    if field is Field.PRIOR:
        return PRIOR.bits
    share = SHARES[field].get(level)
    return share.bits if share else 0.0
