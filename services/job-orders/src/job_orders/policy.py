"""Who may do what in job-orders, for which purpose, on which rows, seeing how much."""

from shared.policy import Policy, Rule, own
from shared.sensitivity import Level, Purpose

VERIFICATION = frozenset({Purpose.JOB_ORDER_VERIFICATION})
CARE = frozenset(
    {
        Purpose.JOB_ORDER_VERIFICATION,
        Purpose.PLACEMENT_SERVICE,
        Purpose.PROTECTION_CASE,
        Purpose.EMERGENCY_RESCUE,
    }
)
OFFICERS = frozenset({"mission-officer", "mission-head"})
KP2MI = frozenset({"kp2mi-analyst", "kp2mi-regulator"})
REGULATOR = frozenset({"kp2mi-regulator"})
KEMLU = frozenset({"kemlu-desk"})
AGENCY = frozenset({"placement-agency"})

OWN_MISSION = own("mission", "mission")

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

POLICY = Policy(EMPLOYERS)
