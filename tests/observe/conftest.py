"""One collector and one small system for all tests of what can be seen."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.local.stack import Stack
from deploy.observe.prometheus import find_prometheus
from tests.observe.parts import Collector, collecting
from tests.observe.prometheus import Prometheus, watching
from tests.observe.system import Observed, observed
from tests.stands import Broker, DatabaseStand


@pytest.fixture(scope="package")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("observe")


@pytest.fixture(scope="package")
async def collector(logs: Path) -> AsyncIterator[Collector]:
    async with collecting(logs) as running:
        yield running


@pytest.fixture(scope="package")
async def system(
    stack: Stack, databases: DatabaseStand, broker: Broker, collector: Collector, logs: Path
) -> AsyncIterator[Observed]:
    async with observed(stack, databases, broker, endpoint=collector.url, logs=logs) as running:
        yield running


@pytest.fixture(scope="package")
async def prometheus(collector: Collector, logs: Path) -> AsyncIterator[Prometheus]:
    """Debian's own, installed where that needs no question."""
    program = find_prometheus()
    if program is None:
        pytest.skip("Prometheus is missing; on Debian: apt-get install prometheus")
    folder = logs / "prometheus"
    folder.mkdir()
    async with watching(program, collector.url, folder) as running:
        yield running
