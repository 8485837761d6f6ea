"""The figures, against small cases that were computed by hand."""

import csv
import sys
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from tests.linkage.answers import Key, MalformedAnswerError, Mode, Scored, read_key, read_scored
from tests.linkage.commands import CommandFailedError, take
from tests.linkage.draws.drawing import Draw
from tests.linkage.entities import closure, compare
from tests.linkage.errors import write_errors
from tests.linkage.metrics import measure

KEY = {"a1": "A", "a2": "A", "a3": "A", "b1": "B", "b2": "B", "c1": "C"}


def scored(*pairs: tuple[float, bool]) -> list[Scored]:
    found = [Scored(score, is_true, (f"l{n}", f"r{n}")) for n, (score, is_true) in enumerate(pairs)]
    return sorted(found, key=lambda one: -one.score)


def make_set(folder: Path, answer: str) -> Draw:
    draw = Draw(folder)
    draw.left.write_text("id\na1\nb1\nc1\n")
    draw.right.write_text("id\na2\na3\nb2\n")
    draw.key.write_text("id,person\n" + "".join(f"{one},{who}\n" for one, who in KEY.items()))
    (folder / "out.csv").write_text(f"id_l,id_r,score\n{answer}")
    return draw


def test_precision_recall_and_f1_at_a_threshold() -> None:
    figures = measure(
        scored((0.999, True), (0.99, True), (0.95, False), (0.9, True), (0.4, True)),
        total=5,
        rows=9,
    )
    strict, loose = figures.at[0.99], figures.at[0.5]
    assert (strict.right, strict.wrong, strict.precision, strict.recall) == (2, 0, 1.0, 0.4)
    assert (loose.right, loose.wrong, loose.precision, loose.recall) == (3, 1, 0.75, 0.6)
    assert loose.f1 == pytest.approx(2 * 0.75 * 0.6 / (0.75 + 0.6))


def test_the_best_threshold_is_found_among_the_scores() -> None:
    figures = measure(scored((0.9, True), (0.8, True), (0.7, False), (0.6, True)), total=3, rows=9)
    assert figures.best.threshold == 0.6
    assert figures.best.f1 == pytest.approx(6 / 7)


def test_equal_scores_stand_or_fall_together() -> None:
    figures = measure(scored((0.9, True), (0.9, False)), total=1, rows=2)
    assert figures.recall_demanded == 0.0
    assert figures.best.precision == 0.5


def test_recall_at_demanded_precision_may_lie_beyond_an_early_error() -> None:
    pairs = [(1.0, False), *((0.9 - n / 10_000, True) for n in range(1_500))]
    figures = measure(scored(*pairs), total=1_500, rows=3_000)
    assert figures.recall_demanded == 1.0
    late = measure(scored(*pairs[:500]), total=1_500, rows=3_000)
    assert late.recall_demanded == 0.0


def test_a_review_finds_what_lies_in_the_band_and_nothing_below() -> None:
    figures = measure(
        scored((1.0, True), (0.98, True), (0.5, False), (0.1, True), (0.09, True)),
        total=5,
        rows=500,
    )
    assert figures.review_per_1000 == 6.0
    assert figures.recall_reviewed == 0.6


def test_calibration_is_the_mean_gap_weighted_by_pairs() -> None:
    figures = measure(
        scored((0.95, True), (0.95, False), (0.25, False), (0.15, True)), total=2, rows=9
    )
    assert [(one.number, one.pairs) for one in figures.deciles] == [(1, 1), (2, 1), (9, 2)]
    assert figures.calibration_error == pytest.approx((0.85 + 0.25 + 2 * 0.45) / 4)
    assert figures.expected_ratio == pytest.approx(2.3 / 2)


def test_a_score_of_one_lies_in_the_last_decile() -> None:
    assert measure(scored((1.0, True)), total=1, rows=2).deciles[0].number == 9


def test_nothing_found_is_no_error_of_precision() -> None:
    figures = measure([], total=4, rows=8)
    assert (figures.at[0.9].precision, figures.at[0.9].recall, figures.best.f1) == (1.0, 0.0, 0.0)


def test_closure_joins_through_a_third_row() -> None:
    groups = closure(KEY, [("a1", "a2"), ("a2", "a3"), ("b1", "c1")])
    found = compare(groups, KEY)
    # Named: 3 pairs of A and one false; true: 3 of A and one of B.
    assert (found.pair_precision, found.pair_recall, found.pair_f1) == (0.75, 0.75, 0.75)
    assert (found.found, found.true) == (3, 3)
    # B-cubed: precision (1+1+1 + 1/2 + 1 + 1/2)/6, recall (1+1+1 + 1/2 + 1/2 + 1)/6.
    assert found.b_cubed_f1 == pytest.approx(5 / 6)


def test_the_error_of_the_count_has_a_sign() -> None:
    assert compare(closure(KEY, []), KEY).count_error == pytest.approx(1.0)
    joined = closure(KEY, [(one, "a1") for one in KEY if one != "a1"])
    assert compare(joined, KEY).count_error == pytest.approx(-2 / 3)


@pytest.mark.parametrize(("mode", "total"), [(Mode.LINK, 3), (Mode.UNIFY, 4), (Mode.DEDUPE, 0)])
def test_true_pairs_are_counted_by_mode(mode: Mode, total: int) -> None:
    key = Key(KEY, frozenset({"a1", "b1", "c1"}), mode)
    assert key.total() == total == len(list(key.pairs()))


def test_pairs_are_right_whichever_way_round_they_were_written(tmp_path: Path) -> None:
    draw = make_set(tmp_path, "a2,a1,0.9\nb1,c1,0.5\n")
    found = read_scored(tmp_path / "out.csv", read_key(draw, Mode.UNIFY))
    assert [(one.score, one.is_true, one.pair) for one in found] == [
        (0.9, True, ("a1", "a2")),
        (0.5, False, ("b1", "c1")),
    ]


@pytest.mark.parametrize(
    "answer",
    ["a2,a1,0.9\n", "a1,zz,0.9\n", "a1,a2,1.5\n", "a1,a1,1\n", "a1,a2,0.4\na1,a2,0.5\n"],
    ids=["wrong side", "unknown row", "no probability", "itself", "twice"],
)
def test_what_the_contract_does_not_allow_is_refused(answer: str, tmp_path: Path) -> None:
    draw = make_set(tmp_path, answer)
    with pytest.raises(MalformedAnswerError):
        read_scored(tmp_path / "out.csv", read_key(draw, Mode.LINK))


_HUNGRY = """
import subprocess, sys, time
held = bytearray(60 << 20)
held[::4096] = bytes([1]) * len(held[::4096])
if len(sys.argv) > 2:
    subprocess.run([sys.executable, *sys.argv[:1], sys.argv[1]], check=True)
else:
    open(sys.argv[1], "w").write("id_l,id_r,score")
    until = time.process_time() + 0.3
    while time.process_time() < until:
        pass
"""


def test_time_and_memory_are_those_of_the_whole_tree(tmp_path: Path) -> None:
    program, out = tmp_path / "hungry.py", tmp_path / "out.csv"
    program.write_text(_HUNGRY)
    taken = take([sys.executable, str(program), str(out), "2"], out=out, counts=out)
    assert taken.cpu >= 0.3
    assert taken.wall >= 0.3
    assert 120 < taken.peak_mib < 300


def test_a_command_that_fails_is_told_with_its_last_words(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    with pytest.raises(CommandFailedError, match="no such luck"):
        take([sys.executable, "-c", "raise SystemExit('no such luck')"], out=out, counts=out)
    with pytest.raises(CommandFailedError, match="no end"):
        take(
            [sys.executable, "-c", "import time; time.sleep(60)"],
            out=out,
            counts=out,
            limit=0.5,
        )


def test_the_sample_of_an_answer_is_read_as_csv(tmp_path: Path) -> None:
    make_set(tmp_path, "a1,a2,1\n")
    with (tmp_path / "out.csv").open() as file:
        assert next(csv.reader(file)) == ["id_l", "id_r", "score"]


def test_errors_are_shown_with_their_rows_also_where_the_key_tells_no_marks(tmp_path: Path) -> None:
    draw = make_set(tmp_path, "a1,a2,1\nb1,a3,1\n")
    key = read_key(draw, Mode.LINK)
    console = Console(record=True, file=StringIO())
    answer = read_scored(tmp_path / "out.csv", key)
    write_errors(draw, key, answer, console=console, limit=0.99)
    told = console.export_text()
    assert "FALSE at 0.99: 1" in told
    assert "MISSED at 0.99: 2, of which never named: 2" in told
