"""The whole spine against a model: writes, relay, broker and inbox, with a crash at any step.

The broker is a log in memory that can fail in the middle of a batch and lose its tail; everything
of ours is real, on a real database. Whatever happened, once it is quiet each committed message has
had its effect once and in order.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import event

from deploy.local.stack import Stack
from shared import outbox
from shared.bus import SendFailed
from shared.cloudevents import Event
from shared.db import Database
from shared.inbox import Inbox, replay
from shared.privacy import Keyring
from shared.relay import Relay
from tests.shared.conftest import EFFECTS
from tests.shared.spine_parts import Log, Noting, effects, new_keys, said_of
from tests.stands import DatabaseStand

pytestmark = pytest.mark.slow
KEYS = new_keys(4)
STEPS = st.integers(0, 14)
"""At which statement of an action the process dies; most actions have fewer than fourteen."""


class Crash(BaseException):
    """The process is gone: nothing may catch this and carry on."""


class Fuse:
    """Blows at the n-th step after it was set."""

    def __init__(self) -> None:
        self.left = -1

    def step(self, *_: Any, **__: Any) -> None:
        if self.left == 0:
            self.left = -1
            raise Crash
        self.left -= 1 if self.left > 0 else 0


class FusedConnection:
    """A plain connection on which every statement is a step."""

    def __init__(self, connection: asyncpg.Connection, fuse: Fuse) -> None:
        self._connection = connection
        self._fuse = fuse

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._connection, name)

        async def stepped(*arguments: Any) -> Any:
            self._fuse.step()
            result = await method(*arguments)
            self._fuse.step()
            return result

        return stepped


class FusedDriver:
    """What stands below SQLAlchemy: the statements that go past it are steps too."""

    def __init__(self, connection: asyncpg.Connection, fuse: Fuse) -> None:
        self._connection = connection
        self._fuse = fuse

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def fetch(self, *arguments: Any, **options: Any) -> Any:
        self._fuse.step()
        return await self._connection.fetch(*arguments, **options)


class LogBroker:
    """What the relay takes for a producer: a log that can fail half way and lose its tail."""

    def __init__(self) -> None:
        self.log: list[Event] = []
        self.accepts: int | None = None

    async def send_all(self, events: list[Event]) -> list[tuple[int, int]]:
        places: list[tuple[int, int]] = []
        for sent in events:
            if self.accepts is not None and len(places) >= self.accepts:
                self.accepts = None
                raise SendFailed(TimeoutError())
            self.log.append(sent)
            places.append((0, len(self.log) - 1))
        return places

    async def ends(self, places: Iterable[tuple[str, int]]) -> dict[tuple[str, int], int]:
        return dict.fromkeys(places, len(self.log))


class SpineMachine(RuleBasedStateMachine):
    stack: Stack
    settings_of: dict[str, str]
    admin_url: str

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.fuse = Fuse()
        self.broker = LogBroker()
        self.is_new_producer = True
        self.settled = 0
        self.committed: dict[str, int] = {str(key): 0 for key in KEYS}
        self.noting = Noting()
        self.delivery = Log()

    def run(self, work: Awaitable[Any]) -> Any:
        async def awaited() -> Any:
            return await work

        return self.runner.run(awaited())

    @initialize()
    def start(self) -> None:
        self.run(self._start())

    async def _start(self) -> None:
        self.admin = await asyncpg.connect(self.admin_url)
        await self.admin.execute(
            "TRUNCATE streams, outbox, cursors, parked_messages, replays, effects"
        )
        url = self.settings_of["JOB_ORDERS_DATABASE_URL"]
        self.database = Database(url, application="machine", pool_size=3)
        for name in ("before_cursor_execute", "commit"):
            event.listen(self.database.engine.sync_engine, name, self.fuse.step)
        event.listen(self.database.engine.sync_engine, "connect", self._fuse_driver)
        keyring = Keyring.load(Path(self.settings_of["JOB_ORDERS_KEYS_FILE"]), "job_orders")
        self.inbox = Inbox(
            self.database,
            self.noting.handlers,
            keyring=keyring,
            after_commit=self.fuse.step,
            pause_seconds=0.01,
        )
        self.relay = Relay(self.database, bootstrap="", source="urn:sinergi:machine", prefix="")

    def _fuse_driver(self, adapter: Any, _record: Any) -> None:
        adapter._connection = FusedDriver(adapter._connection, self.fuse)

    def dying(self, step: int, work: Callable[[], Awaitable[Any]]) -> bool:
        """Do it, and die at this step (0 does not die); whether it came to that."""
        self.fuse.left = step - 1
        try:
            self.run(work())
        except Crash:
            return True
        except SendFailed:
            return False
        finally:
            self.fuse.left = -1
        return False

    @rule(keys=st.lists(st.sampled_from(KEYS), min_size=1, max_size=5), step=STEPS)
    def write(self, keys: list[Any], step: int) -> None:
        async def transaction() -> None:
            async with self.database.session() as session:
                for message in said_of(keys):
                    outbox.add(session, message)
                await outbox.flush(session)
                await session.commit()

        self.dying(step, transaction)
        self.run(self._count_commits())

    async def _count_commits(self) -> None:
        rows = await self.admin.fetch("SELECT key, last_sequence FROM streams")
        self.committed |= {row["key"]: row["last_sequence"] for row in rows}

    @rule(step=st.integers(0, 5), accepts=st.none() | st.integers(0, 3))
    def send(self, step: int, accepts: int | None) -> None:
        self.broker.accepts = accepts
        if self.dying(step, self._send):
            self.is_new_producer = True
            self.relay._whole_until = None
        self.broker.accepts = None

    async def _send(self) -> None:
        connection = await self.database.connect()
        try:
            fused: Any = FusedConnection(connection, self.fuse)
            broker: Any = self.broker
            if self.is_new_producer:
                self.relay._forget()
                since = await self.relay._resent_since(fused)
                await self.relay._send_unsent(fused, broker, mark=False)
                if since is not None:
                    await self.relay._send_again(broker, since)
                self.relay._beside.clear()
                self.is_new_producer = False
            await self.relay._send_unsent(fused, broker, mark=True)
            self.relay._looked_at = float("-inf")
            await self.relay._look_at_logs(fused, broker)
            await self.relay._unmarked.mark(fused)
        except SendFailed:
            self.is_new_producer = True
            raise
        finally:
            await connection.close()

    @rule(lost=st.integers(1, 6), an_hour=st.booleans(), is_alive=st.booleans())
    def lose_the_tail(self, lost: int, an_hour: bool, is_alive: bool) -> None:
        """Power failure: the broker forgets its last messages, and may be away for an hour; the
        relay is a new process, or lives and is not told.
        """
        del self.broker.log[max(self.settled, len(self.broker.log) - lost) :]
        if an_hour:
            self.run(self.admin.execute("UPDATE outbox SET sent_at = sent_at - interval '1 hour'"))
            self.settled = len(self.broker.log)
        if not is_alive:
            self.is_new_producer = True
            self.relay._whole_until = None

    @rule(start=st.integers(0, 40), length=st.integers(1, 12), step=STEPS)
    def deliver(self, start: int, length: int, step: int) -> None:
        """Any stretch of the log, forwards or back: offsets are only a hint."""
        records = self.delivery.records(self.broker.log[start : start + length])
        if records:
            self.dying(step, lambda: self.inbox.apply(records))

    async def deliver_everything(self) -> None:
        await self.inbox.apply(self.delivery.records(self.broker.log))

    @rule(key=st.sampled_from(KEYS))
    def poison(self, key: Any) -> None:
        self.noting.poisonous ^= {str(key)}

    @rule(step=STEPS)
    def replay_parked(self, step: int) -> None:
        self.dying(step, lambda: replay(self.inbox, by="machine"))

    @invariant()
    def effects_are_a_prefix_of_what_was_committed(self) -> None:
        if not hasattr(self, "admin"):
            return
        for key, sequences in self.run(effects(self.admin)).items():
            assert sequences == list(range(1, len(sequences) + 1)), "doubled or out of order"
            assert len(sequences) <= self.committed[key], "an effect of what was not committed"

    def teardown(self) -> None:
        if hasattr(self, "admin"):
            self.noting.poisonous.clear()
            self.run(self._come_to_rest())
        self.runner.close()

    async def _come_to_rest(self) -> None:
        for _ in range(2):  # The first may find the log cut, which it answers by starting again.
            with suppress(SendFailed):
                await self._send()
        await self._send()
        assert not await self.admin.fetchval("SELECT count(*) FROM outbox WHERE sent_at IS NULL")
        await self.inbox.apply(self.delivery.records(self.broker.log))
        await replay(self.inbox, by="machine")
        had = await effects(self.admin)
        for key, count in self.committed.items():
            assert had.get(key, []) == list(range(1, count + 1)), "lost"
        standing = await self.admin.fetchval(
            "SELECT count(*) FROM cursors WHERE parked OR waiting > 0"
        )
        assert standing == 0
        await self.database.close()
        await self.admin.close()


@pytest.fixture(scope="module")
async def machine_database(databases: DatabaseStand, stack: Stack) -> tuple[dict[str, str], str]:
    made = await databases.fresh("job-orders")
    admin = await databases.admin(made, "job-orders")
    await admin.execute(EFFECTS)
    await admin.close()
    return made, databases.admin_url(made, "job-orders")


def test_nothing_is_lost_or_doubled_whatever_dies_and_when(
    machine_database: tuple[dict[str, str], str],
) -> None:
    SpineMachine.settings_of, SpineMachine.admin_url = machine_database
    run_state_machine_as_test(
        SpineMachine,
        settings=settings(
            max_examples=60,
            stateful_step_count=25,
            deadline=None,
            derandomize=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("poisoned", [False, True])
def test_a_crash_at_each_single_step_of_a_delivery_is_harmless(
    machine_database: tuple[dict[str, str], str], poisoned: bool
) -> None:
    """Deterministic beside the machine: step by step until a delivery needs no more steps."""
    SpineMachine.settings_of, SpineMachine.admin_url = machine_database
    step, died = 0, True
    while died:
        step += 1
        machine = SpineMachine()
        machine.start()
        machine.write(KEYS[:2] * 3, step=0)
        machine.send(step=0, accepts=None)
        if poisoned:
            machine.poison(KEYS[0])
        died = machine.dying(step, machine.deliver_everything)
        machine.effects_are_a_prefix_of_what_was_committed()
        machine.teardown()
    assert step > 8, "the fuse did not burn"


def test_a_crash_at_each_single_step_of_a_sending_and_a_torn_log_lose_nothing(
    machine_database: tuple[dict[str, str], str],
) -> None:
    """What was sent and not marked is gone with the log; its place is not remembered either."""
    SpineMachine.settings_of, SpineMachine.admin_url = machine_database
    step, died = 0, True
    while died:
        step += 1
        machine = SpineMachine()
        machine.start()
        machine.write(KEYS[:2], step=0)
        machine.send(step=0, accepts=None)
        machine.write(KEYS[:2], step=0)
        died = machine.dying(step, machine._send)
        machine.is_new_producer = True
        machine.lose_the_tail(lost=2, an_hour=False, is_alive=False)
        machine.teardown()
    assert step > 4, "the fuse did not burn"
