"""What kinds of lives a block of a thousand records holds: how many people, who appears where."""

from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

from deploy.seed.chance import Chance

DECK_TOPIC: Final = 0


class System(StrEnum):
    SISKOP2MI = "SISKOP2MI"
    PEDULI_WNI = "PEDULI_WNI"


class Category(StrEnum):
    """What somebody is abroad; the same words as the purpose of stay where both exist."""

    WORKER = "WORKER"
    STUDENT = "STUDENT"
    FAMILY = "FAMILY"
    OTHER = "OTHER"


class Life(NamedTuple):
    """One kind of life and how many envelopes each system sends about such a person."""

    name: str
    siskop2mi: int
    peduliwni: int
    people: int
    category: Category = Category.WORKER
    placements: int = 0
    is_undocumented: bool = False
    corrected_in: System | None = None
    is_withdrawn: bool = False
    departs: bool = True

    def envelopes(self, system: System) -> int:
        return self.siskop2mi if system is System.SISKOP2MI else self.peduliwni


# Per 1,000 envelopes: 550 of SiskoP2MI and 450 of Peduli WNI. 42 % of the placed also reported
# themselves; the same share of the undocumented did, so the last kind, which is in neither
# system, has the size that an estimate from two independent lists would find.
LIVES: Final = (
    Life("CANDIDATE", 1, 0, 10, placements=1, departs=False),
    Life("PLACED", 1, 0, 226, placements=1),
    Life("PLACED_REPORTED", 1, 1, 130, placements=1),
    Life("PLACED_TWICE", 2, 0, 22, placements=2),
    Life("PLACED_TWICE_REPORTED", 2, 1, 30, placements=2),
    Life("PLACED_REPORTED_TWICE", 1, 2, 18, placements=1),
    Life("PLACED_CORRECTED", 2, 0, 12, placements=1, corrected_in=System.SISKOP2MI),
    Life("PLACED_CORRECTED_REPORTED", 2, 1, 10, placements=1, corrected_in=System.SISKOP2MI),
    Life("PLACED_REPORT_CORRECTED", 1, 2, 10, placements=1, corrected_in=System.PEDULI_WNI),
    Life("WITHDRAWN", 2, 0, 4, placements=1, is_withdrawn=True, departs=False),
    Life("UNDOCUMENTED", 0, 1, 100, is_undocumented=True),
    Life("UNDOCUMENTED_MOVED", 0, 2, 6, is_undocumented=True),
    Life("STUDENT", 0, 1, 40, Category.STUDENT),
    Life("STUDENT_MOVED", 0, 2, 7, Category.STUDENT),
    Life("FAMILY_MEMBER", 0, 1, 38, Category.FAMILY),
    Life("RESIDENT", 0, 1, 20, Category.OTHER),
    Life("UNREGISTERED", 0, 0, 146, is_undocumented=True),
)
ENVELOPES_PER_BLOCK: Final = {
    system: sum(life.people * life.envelopes(system) for life in LIVES) for system in System
}
PEOPLE_PER_BLOCK: Final = sum(life.people for life in LIVES)
TWIN_PAIRS: Final = 5
SIBLING_PAIRS: Final = 10


class Kinship(StrEnum):
    """How a person is related to the one before."""

    NONE = "NONE"
    TWIN = "TWIN"
    SIBLING = "SIBLING"


class Role(NamedTuple):
    life: Life
    kinship: Kinship


@lru_cache(maxsize=8)
def roles(seed: int) -> tuple[Role, ...]:
    """The roles of one block in an order fixed by the seed; every block has the same."""
    chance = Chance(seed, 0, DECK_TOPIC)
    lives = [life for life in LIVES for _ in range(life.people)]
    chance.shuffle(lives)
    # Only odd places are younger siblings, so the elder is never somebody's younger sibling too.
    workers = [
        place
        for place in range(1, len(lives), 2)
        if lives[place].category is lives[place - 1].category is Category.WORKER
    ]
    younger = chance.sample(workers, TWIN_PAIRS + SIBLING_PAIRS)
    kinships = dict.fromkeys(younger, Kinship.SIBLING)
    kinships.update(dict.fromkeys(younger[:TWIN_PAIRS], Kinship.TWIN))
    return tuple(Role(life, kinships.get(place, Kinship.NONE)) for place, life in enumerate(lives))


def envelopes_of(system: System, count: int) -> int:
    """How many of `count` envelopes come from this system."""
    share = ENVELOPES_PER_BLOCK[System.SISKOP2MI]
    siskop2mi = round(count * share / sum(ENVELOPES_PER_BLOCK.values()))
    return siskop2mi if system is System.SISKOP2MI else count - siskop2mi
