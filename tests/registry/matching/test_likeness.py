"""A pair of records has one score, whether the service compares it or the command."""

import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.matching.features import Features, read_features, unpacked
from registry.matching.likeness import Likenesses
from registry.matching.linkage.blocking import Pairs
from registry.matching.linkage.levels import NUMBER_FIELDS
from registry.matching.linkage.linking import Mode, candidates_of
from registry.matching.linkage.model import Kind, Model
from registry.matching.linkage.rarity import rarities_of
from registry.matching.linkage.reading import read_schema, read_table, schema_of
from registry.matching.linkage.records import Records, records_of
from registry.matching.linkage.scoring import Scored, score
from registry.matching.linkage.training import train
from registry.matching.served_model import Served, served_model
from tests.linkage.draws.drawing import Draw, write_draw

MEANINGS = {
    "full_name": "full_name",
    "birth_date": "birth_date:%Y-%m-%d",
    "sex": "sex",
    "birth_place": "birth_place",
    "nik": "national_id",
    "passport_number": "passport",
    "phone": "phone",
    "email": "email",
    "address": "address",
}
SCHEMA = schema_of({"columns": MEANINGS}, named="of the test")
Content = dict[str, str]


def contents_of(draw: Draw, path: Path) -> list[Content]:
    """A register of a draw as a ministry's records; a NIK that is none is no evidence anywhere."""
    schema = read_schema(draw.schema)
    records = records_of([read_table(path, schema)])
    meanings = {column.name: column.meaning.value for column in schema.columns}
    contents = []
    with path.open(encoding="utf-8", newline="") as file:
        for place, row in enumerate(csv.DictReader(file)):
            said = {meanings[name]: value for name, value in row.items() if name in meanings}
            birth = records.birth
            born_on = f"{birth.years[place]:04}-{birth.months[place]:02}-{birth.days[place]:02}"
            content = {name: said.get(of.partition(":")[0], "") for name, of in MEANINGS.items()}
            sex = {"P": "F", "L": "M"}.get(content["sex"][:1].upper(), "")
            contents.append(plain(content | {"birth_date": born_on, "sex": sex}))
    return contents


def plain(content: Content) -> Content:
    """Only what the service takes: a NIK and a birth date that can be one."""
    features = read_features(content)
    return content | {
        "nik": features.nik or "",
        "birth_date": features.born_on.isoformat() if features.born_on else "",
        "sex": features.sex or "",
    }


def write_contents(path: Path, contents: Sequence[Content]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("id", *MEANINGS))
        writer.writerows(
            (place, *(content[name] for name in MEANINGS)) for place, content in enumerate(contents)
        )


def by_command(served: Served, records: Records, pairs: Pairs) -> Scored:
    """What the command's own path gives to pairs of records."""
    rarities = rarities_of(records, served.model.rarities)
    return score(records, pairs, served.weights, rarities=rarities, least=-np.inf)


@pytest.fixture(scope="module")
def registers(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Content], Records, Pairs]:
    """Both registers of a draw, as the command reads them, with its candidate pairs."""
    folder = tmp_path_factory.mktemp("draw")
    draw = write_draw(folder, seed=11, records=3_000)
    left, right = contents_of(draw, draw.left), contents_of(draw, draw.right)
    write_contents(folder / "a.csv", left)
    write_contents(folder / "b.csv", right)
    records = records_of([read_table(folder / f"{name}.csv", SCHEMA) for name in "ab"])
    return left + right, records, candidates_of(records, Mode.LINK)[Kind.ACROSS]


def test_pairs_of_a_draw_score_the_same_on_both_paths(
    registers: tuple[list[Content], Records, Pairs],
) -> None:
    contents, records, candidates = registers
    served = Served.of(train(records, {Kind.ACROSS: candidates}))
    everyone = by_command(served, records, candidates)
    likely = np.argsort(-everyone.weights)[:1500]
    chosen = np.unique(np.concatenate([likely, np.arange(0, len(candidates), 7)]))
    features = [unpacked(read_features(content).packed()) for content in contents]
    known = Likenesses(served, features)
    pairs = [
        (features[ours], features[theirs])
        for ours, theirs in zip(candidates.ours[chosen], candidates.theirs[chosen], strict=True)
    ]
    known.add(pairs)
    found = [known.of(*pair) for pair in pairs]
    assert len(found) > 1000
    assert {bool(one.guards) for one in found} == {True, False}
    differences = np.abs(np.array([one.weight for one in found]) - everyone.weights[chosen])
    assert differences.max() < 1e-9
    for one in found[::9]:
        assert sum(line.weight for line in one.lines()) == pytest.approx(one.weight, abs=1e-9)


TEXTS = st.one_of(
    st.just(""),
    st.text(max_size=12),
    st.sampled_from(
        ["Siti Aminah", "SITI AMINAH binti Abd. Rahman", "M. Fauzi", "SUKARNI", "Ñ O'x"]
    ),
)
CONTENTS = st.fixed_dictionaries(
    {
        "full_name": TEXTS,
        "birth_date": st.sampled_from(["", "1990-05-12", "1990-12-05", "1994-05-12", "2001-01-01"]),
        "sex": st.sampled_from(["", "M", "F", "X"]),
        "birth_place": TEXTS,
        "nik": st.sampled_from(["", "9901015205900001", "9901015205900002", "99.01", "O" * 16]),
        "passport_number": st.sampled_from(["", "X9999001", "x 9999-OO1", "A1234567", "12"]),
        "phone": st.sampled_from(
            ["", "+62 811 1234 5678", "0811-1234-5678", "+852 5123 4567", "0"]
        ),
        "email": st.sampled_from(["", "siti.aminah1@a.example", "SITI.AMINAH1@b.example", "@"]),
        "address": TEXTS,
    }
)


def sizes_of(model: Model, records: Records) -> Model:
    """The model for files of this size: what the command takes from its files, the service takes
    from the model.
    """
    sizes = {
        field.value: 1.0 / max(records.numbers[meaning].total, 1)
        for field, meaning in NUMBER_FIELDS.items()
        if meaning in records.numbers
    }
    rarities = replace(model.rarities, unlisted=model.rarities.unlisted | sizes)
    return replace(model, rarities=rarities)


@settings(max_examples=150, deadline=None)
@given(CONTENTS, CONTENTS)
def test_any_two_records_score_the_same_on_both_paths(
    tmp_path_factory: pytest.TempPathFactory, one: dict[str, Any], other: dict[str, Any]
) -> None:
    contents = [plain(one), plain(other)]
    path = tmp_path_factory.getbasetemp() / "two.csv"
    write_contents(path, contents)
    records = records_of([read_table(path, SCHEMA)], indonesian=True)
    served = Served.of(sizes_of(served_model().model, records))
    pair = np.array([0]), np.array([1])
    (expected,) = by_command(served, records, Pairs(*pair)).weights
    ours, theirs = map(read_features, contents)
    found = Likenesses(served, [ours, theirs]).of(ours, theirs)
    assert found.weight == pytest.approx(expected, abs=1e-9)
    assert Likenesses(served, [ours, theirs]).of(theirs, ours).weight == pytest.approx(
        found.weight, abs=1e-9
    )


def test_the_likeliest_form_of_a_record_counts() -> None:
    """Of two names and of all passports ever held those that agree best."""
    record = Features(names=("RINA",), passports=("A1234567",))
    both = Features(names=("SITI AMINAH", "RINA"), passports=("X9999001", "A1234567"))
    alone = Features(names=("RINA",), passports=("A1234567",))
    many, one = (Likenesses(served_model(), [record, other]) for other in (both, alone))
    assert many.of(record, both).weight == one.of(record, alone).weight


def test_a_number_that_many_hold_says_less() -> None:
    said = [Features(names=(name,), phone="081112345678") for name in ("SITI AMINAH", "SITI AMINA")]
    broker = [Features(names=(f"RINA {n}",), phone="081112345678") for n in range(100)]
    few, many = Likenesses(served_model(), said), Likenesses(served_model(), [*said, *broker])
    assert few.of(*said).weight > many.of(*said).weight + 0.5


def test_a_nik_of_somebody_else_in_play_tells_of_a_twin() -> None:
    """First born of two: a record without a NIK and with a slip in the name may be the other's."""
    born = read_features({"birth_date": "1990-05-12"}).born_on
    theirs = Features(names=("SITI AMINAH",), born_on=born, nik="9901015205900001")
    ours = Features(names=("SITI AMINAN",), born_on=born)
    twin = Features(names=("SITI AMANAH",), born_on=born, nik="9901015205900002")
    alone, together = (Likenesses(served_model(), play) for play in ([], [twin, theirs]))
    assert alone.of(ours, theirs).guards == ()
    assert together.of(ours, theirs).guards == ("TWIN_KNOWN",)
