"""Tests and tools can have PostgreSQL and Kafka alone, and leave nothing behind."""

import pytest

from deploy.local import broker, postgres, supervision
from deploy.local.running import running, servers
from deploy.local.stack import Stack, open_stack
from deploy.local.topics import create_topics
from tests.deploy.conftest import is_alive, until


@pytest.fixture(scope="module")
def stack() -> Stack:
    return open_stack("servers-test")


def test_servers_end_with_the_block_that_started_them(stack: Stack) -> None:
    with servers(stack, durable=False):
        assert sorted(running(stack)) == ["kafka", "postgres"]
        assert postgres.query(stack, "cases", "SELECT current_database()") == [["cases"]]
        assert postgres.query(stack, "cases", "SHOW fsync") == [["off"]]
        pids = [one.pid for one in supervision.states(stack).values() if one.pid]
        # Who borrows them inside does not end them.
        with servers(stack):
            pass
        assert sorted(running(stack)) == ["kafka", "postgres"]
    assert len(pids) == 2
    assert not [pid for pid in pids if is_alive(pid)]
    assert not supervision.find_leftovers(stack)


def test_a_server_can_be_taken_away_and_given_back(stack: Stack) -> None:
    with servers(stack, durable=False):
        supervision.stop(stack, ["postgres"])
        with pytest.raises(LookupError):
            postgres.query(stack, "cases", "SELECT 1")
        supervision.start(stack, ["postgres"])
        postgres.wait_until_ready(stack)
        assert postgres.query(stack, "cases", "SELECT 1") == [["1"]]
        killed = supervision.kill(stack, "kafka")
        assert until(lambda: not is_alive(killed))
        assert until(lambda: broker.answers(stack.kafka_bootstrap))


async def test_topics_are_made_once_and_kept(stack: Stack) -> None:
    wanted = [{"name": "cases.case.v1", "partitions": 3, "config": {"min.insync.replicas": 2}}]
    with servers(stack, durable=False):
        assert await create_topics(stack, wanted, prefix="a.") in ([], ["a.cases.case.v1"])
        assert await create_topics(stack, wanted, prefix="a.") == []
