"""Every score is explained: bits a field that add up to the match weight, and the guards."""

import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from registry.matching.linkage.blocking import Pairs
from registry.matching.linkage.command import main
from registry.matching.linkage.explaining import explain
from registry.matching.linkage.linking import Linked, Mode, link
from registry.matching.linkage.model import Kind
from registry.matching.linkage.rarity import rarities_of
from registry.matching.linkage.reading import read_schema, read_table
from registry.matching.linkage.records import Records, records_of
from registry.matching.linkage.scoring import score
from tests.registry.matching.linkage.crowds import Crowd, make_crowd


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Crowd:
    return make_crowd(tmp_path_factory.mktemp("crowd"), people=600)


@pytest.fixture(scope="module")
def records(crowd: Crowd) -> Records:
    schema = read_schema(crowd.folder / "schema.json")
    return records_of(
        [read_table(crowd.folder / f"{side}.csv", schema) for side in ("left", "right")]
    )


@pytest.fixture(scope="module")
def linked(records: Records) -> Linked:
    return link(records, Mode.LINK)


def test_the_steps_of_every_pair_add_up_to_its_weight(linked: Linked, records: Records) -> None:
    scored = linked.scored
    for place in range(0, len(scored), 7):
        told = explain(linked, records, scored.pairs.ours[place], scored.pairs.theirs[place])
        assert told.weight == pytest.approx(scored.weights[place], abs=1e-9)


def test_one_pair_scores_as_it_does_among_all(linked: Linked, records: Records) -> None:
    weights = linked.model.weights[Kind.ACROSS]
    rarities = rarities_of(records, linked.model.rarities)
    pairs = linked.scored.pairs
    together = score(records, pairs, weights, rarities=rarities, least=-np.inf)
    for place in range(0, len(pairs), 11):
        alone = Pairs(pairs.ours[place : place + 1], pairs.theirs[place : place + 1])
        one = score(records, alone, weights, rarities=rarities, least=-np.inf)
        assert one.weights[0] == together.weights[place]


def test_a_pair_scores_the_same_both_ways_round(linked: Linked, records: Records) -> None:
    weights = linked.model.weights[Kind.ACROSS]
    rarities = rarities_of(records, linked.model.rarities)
    pairs = linked.scored.pairs
    there = score(records, pairs, weights, rarities=rarities, least=-np.inf)
    back = score(
        records, Pairs(pairs.theirs, pairs.ours), weights, rarities=rarities, least=-np.inf
    )
    assert there.weights == pytest.approx(back.weights, abs=1e-9)


def test_the_command_tells_and_draws_the_waterfall(
    crowd: Crowd, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, theirs = min(crowd.truth)
    picture = tmp_path / "waterfall.svg"
    arguments = crowd.arguments("link", tmp_path / "unused.csv")
    assert main(["explain", *arguments, "--pair", f"{ours},{theirs}", "--svg", str(picture)]) == 0
    told = capsys.readouterr().out
    assert "PRIOR" in told
    assert "NAME" in told
    assert "match weight" in told
    told_again = ET.fromstring(picture.read_text(encoding="utf-8"))  # noqa: S314 - our own file.
    assert told_again.tag.endswith("svg")


@pytest.mark.parametrize("pair", ["L1", "L1,nobody"])
def test_a_pair_that_is_not_there_is_told_in_one_line(
    crowd: Crowd, tmp_path: Path, capsys: pytest.CaptureFixture[str], pair: str
) -> None:
    arguments = crowd.arguments("link", tmp_path / "unused.csv")
    assert main(["explain", *arguments, "--pair", pair]) == 2
    assert capsys.readouterr().err.count("\n") == 1
