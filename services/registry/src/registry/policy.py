"""Who may do what in the registry, for which purpose, on which rows, seeing how much."""

from typing import Any

from sqlalchemy import ColumnElement, or_

from shared.auth import Caller
from shared.policy import Policy, Reach, Rule, own
from shared.sensitivity import Level, Purpose

SYSTEMS = frozenset({"system-siskop2mi", "system-peduliwni"})
OFFICERS = frozenset({"mission-officer", "mission-head"})
KP2MI = frozenset({"kp2mi-analyst", "kp2mi-regulator"})
KEMLU = frozenset({"kemlu-desk"})
STEWARDS = frozenset({"kp2mi-analyst", "kemlu-desk"})
AGENCY = frozenset({"placement-agency"})
LOCAL = frozenset({"bp3mi", "dinas"})
INSURER = frozenset({"insurer"})

FEEDING = frozenset({Purpose.SYSTEM_OPERATION, Purpose.PLACEMENT_SERVICE, Purpose.PROTECTION_CASE})
CARE = frozenset(
    {
        Purpose.PLACEMENT_SERVICE,
        Purpose.JOB_ORDER_VERIFICATION,
        Purpose.PROTECTION_CASE,
        Purpose.EMERGENCY_RESCUE,
        Purpose.REPATRIATION,
        Purpose.SUBJECT_RIGHTS,
    }
)
PLACING = frozenset(
    {
        Purpose.PLACEMENT_SERVICE,
        Purpose.JOB_ORDER_VERIFICATION,
        Purpose.REPATRIATION,
        Purpose.SYSTEM_OPERATION,
    }
)
STEWARDSHIP = frozenset({Purpose.SYSTEM_OPERATION, Purpose.SUBJECT_RIGHTS, Purpose.PROTECTION_CASE})
COUNTING = frozenset({Purpose.STATISTICS, Purpose.EMERGENCY_RESCUE, Purpose.SYSTEM_OPERATION})

_SYSTEM_OF_ROLE = {"system-siskop2mi": "SISKOP2MI", "system-peduliwni": "PEDULI_WNI"}


def _own_systems(caller: Caller) -> list[str]:
    return [_SYSTEM_OF_ROLE[role] for role in sorted(caller.roles) if role in _SYSTEM_OF_ROLE]


def _covers_own_system(caller: Caller, row: Any) -> bool:
    return row.source_system in _own_systems(caller)


def _where_own_system(caller: Caller, table: Any) -> ColumnElement[bool]:
    return or_(False, *(table.source_system == system for system in _own_systems(caller)))


OWN_SYSTEM = Reach("own source system", _covers_own_system, _where_own_system, is_own=True)
OWN_AGENCY = own("placement_agency_code", "organisation")

RECORDS = (
    Rule("source-records:submit", SYSTEMS, FEEDING, reach=OWN_SYSTEM, sees=Level.INTERNAL),
    Rule("source-records:read", SYSTEMS, FEEDING | CARE, reach=OWN_SYSTEM, sees=Level.RESTRICTED),
    Rule("source-records:read", STEWARDS, CARE, sees=Level.RESTRICTED),
    Rule("operations:read", SYSTEMS, reach=OWN_SYSTEM),
)
PERSONS = (
    Rule("persons:read", KP2MI | KEMLU | OFFICERS, CARE, sees=Level.RESTRICTED),
    Rule("persons:read", SYSTEMS, FEEDING | CARE, sees=Level.RESTRICTED),
    Rule("persons:read", LOCAL, CARE, sees=Level.INTERNAL),
    Rule("presence:read", KP2MI | KEMLU | OFFICERS | SYSTEMS, CARE | FEEDING, sees=Level.INTERNAL),
    Rule("presence:report", OFFICERS | KEMLU, CARE, sees=Level.INTERNAL),
    Rule("population:read", KP2MI | KEMLU | OFFICERS, COUNTING, sees=Level.INTERNAL),
)
PLACEMENTS = (
    Rule("placements:open", AGENCY, PLACING, reach=OWN_AGENCY, sees=Level.INTERNAL),
    Rule("placements:open", KP2MI | OFFICERS | SYSTEMS, PLACING, sees=Level.INTERNAL),
    Rule("placements:read", AGENCY, PLACING | CARE, reach=OWN_AGENCY, sees=Level.PARTNER),
    Rule(
        "placements:read",
        KP2MI | KEMLU | OFFICERS | SYSTEMS | LOCAL,
        PLACING | CARE,
        sees=Level.INTERNAL,
    ),
    Rule("placements:read", INSURER, CARE | {Purpose.INSURANCE_CLAIM}, sees=Level.PARTNER),
    Rule("placements:step", AGENCY, PLACING, reach=OWN_AGENCY, sees=Level.PARTNER),
    Rule("placements:step", KP2MI | OFFICERS | SYSTEMS | LOCAL, PLACING, sees=Level.INTERNAL),
    Rule("placements:step", INSURER, PLACING | {Purpose.INSURANCE_CLAIM}, sees=Level.PARTNER),
    Rule("placements:withdraw", AGENCY, PLACING, reach=OWN_AGENCY, sees=Level.PARTNER),
    Rule("placements:withdraw", KP2MI | SYSTEMS | LOCAL, PLACING, sees=Level.INTERNAL),
)
LINKS = (
    Rule("persons:merge", STEWARDS, STEWARDSHIP, sees=Level.RESTRICTED),
    Rule("persons:split", STEWARDS, STEWARDSHIP, sees=Level.RESTRICTED),
    Rule("reviews:read", STEWARDS, STEWARDSHIP, sees=Level.RESTRICTED),
    Rule("reviews:read", OFFICERS, STEWARDSHIP, sees=Level.INTERNAL),
    Rule("reviews:close", STEWARDS, STEWARDSHIP, sees=Level.INTERNAL),
    Rule("link-models:rehearse", STEWARDS, STEWARDSHIP, sees=Level.INTERNAL),
    Rule("link-models:adopt", STEWARDS, STEWARDSHIP, sees=Level.INTERNAL),
)

POLICY = Policy((*RECORDS, *PERSONS, *PLACEMENTS, *LINKS))
