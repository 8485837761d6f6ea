"""The figures of judged estimates are those of hand-computed cases, and draws keep given rates."""

import csv
from pathlib import Path

import pytest

from tests.linkage.draws.drawing import write_draw
from tests.linkage.estimates import RATES, Figure, summarise


def test_errors_and_intervals_are_summed_up() -> None:
    one = [Figure(10_000, 10_050, 9_900, 10_300), Figure(100, 150, 120, 180)]
    other = [Figure(10_000, 9_800, 9_700, 9_900), Figure(100, 100, 80, 120)]
    summary = summarise([one, other])
    # Totals are off by +100 and -200 of 10,100.
    assert summary.total_mean == pytest.approx(-50 / 10_100)
    assert summary.within_half == 0.0
    assert summary.large == 2
    assert summary.large_mean_size == pytest.approx(0.0125)
    assert summary.large_within_one == 0.5
    assert (summary.intervals, summary.held) == (4, 0.5)


def test_a_draw_keeps_the_rates_that_it_is_given(tmp_path: Path) -> None:
    draw = write_draw(tmp_path, seed=12, records=4_000, rates={**RATES, "return_not_told": 0.0})
    with draw.key.open(encoding="utf-8") as file:
        placed = [row["marks"].split() for row in csv.DictReader(file)]
    placements = [marks for marks in placed if "return_not_told" in marks]
    assert placements == []
    moved = sum("country_moved" in marks for marks in placed) / len(placed)
    assert 0.03 < moved < 0.07
    # Who has returned is seldom in the register of residence, so fewer rows tell of one.
    returned = sum("returned" in marks for marks in placed) / len(placed)
    assert 0.1 < returned < 0.2
