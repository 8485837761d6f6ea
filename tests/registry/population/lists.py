"""Two invented lists of workers whose truth is known, as the estimate takes them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from registry.population.estimate.cells import Cells, Links, Placed, Residents, tally

GROUPS = 2


@dataclass(frozen=True, slots=True)
class World:
    """Who lives where in truth, and how the lists came about."""

    people: tuple[int, ...] = (12_000, 6_000, 3_000, 1_500, 600)
    registering: float | tuple[float, ...] = 0.49
    """The chance that the present register themselves, in all countries or in each."""
    placed: float = 0.56
    moving: float = 0.05
    returned: float = 0.2
    told: float = 0.9
    stale: float = 0.12


@dataclass(frozen=True, slots=True)
class Lists:
    """Both lists with their links, and the present by country."""

    residents: Residents
    placed: Placed
    links: Links
    truth: npt.NDArray[np.int64]

    @property
    def cells(self) -> Cells:
        return tally(
            self.residents, self.placed, self.links, countries=len(self.truth), groups=GROUPS
        )


def make_lists(world: World, seed: int = 1) -> Lists:
    """Everybody's fate drawn by the world's chances."""
    chance = np.random.default_rng(seed)
    lives = np.repeat(np.arange(len(world.people)), world.people)
    size = len(lives)
    moved = chance.random(size) < world.moving
    placed_in = np.where(moved, chance.permutation(lives), lives)
    group = chance.integers(0, GROUPS, size)
    gone = chance.random(size) < world.returned
    registering = np.broadcast_to(world.registering, len(world.people))[lives]
    registers = chance.random(size) < np.where(gone, world.stale, registering)
    placed = chance.random(size) < world.placed
    told = gone & (chance.random(size) < world.told)
    both = registers & placed
    place, other = np.cumsum(registers) - 1, np.cumsum(placed) - 1
    return Lists(
        Residents(
            lives[registers].astype(np.int32),
            group[registers].astype(np.int32),
            np.ones(int(registers.sum())),
        ),
        Placed(
            placed_in[placed].astype(np.int32),
            group[placed].astype(np.int32),
            np.ones(int(placed.sum())),
            told[placed],
        ),
        Links(place[both], other[both], np.ones(int(both.sum()))),
        np.bincount(lives[~gone], minlength=len(world.people)),
    )


def exact_cells(world: World) -> Cells:
    """The cells that such a world gives on the average, without chance; two groups alike."""
    people = np.array(world.people, dtype=np.float64)
    share = people / people.sum()
    stays = (1.0 - world.moving) * np.eye(len(people))
    # From the country of residence back to that of placement.
    moves = people[None, :] * (stays + world.moving * share[:, None])
    there, gone = moves * (1.0 - world.returned), moves * world.returned
    registered = there.sum(axis=0) * world.registering + gone.sum(axis=0) * world.stale
    linked_gone = gone * world.placed * world.stale
    linked = there * world.placed * world.registering + linked_gone
    returned = gone.sum(axis=1) * world.placed * world.told
    cells = (
        registered,
        moves.sum(axis=1) * world.placed,
        returned,
        linked,
        linked_gone * world.told,
        np.zeros_like(linked),
    )
    return Cells(*(np.stack([part / GROUPS] * GROUPS) for part in cells))
