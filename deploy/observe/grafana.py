"""Writes the Grafana dashboards in `dashboards/` from `dashboards.yaml`."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

SCHEMA_VERSION = 39
_WIDTH, _HEIGHT, _COLUMNS = 12, 8, 2
_DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}

Described = dict[str, Any]


def dashboards() -> dict[str, str]:
    """Each dashboard's file, by name, as Grafana imports it."""
    described: dict[str, Described] = yaml.safe_load(
        Path(__file__).with_name("dashboards.yaml").read_text()
    )
    return {name: _text(name, one) for name, one in described.items()}


def _text(name: str, dashboard: Described) -> str:
    content = {
        "uid": f"sinergi-{name}",
        "title": dashboard["title"],
        "tags": ["sinergi"],
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "editable": True,
        "timezone": "browser",
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "annotations": {"list": []},
        "templating": {"list": [_datasource_variable()]},
        "panels": list(_panels(dashboard["panels"])),
    }
    return json.dumps(content, indent=2) + "\n"


def _datasource_variable() -> dict[str, Any]:
    return {
        "name": "datasource",
        "label": "Prometheus",
        "type": "datasource",
        "query": "prometheus",
        "hide": 0,
        "refresh": 1,
        "current": {},
        "options": [],
    }


def _panels(panels: Sequence[Described]) -> Iterator[dict[str, Any]]:
    for number, panel in enumerate(panels):
        row, column = divmod(number, _COLUMNS)
        yield {
            "id": number + 1,
            "type": "timeseries",
            "title": panel["title"],
            "description": panel["good_for"],
            "datasource": _DATASOURCE,
            "gridPos": {"x": column * _WIDTH, "y": row * _HEIGHT, "w": _WIDTH, "h": _HEIGHT},
            "fieldConfig": {"defaults": {"unit": panel["unit"], "min": 0}, "overrides": []},
            "options": {
                "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
                "tooltip": {"mode": "multi", "sort": "desc"},
            },
            "targets": [
                {
                    "refId": chr(ord("A") + place),
                    "datasource": _DATASOURCE,
                    "expr": query["expr"],
                    "legendFormat": query["legend"],
                    "range": True,
                }
                for place, query in enumerate(panel["queries"])
            ],
        }
