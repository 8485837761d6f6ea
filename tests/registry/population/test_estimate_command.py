"""registry-match --counts: the estimate by country, on the pairs that the command found."""

import csv
import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from registry.population.command import main
from tests.linkage.draws.drawing import Draw, write_draw
from tests.linkage.estimates import RATES
from tests.linkage.judging import judge_counts

Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def draw(tmp_path_factory: pytest.TempPathFactory) -> Draw:
    return write_draw(tmp_path_factory.mktemp("draw"), seed=31, records=7_000, rates=RATES)


@pytest.fixture(scope="module")
def usual(draw: Draw) -> Rows:
    return counted(draw, draw.folder)


def counted(draw: Draw, folder: Path, *, mode: str = "link") -> Rows:
    out = folder / "counts.csv"
    assert main([*arguments(draw, mode, folder), "--counts", str(out)]) == 0
    with out.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def arguments(draw: Draw, mode: str, folder: Path) -> list[str]:
    right = "-" if mode == "dedupe" else str(draw.right)
    return [
        *("--mode", mode, "--left", str(draw.left), "--right", right),
        *("--schema", str(draw.schema), "--out", str(folder / "pairs.csv")),
    ]


def total(rows: Rows) -> float:
    return sum(float(row["estimate"]) for row in rows)


def heading(draw: Draw, meaning: str) -> str:
    """The heading of a meaning that one file alone has."""
    columns = json.loads(draw.schema.read_text())["columns"]
    (found,) = [name for name, meant in columns.items() if meant.split(":")[0] == meaning]
    return str(found)


def copied(draw: Draw, folder: Path) -> Draw:
    folder.mkdir(exist_ok=True)
    for path in (draw.left, draw.right, draw.schema, draw.truth):
        (folder / path.name).write_bytes(path.read_bytes())
    return Draw(folder)


def changed(path: Path, change: Callable[[Rows], Rows]) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    header = list(rows[0])
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header)
        writer.writeheader()
        writer.writerows(change(rows))


def residence_of(draw: Draw) -> Path:
    status = heading(draw, "status")
    (found,) = [
        path
        for path in (draw.left, draw.right)
        if status in path.read_text(encoding="utf-8").split("\n", 1)[0].strip().split(",")
    ]
    return found


@pytest.mark.parametrize("mode", ["link", "unify"])
def test_the_installed_command_writes_an_estimate_of_every_country(
    draw: Draw, tmp_path: Path, mode: str
) -> None:
    command = Path(sys.executable).parent / "registry-match"
    out = tmp_path / "counts.csv"
    done = subprocess.run(
        [command, *arguments(draw, mode, tmp_path), "--counts", out],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert out.read_text().splitlines()[0] == "country,estimate,low,high"
    judged = judge_counts(draw, out)
    assert all(estimate > 0 for _, estimate, _, _ in judged.values())
    held = sum(low <= true <= high for true, _, low, high in judged.values())
    assert held >= len(judged) - 2
    true = sum(one for one, _, _, _ in judged.values())
    assert sum(one for _, one, _, _ in judged.values()) == pytest.approx(true, rel=0.06)
    assert "no count" in done.stderr
    assert "WORKERS_ONLY" in done.stderr


def test_the_same_files_give_the_same_estimate(draw: Draw, usual: Rows, tmp_path: Path) -> None:
    assert counted(draw, tmp_path) == usual


def test_neither_side_nor_order_nor_ids_matter(draw: Draw, usual: Rows, tmp_path: Path) -> None:
    other = copied(draw, tmp_path / "other")
    other.left.write_bytes(draw.right.read_bytes())
    other.right.write_bytes(draw.left.read_bytes())
    chance = random.Random(4)
    for path in (other.left, other.right):
        changed(
            path,
            lambda rows: [
                row | {"id": f"{chance.random():.12f}"} for row in chance.sample(rows, len(rows))
            ],
        )
    found = {row["country"]: row for row in counted(other, tmp_path)}
    # Linkage learns from another sample of random pairs, so that figures agree and are not equal.
    assert list(found) == [row["country"] for row in usual]
    for row in usual:
        assert float(found[row["country"]]["estimate"]) == pytest.approx(
            float(row["estimate"]), rel=0.02, abs=3
        )


def test_who_does_not_work_is_left_out(draw: Draw, usual: Rows, tmp_path: Path) -> None:
    other = copied(draw, tmp_path / "other")
    status = heading(draw, "status")
    students = [
        {"id": f"X{n}", status: "Pelajar"} for n in range(2_000)
    ]  # With a country and no name.
    path = residence_of(other)

    def with_students(rows: Rows) -> Rows:
        blank = dict.fromkeys(rows[0], "")
        (country,) = [
            name
            for name, meant in json.loads(draw.schema.read_text())["columns"].items()
            if meant == "country" and name in rows[0]
        ]
        return rows + [blank | one | {country: "Malaysia"} for one in students]

    changed(path, with_students)
    assert total(counted(other, tmp_path)) == pytest.approx(total(usual), rel=0.02)


def test_told_returns_are_taken_out(draw: Draw, usual: Rows, tmp_path: Path) -> None:
    other = copied(draw, tmp_path / "other")
    returned = heading(draw, "return_date")
    placement = ({other.left, other.right} - {residence_of(other)}).pop()
    changed(placement, lambda rows: [row | {returned: ""} for row in rows])
    assert total(counted(other, tmp_path)) > 1.15 * total(usual)


@pytest.mark.parametrize("missing", ["country", "registers"])
def test_what_cannot_be_estimated_is_told_in_one_line(
    draw: Draw, tmp_path: Path, capfd: pytest.CaptureFixture[str], missing: str
) -> None:
    other = copied(draw, tmp_path / "other")
    schema = json.loads(draw.schema.read_text())
    gone = {"country"} if missing == "country" else {
        "contract", "employer", "agency", "return_date", "year", "status", "address", "city",
    }  # fmt: skip
    schema["columns"] = {
        name: meant for name, meant in schema["columns"].items() if meant.split(":")[0] not in gone
    }
    other.schema.write_text(json.dumps(schema))
    assert counted(other, tmp_path) == []
    said = [line for line in capfd.readouterr().err.splitlines() if "--counts" in line]
    assert len(said) == 1
    assert "no estimate" in said[0]
    assert ("country" if missing == "country" else "residence") in said[0]
    assert (tmp_path / "counts.csv").read_text().strip() == "country,estimate,low,high"


def test_one_file_gives_a_header_and_a_line(
    draw: Draw, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert counted(draw, tmp_path, mode="dedupe") == []
    assert "two files" in capfd.readouterr().err


def test_a_place_that_cannot_be_written_is_refused(
    draw: Draw, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    nowhere = tmp_path / "nowhere" / "counts.csv"
    assert main([*arguments(draw, "link", tmp_path), "--counts", str(nowhere)]) == 2
    assert "--counts" in capfd.readouterr().err
