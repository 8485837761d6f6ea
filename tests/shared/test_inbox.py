"""Each event has its effect once and in order; a poison event harms only its key."""

import asyncio
import random
from dataclasses import replace

import asyncpg
import pytest

from shared.db import Database
from shared.inbox import Inbox, replay
from shared.inbox.cursors import Cursor, Place, lock_cursors, save_cursors
from shared.privacy import Keyring
from tests.shared.spine_parts import (
    Log,
    Noting,
    commit_messages,
    effects,
    new_keys,
    outbox_events,
)


@pytest.fixture
def noting() -> Noting:
    return Noting()


@pytest.fixture
def inbox(database: Database, keyring: Keyring, noting: Noting) -> Inbox:
    return Inbox(database, noting.handlers, keyring=keyring)


async def test_a_message_delivered_twice_has_one_effect(
    database: Database, admin: asyncpg.Connection, inbox: Inbox
) -> None:
    (key,) = new_keys(1)
    await commit_messages(database, key, key)
    events, log = await outbox_events(admin), Log()
    await inbox.apply(log.records(events))
    await inbox.apply(log.records(events))
    await inbox.apply(log.records([events[0], events[1], events[0]]))
    assert await effects(admin) == {str(key): [1, 2]}


@pytest.mark.parametrize("is_known", [False, True])
async def test_of_two_that_meet_a_key_at_once_the_second_sees_what_the_first_did(
    database: Database, admin: asyncpg.Connection, is_known: bool
) -> None:
    place, beside = (("job_orders.employer.v1", str(key)) for key in new_keys(2))
    async with database.session() as session:
        await lock_cursors(session, {beside: 4} | ({place: 0} if is_known else {}))
        await session.commit()

    async def second() -> dict[Place, Cursor]:
        async with database.session() as session:
            return await lock_cursors(session, {place: 0})

    async with database.session() as session:
        cursors = await lock_cursors(session, {place: 0, beside: 0})
        assert [cursors[one].last_sequence for one in (place, beside)] == [0, 4]
        waiting = asyncio.create_task(second())
        async with asyncio.timeout(60):
            while not (
                waiting.done()
                or await admin.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted")
            ):
                await asyncio.sleep(0.05)
        cursors[place].moved_to(1)
        await save_cursors(session, cursors.values())
        await session.commit()
    assert (await waiting)[place].last_sequence == 1


async def test_what_lies_beyond_a_gap_is_held_until_the_missing_one_comes(
    database: Database, admin: asyncpg.Connection, inbox: Inbox
) -> None:
    (key,) = new_keys(1)
    await commit_messages(database, *[key] * 5)
    first, second, third, fourth, fifth = await outbox_events(admin)
    log = Log()
    await inbox.apply(log.records([first, third, fifth]))
    assert await effects(admin) == {str(key): [1]}
    assert await waiting(admin) == 2
    await inbox.apply(log.records([fourth]))
    await inbox.apply(log.records([second]))
    assert await effects(admin) == {str(key): [1, 2, 3, 4, 5]}
    assert await waiting(admin) == 0
    assert await admin.fetchval("SELECT count(*) FROM parked_messages") == 0


async def test_disorder_and_repetition_across_keys_end_in_order(
    database: Database, admin: asyncpg.Connection, inbox: Inbox
) -> None:
    keys = new_keys(6)
    for _ in range(8):
        await commit_messages(database, *keys)
    events = await outbox_events(admin)
    rng, log = random.Random(11), Log()
    deliveries = events * 3
    rng.shuffle(deliveries)
    for start in range(0, len(deliveries), 17):
        await inbox.apply(log.records(deliveries[start : start + 17]))
    assert await effects(admin) == {str(key): list(range(1, 9)) for key in keys}
    assert await waiting(admin) == 0


async def test_a_poison_event_parks_its_key_and_neighbours_flow(
    database: Database, admin: asyncpg.Connection, inbox: Inbox, noting: Noting
) -> None:
    good, bad = new_keys(2)
    for _ in range(3):
        await commit_messages(database, good, bad)
    noting.poisonous = {str(bad)}
    events, log = await outbox_events(admin), Log()
    await inbox.apply(log.records(events))
    assert await effects(admin) == {str(good): [1, 2, 3]}
    reasons = await admin.fetch("SELECT sequence, reason, error FROM parked_messages ORDER BY 1")
    assert [(r["sequence"], r["reason"]) for r in reasons] == [
        (1, "FAILED"), (2, "BEHIND"), (3, "BEHIND"),
    ]  # fmt: skip
    assert reasons[0]["error"].startswith("ValueError at spine_parts.py")
    noting.poisonous = set()
    await commit_messages(database, bad)
    (later,) = (await outbox_events(admin))[-1:]
    await inbox.apply(log.records([later]))
    assert str(bad) not in await effects(admin)
    lines = await replay(inbox, by="tester")
    assert lines == [f"job_orders.employer.v1 {bad}: 4 replayed"]
    assert (await effects(admin))[str(bad)] == [1, 2, 3, 4]
    audit = await admin.fetch(
        "SELECT to_sequence, replayed_by, gap_accepted FROM replays ORDER BY 1"
    )
    assert [(a["to_sequence"], a["replayed_by"], a["gap_accepted"]) for a in audit] == [
        (number, "tester", False) for number in (1, 2, 3, 4)
    ]


async def test_a_poison_event_is_tried_three_times(
    database: Database, admin: asyncpg.Connection, inbox: Inbox, noting: Noting
) -> None:
    (bad,) = new_keys(1)
    await commit_messages(database, bad)
    noting.poisonous = {str(bad)}
    await inbox.apply(Log().records(await outbox_events(admin)))
    assert noting.attempts == 1 + 3  # Once in the batch, three times alone.


async def test_replaying_what_still_fails_changes_nothing_and_says_so(
    database: Database, admin: asyncpg.Connection, inbox: Inbox, noting: Noting
) -> None:
    (bad,) = new_keys(1)
    await commit_messages(database, bad, bad)
    noting.poisonous = {str(bad)}
    await inbox.apply(Log().records(await outbox_events(admin)))
    (line,) = await replay(inbox, by="tester")
    assert "0 replayed; 1 fails again: ValueError at" in line
    assert await effects(admin) == {}
    assert await admin.fetchval("SELECT parked FROM cursors")


async def test_a_gap_is_passed_only_when_accepted(
    database: Database, admin: asyncpg.Connection, inbox: Inbox
) -> None:
    (key,) = new_keys(1)
    await commit_messages(database, *[key] * 4)
    first, _, third, fourth = await outbox_events(admin)
    await inbox.apply(Log().records([first, third, fourth]))
    (dry,) = await replay(inbox, by="tester", dry_run=True)
    assert dry.endswith("2 waiting from 3, 1 missing before it")
    (line,) = await replay(inbox, by="tester")
    assert "waits for 2" in line
    assert await effects(admin) == {str(key): [1]}
    await replay(inbox, by="tester", accept_gap=True)
    assert await effects(admin) == {str(key): [1, 3, 4]}
    assert await admin.fetchval("SELECT count(*) FROM replays WHERE gap_accepted") == 1


async def test_an_unknown_type_moves_the_cursor_and_has_no_effect(
    database: Database, admin: asyncpg.Connection, inbox: Inbox
) -> None:
    (key,) = new_keys(1)
    await commit_messages(database, key, key)
    first, second = await outbox_events(admin)
    strange = replace(first, type="id.go.sinergi.job-orders.employer.renamed.v9")
    await inbox.apply(Log().records([strange, second]))
    assert await effects(admin) == {str(key): [2]}


async def test_an_unreadable_envelope_is_parked_and_holds_its_key_at_the_gap(
    database: Database, admin: asyncpg.Connection, inbox: Inbox
) -> None:
    broken, other = new_keys(2)
    await commit_messages(database, broken, other, broken)
    first, second, third = await outbox_events(admin)
    log = Log()
    headerless = log.record(first, headers=())
    await inbox.apply([headerless, *log.records([second, third])])
    assert await effects(admin) == {str(other): [1]}
    row = await admin.fetchrow("SELECT * FROM parked_messages WHERE reason = 'UNREADABLE'")
    assert (row["key"], row["error"]) == (str(broken), "ce_specversion")
    keyless = log.record(first, key=None, headers=())
    await inbox.apply([keyless])
    assert await admin.fetchval("SELECT count(*) FROM parked_messages WHERE key IS NULL") == 1
    await inbox.apply(log.records([first]))
    assert (await effects(admin))[str(broken)] == [1, 2]


async def test_replay_reads_again_what_could_not_be_read_and_drains_in_order(
    database: Database, admin: asyncpg.Connection, inbox: Inbox
) -> None:
    """Parked by code that did not know an envelope which this code knows."""
    mended, other = new_keys(2)
    await commit_messages(database, mended, other, mended)
    first, second, third = await outbox_events(admin)
    log = Log()
    unread, broken = log.record(first), log.record(second, headers=())
    async with database.session() as session:
        for record, topic in ((unread, first.topic), (broken, second.topic)):
            await inbox.parking.put_unreadable(session, record, topic, "ce_specversion")
        await session.commit()
    await inbox.apply(log.records([third]))
    assert await effects(admin) == {}
    dry = await replay(inbox, by="tester", dry_run=True)
    assert f"offset 1: readable now, {mended} 1" in dry[0]
    assert await effects(admin) == {}
    lines = await replay(inbox, by="tester")
    assert "offset 2: unreadable still: ce_specversion" in lines[1]
    assert lines[-1].endswith(f"{mended}: 2 replayed")
    assert await effects(admin) == {str(mended): [1, 2]}
    assert await admin.fetchval("SELECT count(*) FROM parked_messages") == 1
    await inbox.apply([broken, unread])
    assert await admin.fetchval("SELECT count(*) FROM parked_messages") == 1


async def test_a_broker_that_counts_from_0_again_takes_no_parked_message_its_place(
    database: Database, admin: asyncpg.Connection, inbox: Inbox, noting: Noting
) -> None:
    """After a return to a backup the places of the new broker are those of other messages."""
    old, new = new_keys(2)
    await commit_messages(database, old, old, new, new)
    noting.poisonous = {str(old), str(new)}
    events = await outbox_events(admin)
    unreadable = [Log().record(event, headers=()) for event in events[::2]]
    await inbox.apply(unreadable[:1])
    await inbox.apply(Log(1).records(events[:2]))
    again = [*unreadable[1:], *Log(1).records(events[2:])]
    await inbox.apply(again)
    await inbox.apply(again)
    assert await waiting(admin) == 4
    assert await admin.fetchval("SELECT count(*) FROM parked_messages") == 6
    noting.poisonous = set()
    await replay(inbox, by="tester")
    assert await effects(admin) == {str(old): [1, 2], str(new): [1, 2]}


async def test_an_expiring_topic_begins_at_what_is_seen_first(
    database: Database, admin: asyncpg.Connection, inbox: Inbox
) -> None:
    (key,) = new_keys(1)
    await commit_messages(database, *[key] * 3)
    event = replace((await outbox_events(admin))[2], topic="cases.identification.v1")
    await inbox.apply(Log().records([event]))
    assert (await effects(admin))[str(key)] == [3]


async def test_parked_messages_are_unreadable_in_the_database(
    database: Database, admin: asyncpg.Connection, inbox: Inbox
) -> None:
    (key,) = new_keys(1)
    await commit_messages(database, key, key)
    await inbox.apply(Log().records((await outbox_events(admin))[1:]))
    stored = await admin.fetchval("SELECT message FROM parked_messages")
    assert b"KBRI" not in stored


async def test_a_database_that_goes_away_parks_nothing_and_loses_nothing(
    database: Database, admin: asyncpg.Connection, inbox: Inbox
) -> None:
    keys = new_keys(4)
    for _ in range(10):
        await commit_messages(database, *keys)
    events, log = await outbox_events(admin), Log()

    async def cut_connections() -> None:
        for _ in range(15):
            await asyncio.sleep(0.02)
            await admin.execute(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()
                """
            )

    cutting = asyncio.create_task(cut_connections())
    for event in events:
        await inbox.apply(log.records([event]))
    await cutting
    assert await effects(admin) == {str(key): list(range(1, 11)) for key in keys}
    assert await admin.fetchval("SELECT count(*) FROM parked_messages") == 0


async def test_two_consumers_of_one_key_apply_it_once(
    database: Database, admin: asyncpg.Connection, keyring: Keyring
) -> None:
    keys = new_keys(3)
    for _ in range(20):
        await commit_messages(database, *keys)
    events = await outbox_events(admin)
    inboxes = [Inbox(database, Noting().handlers, keyring=keyring) for _ in range(4)]

    async def consume(inbox: Inbox, log: Log) -> None:
        for start in range(0, len(events), 7):
            await inbox.apply(log.records(events[start : start + 7]))

    await asyncio.gather(*(consume(inbox, Log(1000 * n)) for n, inbox in enumerate(inboxes)))
    assert await effects(admin) == {str(key): list(range(1, 21)) for key in keys}


async def waiting(admin: asyncpg.Connection) -> int:
    return int(await admin.fetchval("SELECT coalesce(sum(waiting), 0) FROM cursors"))
