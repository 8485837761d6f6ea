"""Apache Kafka of a local stack: its jars from Maven, its data folder, how it is started."""

import base64
import os
import shlex
import shutil
import socket
import struct
import subprocess
import time
import uuid
from contextlib import suppress
from pathlib import Path

from deploy.local.errors import StackError
from deploy.local.postgres import first_line
from deploy.local.preflight import find_java, find_maven
from deploy.local.progress import step
from deploy.local.stack import LOCAL, Stack, file_lock

VERSION = "4.3.1"
FILES = Path(__file__).parent / "kafka"
JARS = LOCAL / f"kafka-{VERSION}"
START_TIMEOUT_SECONDS = 120
_JVM = ("-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError")


def ensure_jars() -> None:
    """Fetch the broker's jars unless an earlier start did; raises StackError when Maven fails."""
    if JARS.is_dir():
        return
    with file_lock(LOCAL / "kafka.lock", wait=True):
        if not JARS.is_dir():
            with step(f"fetching Apache Kafka {VERSION} (55 MB, once)", "Apache Kafka is here"):
                _fetch_jars()


def prepare_data(stack: Stack) -> None:
    """Write the broker's settings, and format its data folder at the first start."""
    settings = (FILES / "server.properties").read_text()
    if stack.kafka_detour:
        settings += "\n" + (FILES / "detour.properties").read_text()
    for name, value in {
        "port": stack.ports["kafka"],
        "controller_port": stack.ports["kafka-controller"],
        "data": stack.kafka_data,
        "detour_port": stack.ports["kafka-detour"],
        "detour": stack.kafka_detour,
    }.items():
        settings = settings.replace(f"{{{name}}}", str(value))
    _settings_file(stack).write_text(settings)
    if (stack.kafka_data / "meta.properties").exists():
        return
    shutil.rmtree(stack.kafka_data, ignore_errors=True)
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
    # Joined by "=", because one id in 64 begins with a hyphen and would be taken for an option.
    tool = ["kafka.tools.StorageTool", "format", "--standalone", f"--cluster-id={cluster}"]
    line = [*_java(), "-XX:TieredStopAtLevel=1", *tool, "-c", str(_settings_file(stack))]
    outcome = subprocess.run(line, check=False, text=True, capture_output=True)
    if outcome.returncode != 0:
        shutil.rmtree(stack.kafka_data, ignore_errors=True)
        log = stack.log("kafka-format")
        log.write_text(outcome.stdout + outcome.stderr)
        told = first_line(outcome.stderr + outcome.stdout)
        raise StackError(
            f"Kafka could not format its data folder (status {outcome.returncode}): {told}",
            f"See {log}, and check the rights and the space of {stack.directory}",
        )


def command(stack: Stack) -> list[str]:
    own = shlex.split(os.environ.get("KAFKA_OPTS", ""))
    return [*_java(), *_JVM, *own, "kafka.Kafka", str(_settings_file(stack))]


def wait_until_ready(stack: Stack) -> None:
    """Return once the broker serves requests; raises StackError when it does not come."""
    give_up = time.monotonic() + START_TIMEOUT_SECONDS
    while not answers(stack.kafka_bootstrap):
        if time.monotonic() > give_up:
            raise StackError(
                f"Kafka does not answer at {stack.kafka_bootstrap}",
                "See why: make logs SERVICE=kafka",
            )
        time.sleep(0.05)


def answers(bootstrap: str) -> bool:
    """Whether a broker answers the one request that needs no login and no client library."""
    host, _, port = bootstrap.partition(",")[0].rpartition(":")
    api_versions = struct.pack(">hhih", 18, 0, 1, -1)
    with suppress(OSError), socket.create_connection((host, int(port)), timeout=1) as wire:
        wire.sendall(struct.pack(">i", len(api_versions)) + api_versions)
        return len(wire.recv(8)) > 0
    return False


def _java() -> list[str]:
    log = f"-Dlog4j2.configurationFile={FILES / 'log4j2.properties'}"
    return [find_java(), log, "-cp", f"{JARS}/*"]


def _settings_file(stack: Stack) -> Path:
    return stack.directory / "kafka.properties"


def _fetch_jars() -> None:
    partial = JARS.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={partial}"]
    line = [find_maven(), "-B", "-q", "-f", str(FILES / "pom.xml"), *goal]
    environment = {**os.environ, "JAVA_HOME": str(Path(find_java()).resolve().parents[1])}
    outcome = subprocess.run(line, check=False, text=True, capture_output=True, env=environment)
    if outcome.returncode != 0:
        said = [text for text in outcome.stdout.splitlines() if text.startswith("[ERROR]")]
        raise StackError(
            f"Maven could not fetch Apache Kafka: {first_line(' '.join(said[:1])).strip()[:300]}",
            "Check that this machine reaches its Maven repository, then try again: make up",
        )
    partial.rename(JARS)
