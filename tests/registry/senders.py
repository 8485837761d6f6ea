"""The two ministries' systems and their officers, as tests speak for them."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import httpx2 as httpx

from shared import clock
from shared.sensitivity import Purpose
from tests.stands import Callers, fresh_key

SISKO, PEDULI = "SISKOP2MI", "PEDULI_WNI"
_ROLES = {SISKO: "system-siskop2mi", PEDULI: "system-peduliwni"}
_serials = iter(range(1, 10_000))


def make_nik(born_on: date = date(1990, 5, 12), *, is_female: bool = True) -> str:
    """A NIK of region 99, which does not exist; never the same twice."""
    day = born_on.day + (40 if is_female else 0)
    return f"990101{day:02d}{born_on:%m%y}{next(_serials):04d}"


def make_passport() -> str:
    return f"X{secrets.randbelow(10**7):07d}"


def make_name() -> str:
    """Two words that no other test uses."""
    letters = "BDGKLMNRST"
    return " ".join(
        "".join(secrets.choice(letters) + secrets.choice("AU") for _ in range(4)) for _ in range(2)
    )


@dataclass
class Sender:
    """Sends records and reads what became of them."""

    api: httpx.AsyncClient
    callers: Callers

    def system(self, system: str, purpose: Purpose = Purpose.SYSTEM_OPERATION) -> dict[str, str]:
        return self.callers.headers(
            _ROLES[system], purpose=purpose, organisation=system, client=system
        )

    def desk(self, purpose: Purpose = Purpose.PROTECTION_CASE) -> dict[str, str]:
        return self.callers.headers("kemlu-desk", purpose=purpose)

    def analyst(self, purpose: Purpose = Purpose.STATISTICS) -> dict[str, str]:
        return self.callers.headers("kp2mi-analyst", purpose=purpose, organisation="KP2MI")

    async def send(
        self,
        system: str,
        content: dict[str, Any],
        *,
        key: str | None = None,
        updated_at: datetime | None = None,
        **more: Any,
    ) -> httpx.Response:
        return await self.api.post(
            "/v1/source-records",
            json={
                "source_system": system,
                "record_key": key or secrets.token_hex(8),
                "source_updated_at": (updated_at or clock.now() - timedelta(hours=1)).isoformat(),
                "content": content,
                **more,
            },
            headers=self.system(system) | fresh_key(),
        )

    async def stored(self, system: str, content: dict[str, Any], **more: Any) -> dict[str, Any]:
        """The answer to a record that must be taken."""
        answer = await self.send(system, content, **more)
        assert answer.status_code == 201, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def person(self, person_id: str) -> dict[str, Any]:
        answer = await self.api.get(f"/v1/persons/{person_id}", headers=self.desk())
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told
