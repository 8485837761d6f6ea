"""A real Prometheus over the tests' collector, with the committed alarms at short durations."""

import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2 as httpx

from deploy.local.stack import LOOPBACK
from deploy.observe import prometheus
from deploy.observe.rules import Thresholds
from tests.observe.parts import answers, eventually, free_port

SHORT = Thresholds(
    hold="0s",
    lag_hold="0s",
    window="4s",
    remembered="30s",
    news="4s",
    outbox_age_seconds=1,
    lag_events=3,
    pool_wait_seconds=0.2,
    denials_per_second=0.5,
    feed_age_seconds=1,
)

Alert = dict[str, Any]


@dataclass(frozen=True)
class Prometheus:
    url: str

    async def alerts(self, name: str, **labels: str) -> list[Alert]:
        """The alarms of that name and those labels that ring now."""
        async with httpx.AsyncClient(timeout=10) as client:
            told = (await client.get(f"{self.url}/api/v1/alerts")).json()["data"]["alerts"]
        wanted = {"alertname": name, **labels}.items()
        return [one for one in told if one["state"] == "firing" and wanted <= one["labels"].items()]

    async def fires(self, name: str, **labels: str) -> Alert:
        """Return once the alarm rings."""
        return (await eventually(lambda: self.alerts(name, **labels)))[0]

    async def clears(self, name: str, **labels: str) -> None:
        """Return once it is silent."""

        async def look() -> bool:
            return not await self.alerts(name, **labels)

        await eventually(look)


@asynccontextmanager
async def watching(program: str, collector_url: str, folder: Path) -> AsyncIterator[Prometheus]:
    """Prometheus over that collector, for as long as the block lasts."""
    address = collector_url.removeprefix("http://")
    prometheus.write_configuration(folder, collector=address, every="500ms", thresholds=SHORT)
    port = free_port()
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: ASYNC220 - it starts at once and is then left alone.
            prometheus.command(program, folder, port=port), stdout=log, stderr=log
        )
    try:
        running = Prometheus(f"http://{LOOPBACK}:{port}")
        await answers(f"{running.url}/-/ready")
        yield running
    finally:
        process.terminate()
        process.wait(timeout=20)
