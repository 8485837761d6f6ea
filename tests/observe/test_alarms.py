"""Each alarm rings in a real Prometheus when its trouble is there, and is silent when it is gone.

The steps that end a trouble are those of its page in docs/operations.
"""

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import httpx2 as httpx
import pytest
from aiokafka import AIOKafkaProducer

from deploy.observe.prometheus import find_promtool
from deploy.observe.rules import Thresholds, alarms, rules_text
from tests.architecture.house import ROOT
from tests.observe.parts import eventually
from tests.observe.prometheus import SHORT, Prometheus
from tests.observe.system import Observed

JOB_ORDERS, REGISTRY, GATEWAY = "sinergi/job-orders", "sinergi/registry", "sinergi/gateway"
TOPIC = "job_orders.employer.v1"
pytestmark = pytest.mark.slow

_STEAL = "UPDATE leases SET holder = 'nobody', expires_at = 'infinity' WHERE name = $1"
_GIVE_BACK = "UPDATE leases SET expires_at = now() - interval '1 minute' WHERE name = $1"


@asynccontextmanager
async def stopped(system: Observed, service: str, lease: str) -> AsyncIterator[asyncpg.Connection]:
    """What works alone by this lease stands still inside, as if its holder had hung."""
    async with system.admin(service) as admin:
        await admin.execute(_STEAL, lease)
        try:
            yield admin
        finally:
            await admin.execute(_GIVE_BACK, lease)


async def test_a_relay_that_stands_still_is_told_by_the_age_of_the_outbox(
    system: Observed, prometheus: Prometheus
) -> None:
    async with stopped(system, "job-orders", "relay") as admin:
        # The relay looks at its lease each two seconds; what is written then stays unsent.
        await asyncio.sleep(3)
        assert (await system.register_employer()).status_code == 201
        await prometheus.fires("OutboxAge", job=JOB_ORDERS)
        assert await admin.fetchval("SELECT count(*) FROM outbox WHERE sent_at IS NULL")
    await prometheus.clears("OutboxAge", job=JOB_ORDERS)


async def test_a_consumer_that_cannot_write_is_told_by_its_lag(
    system: Observed, prometheus: Prometheus
) -> None:
    async with system.admin("registry") as admin, admin.transaction():
        await admin.execute("LOCK TABLE cursors IN ACCESS EXCLUSIVE MODE")
        for _ in range(SHORT.lag_events + 1):
            assert (await system.register_employer()).status_code == 201
        alert = await prometheus.fires("ConsumerLag", job=REGISTRY)
        assert alert["labels"]["messaging_destination_name"] == TOPIC
    await prometheus.clears("ConsumerLag", job=REGISTRY)


async def test_a_poison_message_is_told_until_it_is_replayed(
    system: Observed, prometheus: Prometheus
) -> None:
    async with system.admin("registry") as admin:
        await admin.execute("REVOKE INSERT ON employer_copies FROM registry_app")
        try:
            assert (await system.register_employer()).status_code == 201
            alert = await prometheus.fires("ParkedKeys", job=REGISTRY)
        finally:
            await admin.execute("GRANT INSERT ON employer_copies TO registry_app")
    assert alert["labels"]["sinergi_reason"] == "FAILED"
    assert "1 replayed" in system.replay("registry")
    await prometheus.clears("ParkedKeys", job=REGISTRY)


async def test_an_unreadable_message_is_told_while_it_is_news(
    system: Observed, prometheus: Prometheus
) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=system.stack.kafka_bootstrap)
    await producer.start()
    await producer.send_and_wait(system.prefix + TOPIC, value=b"{}", key=b"nobody")
    await producer.stop()
    await prometheus.fires("UnreadableMessage", job=REGISTRY)
    await prometheus.clears("UnreadableMessage", job=REGISTRY)


async def test_an_exhausted_pool_is_told_by_the_wait(
    system: Observed, prometheus: Prometheus
) -> None:
    """Two connections, both held by calls that a lock holds; all others wait in vain."""

    async def ask(client: httpx.AsyncClient) -> None:
        await client.get("/v1/employers", headers=system.headers())

    async with (
        httpx.AsyncClient(base_url=system.gateway, timeout=60) as client,
        asyncio.TaskGroup() as callers,
    ):
        async with system.admin("job-orders") as admin, admin.transaction():
            await admin.execute("LOCK TABLE employers IN ACCESS EXCLUSIVE MODE")
            for _ in range(6):
                callers.create_task(ask(client))
            await asyncio.sleep(2)
        await prometheus.fires("PoolWait", job=JOB_ORDERS)

        async def quiet() -> bool:
            await ask(client)
            return not await prometheus.alerts("PoolWait", job=JOB_ORDERS)

        await eventually(quiet)


async def test_many_refusals_are_told_by_their_ratio(
    system: Observed, prometheus: Prometheus
) -> None:
    async with httpx.AsyncClient(base_url=system.gateway, timeout=30) as client:

        async def refused() -> bool:
            answer = await client.post(
                "/v1/employers", json={}, headers=system.headers("kemlu-desk")
            )
            assert answer.status_code in {403, 422}, answer.text
            return bool(await prometheus.alerts("DenyRatio", job=JOB_ORDERS))

        await eventually(refused)
    await prometheus.clears("DenyRatio", job=JOB_ORDERS)


async def test_a_feed_that_is_not_numbered_is_told(
    system: Observed, prometheus: Prometheus
) -> None:
    async with stopped(system, "gateway", "loop number the feed"):
        assert (await system.register_employer()).status_code == 201
        await prometheus.fires("FeedBehind", job=GATEWAY)
    await prometheus.clears("FeedBehind", job=GATEWAY)


async def test_a_process_that_tells_nothing_is_named(
    system: Observed, prometheus: Prometheus
) -> None:
    """Stopped as by a machine that hangs: it does not even end."""
    process = system.processes["gateway-messenger"]
    os.kill(process.pid, signal.SIGSTOP)
    try:
        labels = {"job": GATEWAY, "sinergi_process": "messenger-0"}
        await prometheus.fires("ProcessSilent", **labels)
    finally:
        os.kill(process.pid, signal.SIGCONT)
    await prometheus.clears("ProcessSilent", **labels)


@pytest.mark.parametrize("thresholds", [Thresholds(), SHORT], ids=["committed", "short"])
def test_promtool_accepts_the_rules(
    thresholds: Thresholds, tmp_path_factory: pytest.TempPathFactory
) -> None:
    promtool = find_promtool()
    if promtool is None:
        pytest.skip("promtool is missing; on Debian: apt-get install prometheus")
    rules = tmp_path_factory.mktemp("rules") / "alarms.yaml"
    rules.write_text(rules_text(thresholds))
    command = [promtool, "check", "rules", str(rules)]
    outcome = subprocess.run(command, check=False, capture_output=True, text=True)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_every_alarm_has_its_page_with_the_same_four_parts() -> None:
    headings = ["What it means", "How to look", "What to do", "How it ends"]
    for alarm in alarms():
        page = ROOT / alarm["annotations"]["page"]
        found = [line[3:] for line in page.read_text().splitlines() if line.startswith("## ")]
        assert found == headings, page
