"""Wiring of the tests: one PostgreSQL and one Kafka for the whole run, a database a module."""

import os
from collections.abc import Iterator

import hypothesis
import pytest
from xdist.scheduler import LoadFileScheduling

from deploy.local.running import running as running_of
from deploy.local.running import servers as run_servers
from deploy.local.running import wipe
from deploy.local.stack import Stack, open_stack, stack_lock
from shared import metrics
from tests.stands import Broker, DatabaseStand

# No test is a test of speed: a busy machine must not make one fail.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")

# Brokers of tests live for seconds: what the last compiler of Java takes, they never earn back.
os.environ.setdefault("KAFKA_OPTS", "-XX:TieredStopAtLevel=1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take longest begin, or workers side by side would end far from each other."""
    items.sort(key=lambda item: [item.get_closest_marker(one) is None for one in ("stack", "slow")])


# Packages whose files stand on one whole system, or on services that are started once.
WHOLE_STACKS = ("tests/journeys/", "tests/readers/")


class FilesThatShareAStack(LoadFileScheduling):  # type: ignore[misc]  # It has no types.
    """A file is one worker's, and so are all files that stand on the same whole stack."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return next((stack for stack in WHOLE_STACKS if file.startswith(stack)), file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> FilesThatShareAStack:
    return FilesThatShareAStack(config, log)


@pytest.fixture(autouse=True)
def _nothing_is_exported() -> Iterator[None]:
    """Export is for whole processes: once begun in this one, it would not end before it."""
    yield
    assert not metrics.is_on(), "a test began to export from the process of all tests"


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Real PostgreSQL and Kafka, shared with whoever tests at the same time; wiped by the last."""
    chosen = open_stack("test")
    with run_servers(chosen, durable=False) as running:
        yield running
    with stack_lock(chosen, wait=True):
        if not running_of(chosen):
            wipe(chosen)


@pytest.fixture(scope="session")
def broker(stack: Stack) -> Broker:
    return Broker(stack)


@pytest.fixture(scope="session")
def databases(stack: Stack) -> DatabaseStand:
    """Fresh databases from a migrated template per service; they go with the servers' data."""
    return DatabaseStand(stack)
