"""What must hold of the registry at every moment, and of all three once they are level."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from registry.placements.rules import AMENDED
from registry.placements.telling import BEFORE_DEPARTURE
from registry.population.definition import PRESENCE_1
from registry.population.operations import recount
from registry.population.recounting import recount_all
from registry.population.timeline import Change
from shared.db import driver_sql
from tests.histories.projection import Projection
from tests.histories.services import Service

_ENDS = {"RETURNED", "REPATRIATED", "DEPORTED", "DIED", "NATURALISED", "LOST_CONTACT"}
_ABROAD = {"DEPARTED", "ARRIVED"}
_DECLARED = {
    "persons": "SELECT id, is_provisional, merged_into FROM persons",
    "records": "SELECT id, person_id FROM source_records",
    "placements": "SELECT id, person_id, status, reservation_id FROM placements",
    "evidence": "SELECT origin_id, person_id, facts FROM person_evidence",
    "timelines": "SELECT person_id, stays FROM person_timelines WHERE stays <> '[]'",
    "ledger": """
        SELECT valid_on, country, district, category, source_cell, sum(delta)
        FROM ledger_postings GROUP BY 1, 2, 3, 4, 5 HAVING sum(delta) <> 0
    """,
    "seats in the registry": "SELECT reservation_id, placement_id, state FROM slot_reservations",
}
_ORDERS = {
    "seats": "SELECT id, placement_id, status FROM slot_reservations",
    "balances": "SELECT line_id, reserved, filled, returned FROM slot_accounts",
}


@dataclass
class Readings:
    """Reads the databases past the services."""

    registry: Service
    cases: Service
    orders: Service

    async def standing_records(self) -> dict[UUID, UUID]:
        """Records with the person whom each stands with."""
        rows = await self.registry.admin.fetch(
            "SELECT id, person_id FROM source_records WHERE person_id IS NOT NULL"
        )
        return {row["id"]: row["person_id"] for row in rows}

    async def persons(self) -> dict[UUID, UUID]:
        """Every id there ever was, with the id that it leads to now: mostly itself."""
        rows = await self.registry.admin.fetch("SELECT id, merged_into FROM persons ORDER BY id")
        return {row["id"]: row["merged_into"] or row["id"] for row in rows}

    async def check_registry(self) -> None:
        """Each record is one living person's, and each person without records leads to one."""
        persons, standing = await self.persons(), await self.standing_records()
        living = {one for one, survivor in persons.items() if one == survivor}
        lost = await self.registry.admin.fetch(
            "SELECT id FROM source_records"
            " WHERE person_id IS NULL AND link_due IS NULL AND NOT is_withdrawn"
        )
        assert not lost, "a record belongs to nobody"
        assert set(standing.values()) <= living, "a record belongs to an id that was merged away"
        assert living <= set(standing.values()), "a person without records leads nowhere"
        assert set(persons.values()) <= living, "an old id leads to an id that was merged away"
        strays = await self.registry.admin.fetch(
            """
            SELECT p.id FROM persons p
            WHERE merged_into IS NOT NULL
              AND (EXISTS (SELECT FROM placements WHERE person_id = p.id)
                OR EXISTS (SELECT FROM person_evidence WHERE person_id = p.id))
            """
        )
        assert not strays, "placements or evidence stayed with an id that was merged away"

    async def check_followed_records(self) -> None:
        """What a record tells of goes where the record goes."""
        strays = await self.registry.admin.fetch(
            """
            SELECT r.id FROM source_records r JOIN placements p ON p.source_record_id = r.id
            WHERE p.person_id <> r.person_id
            UNION ALL
            SELECT r.id FROM source_records r JOIN person_evidence e ON e.origin_id = r.id
            WHERE e.person_id <> r.person_id
            """
        )
        assert not strays, "a placement or its evidence stayed behind"

    async def check_projection(self) -> None:
        """The events rebuild membership and redirects from nothing."""
        projection = Projection()
        projection.replay(
            await self.registry.admin.fetch(
                "SELECT type, data FROM outbox WHERE topic = 'registry.person.v1' ORDER BY position"
            )
        )
        rows = await self.registry.admin.fetch(
            "SELECT id, person_id, is_withdrawn, link_due FROM source_records"
        )
        unsettled = {row["id"] for row in rows if row["link_due"] is not None}
        told = {one: of for one, of in projection.person_of.items() if one not in unsettled}
        assert told == {
            row["id"]: row["person_id"]
            for row in rows
            if row["id"] not in unsettled and row["person_id"] and not row["is_withdrawn"]
        }, "the events tell of other links"
        persons = await self.persons()
        assert projection.persons == set(persons), "the events tell of other persons"
        leads = {one: projection.leads_to(one) for one in persons}
        assert leads == persons, "the events lead old ids elsewhere"

    async def check_ledger(self) -> None:
        """The ledger is what its timelines say, and these are what the evidence says."""
        persons = list(await self.persons())
        async with self.registry.database.session() as session:
            await recount_all(session)
            found = await driver_sql(
                session, "SELECT kind, subject, counted, recounted FROM discrepancies"
            )
            assert not found, "the ledger differs from its recount"
            [[last]] = await driver_sql(session, "SELECT coalesce(max(id), 0) FROM ledger_postings")
            await recount(session, persons, change=Change.NEWS, definition=PRESENCE_1)
            posted = await driver_sql(
                session, "SELECT person_id, delta FROM ledger_postings WHERE id > $1", last
            )
            assert not posted, "drawing the timelines anew posts something"

    async def check_copies(self) -> None:
        """Cases and job-orders hold of persons and placements what the registry holds."""
        for service in (self.registry, self.cases, self.orders):
            parked = await service.admin.fetchval("SELECT count(*) FROM parked_messages")
            assert parked == 0, f"{service.name} holds messages back"
        persons = await self.persons()
        in_cases, in_orders = await self._redirects()
        for one, survivor in persons.items():
            assert _followed(in_cases, one) == survivor, "cases leads an id elsewhere"
            assert _followed(in_orders, one) == survivor, "job-orders leads an id elsewhere"
        await self._check_placements(in_orders)
        await self._check_participants(persons)
        seats = await _pairs(self.orders.admin, "SELECT id, status FROM slot_reservations")
        copied = await _pairs(
            self.registry.admin, "SELECT reservation_id, state FROM slot_reservations"
        )
        _same(seats, copied, "the registry holds other seats")

    async def declared(self) -> dict[str, set[Any]]:
        """Everything that a merge and the split that undoes it leave as it was."""
        state = {
            what: {tuple(row) for row in await self.registry.admin.fetch(statement)}
            for what, statement in _DECLARED.items()
        }
        state |= {
            what: {tuple(row) for row in await self.orders.admin.fetch(statement)}
            for what, statement in _ORDERS.items()
        }
        in_cases, in_orders = await self._redirects()
        persons = await self.persons()
        state["ids in cases"] = {(one, _followed(in_cases, one)) for one in persons}
        state["ids in job-orders"] = {(one, _followed(in_orders, one)) for one in persons}
        state["placements in job-orders"] = {
            (row["id"], _followed(in_orders, row["person_id"]), row["phase"])
            for row in await self.orders.admin.fetch("SELECT * FROM placements")
        }
        state["placements in cases"] = {
            (row["placement_id"], row["person_id"], row["status"])
            for row in await self.cases.admin.fetch("SELECT * FROM placement_copies")
        }
        state["participants"] = {
            (row["id"], row["person_id"], row["placement_id"])
            for row in await self.cases.admin.fetch("SELECT * FROM participants")
        }
        return state

    async def _redirects(self) -> tuple[dict[UUID, UUID], dict[UUID, UUID]]:
        return (
            await _pairs(
                self.cases.admin,
                "SELECT person_id, survivor_id FROM person_copies WHERE survivor_id IS NOT NULL",
            ),
            await _pairs(
                self.orders.admin, "SELECT merged_person_id, person_id FROM person_redirects"
            ),
        )

    async def _check_placements(self, in_orders: Mapping[UUID, UUID]) -> None:
        owned = {
            row["id"]: row
            for row in await self.registry.admin.fetch(
                """
                SELECT p.id, p.person_id, p.status, array_agg(s.step ORDER BY s.number) AS steps,
                       array_agg(s.reason ORDER BY s.number) AS reasons
                FROM placements p JOIN placement_steps s ON s.placement_id = p.id GROUP BY p.id
                """
            )
        }
        phases = {one: (row["person_id"], _phase(row)) for one, row in owned.items()}
        in_orders_now = {
            row["id"]: (_followed(in_orders, row["person_id"]), row["phase"])
            for row in await self.orders.admin.fetch("SELECT * FROM placements")
        }
        _same(phases, in_orders_now, "job-orders holds other placements")
        standings = {
            one: (row["person_id"], row["status"] in BEFORE_DEPARTURE) for one, row in owned.items()
        }
        in_cases_now = {
            row["placement_id"]: (row["person_id"], row["is_withdrawn"])
            for row in await self.cases.admin.fetch("SELECT * FROM placement_copies")
        }
        _same(standings, in_cases_now, "cases holds other placements")

    async def _check_participants(self, persons: Mapping[UUID, UUID]) -> None:
        told = await _pairs(
            self.registry.admin,
            "SELECT participant_id, r.person_id FROM identifications"
            " JOIN source_records r ON r.id = source_record_id",
        )
        whose = await _pairs(self.registry.admin, "SELECT id, person_id FROM placements")
        for row in await self.cases.admin.fetch("SELECT * FROM participants"):
            given = row["person_id_as_given"]
            person = told[row["id"]] if row["id"] in told else persons[given]
            assert row["person_id"] == person, "cases takes a participant for somebody else"
            placement = row["placement_id"]
            assert placement is None or whose[placement] == person, "somebody else's placement"
            has_one = person in whose.values()
            assert has_one is (placement is not None), "a participant without their placement"


def _same(owned: Mapping[UUID, Any], copied: Mapping[UUID, Any], otherwise: str) -> None:
    differing = {
        one: (owned.get(one), copied.get(one))
        for one in owned.keys() | copied.keys()
        if owned.get(one) != copied.get(one)
    }
    assert not differing, f"{otherwise}: {differing}"


def _phase(row: Mapping[str, Any]) -> str:
    """How far a placement has got for seats, since it was last taken up."""
    steps: list[str] = []
    for step, reason in zip(row["steps"], row["reasons"], strict=True):
        if step == AMENDED:
            # Its system took these back.
            steps = [one for one in steps if one not in (reason or "").split()]
        else:
            steps.append(step)
    gone = [place for place, step in enumerate(steps) if step in BEFORE_DEPARTURE]
    if row["status"] in BEFORE_DEPARTURE:
        return "WITHDRAWN"
    since = set(steps[gone[-1] :]) if gone else set(steps)
    if _ENDS & since:
        return "ENDED"
    return "DEPARTED" if _ABROAD & since else "OPEN"


def _followed(redirects: Mapping[UUID, UUID], person_id: UUID) -> UUID:
    passed = {person_id}
    while (following := redirects.get(person_id)) is not None:
        assert following not in passed, "redirects go in a circle"
        passed.add(following)
        person_id = following
    return person_id


async def _pairs(connection: asyncpg.Connection, statement: str) -> dict[Any, Any]:
    return dict([tuple(row) for row in await connection.fetch(statement)])
