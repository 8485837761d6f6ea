"""One service with a few rows in it, and callers who own them or do not.

`home` rows belong to one mission, one placement agency and one system; a stranger of the same
role belongs to others.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2 as httpx

from deploy.local.stack import SERVICES, Stack, get_service
from deploy.local.tokens import sign_token
from job_orders.organisations.finding import find_share
from registry.rematching.rules import AdoptionState
from registry.rematching.tables import Adoption
from shared import clock
from shared.db import Database, driver_sql
from shared.ids import new_id
from shared.leases import LASTS, TAKE, Lease
from shared.privacy import Keyring
from shared.rows import insert_row
from shared.sensitivity import Purpose
from tests.architecture.apps import Served, serve
from tests.cases.parts import REPORT, Desk
from tests.gateway.servers import Upstream, serving
from tests.job_orders.factories import World, in_days
from tests.registry.senders import PEDULI, SISKO, Sender, make_name, make_nik, make_passport
from tests.stands import Callers, DatabaseStand, fresh_key

MISSION, OTHER_MISSION = "KBRI-KUALA-LUMPUR", "KBRI-TOKYO"
AGENCY, OTHER_AGENCY = "P3MI-HOME", "P3MI-STRANGER"
_SYSTEM = {"system-siskop2mi": SISKO, "system-peduliwni": PEDULI}
_NOBODY = "0190a0a0-0000-7000-8000-000000000000"
Ids = dict[str, Any]
_AT_THE_GATEWAY: Ids = {"country": "MY", "person_id": _NOBODY}


@dataclass(frozen=True)
class House:
    """A running service, its rows, and headers of whoever shall call it."""

    served: Served
    stack: Stack
    rows: Ids
    """Values by the name of a path parameter or of a field of a body."""
    of_system: Mapping[str, Ids] = field(default_factory=dict)
    """What differs by source system."""
    breaking: Ids = field(default_factory=dict)
    """Rows that meet none of the conditions that rules set."""
    more: tuple[Ids, ...] = ()
    """Rows in another state, for what cannot be done to the first ones."""

    @property
    def client(self) -> httpx.AsyncClient:
        return self.served.client

    def ids(self, role: str, *, is_own: bool = True) -> Ids:
        """The home rows; for a system, those of its own or of the other system."""
        system = _SYSTEM.get(role, SISKO)
        if not is_own:
            system = next(one for one in _SYSTEM.values() if one != system)
        return self.rows | dict(self.of_system.get(system, {}))

    def headers(
        self, role: str, purpose: Purpose | None = None, *, is_stranger: bool = False
    ) -> dict[str, str]:
        mission = OTHER_MISSION if is_stranger else MISSION
        agency = OTHER_AGENCY if is_stranger else AGENCY
        if self.served.service.name != "gateway":
            callers = Callers(self.stack, self.served.service.name)
            return callers.headers(
                role, purpose=purpose, mission=mission, organisation=agency, client=role
            )
        return gateway_headers(self.stack, role, purpose, mission=mission, organisation=agency)


def gateway_headers(
    stack: Stack, role: str, purpose: Purpose | None, *, mission: str, organisation: str
) -> dict[str, str]:
    """What a partner sends: a token good for every purpose, and the purpose of this call."""
    profile = role if role != "public" else "insurer"
    token = sign_token(
        stack, profile, mission=mission, organisation=organisation, purposes=tuple(Purpose)
    )
    stated = {"Purpose-Of-Use": purpose.value} if purpose else {}
    return {"Authorization": f"Bearer {token}"} | stated


async def settled(served: Served, stack: Stack) -> House:
    """The service with its rows in it; they are made with the gateway's own key, at its door."""
    settle = {"registry": _registry, "cases": _cases, "job-orders": _job_orders}
    return await settle[served.service.name](served, stack)


@asynccontextmanager
async def opened(name: str, databases: DatabaseStand, stack: Stack) -> AsyncIterator[House]:
    """The service of that name on a database of its own, with its rows in it."""
    if name != "gateway":
        async with serve(get_service(name), databases) as served:
            yield await settled(served, stack)
        return
    # What the services decide is asked of them; here they say yes to everybody.
    behind = [one for one in SERVICES if one.name != name]
    async with serving(*(Upstream() for _ in behind)) as ports:
        urls = {
            f"GATEWAY_{one.prefix}URL": f"http://127.0.0.1:{port}"
            for one, port in zip(behind, ports, strict=True)
        }
        async with serve(get_service(name), databases, urls) as served:
            yield House(served, stack, _AT_THE_GATEWAY)


async def _registry(served: Served, stack: Stack) -> House:
    sender = Sender(served.client, Callers(stack, "registry"))
    nik, passport = make_nik(), make_passport()
    content = {"nik": nik, "full_name": make_name(), "birth_date": "1990-05-12", "sex": "F"}
    content |= {"passport_number": passport, "phone": "+62 811 555 0199", "country": "MY"}
    content |= {"address": "Jalan Uji 1", "email": "uji@example.org", "marital_status": "MARRIED"}
    content |= {"employer_name": "Kilang Uji", "birth_place": "Uji", "education": "SMA"}
    job = {"scheme": "P_TO_P", "occupation_code": "9111", "placement_agency_code": AGENCY}
    ours = await sender.stored(SISKO, content | job)
    abroad = {"city_abroad": "Ipoh", "address_abroad": "Lorong Uji 2", "passport_number": passport}
    theirs = await sender.stored(PEDULI, {**content, **abroad})
    assert theirs["person_id"] == ours["person_id"]
    alike = {"passport_number": make_passport()}
    other = await sender.stored(SISKO, alike | {"full_name": make_name()})
    doubtful = await sender.stored(PEDULI, alike | {"full_name": make_name()})
    assert doubtful["decision"]["outcome"] == "REVIEW"
    reviews = await served.client.get("/v1/link-reviews", headers=sender.desk())
    models = await served.client.get("/v1/link-models", headers=sender.desk())
    model = models.json()["items"][0]["label"]
    rehearsal = await served.client.post(
        "/v1/link-model-rehearsals", json={"model": model}, headers=sender.desk() | fresh_key()
    )
    path = f"/v1/persons/{ours['person_id']}/placements"
    placements = await served.client.get(path, headers=sender.analyst(Purpose.PLACEMENT_SERVICE))
    rows = {
        "person_id": ours["person_id"],
        "merged_person_id": other["person_id"],
        "source_record_ids": [ours["id"]],
        "model": model,
        "rehearsal_id": rehearsal.json()["id"],
        "adoption_id": await _adoption(served, rehearsal.json()["id"], model),
        "review_id": reviews.json()["items"][0]["id"],
        "placement_id": placements.json()["items"][0]["id"],
        "placement_agency_code": AGENCY,
        "nik": nik,
        "from_on": str(clock.today() - timedelta(days=9)),
        "known_from": (clock.now() - timedelta(days=9)).isoformat(),
    }
    records = {SISKO: ours, PEDULI: theirs}
    of_system = {
        system: {
            "source_system": system,
            "record_id": record["id"],
            "operation_id": await _operation(sender, system),
        }
        for system, record in records.items()
    }
    return House(served, stack, rows, of_system)


async def _adoption(served: Served, rehearsal_id: str, model: str) -> str:
    """One that was withdrawn before anybody confirmed it; a walk over all persons is for others."""
    database = Database(served.settings["REGISTRY_DATABASE_URL"], application="test", pool_size=2)
    adoption = Adoption(
        id=new_id(),
        rehearsal_id=UUID(rehearsal_id),
        model=model,
        model_before=model,
        state=AdoptionState.WITHDRAWN,
        reason="Uji",
        asked_by="officer",
        organisation="KEMLU",
        asked_at=clock.now(),
    )
    async with database.session() as session:
        await insert_row(session, adoption)
        await session.commit()
    await database.close()
    return str(adoption.id)


async def _operation(sender: Sender, system: str) -> str:
    line = {"record_key": "1", "source_updated_at": "2026-01-01T00:00:00Z", "content": {}}
    headers = sender.system(system) | fresh_key() | {"Content-Type": "application/x-ndjson"}
    answer = await sender.api.post(
        f"/v1/source-record-batches?source_system={system}",
        content=json.dumps(line) + "\n",
        headers=headers,
    )
    assert answer.status_code == 202, answer.text
    told: str = answer.json()["id"]
    return told


async def _cases(served: Served, stack: Stack) -> House:
    desk = Callers(stack, "cases").headers("kemlu-desk", purpose=Purpose.PROTECTION_CASE)

    async def report(category: str) -> dict[str, Any]:
        body = REPORT | {"category": category, "subdivision": "MY-10"}
        answer = await served.client.post("/v1/cases", json=body, headers=desk | fresh_key())
        assert answer.status_code == 201, answer.text
        told: dict[str, Any] = answer.json()
        assert told["mission"] == MISSION
        return told

    open_one, secret = await report("LABOUR_UNPAID_WAGE"), await report("TPPO_FORCED_LABOUR")
    note = {"audience": "MINISTRIES", "text": "Canary note"}
    for case in (open_one, secret):
        path = f"/v1/cases/{case['id']}/timeline-entries"
        answer = await served.client.post(path, json=note, headers=desk | fresh_key())
        assert answer.status_code == 201, answer.text
    closed = await Desk(served.client, Callers(stack, "cases")).brought_to(
        "CLOSED", subdivision="MY-10"
    )
    rows = {
        "case_id": open_one["id"],
        "person_id": _NOBODY,
        "tracking_code": open_one["tracking_code"],
        "country": "MY",
        "subdivision": "MY-10",
    }
    return House(
        served, stack, rows, breaking={"case_id": secret["id"]}, more=({"case_id": closed["id"]},)
    )


async def _job_orders(served: Served, stack: Stack) -> House:
    database = Database(served.settings["JOB_ORDERS_DATABASE_URL"], application="test", pool_size=2)
    world = World(served.client, Callers(stack, "job-orders"), database, agency_code=AGENCY)
    agency = await world.make_agency(
        owner_name="Canary Owner", phone="+62 21 5550 0199", address="Canary Lane 8"
    )
    household: Ids = {
        "type": "HOUSEHOLD",
        "name": None,
        "householder_name": "Canary Householder",
        "contact_name": "Canary Contact",
        "contact_phone": "+60 3-2116 4000",
        "address": "Canary Lane 7",
        "owner_name": "Canary Owner",
    }
    employer = await world.make_employer(**household)
    await world.make_employer(**household)
    issued, draft = await world.make_issued(employer=employer), await world.draft(employer=employer)
    placement_id = await world.make_placement()
    held = await world.reserve(issued, placement_id)
    assert held.status_code == 201, held.text
    review_id = await _alike(world, served)
    await database.close()
    listed = await world.change_employer(employer, "listings", {"reason": "UNPAID_WAGES"})
    await world.change_employer(listed, "delistings", {"reason": "WAGES_PAID"})
    rows = {
        "placement_agency_id": agency["id"],
        "employer_id": employer["id"],
        "job_order_id": issued["id"],
        "line_id": issued["lines"][0]["id"],
        "placement_id": str(placement_id),
        "reservation_id": held.json()["id"],
        "organisation_review_id": review_id,
        "country": "MY",
        "type": "HOUSEHOLD",
        "householder_name": "Canary Householder",
        "valid_to": in_days(90),
        "licence_valid_from": "2024-01-15",
        "licence_valid_to": in_days(700),
    }
    return House(served, stack, rows, breaking={"job_order_id": draft["id"]})


async def _alike(world: World, served: Served) -> str:
    """The review of two employers that are alike, by our finder or by the one of the messenger."""
    keyring = Keyring.load(Path(served.settings["JOB_ORDERS_KEYS_FILE"]), "job_orders")
    lease = Lease("loop find organisations alike")
    async with asyncio.timeout(60):
        while True:
            async with world.database.session() as session:
                if await driver_sql(session, TAKE, lease.name, lease.holder, LASTS):
                    await find_share(session, keyring=keyring)
                    await session.commit()
            answer = await world.api.get("/v1/organisation-reviews", headers=world.officer())
            if found := answer.json()["items"]:
                return str(found[0]["id"])
            await asyncio.sleep(0.5)
