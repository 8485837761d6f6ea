"""One worker's story through the gateway, step by step; each step may be repeated until it holds.

A plantation worker of an invented placement agency, a job order of KBRI Kuala Lumpur, trouble at
Johor Bahru. Nothing here knows anything but HTTP.
"""

import json
import secrets
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from shared import clock
from tests.journeys.system import Caller, Client
from tests.journeys.truth import Person, envelopes

KUALA_LUMPUR, JOHOR_BAHRU = "KBRI-KUALA-LUMPUR", "KJRI-JOHOR-BAHRU"
COUNTRY, PLACE, OCCUPATION = "MY", "MY-10", "9211"
SEATS = 3
NIKS_OF_A_DAY = 9_998
NOT_YET = {"placement-unknown", "reservation-expiry-invalid"}
BEFORE_DEPARTURE = (
    ("MEDICAL_FIT", "bp3mi"),
    ("COMPETENT", "bp3mi"),
    ("CONTRACTED", "agency"),
    ("VISA_ISSUED", "agency"),
    ("INSURED", "agency"),
    ("OPP_DONE", "bp3mi"),
    ("EPMI_ISSUED", "bp3mi"),
    ("DEPARTED", "agency"),
)
CAST: dict[str, tuple[str, str, dict[str, str]]] = {
    "siskop2mi": ("system-siskop2mi", "PLACEMENT_SERVICE", {}),
    "peduliwni": ("system-peduliwni", "PROTECTION_CASE", {}),
    "agency": ("placement-agency", "PLACEMENT_SERVICE", {}),
    "agency-orders": ("placement-agency", "JOB_ORDER_VERIFICATION", {}),
    "officer": ("mission-officer", "JOB_ORDER_VERIFICATION", {"mission": KUALA_LUMPUR}),
    "johor": ("mission-officer", "PROTECTION_CASE", {"mission": JOHOR_BAHRU}),
    "regulator": ("kp2mi-regulator", "JOB_ORDER_VERIFICATION", {}),
    "bp3mi": ("bp3mi", "PLACEMENT_SERVICE", {}),
    "desk": ("kemlu-desk", "PROTECTION_CASE", {}),
    "analyst": ("kp2mi-analyst", "STATISTICS", {}),
    "steward": ("kp2mi-analyst", "PROTECTION_CASE", {}),
}


@dataclass
class Story:
    """What has happened so far."""

    client: Client
    tag: str = field(default_factory=lambda: secrets.token_hex(3).upper())
    employer: dict[str, Any] = field(default_factory=dict)
    order: dict[str, Any] = field(default_factory=dict)
    reservation: dict[str, Any] = field(default_factory=dict)
    person_id: str = ""
    record_id: str = ""
    placement_id: str = ""
    case: dict[str, Any] = field(default_factory=dict)
    traces: dict[str, str] = field(default_factory=dict)

    @property
    def agency_code(self) -> str:
        return f"P3MI-{self.tag}"

    @property
    def passport(self) -> str:
        return f"Q{int(self.tag, 16) % 10_000_000:07}"

    @property
    def birth_date(self) -> date:
        return date(1980, 1, 1) + timedelta(days=int(self.tag, 16) // NIKS_OF_A_DAY)

    @property
    def nik(self) -> str:
        """Region 99 belongs to nobody; with the day of birth, each tag has one of its own."""
        return f"990101{self.birth_date:%d%m%y}{int(self.tag, 16) % NIKS_OF_A_DAY + 1:04}"

    def by(self, who: str) -> Caller:
        """Somebody of the story, with their role, purpose and place."""
        role, purpose, claims = CAST[who]
        own = {"organisation": self.agency_code} if role == "placement-agency" else {}
        return self.client.by(role, purpose, **claims, **own)

    async def load(self, people: dict[int, Person]) -> None:
        """Both ministries' files through the batch route, followed to the end."""
        for system, role in (("SISKOP2MI", "siskop2mi"), ("PEDULI_WNI", "peduliwni")):
            lines = [json.dumps(told) for told in envelopes(people, system)]
            operation = await self.by(role).must_post(
                f"/v1/source-record-batches?source_system={system}",
                content="\n".join(lines).encode() + b"\n",
                headers={"Content-Type": "application/x-ndjson"},
            )
            done = await self.finished(role, operation["id"])
            assert done["state"] == "DONE"
            assert done["lines_refused"] == 0
            assert done["lines_linked"] == len(lines)

    async def finished(self, role: str, operation_id: str) -> dict[str, Any]:
        async def look() -> dict[str, Any] | None:
            told: dict[str, Any] = await self.by(role).must_get(f"/v1/operations/{operation_id}")
            return told if told["state"] in {"DONE", "FAILED"} else None

        return await self.client.eventually(look)

    async def register_employer_and_agency(self) -> None:
        officer = self.by("officer")
        self.employer = await officer.must_post(
            "/v1/employers",
            {
                "type": "COMPANY",
                "name": f"Ladang {self.tag} Sdn Bhd",
                "country": COUNTRY,
                "subdivision": PLACE,
                "sector": "PLANTATION",
                "registration_number": f"SSM-{self.tag}",
            },
        )
        path = f"/v1/employers/{self.employer['id']}"
        valid_to = str(clock.today() + timedelta(days=700))
        self.employer = await officer.must_post(
            f"{path}/accreditations", {"valid_to": valid_to}, etag='"v1"'
        )
        await self.by("regulator").must_post(
            "/v1/placement-agencies",
            {
                "code": self.agency_code,
                "name": f"PT Penempatan {self.tag}",
                "sip3mi_number": f"SIP3MI.{self.tag}/2024",
                "licence_valid_from": str(clock.today() - timedelta(days=400)),
                "licence_valid_to": str(clock.today() + timedelta(days=1000)),
            },
        )

    async def obtain_job_order(self) -> None:
        agency = self.by("agency-orders")
        self.order = await agency.must_post(
            "/v1/job-orders",
            {
                "employer_id": self.employer["id"],
                "lines": [
                    {
                        "occupation_code": OCCUPATION,
                        "sector": "PLANTATION",
                        "subdivision": PLACE,
                        "positions_requested": SEATS,
                        "wage": {"amount": "1700.00", "currency": "MYR", "period": "MONTH"},
                        "contract_months": 24,
                    }
                ],
            },
        )
        await self._move_order(agency, "submissions", {})
        line_id = self.order["lines"][0]["id"]
        endorsement = {
            "lines": [{"line_id": line_id, "positions_endorsed": SEATS}],
            "valid_to": str(clock.today() + timedelta(days=300)),
        }
        await self._move_order(self.by("officer"), "endorsements", endorsement)
        issuance = {"sip2mi_number": f"SIP2MI-MY-{self.tag}"}
        await self._move_order(self.by("regulator"), "issuances", issuance)
        assert self.order["status"] == "ISSUED"

    async def _move_order(self, caller: Caller, command: str, body: dict[str, Any]) -> None:
        path = f"/v1/job-orders/{self.order['id']}/{command}"
        etag = f'"v{self.order["version"]}"'
        self.order = await caller.must_post(path, body, etag=etag)

    async def open_placement(self) -> None:
        """SiskoP2MI tells of a person; the agency registers a job for them."""
        await self.register_person()
        await self.open_job()

    async def register_person(self) -> None:
        answer = await self.by("siskop2mi").post("/v1/source-records", self.record())
        assert answer.status_code == 201, answer.text
        self.traces["source record"] = answer.headers["request-id"]
        self.record_id, self.person_id = answer.json()["id"], answer.json()["person_id"]

    def record(self, **more: Any) -> dict[str, Any]:
        """What SiskoP2MI says of the person now."""
        return {
            "source_system": "SISKOP2MI",
            "record_key": f"CPMI-{self.tag}",
            "source_updated_at": clock.now().isoformat(),
            "content": {
                "nik": self.nik,
                "full_name": f"SUKARNI BIN {self.tag}",
                "sex": "M",
                "birth_date": str(self.birth_date),
                "passport_number": self.passport,
                **more,
            },
        }

    async def open_job(self) -> None:
        placement = await self.by("agency").must_post(
            "/v1/placements",
            {
                "person_id": self.person_id,
                "scheme": "P_TO_P",
                "country": COUNTRY,
                "subdivision": PLACE,
                "occupation_code": OCCUPATION,
                "placement_agency_code": self.agency_code,
                "employer_code": self.employer.get("code"),
                "job_order_number": self.order.get("job_order_number"),
            },
        )
        self.placement_id = placement["id"]

    async def reserve_seat(self, *, lasting: timedelta | None = None) -> None:
        """As soon as job-orders has heard of the placement; anew if the request took too long."""
        path = f"/v1/job-orders/{self.order['id']}/reservations"
        body = {"line_id": self.order["lines"][0]["id"], "placement_id": self.placement_id}

        async def ask() -> dict[str, Any] | None:
            if lasting is not None:
                body["expires_at"] = (clock.now() + lasting).isoformat()
            answer = await self.by("agency").post(path, body)
            if answer.status_code in {404, 409, 422} and answer.json()["code"] in NOT_YET:
                return None
            assert answer.status_code == 201, answer.text
            told: dict[str, Any] = answer.json()
            return told

        self.reservation = await self.client.eventually(ask)

    async def sign_and_depart(self) -> None:
        await self._steps_to("PLACEMENT_AGREED", "agency", reservation_id=self.reservation["id"])
        for step, role in BEFORE_DEPARTURE:
            facts: dict[str, Any] = {}
            if step == "CONTRACTED":
                facts["contract_starts_on"] = str(clock.today())
                facts["contract_ends_on"] = str(clock.today() + timedelta(days=730))
            answer = await self._step(step, role, **facts)
            self.traces[step] = answer.headers["request-id"]

    async def _steps_to(self, step: str, role: str, **facts: Any) -> None:
        """SELECTED, then the step; it waits until the registry has heard of the seat."""
        for first in ("REGISTERED", "SELECTED"):
            placement = await self.placement()
            if first in placement["allowed_steps"]:
                await self._step(first, "agency")

        async def ask() -> bool | None:
            answer = await self._post_step(step, role, **facts)
            if answer.status_code == 409 and answer.json()["code"] == "reservation-missing":
                return None
            assert answer.status_code == 201, answer.text
            return True

        await self.client.eventually(ask)

    async def _step(self, step: str, role: str, **facts: Any) -> Any:
        answer = await self._post_step(step, role, **facts)
        assert answer.status_code == 201, f"{step}: {answer.status_code} {answer.text}"
        return answer

    async def _post_step(self, step: str, role: str, **facts: Any) -> Any:
        placement = await self.placement()
        path = f"/v1/placements/{self.placement_id}/steps"
        body = {"step": step, "completed_on": str(clock.today()), **facts}
        return await self.by(role).post(path, body, etag=f'"v{placement["version"]}"')

    async def placement(self) -> dict[str, Any]:
        path = f"/v1/placements/{self.placement_id}"
        told: dict[str, Any] = await self.by("agency").must_get(path)
        return told

    async def report_presence(self) -> None:
        """Lapor diri: the same human being, with passport and name as the portal spells it."""
        told = await self.by("peduliwni").must_post(
            "/v1/source-records",
            {
                "source_system": "PEDULI_WNI",
                "record_key": f"LD-{self.tag}",
                "source_updated_at": clock.now().isoformat(),
                "content": {
                    "full_name": f"Sukarni {self.tag}",
                    "sex": "M",
                    "birth_date": str(self.birth_date),
                    "document_type": "PASSPORT",
                    "passport_number": self.passport,
                    "country": COUNTRY,
                    "subdivision": PLACE,
                    "mission": KUALA_LUMPUR,
                    "arrived_on": str(clock.today()),
                    "purpose": "WORK",
                    "movement": "ARRIVE",
                    "reported_on": str(clock.today()),
                },
            },
        )
        assert told["person_id"] == self.person_id, "both systems speak of one person"

    async def report_case(self) -> None:
        """By passport number, at Johor Bahru: nobody types the placement."""
        told = {
            "category": "LABOUR",
            "country": COUNTRY,
            "subdivision": "MY-01",
            "channel": "WALK_IN",
            "description": "Wages unpaid for two months.",
            "participants": [{"role": "WORKER", "identifiers": {"passport_number": self.passport}}],
        }
        answer = await self.by("johor").post("/v1/cases", told)
        assert answer.status_code == 201, answer.text
        self.case = answer.json()
        self.traces["case"] = answer.headers["request-id"]

    async def attached_case(self) -> dict[str, Any]:
        """The case once its participant is known and the placement is there."""

        async def look() -> dict[str, Any] | None:
            told: dict[str, Any] = await self.by("johor").must_get(f"/v1/cases/{self.case['id']}")
            participant = told["participants"][0]
            return told if participant.get("placement_id") else None

        return await self.client.eventually(look)

    async def close_case(self) -> None:
        johor = self.by("johor")
        path = f"/v1/cases/{self.case['id']}"
        moves: list[tuple[str, dict[str, Any]]] = [
            ("triages", {"severity": "SERIOUS", "priority": "P3", "category": "LABOUR"}),
            ("assignments", {"officer": "officer-7", "mission": JOHOR_BAHRU}),
            ("stages", {"to_status": "IN_HANDLING"}),
            ("stages", {"to_status": "RESOLVED"}),
            ("closures", {"closure_reason": "RIGHTS_RECOVERED"}),
        ]
        for command, body in moves:
            version = (await johor.must_get(path))["version"]
            self.case |= await johor.must_post(f"{path}/{command}", body, etag=f'"v{version}"')
        assert self.case["status"] == "CLOSED"

    async def slots(self) -> dict[str, Any]:
        path = f"/v1/job-orders/{self.order['id']}/slots"
        told: dict[str, Any] = await self.by("agency-orders").must_get(path)
        return told

    async def stock(self) -> dict[str, dict[str, int]]:
        """Present by country today, by source cell."""
        told = await self.by("analyst").must_get("/v1/population")
        return {item["country"]: item["stock"] for item in told["by_country"]}

    async def feed(self) -> list[dict[str, Any]]:
        """Every event there is, by following the cursor."""
        items: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            page = await self.by("desk").must_get("/v1/events", limit="200", **cursor)
            items += page["items"]
            cursor = {"cursor": page["next"]}
            if not page["has_more"]:
                return items
