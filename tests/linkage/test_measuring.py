"""Runs behind the report: what is kept from a former run, and when it is not."""

import sys
from pathlib import Path

from tests.linkage.answers import Mode
from tests.linkage.draws.drawing import write_draw
from tests.linkage.measuring import Task, take

# A command of the contract that finds nothing, and writes down that it ran.
_COUNTING = """
import sys
arguments = dict(zip(sys.argv[2::2], sys.argv[3::2]))
open(arguments["--out"], "w").write("id_l,id_r,score\\n")
open(sys.argv[1], "a").write(arguments["--mode"] + "\\n")
"""


def make_task(folder: Path, *, seed: int = 1) -> Task:
    program = folder / "counting.py"
    program.write_text(_COUNTING)
    draw = write_draw(folder / "draw", seed=seed, records=120)
    command = [sys.executable, str(program), str(folder / "ran.txt")]
    return Task("Some rival", command, draw, Mode.LINK)


def test_a_kept_run_is_not_run_again_over_the_same_rows(tmp_path: Path) -> None:
    first = take(make_task(tmp_path), is_kept=True)
    again = take(make_task(tmp_path), is_kept=True)
    assert (tmp_path / "ran.txt").read_text() == "link\n"
    assert (again.wall, again.cpu, again.peak_mib) == (first.wall, first.cpu, first.peak_mib)
    assert again.figures == first.figures


def test_other_rows_are_run_anew(tmp_path: Path) -> None:
    take(make_task(tmp_path), is_kept=True)
    take(make_task(tmp_path, seed=2), is_kept=True)
    take(make_task(tmp_path, seed=2))
    assert (tmp_path / "ran.txt").read_text() == "link\n" * 3
