"""Where a person truly was and when: stays abroad, and the placements that led there.

This is the truth. What the ministries' systems made of it is the matter of siskop2mi and peduliwni.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from deploy.seed.chance import Chance, weighted
from deploy.seed.days import EXPORTED_ON, YEAR, months_after
from deploy.seed.destinations import Destination, Offer, Place, destinations_for
from deploy.seed.lives import Category, Life
from deploy.seed.organisations import EMPLOYERS_IN

# How a placement ends; the rest overstays for long.
LEAVES_AT_CONTRACT_END: Final = 0.62
LEAVES_EARLY: Final = 0.10
STAYS_ON: Final = 0.20
ARRIVES_NEXT_DAY: Final = 0.35
SHORTEST_MOVED_STAY: Final = 120


class Move(StrEnum):
    """Whether and how somebody moved on abroad without a new placement."""

    NONE = "NONE"
    WITHIN = "WITHIN"
    COUNTRY = "COUNTRY"


_MOVES: Final = weighted({Move.NONE: 96, Move.COUNTRY: 4}, 100)
_MOVES_OF_REPORTERS: Final = weighted({Move.NONE: 35, Move.WITHIN: 45, Move.COUNTRY: 20}, 100)
RECENT: Final = 0.74
OTHER_PURPOSES: Final = weighted(
    {
        "PERMANENT_RESIDENCE": 30,
        "BUSINESS": 20,
        "RELIGIOUS": 16,
        "CREW": 14,
        "TRAINING": 12,
        "TOURISM": 8,
    },
    100,
)


@dataclass(slots=True, eq=False)
class Stay:
    """A person lived in this place from `arrived` until `left`, or still does."""

    destination: Destination
    place: Place
    purpose: str
    arrived: int
    left: int | None
    offer: Offer | None = None
    employer_code: str | None = None
    employer_name: str | None = None


@dataclass(slots=True)
class Placement:
    """One job abroad as agreed; without a stay the person never departed."""

    scheme: str
    destination: Destination
    place: Place
    offer: Offer
    employer_code: str | None
    employer_name: str
    contract_starts: int
    contract_ends: int
    departed: int | None
    arrived: int | None
    stay: Stay | None


@dataclass(slots=True)
class Journey:
    stays: list[Stay]
    placements: list[Placement]


def make_journey(chance: Chance, life: Life) -> Journey:
    """The stays and placements of one life, in order of time."""
    if life.placements:
        return _placed_journey(chance, life)
    destination = chance.pick(destinations_for(life))
    arrived, left = _unplaced_dates(chance, life)
    place = chance.pick(destination.places)
    stay = Stay(destination, place, _purpose(chance, life), arrived, left)
    if life.category is Category.WORKER:
        stay.offer = chance.pick(destination.offers)
        stay.employer_code, stay.employer_name = _employer(chance, destination, place, stay.offer)
    return Journey(_with_moves(chance, life, stay), [])


def _placed_journey(chance: Chance, life: Life) -> Journey:
    journey = Journey([], [])
    destination = chance.pick(destinations_for(life))
    if life.placements == 1:
        days_ago = chance.between(40, 950) if chance.happens(RECENT) else chance.between(950, 2_900)
        journey.placements.append(_placement(chance, life, destination, EXPORTED_ON - days_ago))
    else:
        days_ago = chance.between(1_000, 2_900)
        first = _placement(chance, life, destination, EXPORTED_ON - days_ago)
        returned = EXPORTED_ON - days_ago + chance.between(180, days_ago - 120)
        if first.stay is not None:
            first.stay.left = returned
            journey.stays.append(first.stay)
        if chance.happens(0.3):
            destination = chance.pick(destinations_for(life))
        departed = returned + chance.between(20, min(400, EXPORTED_ON - returned - 30))
        journey.placements += [first, _placement(chance, life, destination, departed)]
    last = journey.placements[-1].stay
    if last is not None:
        journey.stays += _with_moves(chance, life, last)
    return journey


def _placement(chance: Chance, life: Life, destination: Destination, departed: int) -> Placement:
    offer = chance.pick(destination.offers)
    place = chance.pick(destination.places)
    scheme = chance.pick(destination.schemes)
    code, name = _employer(chance, destination, place, offer)
    arrived = departed + chance.happens(ARRIVES_NEXT_DAY)
    starts = arrived + chance.between(0, 7) if life.departs else EXPORTED_ON + 60
    if scheme.startswith("EXT") and life.placements == 1:
        # An extension is written down when the first contract ran out; the arrival lies before.
        arrived = departed = months_after(departed, -destination.contract_months)
    ends = months_after(starts, destination.contract_months) - 1
    # A withdrawn record tells of a departure that never was; a candidate's tells of none.
    is_claimed = life.departs or life.is_withdrawn
    stay = None
    if life.departs:
        left = _leaving_day(chance, starts, ends)
        stay = Stay(destination, place, "WORK", arrived, left, offer, code, name)
    return Placement(
        scheme=scheme,
        destination=destination,
        place=place,
        offer=offer,
        employer_code=code,
        employer_name=name,
        contract_starts=starts,
        contract_ends=ends,
        departed=departed if is_claimed else None,
        arrived=arrived if is_claimed else None,
        stay=stay,
    )


def _leaving_day(chance: Chance, starts: int, ends: int) -> int | None:
    outcome = chance.random()
    if outcome < LEAVES_AT_CONTRACT_END:
        day = ends + chance.between(-30, 60)
    elif outcome < LEAVES_AT_CONTRACT_END + LEAVES_EARLY:
        day = starts + chance.between(60, (ends - starts) * 4 // 5)
    elif outcome < LEAVES_AT_CONTRACT_END + LEAVES_EARLY + STAYS_ON:
        day = ends + chance.between(200, 800)
    else:
        day = ends + chance.between(300, 1_800)
    return day if day <= EXPORTED_ON else None


def _employer(
    chance: Chance, destination: Destination, place: Place, offer: Offer
) -> tuple[str | None, str]:
    if offer.job.is_informal:
        return None, f"{chance.pick(destination.household_names)} HOUSEHOLD"
    employer = chance.pick(EMPLOYERS_IN[place, offer.job.sector])
    return employer.code, employer.name


def _purpose(chance: Chance, life: Life) -> str:
    if life.category is Category.WORKER:
        return "WORK"
    if life.category is Category.STUDENT:
        return "STUDY"
    return "FAMILY" if life.category is Category.FAMILY else chance.pick(OTHER_PURPOSES)


def _unplaced_dates(chance: Chance, life: Life) -> tuple[int, int | None]:
    is_student = life.category is Category.STUDENT
    arrived = EXPORTED_ON - chance.between(90, 1_500 if is_student else 3_600)
    left = arrived + chance.between(YEAR, YEAR * (5 if is_student else 14))
    return arrived, left if left <= EXPORTED_ON else None


def _with_moves(chance: Chance, life: Life, stay: Stay) -> list[Stay]:
    """The stay as it was, or cut in two where the person moved on without any placement."""
    days = (stay.left or EXPORTED_ON) - stay.arrived
    reports_twice = life.peduliwni > 1 and life.corrected_in is None
    move = chance.pick(_MOVES_OF_REPORTERS if reports_twice else _MOVES)
    if move is Move.NONE or days < SHORTEST_MOVED_STAY:
        return [stay]
    is_abroad = move is Move.COUNTRY
    destination = chance.pick(destinations_for(life)) if is_abroad else stay.destination
    later = Stay(
        destination,
        chance.pick(destination.places),
        stay.purpose,
        stay.arrived + chance.between(60, days - 50),
        stay.left,
        stay.offer,
        None if is_abroad else stay.employer_code,
        None if is_abroad else stay.employer_name,
    )
    stay.left = later.arrived
    return [stay, later]
