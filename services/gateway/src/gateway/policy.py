"""Who may do what at the gateway itself. What its services allow is theirs to say."""

from shared.policy import Policy, Rule
from shared.sensitivity import Level

SYSTEMS = frozenset({"system-siskop2mi", "system-peduliwni"})
KP2MI = frozenset({"kp2mi-analyst", "kp2mi-regulator"})
KEMLU = frozenset({"kemlu-desk", "mission-officer", "mission-head"})
PARTNERS = frozenset({"placement-agency", "insurer", "dinas", "bp3mi"})
EVERYBODY = SYSTEMS | KP2MI | KEMLU | PARTNERS

REFERENCE = (Rule("reference:read", EVERYBODY, sees=Level.PUBLIC),)

POLICY = Policy(REFERENCE)
