"""The estimate of workers in neither list: right where the truth is known, and wide where little
is known.
"""

from dataclasses import replace

import numpy as np
import pytest

from registry.population.estimate.assumptions import ALWAYS, TEXTS, Caution
from registry.population.estimate.cells import (
    Cells,
    Links,
    ListsRefused,
    Placed,
    Residents,
    tally,
)
from registry.population.estimate.definition import ESTIMATE_1
from registry.population.estimate.estimating import Estimates, estimate
from registry.population.estimate.signs import recent_from, varies
from tests.registry.population.lists import GROUPS, World, exact_cells, make_lists


def estimated(cells: Cells) -> Estimates:
    found = estimate(cells)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "world",
    [
        World(),
        World(moving=0.0, returned=0.0),
        World(moving=0.4),
        World(returned=0.5, stale=0.3),
        World(stale=0.0),
        World(registering=0.2, placed=0.9),
    ],
    ids=["usual", "plain", "movers", "returns", "no stale registrations", "uneven"],
)
def test_the_truth_is_found_in_exact_tables(world: World) -> None:
    world = replace(world, people=tuple(1000 * size for size in world.people))
    found = estimated(exact_cells(world))
    for one, people in zip(found.countries, world.people, strict=True):
        present = people * (1.0 - world.returned)
        assert one.estimate == pytest.approx(present, rel=2e-4)
        assert one.low < present < one.high


def test_without_movers_and_returns_it_is_chapmans_estimate() -> None:
    lists = make_lists(World(people=(900,), moving=0.0, returned=0.0, told=0.0))
    one_group = (
        replace(lists.residents, group=np.zeros_like(lists.residents.group)),
        replace(lists.placed, group=np.zeros_like(lists.placed.group)),
    )
    cells = tally(*one_group, lists.links, countries=1, groups=1)
    n1, n2, both = (float(part.sum()) for part in (cells.registered, cells.placed, cells.linked))
    (found,) = estimated(cells).countries
    assert found.estimate == pytest.approx((n1 + 1) * (n2 + 1) / (both + 1) - 1)


@pytest.mark.parametrize("world", [World(), World(returned=0.0), World(moving=0.3)])
def test_intervals_hold_the_truth_nineteen_times_in_twenty(world: World) -> None:
    held, errors = [], []
    for seed in range(60):
        lists = make_lists(world, seed)
        found = estimated(lists.cells)
        held += [
            one.low <= true <= one.high
            for one, true in zip(found.countries, lists.truth, strict=True)
        ]
        errors.append(found.total.estimate / lists.truth.sum() - 1.0)
    # Three hundred intervals: with a chance of 0.95 each, fewer than 0.91 are one in a thousand.
    assert 0.91 <= np.mean(held) <= 0.995
    assert abs(np.mean(errors)) < 0.003


def test_the_moved_are_counted_where_they_live() -> None:
    """Where few register, those placed there seem to be in both lists because some moved on."""
    world = World(people=(20_000, 2_000), registering=(0.6, 0.1), moving=0.3, returned=0.0)
    lists = make_lists(world)
    found = estimated(lists.cells).countries[1]
    assert found.low <= lists.truth[1] <= found.high
    cells = lists.cells.together
    by_placement = cells.registered * cells.placed / cells.linked.sum(axis=2)
    assert by_placement[0, 1] < found.low


def test_the_returned_are_taken_out() -> None:
    lists = make_lists(World())
    found = estimated(lists.cells).total
    blind = replace(
        lists.cells,
        returned=np.zeros_like(lists.cells.returned),
        returned_linked=np.zeros_like(lists.cells.returned_linked),
    )
    assert found.low <= lists.truth.sum() <= found.high
    too_high = estimated(blind).total
    assert too_high.estimate > 1.2 * lists.truth.sum()
    assert Caution.RETURNS_UNKNOWN in too_high.cautions
    assert Caution.RETURNS_PARTLY_TOLD in found.cautions


def test_intervals_widen_with_fewer_links() -> None:
    many = exact_cells(World())
    few = Cells(*(getattr(many, name) / 20 for name in Cells.__dataclass_fields__))
    wide, narrow = estimated(few).countries, estimated(many).countries
    for one, other in zip(wide, narrow, strict=True):
        assert (one.high - one.low) / one.estimate > 1.5 * (other.high - other.low) / other.estimate
    assert Caution.FEW_LINKS in wide[-1].cautions
    assert Caution.FEW_LINKS not in narrow[0].cautions


def test_uncertain_links_widen_the_interval() -> None:
    sure = exact_cells(World())
    unsure = replace(sure, doubt=sure.linked)
    one, other = estimated(unsure).total, estimated(sure).total
    assert one.high - one.low > 1.1 * (other.high - other.low)


def test_links_corrected_by_precision_and_recall_give_the_truth() -> None:
    world = World(people=(120_000, 60_000))
    right = exact_cells(world)
    scale = 0.98 / 0.9
    found_badly = replace(
        right, linked=right.linked / scale, returned_linked=right.returned_linked / scale
    )
    definition = replace(ESTIMATE_1, precision=0.98, recall=0.9)
    found = estimate(found_badly, definition=definition)
    assert found is not None
    assert found.total.estimate == pytest.approx(180_000 * 0.8, rel=1e-3)
    assert estimated(found_badly).total.estimate > 1.05 * 180_000 * 0.8


def test_a_country_where_nobody_registers_is_wide_and_no_nonsense() -> None:
    cells = exact_cells(World(moving=0.02))
    silent = replace(cells, registered=cells.registered.copy(), linked=cells.linked.copy())
    for part in (silent.registered, silent.linked, silent.returned_linked):
        part[..., 1] = 0.0
    found = estimated(silent)
    one = found.countries[1]
    assert Caution.NO_SELF_REGISTRATION in one.cautions
    assert Caution.NO_SELF_REGISTRATION in found.total.cautions
    assert one.seen <= one.estimate <= 3 * 6_000
    assert one.low <= one.seen
    assert one.high > 1.5 * one.estimate
    usual = estimated(cells).countries
    # The neighbours' figures stay about what they were.
    assert found.countries[0].estimate == pytest.approx(usual[0].estimate, rel=0.02)


def test_nothing_is_said_where_next_to_nobody_is_in_both_lists() -> None:
    cells = exact_cells(World(people=(20, 10)))
    assert estimate(cells) is None


def test_small_countries_take_the_coverage_of_all_together() -> None:
    world = World(people=(25, 20, 15, 20), moving=0.0, returned=0.0)
    found = estimated(exact_cells(world))
    assert found.total.estimate == pytest.approx(80, rel=0.05)
    for one, people in zip(found.countries, world.people, strict=True):
        assert one.low <= one.seen <= one.estimate
        assert one.high > 1.3 * people
        assert Caution.FEW_LINKS in one.cautions


def test_the_band_spans_what_dependence_would_change() -> None:
    found = estimated(exact_cells(World())).total
    unseen = found.estimate - found.seen
    assert found.band_low == pytest.approx(found.seen + 0.5 * unseen)
    assert found.band_high == pytest.approx(found.seen + 2.0 * unseen)


def test_the_order_of_rows_and_links_changes_nothing() -> None:
    lists = make_lists(World())
    chance = np.random.default_rng(3)
    rows = chance.permutation(len(lists.residents.country))
    others = chance.permutation(len(lists.placed.country))
    back, other_back = np.argsort(rows), np.argsort(others)
    links = chance.permutation(len(lists.links.chance))
    shuffled = tally(
        replace(lists.residents, country=lists.residents.country[rows],
                group=lists.residents.group[rows]),
        replace(lists.placed, country=lists.placed.country[others],
                group=lists.placed.group[others], is_returned=lists.placed.is_returned[others]),
        Links(back[lists.links.resident[links]], other_back[lists.links.placed[links]],
              lists.links.chance),
        countries=len(lists.truth), groups=GROUPS,
    )  # fmt: skip
    assert estimated(shuffled) == estimated(lists.cells)


def test_groups_that_register_unequally_are_weighed_apart() -> None:
    """Two groups, one rarely in either list: together they would look far fewer than they are."""
    often, seldom = World(people=(20_000,)), World(people=(20_000,), registering=0.15, placed=0.2)
    one, other = exact_cells(often), exact_cells(seldom)
    names = Cells.__dataclass_fields__
    mixed = Cells(
        *(np.stack([2 * getattr(one, name)[0], 2 * getattr(other, name)[0]]) for name in names)
    )
    assert estimated(mixed).total.estimate == pytest.approx(40_000 * 0.8, rel=0.01)
    assert estimated(mixed.together).total.estimate < 0.85 * 40_000 * 0.8


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"share": np.full(3, 1.5)}, "no more than one person"),
        ({"share": np.array([0.5, np.nan, 1.0])}, "no more than one person"),
        ({"group": np.zeros(2, dtype=np.int32)}, "differ in length"),
        ({"country": np.full(3, 9, dtype=np.int32)}, "beyond the countries"),
    ],
)
def test_rows_that_cannot_be_are_refused(change: dict[str, object], told: str) -> None:
    residents, placed, links = _three()
    with pytest.raises(ListsRefused, match=told):
        tally(replace(residents, **change), placed, links, countries=2, groups=1)  # type: ignore[arg-type]  # the change is wrong on purpose.


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"chance": np.array([1.2])}, "outside 0 to 1"),
        ({"chance": np.array([np.nan])}, "outside 0 to 1"),
        ({"resident": np.array([3])}, "registration row that does not exist"),
        ({"placed": np.array([-1])}, "placement row that does not exist"),
        ({"placed": np.array([0, 1])}, "differ in length"),
    ],
)
def test_links_that_cannot_be_are_refused(change: dict[str, object], told: str) -> None:
    residents, placed, links = _three()
    with pytest.raises(ListsRefused, match=told):
        tally(residents, placed, replace(links, **change), countries=2, groups=1)  # type: ignore[arg-type]  # as above.


def _three() -> tuple[Residents, Placed, Links]:
    codes = np.zeros(3, dtype=np.int32)
    return (
        Residents(codes, codes, np.ones(3)),
        Placed(codes, codes, np.ones(3), np.zeros(3, dtype=np.bool_)),
        Links(np.array([0]), np.array([1]), np.array([1.0])),
    )


def test_old_placements_that_are_seldom_seen_are_left_out() -> None:
    chance = np.random.default_rng(5)
    years = chance.integers(2014, 2026, 6_000)
    expected = np.full(6_000, 0.4)
    steady = (chance.random(6_000) < 0.4).astype(float)
    assert recent_from(years, steady, expected) == years.min()
    fading = (chance.random(6_000) < np.where(years < 2019, 0.15, 0.45)).astype(float)
    assert 2018 <= recent_from(years, fading, expected) <= 2020


def test_agencies_that_push_registration_are_noticed() -> None:
    chance = np.random.default_rng(6)
    agencies = chance.integers(0, 60, 8_000).astype(np.int32)
    expected = np.full(8_000, 0.45)
    plain = (chance.random(8_000) < 0.45).astype(float)
    assert not varies(agencies, plain, expected)
    pushed = (chance.random(8_000) < np.where(agencies < 20, 0.65, 0.35)).astype(float)
    assert varies(agencies, pushed, expected)


def test_every_caution_is_told_in_both_languages() -> None:
    assert set(TEXTS) == set(Caution)
    assert all(text.id and text.en and text.id != text.en for text in TEXTS.values())
    found = estimated(exact_cells(World()))
    for one in (*found.countries, found.total):
        assert set(ALWAYS) <= set(one.cautions)
