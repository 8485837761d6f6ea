"""A stack comes up from nothing, stays up whatever is killed, and may be started twice."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.deploy.conftest import Checkout, is_alive, until

PROCESSES = {
    "postgres",
    "kafka",
    "registry",
    "registry-messenger",
    "cases",
    "cases-messenger",
    "job-orders",
    "job-orders-messenger",
    "gateway",
    "gateway-messenger",
}

LISTENERS = {"postgres", "kafka", "registry", "cases", "job-orders", "gateway"}


def test_a_start_brings_up_ten_processes_and_says_where_they_are(checkout: Checkout) -> None:
    said = checkout.must("up")
    assert set(checkout.pids()) == PROCESSES
    assert f"http://127.0.0.1:{checkout.facts['ports']['gateway']}" in said
    assert said.count("curl -s") == 3


def test_a_second_start_changes_nothing(started: Checkout) -> None:
    before = started.pids()
    keys = {path: path.read_bytes() for path in (started.directory / "keys").iterdir()}
    began = time.monotonic()
    assert "everything runs already" in started.must("up")
    assert time.monotonic() - began < 10
    assert started.pids() == before
    assert {path: path.read_bytes() for path in (started.directory / "keys").iterdir()} == keys


@pytest.mark.parametrize("name", ["registry", "cases-messenger", "kafka", "postgres"])
def test_what_is_killed_comes_back(started: Checkout, name: str) -> None:
    killed = started.pids()[name]
    os.kill(killed, signal.SIGKILL)
    assert until(lambda: started.pids().get(name, killed) != killed)
    # A start waits for the health of all, so it is the judge of whether they work again.
    started.must("up")


def test_changed_code_restarts_its_own_service_alone(started: Checkout) -> None:
    before = started.pids()
    (started.root / "services" / "cases" / "src" / "code.py").write_text("changed = True\n")
    started.must("up")
    after = started.pids()
    assert {name for name in PROCESSES if after[name] != before[name]} == {
        "cases",
        "cases-messenger",
    }


def test_nothing_listens_beyond_this_machine(started: Checkout) -> None:
    pids = set(started.pids().values())
    listening = [
        connection
        for connection in psutil.net_connections("inet")
        if connection.pid in pids and connection.status == psutil.CONN_LISTEN
    ]
    assert {one.pid for one in listening} == {started.pids()[name] for name in LISTENERS}
    addresses = {str(one.laddr[0]) for one in listening if one.laddr}
    assert addresses <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}


def test_keys_and_settings_are_for_their_owner_alone(started: Checkout) -> None:
    private = [
        *(started.directory / "keys").iterdir(),
        *(started.directory / "run").iterdir(),
        started.directory / "supervisord.conf",
        started.directory / "tokens.env",
    ]
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}


def test_no_secret_stands_in_a_command_line(started: Checkout) -> None:
    passwords = json.loads((started.directory / "keys" / "passwords.json").read_text()).values()
    lines = [" ".join(psutil.Process(pid).cmdline()) for pid in started.pids().values()]
    assert not [line for line in lines if any(password in line for password in passwords)]


def test_a_stop_ends_everything_and_keeps_the_data(started: Checkout) -> None:
    pids = started.pids()
    started.must("down")
    assert not [pid for pid in pids.values() if is_alive(pid)]
    assert (started.directory / "postgres" / "PG_VERSION").exists()


def test_a_stop_finds_what_a_killed_supervisor_left_and_nothing_else(started: Checkout) -> None:
    pids = started.pids()
    neighbour = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)", str(started.directory)]
    )
    try:
        supervisor = int((started.directory / "supervisord.pid").read_text())
        os.kill(supervisor, signal.SIGKILL)
        assert until(lambda: not is_alive(supervisor))
        assert is_alive(pids["postgres"])
        started.must("down")
        assert not [pid for pid in pids.values() if is_alive(pid)]
        assert neighbour.poll() is None
    finally:
        neighbour.kill()
        neighbour.wait()


def test_a_start_after_a_killed_supervisor_begins_anew(started: Checkout) -> None:
    before = started.pids()
    os.kill(int((started.directory / "supervisord.pid").read_text()), signal.SIGKILL)
    started.must("up")
    after = started.pids()
    assert set(after) == PROCESSES
    assert not set(after.values()) & set(before.values())


def test_a_reset_wipes_the_data_and_keeps_the_jars(started: Checkout) -> None:
    started.must("reset")
    assert not started.directory.joinpath("postgres").exists()
    assert not started.directory.joinpath("keys").exists()
    assert list((started.root / ".local").glob("kafka-*/kafka-clients-*.jar"))


def test_a_stack_is_observed_when_asked_and_remembers_it(started: Checkout) -> None:
    said = started.must("up", OBSERVE="1")
    assert set(started.pids()) == PROCESSES | {"collector", "prometheus"}
    assert f"http://127.0.0.1:{started.facts['ports']['prometheus']}/alerts" in said
    content = json.loads((started.directory / "run" / "cases.json").read_text())
    collector = f"http://127.0.0.1:{started.facts['ports']['collector']}"
    assert content["environment"]["CASES_OTLP_ENDPOINT"] == collector
    assert "everything runs already" in started.must("up")
    started.must("up", OBSERVE="0")
    assert set(started.pids()) == PROCESSES


def test_without_prometheus_a_line_says_what_is_missing(checkout: Checkout, tmp_path: Path) -> None:
    line = checkout.refuses("up", OBSERVE="1", PATH=str(tmp_path))
    assert "needs Prometheus" in line
    assert "Debian: prometheus" in line
    assert checkout.facts.get("extras", []) == []
