"""Reports, officers at their desks, and messages of the registry, for tests of cases."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import asyncpg
import httpx2 as httpx
from aiokafka import ConsumerRecord

from cases.handlers import HANDLERS
from shared.auth import Caller
from shared.cloudevents import Event, headers_of
from shared.db import Database
from shared.ids import new_id
from shared.inbox import Inbox
from shared.messages import catalogue
from shared.messages.base import Message
from shared.messages.registry import (
    IdentificationResolved,
    PersonsMerged,
    PersonSplit,
    PlacementAmended,
    PlacementDeparted,
    PlacementEnded,
    PlacementOpened,
    PlacementWithdrawn,
)
from shared.privacy import Keyring
from shared.sensitivity import Purpose
from tests.stands import Callers, fresh_key

MISSION = "KJRI-JOHOR-BAHRU"
OTHER_MISSION = "KBRI-KUALA-LUMPUR"
IDENTIFIERS: dict[str, Any] = {
    "nik": "9901014101900001",
    "passport_number": "Z0000001",
    "full_name": "Canary Affected",
    "birth_date": "1990-01-01",
}
AFFECTED: dict[str, Any] = {"role": "WORKER", "identifiers": IDENTIFIERS}
REPORT: dict[str, Any] = {
    "category": "LABOUR_UNPAID_WAGE",
    "channel": "PHONE",
    "country": "MY",
    "subdivision": "MY-01",
    "place": "Canary Lane 7",
    "description": "Canary narrative: no wage for five months.",
    "reporter": {"name": "Canary Reporter", "phone": "+62 811 5550 199"},
    "safe_contact": "Canary code word, after ten",
    "external_reference": "ADU.004/2026",
    "participants": [AFFECTED],
}
CANARIES = (b"Canary", b"9901014101900001", b"Z0000001", b"5550 199", b"1990-01-01")


@dataclass(frozen=True, slots=True)
class Desk:
    """Signed calls to the app, as short as the tests read best."""

    api: httpx.AsyncClient
    callers: Callers

    def officer(self, mission: str = MISSION, **more: Any) -> dict[str, str]:
        return self.headers("mission-officer", mission=mission, **more)

    def headers(self, role: str, **more: Any) -> dict[str, str]:
        return self.callers.headers(role, **{"purpose": Purpose.PROTECTION_CASE, **more})

    async def report(
        self, headers: dict[str, str] | None = None, /, **changes: Any
    ) -> httpx.Response:
        headers = (headers or self.officer()) | fresh_key()
        return await self.api.post("/v1/cases", json=REPORT | changes, headers=headers)

    async def reported(self, **changes: Any) -> dict[str, Any]:
        answer = await self.report(**changes)
        assert answer.status_code == 201, answer.text
        receipt: dict[str, Any] = answer.json()
        return receipt

    async def do(
        self,
        case_id: str,
        command: str,
        body: dict[str, Any],
        *,
        version: int | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """One command on a case; at the version it has now unless given."""
        headers = headers or self.headers("kemlu-desk")
        path = f"/v1/cases/{case_id}"
        if version is None:
            desk = self.headers("kemlu-desk")
            version = (await self.api.get(path, headers=desk)).json()["version"]
        sent = headers | fresh_key() | {"If-Match": f'"v{version}"'}
        return await self.api.post(f"{path}/{command}", json=body, headers=sent)

    async def brought_to(self, status: str, **changes: Any) -> dict[str, Any]:
        """A new case taken along the usual way up to a status, as it is read then."""
        case_id = (await self.reported(**changes))["id"]
        way: list[tuple[str, str, dict[str, Any]]] = [
            ("TRIAGED", "triages", TRIAGE),
            ("ASSIGNED", "assignments", {"officer": "officer-7"}),
            ("IN_HANDLING", "stages", {"to_status": "IN_HANDLING"}),
            ("RESOLVED", "stages", {"to_status": "RESOLVED"}),
            ("CLOSED", "closures", {"closure_reason": "RIGHTS_RECOVERED"}),
            ("REOPENED", "reopenings", {"reason": "Canary: it goes on"}),
        ]
        case = await self.read(case_id)
        for reached, command, body in way:
            if case["status"] == status:
                return case
            done = await self.do(case_id, command, body)
            assert done.status_code == 201, done.text
            case = await self.read(case_id)
            assert case["status"] == reached
        return case

    async def read(self, case_id: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        answer = await self.api.get(
            f"/v1/cases/{case_id}", headers=headers or self.headers("kemlu-desk")
        )
        assert answer.status_code == 200, answer.text
        case: dict[str, Any] = answer.json()
        return case


TRIAGE = {"severity": "SERIOUS", "priority": "P2", "category": "LABOUR_UNPAID_WAGE"}


async def events_of(admin: asyncpg.Connection, case_id: str) -> list[tuple[str, dict[str, Any]]]:
    """What a case has said so far: the past tense of each type, and its payload."""
    rows = await admin.fetch(
        "SELECT type, data FROM outbox WHERE key = $1 ORDER BY position", str(case_id)
    )
    return [
        (row["type"].removeprefix("id.go.sinergi.cases.").removesuffix(".v1"), _told(row["data"]))
        for row in rows
    ]


def _told(data: bytes) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(data)
    return told


class Bus:
    """Hands messages to the inbox as the broker would, numbered in each key, each of them twice."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._inbox = Inbox(database, HANDLERS, keyring=keyring)
        self._sequences: dict[tuple[str, str], int] = {}
        self._offset = 0

    async def deliver(self, *messages: Message, at: datetime | None = None) -> None:
        """All of them in one batch, then the same batch once more."""
        records = [self._record(message, at or datetime.now(UTC)) for message in messages]
        await self._inbox.apply(records)
        await self._inbox.apply(records)

    def _record(self, message: Message, at: datetime) -> ConsumerRecord:
        entry = catalogue.entry_of(type(message))
        key = str(getattr(message, entry.key))
        place = (entry.topic, key)
        self._sequences[place] = self._sequences.get(place, 0) + 1
        self._offset += 1
        event = Event(
            id=new_id(),
            type=entry.event_type,
            topic=entry.topic,
            key=key,
            sequence=self._sequences[place],
            time=at,
            source=f"urn:sinergi:{entry.owner}",
            data=message.model_dump_json().encode(),
            sensitivity=entry.sensitivity,
        )
        return ConsumerRecord(
            topic=event.topic,
            partition=0,
            offset=self._offset,
            timestamp=0,
            timestamp_type=0,
            key=key.encode(),
            value=event.data,
            checksum=None,
            serialized_key_size=0,
            serialized_value_size=0,
            headers=tuple(headers_of(event)),
        )


def caller(role: str, mission: str | None = None) -> Caller:
    """A caller as the policy sees one, without a token."""
    return Caller(
        subject="somebody",
        client="portal",
        organisation="KEMLU",
        mission=mission,
        roles=frozenset({role}),
        purpose=Purpose.PROTECTION_CASE,
        transaction="t",
    )


def resolved(
    receipt: dict[str, Any], person_id: UUID | None, outcome: str = "RESOLVED", *, which: int = 0
) -> IdentificationResolved:
    return IdentificationResolved.model_validate(
        {
            "case_id": receipt["id"],
            "participant_id": receipt["participants"][which]["id"],
            "person_id": person_id,
            "outcome": outcome,
            "resolved_at": datetime.now(UTC),
        }
    )


def opened(person_id: UUID, placement_id: UUID, **changes: Any) -> PlacementOpened:
    told: dict[str, Any] = {
        "placement_id": placement_id,
        "person_id": person_id,
        "scheme": "P_TO_P",
        "status": "REGISTERED",
        "country": "MY",
        "occupation_code": "9111",
        "placement_agency_code": "P3MI-07",
        "employer_code": "EMP-MY-1",
        "job_order_number": "JO/2026/7",
        "contract_ends_on": None,
        "opened_at": datetime(2026, 1, 5, tzinfo=UTC),
    }
    return PlacementOpened.model_validate(told | changes)


def amended(person_id: UUID, placement_id: UUID, **changes: Any) -> PlacementAmended:
    told = opened(person_id, placement_id).model_dump(exclude={"opened_at"})
    now = {"status": "DEPARTED", "phase": "DEPARTED", "arrived_on": None, "ended_on": None}
    return PlacementAmended.model_validate(told | now | changes)


def departed(person_id: UUID, placement_id: UUID, on: date) -> PlacementDeparted:
    return PlacementDeparted(
        placement_id=placement_id, person_id=person_id, country="MY", departed_on=on
    )


def ended(person_id: UUID, placement_id: UUID, on: date) -> PlacementEnded:
    return PlacementEnded(
        placement_id=placement_id, person_id=person_id, ended_on=on, reason="RETURNED"
    )


def withdrawn(person_id: UUID, placement_id: UUID) -> PlacementWithdrawn:
    return PlacementWithdrawn(
        placement_id=placement_id, person_id=person_id, reason="CANDIDATE_WITHDREW"
    )


def merged(survivor: UUID, gone: UUID) -> PersonsMerged:
    return PersonsMerged(
        person_id=survivor,
        merged_person_id=gone,
        reason="SAME_NIK",
        merged_at=datetime.now(UTC),
    )


def split(
    person: UUID, other: UUID, *, placements: Sequence[UUID] = (), cases: Sequence[UUID] = ()
) -> PersonSplit:
    return PersonSplit(
        person_id=person,
        split_person_id=other,
        source_record_ids=[],
        placement_ids=list(placements),
        case_ids=list(cases),
        split_at=datetime.now(UTC),
    )
