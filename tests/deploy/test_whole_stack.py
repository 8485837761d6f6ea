"""The real services under the real runner: up, killed one by one, and back."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator

import httpx2 as httpx
import pytest

from deploy.local.stack import ROOT
from tests.deploy.conftest import Checkout, until

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(600)]

SERVICES = ["registry", "cases", "job-orders", "gateway"]
PROCESSES = [*SERVICES, *(f"{name}-messenger" for name in SERVICES)]


@pytest.fixture(scope="module")
def stack() -> Iterator[Checkout]:
    checkout = Checkout(ROOT, name="whole-test")
    try:
        checkout.must("up", OBSERVE="1")
        yield checkout
    finally:
        checkout.run("reset")


def test_a_second_start_of_the_real_services_changes_nothing(stack: Checkout) -> None:
    before = stack.pids()
    began = time.monotonic()
    assert "everything runs already" in stack.must("up")
    assert time.monotonic() - began < 15
    assert stack.pids() == before


def test_the_calls_of_the_page_work_as_they_are_printed(stack: Checkout) -> None:
    page = stack.must("up")
    source = next(line for line in page.splitlines() if line.strip().startswith("source "))
    calls = re.findall(r"^ +curl (?:.*\\\n)*.*$", page, flags=re.MULTILINE)
    population, found, events = [
        json.loads(
            subprocess.run(
                ["bash", "-euc", f"{source}\n{call}"], cwd=ROOT, check=True, capture_output=True
            ).stdout
        )
        for call in calls
    ]
    assert population["stock"]["both"] > 0
    assert len(population["by_country"]) > 5
    (person,) = found["items"]
    assert {one["source_system"] for one in person["source_records"]} == {
        "SISKOP2MI",
        "PEDULI_WNI",
    }
    assert len(events["items"]) == 3


@pytest.mark.parametrize("name", [*PROCESSES, "postgres", "kafka", "collector"])
def test_every_process_that_is_killed_works_again(stack: Checkout, name: str) -> None:
    killed = stack.pids()[name]
    os.kill(killed, signal.SIGKILL)
    assert until(lambda: stack.pids().get(name, killed) != killed)
    stack.must("up")


def test_prometheus_hears_every_process(stack: Checkout) -> None:
    url = f"http://127.0.0.1:{stack.facts['ports']['prometheus']}/api/v1/query?query="

    def heard() -> set[tuple[str, str]]:
        told = httpx.get(url + "process_uptime_seconds", timeout=10).json()["data"]["result"]
        return {(one["metric"]["job"], one["metric"]["sinergi_process"]) for one in told}

    both = {(f"sinergi/{name}", half) for name in SERVICES for half in ("http", "messenger-0")}
    assert until(lambda: heard() >= both, seconds=90), both - heard()


def test_status_shows_the_processes_that_run(stack: Checkout) -> None:
    rows = [line.split() for line in stack.must("status").split("\n\n")[0].splitlines()[1:]]
    assert {row[0]: int(row[2]) for row in rows if row[2].isdigit()} == stack.pids()


def test_status_knows_how_far_every_service_is_behind(stack: Checkout) -> None:
    def told() -> list[list[str]]:
        return [line.split() for line in stack.must("status").split("\n\n")[1].splitlines()[1:]]

    assert [row[0] for row in told()] == SERVICES
    # Parked keys and live leases: figures, where a dash would mean an unreadable table.
    assert until(lambda: all(row[3] == "0" and int(row[5]) >= 1 for row in told()))
