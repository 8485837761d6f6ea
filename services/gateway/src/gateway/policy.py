"""Who may do what at the gateway itself. What its services allow is theirs to say."""

from shared.policy import Policy, Rule
from shared.sensitivity import Level, Purpose

SYSTEMS = frozenset({"system-siskop2mi", "system-peduliwni"})
KP2MI = frozenset({"kp2mi-analyst", "kp2mi-regulator"})
KEMLU = frozenset({"kemlu-desk", "mission-officer", "mission-head"})
PARTNERS = frozenset({"placement-agency", "insurer", "dinas", "bp3mi"})
CARE = frozenset(
    {
        Purpose.PLACEMENT_SERVICE,
        Purpose.JOB_ORDER_VERIFICATION,
        Purpose.PROTECTION_CASE,
        Purpose.EMERGENCY_RESCUE,
        Purpose.REPATRIATION,
        Purpose.LAW_ENFORCEMENT_REFERRAL,
        Purpose.SUBJECT_RIGHTS,
    }
)
EVERYBODY = SYSTEMS | KP2MI | KEMLU | PARTNERS

REFERENCE = (Rule("reference:read", EVERYBODY, sees=Level.PUBLIC),)
VIEWS = (
    # The services decide on each part; this only keeps out who has no business with persons.
    Rule("persons:overview", KP2MI | KEMLU | {"bp3mi", "dinas"}, CARE, sees=Level.RESTRICTED),
)
EVENTS = (
    # Events carry ids, codes and dates only, so no purpose need be stated for them.
    Rule("events:read", SYSTEMS | KP2MI | KEMLU, sees=Level.INTERNAL),
    # Partners see what anybody may; their own orders and placements need a row filter first.
    Rule("events:read", PARTNERS, sees=Level.PUBLIC),
)

POLICY = Policy((*REFERENCE, *VIEWS, *EVENTS))
