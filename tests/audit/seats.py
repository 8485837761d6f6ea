"""Seats seen from four sides: balances, ledger, reservations, and the placements they are for."""

from uuid import UUID

from deploy.local.stack import Stack
from registry.placements.telling import BEFORE_DEPARTURE
from tests.audit.reading import Check, differing, fetch, rows

_BALANCES = """
SELECT line_id, endorsed, reserved, filled, returned, is_open FROM slot_accounts
"""
_LEDGER = """
SELECT a.line_id,
       coalesce(sum(positions) FILTER (WHERE cause = 'OPEN'), 0)::int AS endorsed,
       coalesce(sum(CASE cause WHEN 'RESERVE' THEN positions
                               WHEN 'RELEASE' THEN -positions
                               WHEN 'CONSUME' THEN -positions END), 0)::int AS reserved,
       coalesce(sum(positions) FILTER (WHERE cause = 'CONSUME'), 0)::int AS filled,
       coalesce(sum(positions) FILTER (WHERE cause = 'CLOSE'), 0)::int AS returned,
       a.is_open
FROM slot_accounts a LEFT JOIN slot_entries e USING (line_id) GROUP BY a.line_id
"""
_HELD = """
SELECT a.line_id, count(r.id) FILTER (WHERE status = 'HELD')::int AS reserved,
       count(r.id) FILTER (WHERE status = 'CONSUMED')::int AS filled
FROM slot_accounts a LEFT JOIN slot_reservations r USING (line_id) GROUP BY a.line_id
"""
# Each reservation with the moves that its state stands for.
_MOVES = """
SELECT r.id, e.cause FROM slot_reservations r
CROSS JOIN LATERAL unnest(CASE status
    WHEN 'HELD' THEN ARRAY['RESERVE'] WHEN 'RELEASED' THEN ARRAY['RESERVE', 'RELEASE']
    ELSE ARRAY['RESERVE', 'CONSUME'] END) AS e(cause)
"""
_MOVED = """
SELECT reservation_id, cause FROM slot_entries
WHERE reservation_id IS NOT NULL AND cause <> 'CLOSE'
"""


async def check_seats(stack: Stack) -> list[Check]:
    return [
        await _balances(stack),
        await _reservations(stack),
        await _placements(stack),
        await _lapses(stack),
    ]


async def _balances(stack: Stack) -> Check:
    balances = await rows(stack, "job_orders", _BALANCES)
    found = differing(await rows(stack, "job_orders", _LEDGER), balances, place="balances")
    found += [
        f"{line}: {reserved} + {filled} + {returned} seats of {endorsed}"
        for line, endorsed, reserved, filled, returned, _ in balances
        if reserved + filled + returned > endorsed
    ]
    promise = "the balance of each line is the sum of its ledger, within what was endorsed"
    return Check(promise, "lines of orders", len(balances), found)


async def _reservations(stack: Stack) -> Check:
    held = await rows(stack, "job_orders", _HELD)
    balances = [
        (line, reserved, filled)
        for line, _, reserved, filled, _, _ in await rows(stack, "job_orders", _BALANCES)
    ]
    moves = await rows(stack, "job_orders", _MOVED)
    found = differing(held, balances, place="reservations")
    found += differing(await rows(stack, "job_orders", _MOVES), moves, place="ledger")
    promise = "each seat in the ledger is one reservation in that state"
    return Check(promise, "moves of reserved seats", len(moves), found)


async def _placements(stack: Stack) -> Check:
    """A seat is filled by a departure and by nothing else; nobody holds one who needs none."""
    reservations = await fetch(stack, "job_orders", "SELECT * FROM slot_reservations")
    placements = {row["id"]: row for row in await fetch(stack, "registry", _PLACEMENTS)}
    found: list[str] = []
    filled: set[UUID] = set()
    for row in reservations:
        placement = placements.get(row["placement_id"])
        if placement is None:
            found.append(f"{row['id']} is for a placement that does not exist")
            continue
        status, departed = row["status"], placement["departed_on"] is not None
        if status == "CONSUMED":
            filled.add(placement["id"])
        if status == "CONSUMED" and placement["reservation_id"] != row["id"]:
            found.append(f"{row['id']} is filled, but not by its placement")
        if status == "HELD" and (departed or placement["status"] in BEFORE_DEPARTURE):
            found.append(f"{row['id']} is held for a placement that is {placement['status']}")
    found += [
        f"{placement['id']} departed on a seat that is not filled"
        for placement in placements.values()
        if placement["departed_on"]
        and placement["reservation_id"]
        and placement["id"] not in filled
    ]
    promise = "a seat is filled if and only if its placement departed"
    return Check(promise, "reservations with their placements", len(reservations), found)


async def _lapses(stack: Stack) -> Check:
    """What the registry let lapse is what job-orders freed for that reason, once each."""
    lapsed = await rows(
        stack,
        "registry",
        """
        SELECT (convert_from(data, 'UTF8')::jsonb ->> 'reservation_id')::uuid FROM outbox
        WHERE type LIKE '%reservation-lapsed.v1'
        """,
    )
    freed = await rows(
        stack,
        "job_orders",
        """
        SELECT id FROM slot_reservations
        WHERE status = 'RELEASED' AND release_reason = 'RESERVATION_LAPSED'
        """,
    )
    known = {row[0] for row in freed}
    found = differing(freed, [row for row in lapsed if row[0] in known], place="lapses")
    promise = "a seat lapses by the registry's word, once"
    return Check(promise, "lapsed reservations", len(freed), found)


_PLACEMENTS = "SELECT id, status, departed_on, reservation_id FROM placements"
