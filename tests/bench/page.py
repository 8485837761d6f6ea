"""Puts the figures of the last run into docs/speed.md: `python -m tests.bench.page`."""

import json
import sys
from typing import Any

from deploy.local.stack import ROOT
from tests.bench.figures import RESULTS, drawn, told

PAGE = ROOT / "docs" / "speed.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
_HELD = {True: "held", False: "**missed**", None: ""}


def main() -> int:
    """Rewrite what stands between the two marks; everything else is written by hand."""
    results = json.loads(RESULTS.read_text())
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    parts = [BEGIN, _machine(results), _table(results), *_curves(results), END]
    PAGE.write_text(before + "\n\n".join(parts) + after)
    return 0


def _machine(results: list[dict[str, Any]]) -> str:
    last = max(results, key=lambda result: str(result["measured_at"]))
    facts = [f"{name} {value}" for name, value in last["machine"].items()]
    return f"Measured on {last['measured_at'][:10]}: {'; '.join(facts)}."


def _table(results: list[dict[str, Any]]) -> str:
    head = "| figure | median | least to most | against | ratio | unit | target |"
    return "\n".join([head, "|---|---|---|---|---|---|---|", *map(_row, results)])


def _curves(results: list[dict[str, Any]]) -> list[str]:
    curves = [drawn(one["name"], one["curve"]) for one in results if "curve" in one]
    return ["```\n" + "\n\n".join(curves) + "\n```"] if curves else []


def _row(result: dict[str, Any]) -> str:
    against = f"{told(result['against'])} {result['rival']}" if result["rival"] else ""
    ratio = "" if result["ratio"] is None else f"{result['ratio']:.2f}"
    target = f"{result['target'] or ''} {_HELD[result['holds']]}".strip()
    spread = f"{told(result['least'])} to {told(result['most'])}"
    cells = [f"`{result['name']}`", told(result["value"]), spread, against, ratio]
    return f"| {' | '.join([*cells, result['unit'], target])} |"


if __name__ == "__main__":
    sys.exit(main())
