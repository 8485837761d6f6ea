"""Debian's Prometheus beside a stack: its configuration, its rules, its command line."""

from pathlib import Path

from deploy.local.debian import find_program
from deploy.observe.rules import Thresholds, rules_text

KEPT = "7d"


def find_prometheus() -> str | None:
    """Where Prometheus is, installed first where that needs no question; None without it."""
    return find_program("prometheus")


def find_promtool() -> str | None:
    return find_program("promtool", package="prometheus")


def write_configuration(
    folder: Path, *, collector: str, every: str = "15s", thresholds: Thresholds | None = None
) -> Path:
    """Write configuration and rules into the folder; gives the configuration's path.

    `collector` is host:port. Its labels are those of the processes that told it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "alarms.yaml").write_text(rules_text(thresholds or Thresholds()))
    configuration = folder / "prometheus.yaml"
    configuration.write_text(
        f"""\
global:
  scrape_interval: {every}
  evaluation_interval: {every}
rule_files: [alarms.yaml]
scrape_configs:
  - job_name: collector
    honor_labels: true
    static_configs: [{{targets: ["{collector}"]}}]
"""
    )
    return configuration


def command(program: str, folder: Path, *, port: int) -> list[str]:
    """The command line; it listens on this machine alone and keeps its data in the folder."""
    return [
        program,
        f"--config.file={folder / 'prometheus.yaml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--storage.tsdb.retention.time={KEPT}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
