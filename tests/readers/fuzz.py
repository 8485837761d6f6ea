"""Calls everything that the merged document promises: `python -m tests.readers.fuzz SECONDS`.

schemathesis makes the calls from the document of a running gateway; a seed makes a run repeat.
"""

import asyncio
import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy import documents
from deploy.local.stack import ROOT
from deploy.local.tokens import PROFILES
from shared.sensitivity import Purpose
from tests.architecture.house import NAMES
from tests.readers.live import Live, running_live

SEED = 2026
_FIRST_REFUSAL = 400
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "refusals_are_problems",
)


async def facts_of(live: Live) -> dict[str, Any]:
    """Tokens by role, who may call what for which purpose, and rows that exist by their names."""
    rows: dict[str, list[Any]] = defaultdict(list)
    for name in NAMES:
        if name == "gateway":
            continue
        house = await live.house(name)
        for some in (house.rows, house.breaking, *house.of_system.values(), *house.more):
            for key, value in some.items():
                rows[key].append(value)
    readers = {
        f"{entry.method} {entry.path}": [
            {"role": one.role, "purposes": sorted(one.purposes)}
            for one in entry.readers
            if one.own.is_allowed and one.role in PROFILES
        ]
        for name in NAMES
        for entry in documents.matrix(name)
    }
    tokens = {
        role: live.headers(role)["Authorization"].removeprefix("Bearer ") for role in PROFILES
    }
    return {"rows": rows, "readers": readers, "tokens": tokens, "purposes": sorted(Purpose)}


@dataclass(frozen=True)
class Run:
    """How a run ended, what it printed, and how often each operation answered what."""

    is_clean: bool
    output: str
    answers: Counter[tuple[str, int]]

    @property
    def operations(self) -> set[str]:
        return {operation for operation, _ in self.answers}

    @property
    def done(self) -> set[str]:
        """Operations that did, at least once, what they were asked."""
        return {operation for operation, status in self.answers if status < _FIRST_REFUSAL}


def fuzz(url: str, facts: dict[str, Any], *amount: str, seed: int = SEED) -> Run:
    """One run of schemathesis against what answers at that address.

    `amount` bounds it as its command line does: `--max-time 600`, or `--max-examples 20` for
    each operation, which is the same work however fast the machine is.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "facts.json")
        told = Path(folder, "answers")
        path.write_text(json.dumps(facts | {"answers": str(told), "run": secrets.token_hex(4)}))
        outcome = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli"),
                *("run", f"{url}/v1/openapi.json"),
                *("--checks", ",".join(CHECKS)),
                *(*amount, "--seed", str(seed)),
                *("--phases", "examples,coverage,fuzzing", "--continue-on-failure"),
                *("--request-timeout", "30", "--generation-database", "none", "--no-color"),
                *("--suppress-health-check", "all", "--warnings", "off"),
            ],
            check=False,
            cwd=folder,
            env=os.environ
            | {
                "FUZZ_FACTS": str(path),
                "SCHEMATHESIS_HOOKS": "tests.readers.fuzz_hooks",
                "PYTHONPATH": str(ROOT),
            },
            text=True,
            capture_output=True,
        )

        lines = (line.rpartition(" ") for line in told.read_text().splitlines())
        answers = Counter((operation, int(status)) for operation, _, status in lines)
    return Run(outcome.returncode == 0, outcome.stdout + outcome.stderr, answers)


def main() -> int:
    """Start a stack, call it for so long, and say what was found."""
    seconds = sys.argv[1] if len(sys.argv) > 1 else "600"
    seed = int(os.environ.get("SEED", SEED))
    with running_live() as live:
        facts = asyncio.run(facts_of(live))
        run = fuzz(live.stack.gateway_url, facts, "--max-time", seconds, seed=seed)
    statuses: Counter[int] = Counter()
    for (_, status), times in run.answers.items():
        statuses[status] += times
    undone = sorted(run.operations - run.done)
    print(run.output)  # noqa: T201 - what a command is for.
    print(f"{dict(sorted(statuses.items()))}\nnever done: {undone}")  # noqa: T201 - as above.
    return 0 if run.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
