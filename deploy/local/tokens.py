"""Access tokens of a local stack: what an identity provider would issue, signed by the local key.

Only a gateway whose environment is `local` accepts them.
"""

import difflib
import json
import time
import uuid
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.local.errors import StackError
from deploy.local.keys import TOKEN_KEY
from deploy.local.stack import Stack, write_private

if TYPE_CHECKING:
    from joserfc.jwk import ECKey

ISSUER = "urn:sinergi:local"
AUDIENCE = "sinergi-gateway"


@dataclass(frozen=True)
class Profile:
    """Who usually holds a role, and for which purposes."""

    organisation: str
    purposes: tuple[str, ...]
    mission: str | None = None


_MISSION_PURPOSES = (
    "JOB_ORDER_VERIFICATION",
    "PLACEMENT_SERVICE",
    "PROTECTION_CASE",
    "EMERGENCY_RESCUE",
    "REPATRIATION",
    "LAW_ENFORCEMENT_REFERRAL",
    "STATISTICS",
)

PROFILES = {
    "system-siskop2mi": Profile(
        "KP2MI",
        ("PLACEMENT_SERVICE", "JOB_ORDER_VERIFICATION", "STATISTICS", "SYSTEM_OPERATION"),
    ),
    "system-peduliwni": Profile(
        "KEMLU",
        (
            "PROTECTION_CASE",
            "EMERGENCY_RESCUE",
            "REPATRIATION",
            "STATISTICS",
            "SYSTEM_OPERATION",
        ),
    ),
    "kp2mi-analyst": Profile(
        "KP2MI",
        ("STATISTICS", "PLACEMENT_SERVICE", "JOB_ORDER_VERIFICATION", "PROTECTION_CASE"),
    ),
    "kp2mi-regulator": Profile(
        "KP2MI",
        (
            "JOB_ORDER_VERIFICATION",
            "PLACEMENT_SERVICE",
            "PROTECTION_CASE",
            "LAW_ENFORCEMENT_REFERRAL",
            "SUBJECT_RIGHTS",
            "STATISTICS",
            "SYSTEM_OPERATION",
        ),
    ),
    "kemlu-desk": Profile(
        "KEMLU",
        (
            "PROTECTION_CASE",
            "EMERGENCY_RESCUE",
            "REPATRIATION",
            "LAW_ENFORCEMENT_REFERRAL",
            "JOB_ORDER_VERIFICATION",
            "SUBJECT_RIGHTS",
            "STATISTICS",
        ),
    ),
    "mission-officer": Profile("KEMLU", _MISSION_PURPOSES, "KBRI-KUALA-LUMPUR"),
    "mission-head": Profile("KEMLU", _MISSION_PURPOSES, "KBRI-KUALA-LUMPUR"),
    "placement-agency": Profile("P3MI-001", ("PLACEMENT_SERVICE", "JOB_ORDER_VERIFICATION")),
    "insurer": Profile("INSURER-001", ("INSURANCE_CLAIM",)),
    "dinas": Profile("DINAS-001", ("PLACEMENT_SERVICE", "PROTECTION_CASE", "STATISTICS")),
    "bp3mi": Profile(
        "BP3MI-001",
        ("PLACEMENT_SERVICE", "PROTECTION_CASE", "REPATRIATION", "STATISTICS"),
    ),
}


def sign_token(
    stack: Stack,
    role: str,
    *,
    organisation: str | None = None,
    mission: str | None = None,
    subject: str | None = None,
    client_id: str | None = None,
    purposes: tuple[str, ...] | None = None,
    lifetime: timedelta = timedelta(hours=12),
) -> str:
    """Return an access token for that role; what is not given comes from the role's profile.

    Raises StackError for an unknown role or when the stack has no keys yet.
    """
    profile = PROFILES.get(role)
    if profile is None:
        raise StackError(f"there is no role {role!r}", f"Name one of: {', '.join(PROFILES)}")
    mission = mission or profile.mission
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": subject or f"{role}-1",
        "client_id": client_id or f"local-{role}",
        "organisation": organisation or profile.organisation,
        "roles": [role],
        "purposes": list(profile.purposes if purposes is None else purposes),
        "iat": now,
        "exp": now + int(lifetime.total_seconds()),
        "jti": str(uuid.uuid4()),
    }
    if mission:
        claims["mission"] = mission
    from joserfc import jwt  # noqa: PLC0415  # Heavy, and most commands sign nothing.

    key = _signing_key(stack)
    return jwt.encode({"typ": "at+jwt", "alg": "ES256", "kid": key.kid}, claims, key)


def check_mission(code: str) -> None:
    """Raises StackError for a code that no mission has, with those that look like it."""
    from shared.reference.missions import list_missions  # noqa: PLC0415  # Reads its tables.

    known = [one.code for one in list_missions()]
    if code in known:
        return
    like = difflib.get_close_matches(code, known, n=3, cutoff=0.5)
    hint = f"Like it: {', '.join(like)}. " if like else ""
    raise StackError(f"there is no mission {code!r}", f"{hint}All stand at /v1/reference/missions")


def write_tokens(stack: Stack, *roles: str) -> str:
    """Write `export TOKEN_<ROLE>=…` lines for a shell to source; return the file's path."""
    path = stack.directory / "tokens.env"
    lines = [f"export {variable(role)}={sign_token(stack, role)}\n" for role in roles]
    write_private(path, "".join(lines))
    return str(path)


def variable(role: str) -> str:
    return "TOKEN_" + role.upper().replace("-", "_")


@lru_cache
def _read_signing_key(path: str, _modified_ns: int) -> "ECKey":
    from joserfc.jwk import ECKey  # noqa: PLC0415  # Heavy, and most commands sign nothing.

    return ECKey.import_key(json.loads(Path(path).read_text()))


def _signing_key(stack: Stack) -> "ECKey":
    path = stack.keys / TOKEN_KEY
    if not path.exists():
        raise StackError(f"the stack {stack.name!r} has no keys yet", "Start it once: make up")
    return _read_signing_key(str(path), path.stat().st_mtime_ns)
