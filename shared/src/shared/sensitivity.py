"""How sensitive a field is: the annotation alone, so that messages may carry it too.

Levels are those of the platform's classification; each level includes the ones before it.
"""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    PUBLIC = "PUBLIC"
    PARTNER = "PARTNER"
    INTERNAL = "INTERNAL"
    RESTRICTED = "RESTRICTED"
    SECRET = "SECRET"  # noqa: S105 - a level, not a password.

    @property
    def rank(self) -> int:
        return _ORDER[self]

    def includes(self, other: "Level") -> bool:
        """Whether a reader cleared for this level may see a field of the other."""
        return self.rank >= other.rank


_ORDER = {level: rank for rank, level in enumerate(Level)}


class Purpose(StrEnum):
    """Why a caller asks (the `Purpose-Of-Use` header). A closed list."""

    PLACEMENT_SERVICE = "PLACEMENT_SERVICE"
    JOB_ORDER_VERIFICATION = "JOB_ORDER_VERIFICATION"
    PROTECTION_CASE = "PROTECTION_CASE"
    EMERGENCY_RESCUE = "EMERGENCY_RESCUE"
    REPATRIATION = "REPATRIATION"
    LAW_ENFORCEMENT_REFERRAL = "LAW_ENFORCEMENT_REFERRAL"
    INSURANCE_CLAIM = "INSURANCE_CLAIM"
    SUBJECT_RIGHTS = "SUBJECT_RIGHTS"
    STATISTICS = "STATISTICS"
    SYSTEM_OPERATION = "SYSTEM_OPERATION"


class AtRest(StrEnum):
    PLAIN = "PLAIN"
    ENCRYPTED = "ENCRYPTED"
    KEYED_HASH = "KEYED_HASH"


@dataclass(frozen=True, slots=True)
class Sensitive:
    """Annotation of one field: who may see it at all, what for, and how it lies in the table.

    An empty set of purposes means that any purpose the caller holds will do.
    """

    level: Level
    purposes: frozenset[Purpose] = frozenset()
    at_rest: AtRest = AtRest.PLAIN


PUBLIC = Sensitive(Level.PUBLIC)
PARTNER = Sensitive(Level.PARTNER)
INTERNAL = Sensitive(Level.INTERNAL)

_CARE = frozenset(
    {
        Purpose.PLACEMENT_SERVICE,
        Purpose.JOB_ORDER_VERIFICATION,
        Purpose.PROTECTION_CASE,
        Purpose.EMERGENCY_RESCUE,
        Purpose.REPATRIATION,
        Purpose.SUBJECT_RIGHTS,
    }
)
RESTRICTED = Sensitive(Level.RESTRICTED, _CARE)
RESTRICTED_ENCRYPTED = Sensitive(Level.RESTRICTED, _CARE, AtRest.ENCRYPTED)
RESTRICTED_HASHED = Sensitive(Level.RESTRICTED, _CARE, AtRest.KEYED_HASH)
INTERNAL_ENCRYPTED = Sensitive(Level.INTERNAL, _CARE, AtRest.ENCRYPTED)
SECRET = Sensitive(
    Level.SECRET,
    frozenset({Purpose.PROTECTION_CASE, Purpose.EMERGENCY_RESCUE}),
    AtRest.ENCRYPTED,
)
