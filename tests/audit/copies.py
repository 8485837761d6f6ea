"""What services keep of each other: each copy equals its owner's rows, so each effect came once."""

from typing import Any
from uuid import UUID

import asyncpg

from deploy.local.stack import Stack
from registry.placements.telling import BEFORE_DEPARTURE
from tests.audit.reading import Check, differing, fetch, pairs, rows

# What, its owner, the owner's rows, and who keeps copies of them: the same columns each.
_AGENCIES = "SELECT placement_agency_id, placement_agency_code FROM placement_agency_copies"
_ORDERS = "SELECT job_order_id, job_order_number FROM job_order_copies"
_SAME = (
    (
        "employers",
        *("job_orders", "SELECT id, code, country FROM employers"),
        {
            "registry": "SELECT employer_id, employer_code, country FROM employer_copies",
            "cases": "SELECT employer_id, employer_code, country FROM employer_copies",
        },
    ),
    (
        "placement agencies",
        *("job_orders", "SELECT id, code FROM placement_agencies"),
        {"registry": _AGENCIES, "cases": _AGENCIES},
    ),
    (
        "issued job orders",
        "job_orders",
        "SELECT id, job_order_number FROM job_orders WHERE job_order_number IS NOT NULL",
        {"registry": _ORDERS, "cases": _ORDERS},
    ),
    (
        "seats of placements",
        "job_orders",
        "SELECT id, placement_id, job_order_id, expires_at, status FROM slot_reservations",
        {
            "registry": """
            SELECT reservation_id, placement_id, job_order_id, expires_at,
                   CASE state WHEN 'BOUND' THEN 'HELD' ELSE state END FROM slot_reservations
            """
        },
    ),
    (
        "cases, open or closed",
        *("cases", "SELECT id, status <> 'CLOSED' FROM cases"),
        {"registry": "SELECT case_id, is_open FROM case_copies"},
    ),
    (
        "participants of cases",
        *("cases", "SELECT id, case_id FROM participants"),
        {"registry": "SELECT participant_id, case_id FROM case_participants"},
    ),
    (
        "answers to who a participant is",
        "registry",
        "SELECT participant_id, case_id, outcome FROM identifications",
        {
            "cases": """
            SELECT id, case_id, identification FROM participants
            WHERE reported_identity IS NOT NULL
            """
        },
    ),
)
_ENDS = {"RETURNED", "REPATRIATED", "DEPORTED", "DIED", "NATURALISED", "LOST_CONTACT"}


async def check_copies(stack: Stack) -> list[Check]:
    checks = [await _same(stack, *one) for one in _SAME]
    redirects = await pairs(
        stack, "registry", "SELECT id, merged_into FROM persons WHERE merged_into IS NOT NULL"
    )
    return [
        *checks,
        await _redirects(stack, redirects),
        await _placements_in_job_orders(stack, redirects),
        await _placements_in_cases(stack, redirects),
        await _participants(stack, redirects),
    ]


async def _same(stack: Stack, what: str, owner: str, owned: str, copies: dict[str, str]) -> Check:
    had = await rows(stack, owner, owned)
    found: list[str] = []
    for keeper, copied in copies.items():
        found += differing(had, await rows(stack, keeper, copied), place=keeper)
    return Check(
        f"copies of {what} are the owner's", f"rows in {', '.join(copies)}", len(had), found
    )


async def _redirects(stack: Stack, redirects: dict[UUID, UUID]) -> Check:
    """A merged id leads to the same person in every service, and a split one to itself."""
    persons = [row[0] for row in await rows(stack, "registry", "SELECT id FROM persons")]
    kept = {
        "job_orders": await pairs(
            stack, "job_orders", "SELECT merged_person_id, person_id FROM person_redirects"
        ),
        "cases": await pairs(
            stack,
            "cases",
            "SELECT person_id, survivor_id FROM person_copies WHERE survivor_id IS NOT NULL",
        ),
    }
    found = [
        f"{keeper}: {person} leads to {_follow(copy, person)}, not to {_follow(redirects, person)}"
        for keeper, copy in kept.items()
        for person in persons
        if _follow(copy, person) != _follow(redirects, person)
    ]
    compared = f"persons, {len(redirects)} of them merged into another"
    return Check("a merged person is the same everywhere", compared, len(persons), found)


async def _placements_in_job_orders(stack: Stack, redirects: dict[UUID, UUID]) -> Check:
    owned = [
        (row["id"], _follow(redirects, row["person_id"]), _phase(row["status"], row["departed_on"]))
        for row in await fetch(stack, "registry", "SELECT * FROM placements")
    ]
    own_redirects = await pairs(
        stack, "job_orders", "SELECT merged_person_id, person_id FROM person_redirects"
    )
    copied = [
        (row["id"], _follow(own_redirects, row["person_id"]), row["phase"])
        for row in await fetch(stack, "job_orders", "SELECT * FROM placements")
    ]
    found = differing(owned, copied, place="job-orders")
    promise = "copies of placements stand with their person and phase"
    return Check(promise, "placements in job-orders", len(owned), found)


async def _placements_in_cases(stack: Stack, redirects: dict[UUID, UUID]) -> Check:
    owned = [
        (row["id"], _follow(redirects, row["person_id"]), row["status"], *_job(row))
        for row in await fetch(stack, "registry", "SELECT * FROM placements")
    ]
    copied = [
        (row["placement_id"], row["person_id"], row["status"], *_job(row))
        for row in await fetch(stack, "cases", "SELECT * FROM placement_copies")
    ]
    found = differing(
        [_as_told(row) for row in owned], [_as_told(row) for row in copied], place="cases"
    )
    promise = "copies of placements stand with their person, step and job"
    return Check(promise, "placements in cases", len(owned), found)


def _job(row: asyncpg.Record) -> tuple[Any, ...]:
    return (
        *(row["country"], row["placement_agency_code"], row["employer_code"]),
        *(row["job_order_number"], row["departed_on"], row["arrived_on"]),
    )


async def _participants(stack: Stack, redirects: dict[UUID, UUID]) -> Check:
    """Whom cases holds a participant for is whom the registry told last, as they live on; and a
    placement that is attached belongs to that person.
    """
    told = await pairs(stack, "registry", "SELECT participant_id, person_id FROM identifications")
    whose = await pairs(stack, "registry", "SELECT id, person_id FROM placements")
    found, count = [], 0
    for row in await fetch(stack, "cases", "SELECT * FROM participants"):
        count += 1
        person = row["person_id"]
        if row["id"] in told and person != _follow(redirects, told[row["id"]]):
            found.append(f"participant {row['id']} is {person}, told was {told[row['id']]}")
        if row["placement_id"] and _follow(redirects, whose[row["placement_id"]]) != person:
            found.append(f"participant {row['id']} has somebody else's placement")
    promise = "a participant is the person that the registry told, with a placement of theirs"
    return Check(promise, "participants", count, found)


def _follow(redirects: dict[Any, Any], person: Any) -> Any:
    """Where an id leads over any number of merges; itself where it leads in a circle."""
    seen = {person}
    while (following := redirects.get(person)) is not None:
        if following in seen:
            return f"a circle at {following}"
        seen.add(following)
        person = following
    return person


def _phase(status: str, departed_on: object) -> str:
    if status in BEFORE_DEPARTURE:
        return "WITHDRAWN"
    if status in _ENDS or status == "REINTEGRATED":
        return "ENDED"
    return "DEPARTED" if departed_on is not None else "OPEN"


def _as_told(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """An end is told as an end, whichever it is; a step after it changes that no more."""
    placement, person, status, *job = row
    if status in _ENDS:
        status = "ENDED"
    elif status in BEFORE_DEPARTURE:
        status = "WITHDRAWN"
    return placement, person, status, *job
