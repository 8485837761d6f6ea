"""What all processes tell of themselves, and that telling harms nobody."""

import re
import socket
import time
from collections import defaultdict
from pathlib import Path

import httpx2 as httpx

from deploy.local.stack import LOOPBACK, Stack
from deploy.observe.exposition import label_name
from deploy.observe.metrics_page import series_names
from shared.metrics import METRICS
from tests.observe.parts import Collector, answers, eventually, free_port, http_command, running
from tests.observe.system import Observed
from tests.stands import Callers, DatabaseStand

SERIES = re.compile(r"^([a-zA-Z0-9_]+)\{(.*)\} (\S+)$", re.MULTILINE)
LABEL = re.compile(r'([a-zA-Z0-9_]+)="((?:[^"\\]|\\.)*)"')
# Of every process of the system that the tests start, by the half of a service that it is.
HALVES = {
    ("sinergi/gateway", "http"),
    ("sinergi/gateway", "messenger-0"),
    ("sinergi/job-orders", "http"),
    ("sinergi/job-orders", "messenger-0"),
    ("sinergi/registry", "messenger-0"),
}
# These only show themselves when something goes wrong.
RARE = {
    "db.client.connection.timeouts",
    "sinergi.event_loop.stalls",
    "sinergi.inbox.parked.keys",
    "sinergi.inbox.waiting.messages",
    "sinergi.work.hung",
}

Series = dict[str, list[dict[str, str]]]


def read(text: str) -> Series:
    series: Series = defaultdict(list)
    for name, labels, value in SERIES.findall(text):
        series[name].append(dict(LABEL.findall(labels)) | {"=": value})
    return series


async def test_every_process_tells_and_every_figure_is_there(
    system: Observed, collector: Collector
) -> None:
    assert (await system.register_employer()).status_code == 201
    wanted = {name for one in METRICS if one.name not in RARE for name in series_names(one)}

    async def look() -> Series | None:
        series = read(await collector.figures())
        halves = {(one["job"], one["sinergi_process"]) for one in series["process_uptime_seconds"]}
        return series if halves >= HALVES and wanted <= series.keys() else None

    try:
        await eventually(look)
    except TimeoutError:
        assert sorted(wanted - read(await collector.figures()).keys()) == []
        raise


async def test_each_series_has_the_labels_that_its_metric_declares(
    system: Observed, collector: Collector
) -> None:
    assert (await system.register_employer()).status_code == 201
    declared = {
        name: {label_name(label) for label in metric.labels}
        for metric in METRICS
        for name in series_names(metric)
    }
    for name, series in read(await collector.figures()).items():
        if name == "target_info":
            continue
        for one in series:
            assert set(one) - {"job", "instance", "le", "="} <= declared[name], name


async def test_a_collector_that_is_away_slows_and_breaks_nothing(
    stack: Stack, databases: DatabaseStand, logs: Path
) -> None:
    """The worst that can be: it takes the connection and never answers."""
    settings = await databases.fresh("job-orders")
    port = free_port()
    silent = socket.create_server((LOOPBACK, 0))
    settings["JOB_ORDERS_OTLP_ENDPOINT"] = f"http://{LOOPBACK}:{silent.getsockname()[1]}"
    settings["JOB_ORDERS_METRICS_INTERVAL_SECONDS"] = "0.2"
    headers = Callers(stack, "job-orders").headers("mission-officer")
    with silent:
        async with running("deaf", http_command("job_orders", port), settings, logs) as process:
            base = f"http://{LOOPBACK}:{port}"
            await answers(f"{base}/health/ready")
            async with httpx.AsyncClient(base_url=base, timeout=10) as client:
                for _ in range(50):
                    assert (await client.get("/v1/employers", headers=headers)).status_code == 200
            began = time.monotonic()
            process.terminate()
            process.wait(timeout=20)
            assert time.monotonic() - began < 15
    assert (logs / "deaf.log").read_text().count("ERROR") < 50
