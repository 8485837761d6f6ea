"""registry-match keeps the contract: pairs of one person out of files in any layout."""

import csv
import gc
import json
import subprocess
import sys
from pathlib import Path

import pytest

from registry.matching.linkage.command import main
from tests.registry.matching.linkage.crowds import LEFT, Crowd, make_crowd, write_table


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Crowd:
    return make_crowd(tmp_path_factory.mktemp("crowd"), people=1500)


def answer(path: Path) -> dict[tuple[str, str], float]:
    with path.open(encoding="utf-8", newline="") as file:
        return {(row["id_l"], row["id_r"]): float(row["score"]) for row in csv.DictReader(file)}


def test_the_installed_command_links_two_files(crowd: Crowd, tmp_path: Path) -> None:
    out = tmp_path / "pairs.csv"
    command = Path(sys.executable).parent / "registry-match"
    done = subprocess.run(
        [command, *crowd.arguments("link", out)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = answer(out)
    links = {pair for pair, score in found.items() if score >= 0.99}
    assert len(links & crowd.truth) >= 0.97 * len(crowd.truth)
    assert len(links - crowd.truth) <= 0.001 * len(links)
    assert all(one.startswith("L") and two.startswith("R") for one, two in found)
    assert all(0.01 <= score <= 1 for score in found.values())


def test_scores_are_probabilities(crowd: Crowd, tmp_path: Path) -> None:
    out = tmp_path / "pairs.csv"
    assert main(crowd.arguments("link", out)) == 0
    assert sum(answer(out).values()) == pytest.approx(len(crowd.truth), rel=0.02)


def test_dedupe_finds_pairs_inside_the_left_file(crowd: Crowd, tmp_path: Path) -> None:
    out = tmp_path / "pairs.csv"
    assert main(crowd.arguments("dedupe", out)) == 0
    found = {tuple(sorted(pair)) for pair, score in answer(out).items() if score >= 0.5}
    with (crowd.folder / "left.csv").open(encoding="utf-8") as file:
        ids = {row["id"] for row in csv.DictReader(file)}
    twice = {(one, one[:-1] + "1") for one in ids if one.endswith("-0") and one[:-1] + "1" in ids}
    assert len(found & twice) >= 0.97 * len(twice)
    assert len(found - twice) <= 0.02 * len(twice)


def test_unify_tells_every_pair_of_a_person(crowd: Crowd, tmp_path: Path) -> None:
    out = tmp_path / "pairs.csv"
    assert main(crowd.arguments("unify", out)) == 0
    found = {tuple(sorted(pair)) for pair, score in answer(out).items() if score >= 0.5}
    across = {tuple(sorted(pair)) for pair in crowd.truth}
    assert len(found & across) >= 0.97 * len(across)
    assert any(one.startswith("L") and two.startswith("L") for one, two in found)
    neighbours: dict[str, set[str]] = {}
    for one, two in found:
        neighbours.setdefault(one, {one}).add(two)
        neighbours.setdefault(two, {two}).add(one)
    assert all(neighbours[one] == neighbours[two] for one, two in found)


def test_a_trained_model_scores_as_the_one_learned_on_the_way(crowd: Crowd, tmp_path: Path) -> None:
    model, plain, modelled = tmp_path / "model.json", tmp_path / "a.csv", tmp_path / "b.csv"
    assert main(["train", *crowd.arguments("link", model)]) == 0
    assert main(crowd.arguments("link", plain)) == 0
    assert main([*crowd.arguments("link", modelled), "--model", str(model)]) == 0
    ours, theirs = answer(plain), answer(modelled)
    assert ours.keys() == theirs.keys()
    assert all(ours[pair] == pytest.approx(theirs[pair], abs=1e-6) for pair in ours)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"thresholds": {"link_from": 0.5, "review_from": 0.1}}, "sha256"),
        ({"version": 99}, "version 99"),
        ({"weights": None}, "not readable"),
    ],
)
def test_a_changed_model_is_refused(
    crowd: Crowd,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: dict[str, object],
    told: str,
) -> None:
    model = tmp_path / "model.json"
    assert main(["train", *crowd.arguments("link", model)]) == 0
    model.write_text(json.dumps(json.loads(model.read_text()) | change))
    arguments = [*crowd.arguments("link", tmp_path / "out.csv"), "--model", str(model)]
    assert main(arguments) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("schema.json", "{", "not readable as JSON"),
        ("schema.json", '{"columns": {"nama": "colour"}}', "no column has a known meaning"),
        ("schema.json", '{"columns": {"lahir": "birth_date:%Q"}}', "no strptime format"),
        ("left.csv", "nama,lahir\nSITI,1990-01-01\n", "has no column 'id'"),
        ("left.csv", "", "has no column 'id'"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, text: str, told: str
) -> None:
    crowd = make_crowd(tmp_path, people=5)
    (tmp_path / name).write_text(text)
    assert main(crowd.arguments("link", tmp_path / "out.csv")) == 2
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1


def test_a_missing_file_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    crowd = make_crowd(tmp_path, people=5)
    (tmp_path / "right.csv").unlink()
    assert main(crowd.arguments("link", tmp_path / "out.csv")) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("mode", ["link", "dedupe", "unify"])
@pytest.mark.parametrize("rows", [0, 1])
def test_files_of_no_or_one_record_give_no_pair(tmp_path: Path, mode: str, rows: int) -> None:
    crowd = make_crowd(tmp_path, people=0)
    one = ("L1", "SITI AMINAH", "1990-05-12", "BLITAR", "P", "C1234567", "", "", "")
    write_table(tmp_path / "left.csv", LEFT, [one] * rows)
    assert main(crowd.arguments(mode, tmp_path / "out.csv")) == 0
    assert answer(tmp_path / "out.csv") == {}


def test_hostile_values_and_hubs_do_no_harm(tmp_path: Path) -> None:
    crowd = make_crowd(tmp_path, people=300, seed=3)
    hub = [
        (f"L9{n}", f"ORANG {n % 7}", "1990-02-31", "", "", "C7654321", "", "081234567890", "a@b")
        for n in range(1000)
    ]
    odd = [
        ("L8", "A" * 10_000, "not a date", "\u202eRATILB", "?", "\x00\x01", "1" * 40, "+", "@"),
        ("L7", "محمد علي", "0000-00-00", "北京", "X", "", "99010112059000O1", "++62", "x@"),
        ("L6", "\u200fSI\u200fTI\x07 AMINAH", "1990-05-12", "", "P", "", "", "", "\n"),
    ]
    with (tmp_path / "left.csv").open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([*hub, *odd])
    for mode in ("link", "unify"):
        assert main(crowd.arguments(mode, tmp_path / "out.csv")) == 0
        assert len(answer(tmp_path / "out.csv")) < 20_000


@pytest.mark.parametrize("is_collecting", [True, False])
def test_the_collector_of_garbage_is_left_as_it_was(tmp_path: Path, *, is_collecting: bool) -> None:
    was = gc.isenabled()
    (gc.enable if is_collecting else gc.disable)()
    try:
        assert main(["--left", str(tmp_path), "--schema", str(tmp_path), "--out", "-"]) == 2
        assert gc.isenabled() is is_collecting
    finally:
        (gc.enable if was else gc.disable)()
