"""The whole system as it runs in earnest: eight processes on PostgreSQL and Kafka, durable."""

from collections.abc import Iterator

import pytest

from deploy.local import running
from deploy.local.stack import Stack, open_stack, stack_lock
from tests.journeys.system import System
from tests.stands import own_name


@pytest.fixture(scope="package")
def journey_stack() -> Iterator[Stack]:
    """A stack of its own, empty at first, stopped and wiped afterwards."""
    stack = open_stack(own_name("journey"))
    with stack_lock(stack, wait=True):
        running.stop_everything(stack)
        running.wipe(stack)
    stack = open_stack(own_name("journey"))
    with stack_lock(stack, wait=True):
        running.start_servers(stack, whole=True)
        running.start_processes(stack)
    yield stack
    with stack_lock(stack, wait=True):
        running.stop_everything(stack)
        running.wipe(stack)


@pytest.fixture(scope="package")
def system(journey_stack: Stack) -> System:
    return System(journey_stack)
