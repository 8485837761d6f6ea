"""Who may do what in job-orders, for which purpose, on which rows, seeing how much."""

from typing import Any

from sqlalchemy import ColumnElement

from shared.auth import Caller
from shared.policy import Policy, Reach, Rule, own
from shared.sensitivity import Level, Purpose

VERIFICATION = frozenset({Purpose.JOB_ORDER_VERIFICATION})
RECRUITING = frozenset({Purpose.JOB_ORDER_VERIFICATION, Purpose.PLACEMENT_SERVICE})
CARE = frozenset(
    {
        Purpose.JOB_ORDER_VERIFICATION,
        Purpose.PLACEMENT_SERVICE,
        Purpose.PROTECTION_CASE,
        Purpose.EMERGENCY_RESCUE,
    }
)
OFFICERS = frozenset({"mission-officer", "mission-head"})
ANALYST = frozenset({"kp2mi-analyst"})
REGULATOR = frozenset({"kp2mi-regulator"})
KP2MI = ANALYST | REGULATOR
KEMLU = frozenset({"kemlu-desk"})
AGENCY = frozenset({"placement-agency"})
PARTNERS = frozenset({"insurer", "dinas", "bp3mi"})
SISKOP2MI = frozenset({"system-siskop2mi"})
SYSTEMS = SISKOP2MI | {"system-peduliwni"}
OFFICIALS = OFFICERS | KP2MI | KEMLU | SYSTEMS

OWN_MISSION = own("mission", "mission")
OWN_AGENCY = own("placement_agency_code", "organisation")


def _is_no_draft(_caller: Caller, order: Any) -> bool:
    return bool(order.status != "DRAFT")


def _no_drafts(_caller: Caller, orders: Any) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = orders.status != "DRAFT"
    return condition


NO_DRAFTS = Reach("submitted at least once", _is_no_draft, _no_drafts)

EMPLOYERS = (
    Rule("employers:register", OFFICERS, VERIFICATION, reach=OWN_MISSION, sees=Level.RESTRICTED),
    Rule("employers:register", AGENCY, VERIFICATION, sees=Level.PARTNER),
    Rule("employers:read", OFFICERS | KP2MI | KEMLU, CARE, sees=Level.RESTRICTED),
    Rule("employers:read", AGENCY | {"insurer", "dinas", "bp3mi"}, sees=Level.PARTNER),
    Rule("employers:amend", OFFICERS, VERIFICATION, reach=OWN_MISSION, sees=Level.RESTRICTED),
    Rule("employers:accredit", OFFICERS, VERIFICATION, reach=OWN_MISSION, sees=Level.RESTRICTED),
    Rule("employers:list", OFFICERS, VERIFICATION, reach=OWN_MISSION, sees=Level.RESTRICTED),
    Rule("employers:list", REGULATOR, VERIFICATION, sees=Level.RESTRICTED),
)

# Agencies and their standing are public; who recorded what is for officials, and owner and contact
# for those of KP2MI who say what for.
PLACEMENT_AGENCIES = (
    Rule("placement-agencies:register", REGULATOR, sees=Level.RESTRICTED),
    Rule("placement-agencies:amend", REGULATOR, sees=Level.RESTRICTED),
    Rule("placement-agencies:license", REGULATOR, sees=Level.INTERNAL),
    Rule("placement-agencies:sanction", REGULATOR, sees=Level.INTERNAL),
    Rule("placement-agencies:read", OFFICIALS, sees=Level.INTERNAL),
    Rule("placement-agencies:read", KP2MI, sees=Level.RESTRICTED),
    Rule("placement-agencies:read", AGENCY | PARTNERS, sees=Level.PUBLIC),
)

# Whoever may list an employer or sanction an agency says whether it came back under another name.
ORGANISATION_REVIEWS = (
    Rule(
        "organisation-reviews:read",
        OFFICERS,
        VERIFICATION,
        reach=OWN_MISSION,
        sees=Level.RESTRICTED,
    ),
    Rule("organisation-reviews:read", REGULATOR, VERIFICATION, sees=Level.RESTRICTED),
    Rule("organisation-reviews:read", ANALYST | KEMLU, CARE, sees=Level.INTERNAL),
    Rule(
        "organisation-reviews:decide",
        OFFICERS,
        VERIFICATION,
        reach=OWN_MISSION,
        sees=Level.INTERNAL,
    ),
    Rule("organisation-reviews:decide", REGULATOR, VERIFICATION, sees=Level.INTERNAL),
)

JOB_ORDERS = (
    Rule("job-orders:draft", AGENCY, RECRUITING, reach=OWN_AGENCY),
    Rule("job-orders:cancel", AGENCY, RECRUITING, reach=OWN_AGENCY),
    Rule("job-orders:endorse", OFFICERS, VERIFICATION, reach=OWN_MISSION, sees=Level.INTERNAL),
    Rule("job-orders:return", OFFICERS, VERIFICATION, reach=OWN_MISSION, sees=Level.INTERNAL),
    Rule("job-orders:return", REGULATOR, VERIFICATION, reach=NO_DRAFTS, sees=Level.INTERNAL),
    Rule("job-orders:reject", OFFICERS, VERIFICATION, reach=OWN_MISSION, sees=Level.INTERNAL),
    Rule("job-orders:reject", REGULATOR, VERIFICATION, reach=NO_DRAFTS, sees=Level.INTERNAL),
    Rule("job-orders:issue", REGULATOR, VERIFICATION, reach=NO_DRAFTS, sees=Level.INTERNAL),
    Rule("job-orders:read", OFFICIALS, reach=NO_DRAFTS, sees=Level.INTERNAL),
    Rule("job-orders:read", PARTNERS, reach=NO_DRAFTS),
    Rule("job-orders:read", AGENCY, reach=OWN_AGENCY),
)

SLOTS = (
    Rule("slots:read", OFFICIALS, sees=Level.INTERNAL),
    Rule("slots:read", PARTNERS),
    Rule("slots:read", AGENCY, reach=OWN_AGENCY),
    Rule("reservations:make", AGENCY, RECRUITING, reach=OWN_AGENCY, sees=Level.INTERNAL),
    Rule("reservations:make", SISKOP2MI, RECRUITING, sees=Level.INTERNAL),
    Rule("reservations:release", AGENCY, RECRUITING, reach=OWN_AGENCY, sees=Level.INTERNAL),
    Rule("reservations:release", SISKOP2MI | REGULATOR, RECRUITING, sees=Level.INTERNAL),
    Rule("reservations:read", OFFICIALS, CARE, sees=Level.INTERNAL),
    Rule("reservations:read", AGENCY, RECRUITING, reach=OWN_AGENCY, sees=Level.INTERNAL),
)

POLICY = Policy((*EMPLOYERS, *PLACEMENT_AGENCIES, *ORGANISATION_REVIEWS, *JOB_ORDERS, *SLOTS))
