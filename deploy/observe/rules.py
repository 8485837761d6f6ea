"""The alarms with their thresholds filled in: `python -m deploy.observe.rules` prints the file."""

from dataclasses import asdict, dataclass
from pathlib import Path
from string import Template
from typing import Any

import yaml

ALARMS = Path(__file__).with_name("alarms.yaml")


@dataclass(frozen=True)
class Thresholds:
    """From when on something is worth an alarm. Durations are written as Prometheus does."""

    hold: str = "2m"
    # A large load is worked off in minutes, which is no trouble yet.
    lag_hold: str = "10m"
    window: str = "5m"
    remembered: str = "1h"
    news: str = "1h"
    outbox_age_seconds: float = 30
    lag_events: int = 1000
    pool_wait_seconds: float = 0.5
    deny_ratio: float = 0.3
    denials_per_second: float = 1
    feed_age_seconds: float = 30


def rules_text(thresholds: Thresholds) -> str:
    """The rules as Prometheus reads them; raises KeyError for a threshold that does not exist."""
    text = ALARMS.read_text()
    known = {name: str(value) for name, value in asdict(thresholds).items()}
    named = {one.group("braced") for one in Template.pattern.finditer(text)} - {None}
    if unknown := named - known.keys():
        raise KeyError(f"alarms.yaml names thresholds that do not exist: {sorted(unknown)}")
    # What else begins with a dollar is Prometheus' own templating, which stays.
    return Template(text).safe_substitute(known)


def alarms(thresholds: Thresholds | None = None) -> list[dict[str, Any]]:
    """Each alarm as it stands in the rules."""
    content = yaml.safe_load(rules_text(thresholds or Thresholds()))
    return [rule for group in content["groups"] for rule in group["rules"]]


if __name__ == "__main__":
    print(rules_text(Thresholds()))
