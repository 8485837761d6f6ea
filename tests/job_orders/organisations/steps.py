"""What tests of reviews do: owners with firms, the queue, decisions, what was told of them."""

import itertools
import random
from datetime import timedelta
from typing import Any

import asyncpg
import httpx2 as httpx

from shared import clock
from tests.job_orders.factories import World, in_days
from tests.job_orders.organisations.conftest import Find
from tests.stands import fresh_key

Json = dict[str, Any]
PATH = "/v1/organisation-reviews"
LINKED = "id.go.sinergi.job-orders.organisation-review.organisations-linked.v1"
UNLINKED = "id.go.sinergi.job-orders.organisation-review.organisations-unlinked.v1"
_numbers = itertools.count(1)


def _word(seed: int) -> str:
    """A word of a name that no other seed has anything like."""
    rng = random.Random(seed)
    return "".join(rng.choice("BDGKLMNRST") + rng.choice("AEIOU") for _ in range(6))


class Owner:
    """Who owns firms: a name, a telephone and an account that nobody else has."""

    def __init__(self) -> None:
        number = next(_numbers)
        self.name = f"{_word(2 * number)} {_word(2 * number + 1)}"
        self.phone = f"021-77{number:05}"
        self.account = f"990-{number:010}"

    def agency(self, name: str, *, days_ago: int = 900, **changes: Any) -> Json:
        code = f"P3MI-R{next(_numbers):04}"
        said = {
            "code": code,
            "name": name,
            "sip3mi_number": f"SIP3MI.99/{code}",
            "licence_valid_from": str(clock.today() - timedelta(days=days_ago)),
            "licence_valid_to": in_days(700),
            "owner_name": self.name,
            "phone": self.phone,
        }
        return said | changes

    def employer(self, name: str, **changes: Any) -> Json:
        said = {"name": name, "owner_name": self.name, "contact_phone": self.phone}
        return {"is_accredited": False} | said | changes


async def queue(world: World, organisation: Json, **params: str) -> list[Json]:
    params["organisation_id"] = organisation["id"]
    answer = await world.api.get(PATH, params=params, headers=world.regulator())
    assert answer.status_code == 200, answer.text
    found: list[Json] = answer.json()["items"]
    return found


async def two_agencies(world: World, find: Find) -> tuple[Json, Json, Json]:
    """An agency, another under which its owner came back, and their review."""
    owner = Owner()
    old = await world.make_agency(**owner.agency("PT Rimba Selaras"))
    new = await world.make_agency(**owner.agency("PT Kencana Wungu", days_ago=10))
    await find()
    (review,) = await queue(world, new)
    return old, new, review


async def decide(
    world: World, review: Json, decision: str, *, version: int | None = None, **who: Any
) -> httpx.Response:
    body = {"decision": decision, "reason": "DEED_SEEN"}
    version = review["version"] if version is None else version
    path = f"{PATH}/{review['id']}/decisions"
    return await world.post(path, body, world.regulator(**who), version=version)


async def reverse(world: World, review: Json) -> httpx.Response:
    body = {"reason": "NEW_EVIDENCE"}
    path = f"{PATH}/{review['id']}/reversals"
    return await world.post(path, body, world.regulator(), version=review["version"])


async def read(world: World, kind: str, organisation: Json) -> Json:
    answer = await world.api.get(f"/v1/{kind}/{organisation['id']}", headers=world.regulator())
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def amend(world: World, agency: Json, **changes: Any) -> Json:
    seen = await read(world, "placement-agencies", agency)
    headers = world.regulator() | fresh_key() | {"If-Match": f'"v{seen["version"]}"'}
    path = f"/v1/placement-agencies/{agency['id']}"
    answer = await world.api.patch(path, json=changes, headers=headers)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def events(admin: asyncpg.Connection, review: Json) -> list[str]:
    rows = await admin.fetch(
        "SELECT type FROM outbox WHERE key = $1 ORDER BY sequence", review["id"]
    )
    return [row["type"] for row in rows]
