"""What no pair decides alone: partners of one record, and entities that must not contradict."""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
import pytest

from registry.matching.linkage.blocking import Pairs
from registry.matching.linkage.closing import MOST_IN_ENTITY, close
from registry.matching.linkage.collective import weigh_together
from registry.matching.linkage.guards import MOST_UNDER_GUARD
from registry.matching.linkage.linking import Mode, candidates_of, weights_for
from registry.matching.linkage.model import Kind
from registry.matching.linkage.rarity import rarities_of
from registry.matching.linkage.reading import Column, Meaning, Table, read_schema, read_table
from registry.matching.linkage.records import Records, records_of
from registry.matching.linkage.scoring import Scored
from registry.matching.linkage.training import train
from tests.registry.matching.linkage.crowds import make_crowd

NIK, OTHER_NIK = "9901015205900001", "9902021503850001"
SURE, LIKELY = 30.0, 6.0
SIDES = ("left", "right")


def records_with(niks: Sequence[str]) -> Records:
    """People of one name and birth date, with these identity numbers."""
    name = Column("nama", Meaning.FULL_NAME)
    nik = Column("nik", Meaning.NATIONAL_ID)
    ids = [f"L{place}" for place in range(len(niks))]
    return records_of([Table(ids, {name: ["SITI AMINAH"] * len(niks), nik: list(niks)})])


def scored(edges: dict[tuple[int, int], float]) -> Scored:
    ours, theirs = (np.array(side, dtype=np.int64) for side in zip(*edges, strict=True))
    guards = np.zeros(len(edges), dtype=np.uint8)
    return Scored(Pairs(ours, theirs), np.array(list(edges.values())), guards)


def together(found: Scored) -> set[tuple[int, int]]:
    """The pairs that are likelier one person than not."""
    pairs = zip(found.pairs.ours.tolist(), found.pairs.theirs.tolist(), strict=True)
    return {pair for pair, bits in zip(pairs, found.weights.tolist(), strict=True) if bits > 0}


def test_what_is_linked_to_one_record_is_linked_to_all_of_its() -> None:
    found = close(records_with(["", "", ""]), scored({(0, 1): SURE, (1, 2): SURE}))
    assert together(found) == {(0, 1), (1, 2), (0, 2)}


def test_a_chain_between_two_identity_numbers_breaks_at_its_weakest() -> None:
    found = close(records_with([NIK, "", OTHER_NIK]), scored({(0, 1): SURE, (1, 2): LIKELY}))
    assert together(found) == {(0, 1)}


def test_a_slip_in_the_number_breaks_no_chain() -> None:
    slipped = NIK[:-1] + "2"
    found = close(records_with([NIK, "", slipped]), scored({(0, 1): SURE, (1, 2): LIKELY}))
    assert together(found) == {(0, 1), (1, 2), (0, 2)}


def test_one_likely_pair_does_not_join_two_entities_that_all_others_keep_apart() -> None:
    """Two households of three that share one look-alike pair; the rest have no key in common."""
    inside = {(0, 1): SURE, (0, 2): SURE, (1, 2): SURE, (3, 4): SURE, (3, 5): SURE, (4, 5): SURE}
    found = close(records_with([NIK, "", "", "", "", ""]), scored({**inside, (2, 3): LIKELY}))
    assert together(found) == set(inside)


def test_an_entity_has_a_largest_size_however_sure_its_pairs_are() -> None:
    size = MOST_IN_ENTITY + 20
    found = close(
        records_with([""] * size), scored(dict.fromkeys(combinations(range(size), 2), SURE))
    )
    neighbours = Counter(record for pair in together(found) for record in pair)
    assert max(neighbours.values()) == MOST_IN_ENTITY - 1


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Records:
    made = make_crowd(tmp_path_factory.mktemp("crowd"), people=600)
    schema = read_schema(made.folder / "schema.json")
    return records_of([read_table(made.folder / f"{side}.csv", schema) for side in SIDES])


@pytest.fixture(scope="module")
def weigh(crowd: Records) -> Callable[[Scored], list[float]]:
    """The weights of pairs once partners of one record were weighed against one another."""
    model = train(crowd, candidates_of(crowd, Mode.LINK))
    weights = weights_for(model, Kind.ACROSS, crowd)
    rarities = rarities_of(crowd, model.rarities)

    def weighed(found: Scored) -> list[float]:
        told = weigh_together(crowd, found, weights, rarities=rarities)
        return [float(bits) for bits in told.weights]

    return weighed


def place(records: Records, key: str) -> int:
    return records.ids.index(key)


def same_person(records: Records) -> tuple[int, int, int]:
    """A record on the left, the same person's on the right, and a stranger's on the right."""
    rights = [key for key in records.ids if key.startswith("R")]
    key = next(one for one in rights if f"L{one[1:]}" in records.ids)
    stranger = next(one for one in rights if one.split("-")[0] != key.split("-")[0])
    return place(records, f"L{key[1:]}"), place(records, key), place(records, stranger)


def test_of_two_who_cannot_be_one_person_each_takes_from_the_other(
    crowd: Records, weigh: Callable[[Scored], list[float]]
) -> None:
    """Alone either would be a link; the record belongs to one of them at most."""
    _, record, _ = same_person(crowd)
    assert weigh(scored({(0, record): 9.0})) == [9.0]
    other = crowd.left - 1
    both = weigh(scored({(0, record): 9.0, (other, record): 9.0}))
    assert both == pytest.approx([0, 0], abs=0.01)


def test_what_is_known_of_a_partners_other_record_is_known_of_the_partner(
    crowd: Records, weigh: Callable[[Scored], list[float]]
) -> None:
    """Hearsay lifts a doubtful pair, but makes a link only where it comes from beyond doubt."""
    ours, theirs, record = same_person(crowd)
    doubtful, _ = weigh(scored({(ours, record): -1.0, (theirs, record): SURE}))
    assert doubtful > MOST_UNDER_GUARD
    doubtful, _ = weigh(scored({(ours, record): -1.0, (theirs, record): LIKELY}))
    assert -1.0 < doubtful <= MOST_UNDER_GUARD
