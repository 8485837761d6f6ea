"""Dashboards, alarms and the page of figures speak of what is really measured."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from deploy.observe.exposition import label_name
from deploy.observe.grafana import dashboards
from deploy.observe.metrics_page import metrics_page, series_names
from deploy.observe.prometheus import find_promtool
from deploy.observe.rules import alarms
from shared.metrics import METRICS
from tests.architecture.house import ROOT

DASHBOARDS = sorted(dashboards())
FOLDER = ROOT / "deploy/observe/dashboards"
SCHEMA = Path(__file__).with_name("dashboard.schema.json")
# Of a query: no word before a parenthesis is a metric, nor one within braces or after `by`.
GROUPING = re.compile(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)")
BRACES = re.compile(r"\{[^}]*\}")
LABELS = re.compile(r"([a-zA-Z_][a-zA-Z0-9_]*)\s*(?:=~|!~|!=|=)")
WINDOW = re.compile(r"\[[^\]]*\]|\boffset\s+\S+")
WORD = re.compile(r"(?<![\w$])([a-zA-Z_][a-zA-Z0-9_]*)\b(?!\s*\()")
KEYWORDS = {"and", "or", "unless", "by", "bool"}
ALWAYS = {"job", "instance", "le"}


def read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return content


def queries() -> list[str]:
    """Every query of every dashboard and alarm."""
    shown = [
        target["expr"]
        for name in DASHBOARDS
        for panel in read(name)["panels"]
        for target in panel["targets"]
    ]
    return shown + [alarm["expr"] for alarm in alarms()]


def metrics_of(query: str) -> set[str]:
    for part in (BRACES, WINDOW, GROUPING):
        query = part.sub(" ", query)
    return {word for word in WORD.findall(query) if word not in KEYWORDS}


def labels_of(query: str) -> set[str]:
    grouped = {
        word.strip() for words in GROUPING.findall(query) for word in words.split(",") if word
    }
    within = {label for braces in BRACES.findall(query) for label in LABELS.findall(braces)}
    return grouped | within


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_dashboard_has_the_form_that_grafana_imports(name: str) -> None:
    jsonschema.validate(read(name), json.loads(SCHEMA.read_text()))
    panels = read(name)["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}
    assert len(places) == len(panels)


def test_a_planted_fault_in_a_dashboard_is_found() -> None:
    schema = json.loads(SCHEMA.read_text())
    faults: list[dict[str, Any]] = [{"panels": []}, {"schemaVersion": "39"}, {"uid": ""}]
    for fault in faults:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(read("spine") | fault, schema)


def test_every_query_asks_for_what_is_measured_and_by_its_labels() -> None:
    known = {series: metric for metric in METRICS for series in series_names(metric)}
    for query in queries():
        asked = metrics_of(query)
        assert asked, query
        assert asked <= known.keys(), query
        labels = {label_name(label) for name in asked for label in known[name].labels}
        assert labels_of(query) - ALWAYS <= labels, query


def test_a_planted_metric_or_label_that_does_not_exist_is_found() -> None:
    query = 'max by (job, colour) (rate(sinergi_colours_total{shade="x"}[5m] offset 1h)) > 3'
    assert metrics_of(query) == {"sinergi_colours_total"}
    assert labels_of(query) == {"job", "colour", "shade"}


def test_every_figure_is_on_a_dashboard_and_on_the_page() -> None:
    shown = {name for query in queries() for name in metrics_of(query)}
    for metric in METRICS:
        assert shown & set(series_names(metric)), metric.name
        assert f"| `{metric.name}` |" in metrics_page()


def test_prometheus_can_read_every_query(tmp_path: Path) -> None:
    promtool = find_promtool()
    if promtool is None:
        pytest.skip("promtool is missing; on Debian: apt-get install prometheus")
    rules = [
        {"record": f"query:{number}", "expr": query.replace("$__rate_interval", "1m")}
        for number, query in enumerate(queries())
    ]
    path = tmp_path / "queries.yaml"
    path.write_text(json.dumps({"groups": [{"name": "queries", "rules": rules}]}))
    outcome = subprocess.run(
        [promtool, "check", "rules", str(path)], check=False, capture_output=True, text=True
    )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
