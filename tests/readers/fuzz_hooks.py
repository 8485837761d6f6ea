"""How schemathesis calls: with the token of a role that may, now and then of one that may not, a
purpose, and ids of rows that exist. It loads this file by the name in SCHEMATHESIS_HOOKS.
"""

import itertools
import json
import os
from pathlib import Path
from typing import Any

import schemathesis

FACTS = json.loads(Path(os.environ["FUZZ_FACTS"]).read_text())
PROBLEM = "application/problem+json"
# Most calls shall get beyond the front door; each fifth is anybody's.
_ANYBODY_EACH = 5
_SPOILED_EACH = 6
_HIGHEST_VERSION = 6
_turns = itertools.count()


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Dress a generated call as a partner would send it."""
    turn = next(_turns)
    readers = FACTS["readers"].get(f"{case.method} {case.operation.path}", [])
    everybody = list(FACTS["tokens"])
    if readers and turn % _ANYBODY_EACH:
        reader = readers[turn % len(readers)]
        role, purposes = reader["role"], reader["purposes"]
    else:
        role, purposes = everybody[turn % len(everybody)], FACTS["purposes"]
    case.headers["Authorization"] = f"Bearer {FACTS['tokens'][role]}"
    if purposes:
        case.headers["Purpose-Of-Use"] = purposes[turn % len(purposes)]
    if turn % _SPOILED_EACH:
        case.headers["Idempotency-Key"] = f"fuzz-{FACTS['run']}-{turn}"
        case.headers["If-Match"] = f'"v{1 + turn % _HIGHEST_VERSION}"'
    if turn % 3:
        case.path_parameters = _known(case.path_parameters or {}, turn)
    if turn % 3 and isinstance(case.body, dict):
        case.body = _known(case.body, turn)


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    """Write down what was answered, so that a run can tell how far it came."""
    with Path(FACTS["answers"]).open("a") as answers:
        answers.write(f"{case.operation.label} {response.status_code}\n")


@schemathesis.check
def refusals_are_problems(context: Any, response: Any, case: Any) -> None:
    """Whatever is refused is told in one form."""
    told = response.headers.get("content-type", [""])[0]
    assert response.status_code < 400 or told == PROBLEM, f"{response.status_code} as {told!r}"


def _known(values: dict[str, Any], turn: int) -> dict[str, Any]:
    """Names that stand for rows get one of those that exist."""
    rows = FACTS["rows"]
    return {
        name: rows[name][turn % len(rows[name])] if name in rows else value
        for name, value in values.items()
    }
