"""Travel documents: a person holds several in time, each renewal with a new number."""

from typing import Final, NamedTuple

from deploy.seed.chance import Chance, Shuffle
from deploy.seed.days import YEAR, ordinal

# Indonesia prints none of these letters, so none of these numbers can be somebody's.
LETTERS: Final = "QVWYZ"
NUMBERS: Final = Shuffle(len(LETTERS) * 10_000_000, 26_180_353)
SPLP_NUMBERS: Final = Shuffle(26_000_000, 16_069_309)
PASSPORTS_PER_PERSON: Final = 4
RENEWED_EARLY: Final = 0.2
# Adults' passports are valid for ten years since 12 October 2022, for five before.
TEN_YEARS_SINCE: Final = ordinal(2022, 10, 12)
FIVE_YEARS: Final = 5 * YEAR + 1
TEN_YEARS: Final = 10 * YEAR + 2


class Passport(NamedTuple):
    number: str
    issued: int
    expires: int


def make_passports(
    chance: Chance, *, seed: int, index: int, born: int, before: int, until: int
) -> list[Passport]:
    """All passports from the one held on `before`, oldest first; never none."""
    passports: list[Passport] = []
    issued = before - chance.between(20, 1_000 if chance.happens(0.4) else 250)
    issued = max(issued, born + 5)
    while issued <= until and len(passports) < PASSPORTS_PER_PERSON:
        expires = issued + (TEN_YEARS if issued >= TEN_YEARS_SINCE else FIVE_YEARS)
        number = NUMBERS.place(index * PASSPORTS_PER_PERSON + len(passports), seed)
        letter, digits = divmod(number, 10_000_000)
        passports.append(Passport(f"{LETTERS[letter]}{digits:07}", issued, expires))
        if chance.happens(RENEWED_EARLY):
            issued += chance.between(200, 900)
        else:
            issued = expires - chance.between(-30, 200)
    return passports


def held_on(passports: list[Passport], day: int) -> Passport:
    """The newest passport issued by that day, or the first one."""
    held = passports[0]
    for passport in passports:
        if passport.issued <= day:
            held = passport
    return held


def splp_number(seed: int, index: int) -> str:
    """A one-way travel document's number: two letters and six digits."""
    letter, digits = divmod(SPLP_NUMBERS.place(index, seed), 1_000_000)
    return f"Z{chr(ord('A') + letter)}{digits:06}"
