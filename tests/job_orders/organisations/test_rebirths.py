"""Planted rebirths among honest neighbours, registered over HTTP and compared on PostgreSQL."""

import random
from datetime import timedelta
from typing import Any

import pytest

from shared import clock
from tests.job_orders.factories import World, in_days
from tests.job_orders.organisations.conftest import Find
from tests.job_orders.organisations.draws import Draw, Firm, rewritten

LEAST_PRECISION, LEAST_RECALL = 0.9, 0.95
LEAST_RECALL_OF_ALL = 0.5


class Register:
    """Enters the firms of a draw as organisations of one kind, and reads what was proposed."""

    def __init__(self, world: World, kind: str, draw: Draw) -> None:
        self.world, self.kind, self.draw = world, kind, draw
        self.ids: dict[int, str] = {}

    async def enter(self, rng: random.Random) -> None:
        followed = {firm.follows for firm in self.draw.firms if firm.after_sanction}
        for firm in self.draw.firms:
            written = rewritten(firm, rng)
            if self.kind == "PLACEMENT_AGENCY":
                made = await self.world.make_agency(**_agency(written))
            else:
                made = await self.world.make_employer(is_accredited=False, **_employer(written))
            self.ids[firm.number] = made["id"]
            if firm.number in followed:
                await self._punish(made)

    async def _punish(self, made: dict[str, Any]) -> None:
        if self.kind == "PLACEMENT_AGENCY":
            day = clock.today() - timedelta(days=200)
            await self.world.sanction(made, "FULL_STOP", effective_on=str(day))
        else:
            await self.world.change_employer(made, "listings", {"reason": "UNPAID_WAGES"})

    async def proposed(self) -> dict[frozenset[int], dict[str, Any]]:
        numbers = {made: number for number, made in self.ids.items()}
        params = {"kind": self.kind, "limit": "100"}
        found = {}
        while True:
            answer = await self.world.api.get(
                "/v1/organisation-reviews", params=params, headers=self.world.regulator()
            )
            assert answer.status_code == 200, answer.text
            for one in answer.json()["items"]:
                pair = frozenset({numbers[one["older_id"]], numbers[one["newer_id"]]})
                found[pair] = one
            if answer.json()["next"] is None:
                return found
            params["cursor"] = answer.json()["next"]


def _agency(firm: Firm) -> dict[str, Any]:
    code = f"P3MI-D{firm.number:05}"
    began = 100 if firm.follows is not None else 900 + firm.number
    return {
        "code": code,
        "name": f"PT {firm.name}",
        "city": firm.city.title(),
        "sip3mi_number": f"SIP3MI.99/{code}",
        "licence_valid_from": str(clock.today() - timedelta(days=began)),
        "licence_valid_to": in_days(700),
        "owner_name": firm.owner,
        "phone": firm.phone,
        "address": firm.address,
        "bank_account": firm.account,
    }


def _employer(firm: Firm) -> dict[str, Any]:
    return {
        "name": f"{firm.name} Sdn Bhd",
        "owner_name": firm.owner,
        "contact_phone": firm.phone,
        "address": firm.address,
        "bank_account": firm.account,
    }


@pytest.mark.parametrize("kind", ["PLACEMENT_AGENCY", "EMPLOYER"])
async def test_planted_rebirths_are_found_and_honest_neighbours_stay_apart(
    world: World, find: Find, kind: str
) -> None:
    draw = Draw(11, count=150, reborn=35)
    register = Register(world, kind, draw)
    await register.enter(random.Random(12))
    await find()
    found = await register.proposed()
    right = found.keys() & draw.true_pairs
    precision = len(right) / len(found)
    recall = len(found.keys() & draw.findable) / len(draw.findable)
    of_all = len(right) / len(draw.true_pairs)
    told = f"precision {precision:.3f}, recall {recall:.3f}, of all pairs {of_all:.3f}"
    assert len(draw.findable) > 10
    assert precision >= LEAST_PRECISION, told
    assert recall >= LEAST_RECALL, told
    assert of_all >= LEAST_RECALL_OF_ALL, told
    # Whoever came back after a sanction is looked at first.
    after = {frozenset({firm.number, firm.follows}) for firm in draw.firms if firm.after_sanction}
    urgent = {pair for pair, one in found.items() if one["urgency"] == "AFTER_TROUBLE"}
    assert urgent
    assert found.keys() & after <= urgent
    ranks = [one["urgency"] for one in found.values()]
    order = ["AFTER_TROUBLE", "SHORTLY_BEFORE_TROUBLE", "TROUBLE", "NONE"]
    assert ranks == sorted(ranks, key=order.index)
