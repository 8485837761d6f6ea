"""The ministries' systems and a steward as callers of the registry itself, past the gateway."""

import time
from dataclasses import dataclass, field

from deploy.seed.lives import System
from deploy.seed.load import ROLES
from shared.sensitivity import Purpose
from tests.bench.stand import Stand
from tests.stands import Callers, fresh_key

_GOOD_FOR_SECONDS, _RENEWED_AFTER = 115, 60.0
STEWARD = "kemlu-desk"


@dataclass
class SystemCallers:
    """Headers with a token that is renewed in time: signing one for each call would be timed."""

    stand: Stand
    _kept: dict[str, tuple[float, dict[str, str]]] = field(default_factory=dict)

    def headers(self, system: System) -> dict[str, str]:
        """Of a write by a system: its token and a new key."""
        return self._token(ROLES[system], system.value, Purpose.SYSTEM_OPERATION) | fresh_key()

    def steward(self) -> dict[str, str]:
        """Of a write by who may merge and split."""
        return self._token(STEWARD, "KEMLU", Purpose.PROTECTION_CASE) | fresh_key()

    def _token(self, role: str, organisation: str, purpose: Purpose) -> dict[str, str]:
        moment = time.monotonic()
        known = self._kept.get(role)
        if known is None or moment - known[0] > _RENEWED_AFTER:
            headers = Callers(self.stand.stack, "registry").headers(
                role,
                purpose=purpose,
                organisation=organisation,
                client=organisation,
                exp=int(time.time()) + _GOOD_FOR_SECONDS,
            )
            known = self._kept[role] = (moment, headers)
        return known[1]
