"""Tests and tools can have PostgreSQL and Kafka alone, and leave nothing behind."""

import secrets
from collections.abc import Iterator

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from deploy.local import broker, postgres, supervision
from deploy.local.running import running, servers, wipe
from deploy.local.stack import Stack, open_stack
from deploy.local.status import read_lags
from deploy.local.topics import create_topics
from tests.deploy.conftest import is_alive, until


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    stack = open_stack("servers-test")
    yield stack
    wipe(stack)


def test_servers_end_with_the_block_that_started_them(stack: Stack) -> None:
    with servers(stack, durable=False):
        assert sorted(running(stack)) == ["kafka", "postgres"]
        assert postgres.query(stack, "cases", statement="SELECT current_database()") == [["cases"]]
        assert postgres.query(stack, "cases", statement="SHOW fsync") == [["off"]]
        pids = [one.pid for one in supervision.states(stack).values() if one.pid]
        with servers(stack):
            pass
        assert sorted(running(stack)) == ["kafka", "postgres"]
    assert len(pids) == 2
    assert not [pid for pid in pids if is_alive(pid)]
    assert not supervision.find_leftovers(stack)


def test_the_last_of_several_users_ends_them(stack: Stack) -> None:
    first, second = servers(stack, durable=False), servers(stack, durable=False)
    with first:
        second.__enter__()
    try:
        assert sorted(running(stack)) == ["kafka", "postgres"]
    finally:
        second.__exit__(None, None, None)
    assert not running(stack)
    assert not supervision.find_leftovers(stack)


@pytest.fixture(scope="module")
def serving(stack: Stack) -> Iterator[Stack]:
    with servers(stack, durable=False):
        yield stack


def test_a_server_can_be_taken_away_and_given_back(serving: Stack) -> None:
    supervision.stop(serving, ["postgres"])
    with pytest.raises(LookupError):
        postgres.query(serving, "cases", statement="SELECT 1")
    supervision.start(serving, ["postgres"])
    postgres.wait_until_ready(serving)
    assert postgres.query(serving, "cases", statement="SELECT 1") == [["1"]]
    killed = supervision.kill(serving, "kafka")
    assert until(lambda: not is_alive(killed))
    assert until(lambda: broker.answers(serving.kafka_bootstrap))


async def test_topics_are_made_once_and_kept(serving: Stack) -> None:
    prefix = f"t{secrets.token_hex(4)}."
    wanted = [{"name": "cases.case.v1", "partitions": 3, "config": {"min.insync.replicas": 2}}]
    assert await create_topics(serving, wanted, prefix=prefix) == [f"{prefix}cases.case.v1"]
    assert await create_topics(serving, wanted, prefix=prefix) == []


async def test_lag_is_what_a_group_has_not_confirmed(serving: Stack) -> None:
    topic, group = f"t{secrets.token_hex(4)}", f"g{secrets.token_hex(4)}"
    await create_topics(serving, [{"name": topic, "partitions": 2}])
    async with (
        AIOKafkaProducer(bootstrap_servers=serving.kafka_bootstrap) as producer,
        AIOKafkaConsumer(
            bootstrap_servers=serving.kafka_bootstrap, group_id=group, enable_auto_commit=False
        ) as consumer,
    ):
        for number in range(5):
            await producer.send_and_wait(topic, b"message", partition=number % 2)
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        await consumer.commit({partition: 1})
    # Of partition 0 two of three are left; partition 1 was never confirmed and is not counted.
    assert (await read_lags(serving))[group] == 2


def test_java_of_the_broker_takes_options_as_kafkas_own_scripts_do(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAFKA_OPTS", "-Xmx300m '-Dsome.word=two words'")
    command = broker.command(stack)
    given = ["-Xmx300m", "-Dsome.word=two words", "kafka.Kafka"]
    assert command[command.index("kafka.Kafka") - 2 : command.index("kafka.Kafka") + 1] == given
