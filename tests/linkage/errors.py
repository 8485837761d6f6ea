"""Shows where a matcher errs: difficulties that go with misses, and the rows of wrong pairs."""

import csv
from collections.abc import Mapping, Sequence
from typing import Final

from rich.console import Console

from tests.linkage.answers import Key, Pair, Scored
from tests.linkage.draws.drawing import Draw
from tests.linkage.strata import difficulties, marks, read_rows

_SHOWN: Final = 25
_TABLE: Final = 40


def write_errors(
    draw: Draw, key: Key, scored: Sequence[Scored], *, console: Console, limit: float
) -> None:
    """A table by difficulty, then false links and misses with the rows they are made of."""
    for one in difficulties(draw, key, scored, limit)[:_TABLE]:
        console.print(
            f"  {one.mark:24} {one.true:7} true, {one.missed:5} missed "
            f"({one.missed / max(1, one.true):.1%}), {one.false:4} false"
        )
    rows, keys = _all_rows(draw), read_rows(draw)
    score = {one.pair: one.score for one in scored}
    false = [one.pair for one in scored if not one.is_true and one.score >= limit]
    console.print(f"\nFALSE at {limit}: {len(false)}")
    for pair in false[:_SHOWN]:
        _show(pair, score.get(pair, 0.0), rows, keys, console)
    missed = [
        pair
        for pair in (key.ordered(*names) for names in key.pairs())
        if score.get(pair, 0.0) < limit
    ]
    unnamed = [pair for pair in missed if pair not in score]
    console.print(f"\nMISSED at {limit}: {len(missed)}, of which never named: {len(unnamed)}")
    for pair in unnamed[:_SHOWN]:
        _show(pair, 0.0, rows, keys, console)
    console.print("\nMISSED with a score")
    for pair in [one for one in missed if one in score][:_SHOWN]:
        _show(pair, score[pair], rows, keys, console)


def _all_rows(draw: Draw) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in (draw.left, draw.right):
        if path.exists():
            with path.open(encoding="utf-8") as file:
                found |= {row["id"]: " | ".join(row.values()) for row in csv.DictReader(file)}
    return found


def _show(
    pair: Pair,
    score: float,
    rows: Mapping[str, str],
    keys: Mapping[str, Mapping[str, str]],
    console: Console,
) -> None:
    told = " ".join(sorted(marks(keys, pair)))
    console.print(f"{score:.5f} {told}", markup=False)
    for one in pair:
        console.print(f"    {rows[one]}", markup=False, soft_wrap=True)
