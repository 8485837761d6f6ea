"""The population ledger against a recount of everything, in transactions that are rolled back."""

from collections import Counter

from deploy.local.postgres import role_url
from deploy.local.stack import Stack
from registry.population.definition import PRESENCE_1
from registry.population.operations import recount
from registry.population.recounting import recount_all
from registry.population.timeline import Change
from shared.db import Database, driver_sql
from tests.audit.reading import Check, fetch, rows

_AT_ONCE = 500


async def check_population(stack: Stack) -> list[Check]:
    url = role_url(stack, "registry", kind="app", scheme="postgresql+asyncpg")
    database = Database(url, application="audit")
    try:
        return [
            await _recount(stack, database),
            await _drawn_anew(stack, database),
            await _stock(stack),
            await _evidence(stack),
        ]
    finally:
        await database.close()


async def _recount(stack: Stack, database: Database) -> Check:
    """The registry's own recount, and whatever it found by itself before."""
    async with database.session() as session:
        await recount_all(session)
        found = await driver_sql(
            session, "SELECT kind, subject, counted, recounted FROM discrepancies"
        )
    [postings] = await fetch(stack, "registry", "SELECT count(*) FROM ledger_postings")
    told = [f"{kind} {subject}: {one}, recounted {other}" for kind, subject, one, other in found]
    return Check("the ledger agrees with its recount", "postings", postings[0], told)


async def _drawn_anew(stack: Stack, database: Database) -> Check:
    """Every person's timeline follows from the evidence there is: drawing it anew posts nothing."""
    persons = [row[0] for row in await rows(stack, "registry", "SELECT id FROM persons")]
    found: list[str] = []
    async with database.session() as session:
        [[last]] = await driver_sql(session, "SELECT coalesce(max(id), 0) FROM ledger_postings")
        for start in range(0, len(persons), _AT_ONCE):
            some = persons[start : start + _AT_ONCE]
            await recount(session, some, change=Change.NEWS, definition=PRESENCE_1)
        posted = await driver_sql(
            session,
            "SELECT person_id, valid_on, delta FROM ledger_postings WHERE id > $1",
            last,
        )
        found += [
            f"{person} {day}: {delta:+} is not in the ledger" for person, day, delta in posted
        ]
    return Check(
        "the ledger follows from the evidence", "persons counted anew", len(persons), found
    )


async def _stock(stack: Stack) -> Check:
    """Summing postings until today and counting heads today give the same cells."""
    ledger = {
        tuple(row)[:4]: row["heads"]
        for row in await fetch(
            stack,
            "registry",
            """
            SELECT country, district, category, source_cell, sum(delta)::int AS heads
            FROM ledger_postings WHERE valid_on <= current_date
            GROUP BY country, district, category, source_cell HAVING sum(delta) <> 0
            """,
        )
    }
    heads = Counter(
        await rows(
            stack,
            "registry",
            """
            SELECT country, district, category, source_cell FROM person_timelines
            WHERE country IS NOT NULL
            """,
        )
    )
    found = [
        f"{cell}: {ledger.get(cell, 0)} in the ledger, {heads[cell]} heads"
        for cell in ledger.keys() | heads.keys()
        if ledger.get(cell, 0) != heads[cell]
    ]
    return Check(
        "the stock of today is the heads of today", "persons present", heads.total(), found
    )


async def _evidence(stack: Stack) -> Check:
    """What a record or placement says counts for the person it stands with now."""
    evidence = await rows(
        stack,
        "registry",
        """
        SELECT e.origin_id, e.person_id, coalesce(r.person_id, p.person_id, e.person_id),
               m.merged_into
        FROM person_evidence e JOIN persons m ON m.id = e.person_id
        LEFT JOIN source_records r ON r.id = e.origin_id
        LEFT JOIN placements p ON p.id = e.origin_id
        """,
    )
    found = [
        f"{origin} counts for {person}, stands with {owner}"
        for origin, person, owner, merged_into in evidence
        if person != owner or merged_into is not None
    ]
    return Check("evidence counts for whom it stands with", "origins", len(evidence), found)
