"""Settings: each has its sentence and its line in `.env.example`; those of Kafka lose nothing."""

import ast
import importlib
import re
from pathlib import Path

import pytest

from deploy.local.stack import SERVICES, Service, get_service
from deploy.settings_example import settings_example
from shared.bus import CONSUMER_SETTINGS, PRODUCER_SETTINGS
from shared.settings import ServiceSettings
from tests.architecture.house import NAMES, ROOT, all_sources, shown, source_files, tree_of

EXAMPLE = ROOT / ".env.example"
LINE = re.compile(r"^(?:# )?([A-Z][A-Z0-9_]+)=(.*)$", re.MULTILINE)


def settings_of(service: Service) -> type[ServiceSettings]:
    settings: type[ServiceSettings] = importlib.import_module(
        f"{service.package}.settings"
    ).Settings
    return settings


def told_in(text: str) -> dict[str, str]:
    """The sentence above each setting of an example file."""
    lines = text.splitlines()
    return {
        match.group(1): lines[number - 1].removeprefix("# ")
        for number, line in enumerate(lines)
        if (match := LINE.match(line))
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_stands_in_the_example_with_its_sentence(name: str) -> None:
    service = get_service(name)
    told = told_in(EXAMPLE.read_text())
    for setting, field in settings_of(service).model_fields.items():
        sentence = told.get(f"{service.prefix}{setting.upper()}", "")
        assert sentence.endswith("."), f"{service.prefix}{setting.upper()}"
        assert sentence == " ".join((field.description or "").split())
    assert f"{service.prefix}MIGRATION_DATABASE_URL" in told


def test_the_example_holds_no_setting_that_nobody_reads() -> None:
    read = {
        f"{service.prefix}{setting.upper()}"
        for service in SERVICES
        for setting in settings_of(service).model_fields
    } | {f"{service.prefix}MIGRATION_DATABASE_URL" for service in SERVICES}
    text = "".join(path.read_text() for path in source_files(ROOT / "deploy/local"))
    read |= {name for name in told_in(EXAMPLE.read_text()) if f'"{name}"' in text}
    assert set(told_in(EXAMPLE.read_text())) == read


@pytest.mark.parametrize("name", NAMES)
def test_a_service_can_start_from_the_example(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    service = get_service(name)
    for variable, value in LINE.findall(_set_lines(EXAMPLE.read_text())):
        monkeypatch.setenv(variable, value)
    settings = settings_of(service)()
    assert settings.database_url.endswith(f"/{service.package}")


def _set_lines(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("#"))


def test_a_new_setting_without_an_example_is_refused() -> None:
    class Planted(ServiceSettings):
        colour: str

    classes = {service.name: settings_of(service) for service in SERVICES}
    with pytest.raises(KeyError, match="colour"):
        settings_example(classes | {"cases": Planted})


def test_the_environment_is_read_through_settings_alone() -> None:
    reading = {
        shown(path)
        for path in all_sources()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in {"os.environ", "os.getenv"}
    }
    assert reading == {"shared/src/shared/migrations.py"}


def test_a_consumer_confirms_after_the_effect_and_begins_at_the_beginning() -> None:
    assert CONSUMER_SETTINGS["enable_auto_commit"] is False
    assert CONSUMER_SETTINGS["auto_offset_reset"] == "earliest"
    longest_silence = CONSUMER_SETTINGS["session_timeout_ms"]
    assert CONSUMER_SETTINGS["heartbeat_interval_ms"] * 3 <= longest_silence


def test_a_producer_waits_for_all_and_never_doubles() -> None:
    assert PRODUCER_SETTINGS["acks"] == "all"
    assert PRODUCER_SETTINGS["enable_idempotence"] is True


def test_kafka_is_spoken_to_in_one_place_and_with_these_settings() -> None:
    made = {}
    for path in all_sources():
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("AIOKafka"):
                spread = [ast.unparse(word.value) for word in node.keywords if word.arg is None]
                made[shown(path), ast.unparse(node.func)] = spread
    assert made == {
        ("shared/src/shared/bus.py", "AIOKafkaProducer"): ["PRODUCER_SETTINGS"],
        ("shared/src/shared/bus.py", "AIOKafkaConsumer"): ["CONSUMER_SETTINGS"],
        # These look at offsets and never read or move anything.
        ("shared/src/shared/lag.py", "AIOKafkaConsumer"): ["CONSUMER_SETTINGS"],
        ("shared/src/shared/lag.py", "AIOKafkaAdminClient"): [],
    }


def test_the_broker_makes_no_topic_by_itself_and_forgets_nothing() -> None:
    text = Path(ROOT / "deploy/local/kafka/server.properties").read_text()
    settings = dict(line.split("=", 1) for line in text.splitlines() if re.match(r"[a-z]", line))
    assert settings["auto.create.topics.enable"] == "false"
    assert settings["log.retention.ms"] == settings["log.retention.bytes"] == "-1"
    assert settings.get("unclean.leader.election.enable", "false") == "false"
