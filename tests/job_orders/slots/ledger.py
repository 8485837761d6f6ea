"""What the ledger of seats must show at any moment."""

import asyncpg

ACCOUNTS = """
    SELECT a.line_id, a.endorsed, a.reserved, a.filled, a.returned,
           (SELECT count(*) FROM slot_reservations r
            WHERE r.line_id = a.line_id AND r.status = 'HELD') AS held,
           (SELECT count(*) FROM slot_reservations r
            WHERE r.line_id = a.line_id AND r.status = 'CONSUMED') AS consumed
    FROM slot_accounts a
"""
PLACES = """
    SELECT line_id, place, sum(positions) AS positions FROM (
        SELECT line_id, to_place AS place, positions FROM slot_entries
        UNION ALL
        SELECT line_id, from_place, -positions FROM slot_entries) AS moves
    GROUP BY line_id, place
"""


async def check_ledger(admin: asyncpg.Connection) -> int:
    """Every balance equals the sum of its entries and the count of its reservations; gives the
    number of accounts that were looked at.
    """
    sums: dict[object, dict[str, int]] = {}
    for row in await admin.fetch(PLACES):
        sums.setdefault(row["line_id"], {})[row["place"]] = int(row["positions"])
    accounts = await admin.fetch(ACCOUNTS)
    for account in accounts:
        places = sums[account["line_id"]]
        assert sum(places.values()) == 0
        assert account["reserved"] == places.get("RESERVED", 0) == account["held"]
        assert account["filled"] == places.get("FILLED", 0) == account["consumed"]
        assert account["endorsed"] - account["returned"] == -places["PERMIT"]
        assert places.get("FREE", 0) >= 0
    return len(accounts)
