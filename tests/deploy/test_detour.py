"""A stack whose processes reach their servers through something between."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from deploy.local import broker, postgres
from deploy.local.environments import environment, migration_environment
from deploy.local.keys import ensure_keys
from deploy.local.stack import DEV_PORTS, Stack

DETOURS = {"SINERGI_POSTGRES_DETOUR": "127.0.0.1:7001", "SINERGI_KAFKA_DETOUR": "127.0.0.1:7002"}


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    made = Stack("dev", tmp_path, DEV_PORTS)
    ensure_keys(made)
    # As after the first start, so that only the settings are written.
    made.kafka_data.mkdir()
    (made.kafka_data / "meta.properties").touch()
    return made


def last_values(stack: Stack) -> dict[str, str]:
    """The broker's settings as it reads them: of two values for a name the last one counts."""
    broker.prepare_data(stack)
    lines = (stack.directory / "kafka.properties").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def test_without_a_detour_processes_go_straight_and_the_broker_has_one_listener_for_them(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in DETOURS:
        monkeypatch.delenv(name, raising=False)
    settings = environment(stack, "cases")
    assert urlsplit(settings["CASES_DATABASE_URL"]).port == DEV_PORTS["postgres"]
    assert settings["CASES_KAFKA_BOOTSTRAP"] == stack.kafka_bootstrap
    assert "DETOUR" not in last_values(stack)["listeners"]


def test_by_a_detour_processes_go_and_commands_do_not(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, place in DETOURS.items():
        monkeypatch.setenv(name, place)
    settings = migration_environment(stack, "cases")
    straight = urlsplit(settings["CASES_MIGRATION_DATABASE_URL"])
    assert urlsplit(settings["CASES_DATABASE_URL"]).netloc.endswith("@127.0.0.1:7001")
    assert straight.port == urlsplit(postgres.admin_url(stack)).port == DEV_PORTS["postgres"]
    assert settings["CASES_KAFKA_BOOTSTRAP"] == "127.0.0.1:7002"
    assert stack.kafka_bootstrap == f"127.0.0.1:{DEV_PORTS['kafka']}"
    told = last_values(stack)
    assert f"PLAINTEXT://{stack.kafka_bootstrap}" in told["advertised.listeners"]
    assert "DETOUR://127.0.0.1:7002" in told["advertised.listeners"]
