"""A set like a historical census: no documents, groups of one to ten rows, strongly corrupted."""

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.seed.chance import Chance, Shuffle, skewed
from tests.linkage.draws import census_lists as lists
from tests.linkage.draws.drawing import Draw
from tests.linkage.draws.people import Day
from tests.linkage.draws.slips import date_mistyped, is_date, mistyped, swapped

COLUMNS: Final = {
    "first_name": "given_name",
    "surname": "surname",
    "dob": "birth_date:%Y-%m-%d",
    "birth_place": "birth_place",
    "postcode": "postcode",
    "occupation": "occupation",
}
# How often, per row after the first; the first row of a person is nearly clean.
RATES: Final = {
    "given_missing": 0.02,
    "given_short": 0.22,
    "given_other": 0.06,
    "given_keystroke": 0.09,
    "surname_missing": 0.015,
    "surname_keystroke": 0.11,
    "surname_other": 0.05,
    "names_exchanged": 0.02,
    "date_missing": 0.13,
    "date_first_january": 0.12,
    "date_other_year": 0.09,
    "date_keystroke": 0.07,
    "date_swapped": 0.02,
    "place_missing": 0.12,
    "place_other": 0.1,
    "place_keystroke": 0.05,
    "postcode_missing": 0.18,
    "postcode_near": 0.38,
    "postcode_keystroke": 0.04,
    "occupation_missing": 0.25,
    "occupation_other": 0.08,
}
_ROWS_OF_PERSON: Final = (
    (1,) * 4 + (3,) * 3 + (5,) * 4 + (7,) * 5 + (9,) * 7 + (11,) * 13 + (13,) * 16 + (8, 10, 6)
)
_MOST_ROWS: Final = 10
_FEMALE_SHARE: Final = 0.15
_KIN_SHARE: Final = 0.16
Strikes = Callable[[str], bool]
_IDS: Final = Shuffle(90_000_000, 55_623_097)
_GIVEN: Final = {True: skewed(lists.GIVEN_FEMALE), False: skewed(lists.GIVEN_MALE)}
_SURNAMES: Final = skewed(lists.SURNAMES)
_STEMS: Final = tuple(lists.STEMS.split())
_ENDINGS: Final = tuple(lists.ENDINGS.split())
_PLACES: Final = skewed(lists.PLACES)
_OCCUPATIONS: Final = tuple(word.replace("_", " ") for word in skewed(lists.OCCUPATIONS))
_SHORT: Final = {name: forms.split() for name, forms in lists.SHORT.items()}
_LETTERS: Final = "ABDEFGHJLNPQRSTUWXYZ"


@dataclass(slots=True)
class Figure:
    """Somebody of a former time."""

    given: str
    middle: str
    surname: str
    birth: Day
    place: str
    district: str
    postcode: str
    occupation: str


def write_census(folder: Path, *, seed: int, records: int = 50_000) -> Draw:
    """One file to be deduplicated, its schema and its key."""
    chance = Chance(seed, 0, 7)
    drawn: list[tuple[int, list[str]]] = []
    for number, figure in enumerate(_figures(chance)):
        rows = min(_MOST_ROWS, chance.pick(_ROWS_OF_PERSON))
        drawn += [(number, _row(chance, figure, is_first=not n)) for n in range(rows)]
        if len(drawn) >= records:
            break
    chance.shuffle(drawn)
    folder.mkdir(parents=True, exist_ok=True)
    draw = Draw(folder)
    with (
        draw.left.open("w", newline="", encoding="utf-8") as left,
        draw.key.open("w", newline="", encoding="utf-8") as key,
    ):
        out, told = csv.writer(left), csv.writer(key)
        out.writerow(["id", *COLUMNS])
        told.writerow(["id", "person"])
        for place, (number, row) in enumerate(drawn, start=1):
            one = f"H{_IDS.place(place, seed):08}"
            out.writerow([one, *row])
            told.writerow([one, number])
    draw.schema.write_text(json.dumps({"id": "id", "columns": COLUMNS}, indent=1))
    return draw


def _figures(chance: Chance) -> Iterator[Figure]:
    former = _figure(chance)
    while True:
        figure = _figure(chance)
        if chance.happens(_KIN_SHARE):
            # Fathers and sons of one house: surname, place and district in common, often the name.
            figure.surname, figure.place = former.surname, former.place
            figure.district, figure.occupation = former.district, former.occupation
            figure.given = former.given if chance.happens(0.35) else figure.given
        yield figure
        former = figure


def _figure(chance: Chance) -> Figure:
    is_female = chance.happens(_FEMALE_SHARE)
    given = chance.pick(_GIVEN[is_female])
    middle = chance.pick(_GIVEN[is_female]) if chance.happens(0.3) else ""
    rare = chance.pick(_STEMS) + chance.pick(_ENDINGS)
    surname = rare if chance.happens(0.55) else chance.pick(_SURNAMES)
    month = chance.between(1, 12)
    birth = (1600 + int(300 * chance.random() ** 0.6), month, chance.between(1, 28))
    district = f"{chance.pick(_LETTERS)}{chance.pick(_LETTERS)}{chance.between(1, 30)}"
    return Figure(
        given=given,
        middle=middle,
        surname=surname,
        birth=birth,
        place=chance.pick(_PLACES),
        district=district,
        postcode=_postcode(chance, district),
        occupation=chance.pick(_OCCUPATIONS) if chance.happens(0.9) else "",
    )


def _postcode(chance: Chance, district: str) -> str:
    letters = chance.pick(_LETTERS) + chance.pick(_LETTERS)
    return f"{district} {chance.between(1, 9)}{letters}"


def _row(chance: Chance, figure: Figure, *, is_first: bool) -> list[str]:
    factor = 0.15 if is_first else 1.0

    def strikes(key: str) -> bool:
        return chance.happens(RATES[key] * factor)

    given, surname = _given(chance, figure, strikes), figure.surname
    if strikes("surname_other"):
        surname = chance.pick(
            (f"{figure.middle} {surname}".strip(), "baronet", f"of {figure.place}")
        )
    if strikes("surname_keystroke"):
        surname = mistyped(chance, surname.upper()).lower()
    if strikes("names_exchanged"):
        given, surname = surname, given
    given = "" if strikes("given_missing") else given
    surname = "" if strikes("surname_missing") else surname
    return [
        given,
        surname,
        _date(chance, figure.birth, strikes),
        _place(chance, figure, strikes),
        _post(chance, figure, strikes),
        _occupation(chance, figure, strikes),
    ]


def _given(chance: Chance, figure: Figure, strikes: Strikes) -> str:
    given = figure.given
    if strikes("given_other"):
        given = figure.middle or chance.pick(_GIVEN[False])
    elif strikes("given_short"):
        given = chance.pick(_SHORT.get(given, [given[0], given[:3]]))
    elif figure.middle and chance.happens(0.2):
        given = f"{given} {figure.middle}"
    return mistyped(chance, given.upper()).lower() if strikes("given_keystroke") else given


def _date(chance: Chance, birth: Day, strikes: Strikes) -> str:
    if strikes("date_missing"):
        return ""
    year, month, day = birth
    if strikes("date_first_january"):
        month = day = 1
    if strikes("date_other_year"):
        year += chance.pick((-1, 1, -2, 2, -1, 1, -5, 10))
    found = (year, month, day)
    if strikes("date_swapped") and is_date(swapped(found)):
        found = swapped(found)
    if strikes("date_keystroke"):
        found = date_mistyped(chance, found)
    return f"{found[0]:04}-{found[1]:02}-{found[2]:02}"


def _place(chance: Chance, figure: Figure, strikes: Strikes) -> str:
    if strikes("place_missing"):
        return ""
    place = chance.pick(_PLACES) if strikes("place_other") else figure.place
    return mistyped(chance, place.upper()).lower() if strikes("place_keystroke") else place


def _post(chance: Chance, figure: Figure, strikes: Strikes) -> str:
    if strikes("postcode_missing"):
        return ""
    code = _postcode(chance, figure.district) if strikes("postcode_near") else figure.postcode
    return mistyped(chance, code) if strikes("postcode_keystroke") else code


def _occupation(chance: Chance, figure: Figure, strikes: Strikes) -> str:
    if strikes("occupation_missing"):
        return ""
    return chance.pick(_OCCUPATIONS) if strikes("occupation_other") else figure.occupation
