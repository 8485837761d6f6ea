"""Makes employers, agencies, job orders and placements, through the routes and handlers alone."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx2 as httpx

from job_orders.handlers import HANDLERS
from shared import clock, outbox
from shared.cloudevents import Event
from shared.db import Database
from shared.ids import new_id
from shared.inbox import Told
from shared.messages import catalogue
from shared.messages.base import Message
from shared.messages.registry import PersonsMerged, PersonSplit, PlacementOpened
from shared.telemetry import new_trace
from tests.stands import Callers, fresh_key

MISSION = "KBRI-KUALA-LUMPUR"
Json = dict[str, Any]
_numbers = itertools.count(1)
_STARTED = clock.now()


def in_days(days: int) -> str:
    return str(clock.today() + timedelta(days=days))


def make_terms(employer_id: str, *positions: int, **changes: Any) -> Json:
    """The terms of an order with a line for each number of positions."""
    line = {
        "occupation_code": "6221",
        "sector": "PLANTATION",
        "wage": {"amount": "1500.00", "currency": "MYR", "period": "MONTH"},
        "contract_months": 24,
    }
    lines = [line | {"positions_requested": number} for number in positions or (100,)]
    return {"employer_id": employer_id, "lines": lines} | changes


def make_event(message: Message, sequence: int = 1) -> Event:
    """The event by which the owner would tell a message."""
    entry = catalogue.entry_of(type(message))
    return Event(
        id=new_id(),
        type=entry.event_type,
        topic=entry.topic,
        key=str(getattr(message, entry.key)),
        sequence=sequence,
        time=clock.now(),
        source=f"urn:sinergi:{entry.owner}",
        data=message.model_dump_json().encode(),
        sensitivity=entry.sensitivity,
    )


def placement_opened(agency_code: str | None, **changes: Any) -> PlacementOpened:
    fields: Json = {
        "placement_id": new_id(),
        "person_id": new_id(),
        "scheme": "P_TO_P",
        "status": "REGISTERED",
        "country": "MY",
        "occupation_code": "6221",
        "placement_agency_code": agency_code,
        "employer_code": None,
        "job_order_number": None,
        "contract_ends_on": None,
        "opened_at": clock.now(),
    }
    return PlacementOpened(**fields | changes)


def merged(person_id: UUID, merged_person_id: UUID, minutes: int) -> PersonsMerged:
    return PersonsMerged(
        person_id=person_id,
        merged_person_id=merged_person_id,
        reason="SAME_HUMAN",
        merged_at=_STARTED + timedelta(minutes=minutes),
    )


def split(
    person_id: UUID, split_person_id: UUID, minutes: int, placements: Sequence[UUID]
) -> PersonSplit:
    return PersonSplit(
        person_id=person_id,
        split_person_id=split_person_id,
        source_record_ids=[],
        placement_ids=list(placements),
        case_ids=[],
        split_at=_STARTED + timedelta(minutes=minutes),
    )


async def tell(database: Database, *messages: Message) -> None:
    """Give messages to their handlers, each in a transaction of its own, as the inbox would."""
    for message in messages:
        async with database.session() as session:
            await HANDLERS.give(session, Told(message, make_event(message), new_trace()))
            await session.flush()
            await outbox.flush(session)
            await session.commit()


@dataclass
class World:
    """One mission, KP2MI's regulator and one placement agency, with what they can do."""

    api: httpx.AsyncClient
    callers: Callers
    database: Database
    agency_code: str = field(default_factory=lambda: f"P3MI-T{next(_numbers):04}")
    _signed: dict[str, str] = field(default_factory=dict)

    def officer(self, **more: Any) -> dict[str, str]:
        given = {"mission": MISSION, "sub": "officer-1"} | more
        return self.callers.headers("mission-officer", **given)

    def regulator(self, **more: Any) -> dict[str, str]:
        given = {"organisation": "KP2MI", "sub": "regulator-1"} | more
        return self.callers.headers("kp2mi-regulator", **given)

    def agency(self, **more: Any) -> dict[str, str]:
        given = {"organisation": self.agency_code, "sub": "agency-1"} | more
        return self.callers.headers("placement-agency", **given)

    def _agency(self) -> dict[str, str]:
        """One token for many requests: signing costs more than reserving."""
        self._signed = self._signed or self.agency()
        return self._signed

    async def post(
        self, path: str, body: Any, who: Mapping[str, str], *, version: int | None = None
    ) -> httpx.Response:
        headers = dict(who) | fresh_key()
        if version is not None:
            headers["If-Match"] = f'"v{version}"'
        return await self.api.post(path, json=body, headers=headers)

    async def make_agency(self, **changes: Any) -> Json:
        body = {
            "code": self.agency_code,
            "name": "PT UJI COBA SINTESIS",
            "sip3mi_number": f"SIP3MI.99/{self.agency_code}",
            "licence_valid_from": "2024-01-15",
            "licence_valid_to": in_days(700),
        }
        return _made(await self.post("/v1/placement-agencies", body | changes, self.regulator()))

    async def sanction(self, agency: Json, sanction: str, **more: Any) -> Json:
        body = {"sanction": sanction, "effective_on": str(clock.today())} | more
        path = f"/v1/placement-agencies/{agency['id']}/sanctions"
        return _made(await self.post(path, body, self.regulator(), version=agency["version"]))

    async def make_employer(self, *, is_accredited: bool = True, **changes: Any) -> Json:
        body = {
            "type": "COMPANY",
            "name": "Kilang Uji Sdn Bhd",
            "country": "MY",
            "subdivision": "MY-10",
            "sector": "PLANTATION",
        }
        employer = _made(await self.post("/v1/employers", body | changes, self.officer()))
        if not is_accredited:
            return employer
        return await self.change_employer(employer, "accreditations", {"valid_to": in_days(365)})

    async def change_employer(self, employer: Json, command: str, body: Json) -> Json:
        path = f"/v1/employers/{employer['id']}/{command}"
        return _made(await self.post(path, body, self.officer(), version=employer["version"]))

    async def draft(self, *positions: int, employer: Json | None = None, **changes: Any) -> Json:
        employer = employer or await self.make_employer()
        terms = make_terms(employer["id"], *positions, **changes)
        return _made(await self.post("/v1/job-orders", terms, self.agency()))

    async def command(
        self, order: Json, command: str, body: Any, who: Mapping[str, str]
    ) -> httpx.Response:
        path = f"/v1/job-orders/{order['id']}/{command}"
        return await self.post(path, body, who, version=order["version"])

    async def submit(self, order: Json) -> Json:
        return _made(await self.command(order, "submissions", None, self.agency()))

    async def endorse(self, order: Json, **changes: Any) -> Json:
        body = endorsement_of(order, **changes)
        return _made(await self.command(order, "endorsements", body, self.officer()))

    async def issue(self, order: Json, **body: Any) -> Json:
        body = {"sip2mi_number": f"SIP2MI-MY-{next(_numbers):06}"} | body
        return _made(await self.command(order, "issuances", body, self.regulator()))

    async def make_submitted(self, *positions: int, **changes: Any) -> Json:
        return await self.submit(await self.draft(*positions, **changes))

    async def make_issued(self, *positions: int, **changes: Any) -> Json:
        submitted = await self.make_submitted(*positions, **changes)
        return await self.issue(await self.endorse(submitted))

    async def make_placement(self, **changes: Any) -> UUID:
        message = placement_opened(self.agency_code, **changes)
        await tell(self.database, message)
        return message.placement_id

    async def reserve(
        self, order: Json, placement_id: UUID, *, line: int = 0, **more: Any
    ) -> httpx.Response:
        body = {"line_id": order["lines"][line]["id"], "placement_id": str(placement_id)}
        path = f"/v1/job-orders/{order['id']}/reservations"
        return await self.post(path, body | more, self._agency())

    async def slots(self, order: Json, line: int = 0) -> Json:
        """The balances of one line."""
        path = f"/v1/job-orders/{order['id']}/slots"
        answer = await self.api.get(path, headers=self.agency())
        assert answer.status_code == 200, answer.text
        lines = {one["line_id"]: one for one in answer.json()["lines"]}
        found: Json = lines[order["lines"][line]["id"]]
        return found

    async def read(self, order: Json) -> httpx.Response:
        return await self.api.get(f"/v1/job-orders/{order['id']}", headers=self.agency())


def endorsement_of(order: Json, *, valid_to: date | str | None = None, **less: int) -> Json:
    """An endorsement of everything, or of `line1=…` positions of the first line and so on."""
    lines = [
        {
            "line_id": line["id"],
            "positions_endorsed": less.get(f"line{number}", line["positions_requested"]),
        }
        for number, line in enumerate(order["lines"], start=1)
    ]
    return {"lines": lines, "valid_to": str(valid_to or in_days(180))}


def _made(answer: httpx.Response) -> Json:
    assert answer.status_code == 201, answer.text
    body: Json = answer.json()
    return body
