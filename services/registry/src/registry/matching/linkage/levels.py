"""The one table of levels: how far two values of a field may agree, and how often the same
person's values are thought to, before the files themselves were asked.
"""

from dataclasses import dataclass
from enum import StrEnum

from registry.matching.linkage.reading import Meaning


class Field(StrEnum):
    """What is compared of two records."""

    NAME = "NAME"
    FATHER = "FATHER"
    BIRTH_DATE = "BIRTH_DATE"
    NATIONAL_ID = "NATIONAL_ID"
    PASSPORT = "PASSPORT"
    PHONE = "PHONE"
    EMAIL = "EMAIL"
    CONTRACT = "CONTRACT"
    SEX = "SEX"
    BIRTH_PLACE = "BIRTH_PLACE"
    ADDRESS = "ADDRESS"
    STREET = "STREET"
    HOUSE_NUMBER = "HOUSE_NUMBER"
    POSTCODE = "POSTCODE"
    CITY = "CITY"
    REGION = "REGION"
    COUNTRY = "COUNTRY"
    OCCUPATION = "OCCUPATION"
    EMPLOYER = "EMPLOYER"
    AGENCY = "AGENCY"


@dataclass(frozen=True, slots=True)
class Level:
    """One degree of agreement: how often the same person's values are thought to have it, and how
    often those of two people of one household; a rare value says more where `by_rarity` holds.
    """

    name: str
    expected: float
    among_kin: float
    by_rarity: bool = False
    birth_date_agrees: bool | None = None
    """Levels of a number that contains the birth date are counted apart by how that agrees."""


UNKNOWN = 0
"""The level of a pair of which one side is silent: it weighs nothing."""

_HOME = (
    Level("EQUAL", 0.8, 0.8, by_rarity=True),
    Level("NEAR", 0.1, 0.1),
    Level("DIFFERENT", 0.1, 0.1),
)
_LOOSE = (
    Level("EQUAL", 0.5, 0.5, by_rarity=True),
    Level("NEAR", 0.1, 0.1),
    Level("DIFFERENT", 0.4, 0.4),
)
OTHER_DATE = "_WITH_OTHER_BIRTH_DATE"

LEVELS: dict[Field, tuple[Level, ...]] = {
    Field.NAME: (
        Level("EQUAL", 0.70, 0.003, by_rarity=True),
        Level("SOUND", 0.04, 0.007, by_rarity=True),
        Level("TYPING_SLIP", 0.06, 0.02, by_rarity=True),
        Level("TYPING_SLIP_IN_EVERY_WORD", 0.02, 0.02, by_rarity=True),
        Level("ABBREVIATED", 0.05, 0.01, by_rarity=True),
        Level("WORDS_MISSING", 0.05, 0.02, by_rarity=True),
        Level("ALL_BUT_ONE_WORD_MISSING", 0.04, 0.05, by_rarity=True),
        Level("WORDS_MISSING_AND_SLIPS", 0.02, 0.03, by_rarity=True),
        Level("ONE_WORD_OTHER", 0.01, 0.33, by_rarity=True),
        Level("PARTLY_OTHER", 0.005, 0.10, by_rarity=True),
        Level("OTHER", 0.005, 0.40),
    ),
    Field.FATHER: (Level("EQUAL", 0.9, 0.8, by_rarity=True), Level("OTHER", 0.1, 0.2)),
    Field.BIRTH_DATE: (
        Level("EQUAL", 0.88, 0.20, by_rarity=True),
        Level("DATE_OF_NIK", 0.02, 0.005, by_rarity=True),
        Level("DAY_AND_MONTH_SWAPPED", 0.02, 0.002, by_rarity=True),
        Level("TYPING_SLIP", 0.03, 0.005),
        Level("OTHER_YEAR_NEAR", 0.015, 0.003, by_rarity=True),
        Level("OTHER_YEAR_FAR", 0.005, 0.005, by_rarity=True),
        Level("ONLY_YEAR_KNOWN", 0.01, 0.01),
        Level("SAME_YEAR_AND_MONTH", 0.005, 0.005),
        Level("SAME_YEAR", 0.005, 0.02),
        Level("DIFFERENT", 0.01, 0.745),
    ),
    Field.NATIONAL_ID: (
        Level("EQUAL", 0.95, 0.02, by_rarity=True, birth_date_agrees=True),
        Level("SLIP_OF_REGION", 0.01, 0.005, birth_date_agrees=True),
        Level("TYPING_SLIP", 0.02, 0.005, birth_date_agrees=True),
        Level("OTHER_SERIAL", 0.005, 0.9, birth_date_agrees=True),
        Level("UNPROVED", 0.007, 0.02, birth_date_agrees=True),
        Level("DIFFERENT", 0.008, 0.05, birth_date_agrees=True),
        Level("EQUAL" + OTHER_DATE, 0.9, 0.05, by_rarity=True, birth_date_agrees=False),
        Level("SLIP_OF_REGION" + OTHER_DATE, 0.02, 0.005, birth_date_agrees=False),
        Level("TYPING_SLIP" + OTHER_DATE, 0.05, 0.005, birth_date_agrees=False),
        Level("OTHER_SERIAL" + OTHER_DATE, 0.01, 0.04, birth_date_agrees=False),
        Level("UNPROVED" + OTHER_DATE, 0.01, 0.05, birth_date_agrees=False),
        Level("DIFFERENT" + OTHER_DATE, 0.01, 0.85, birth_date_agrees=False),
    ),
    Field.PASSPORT: (
        Level("EQUAL", 0.6, 0.002, by_rarity=True),
        Level("TYPING_SLIP", 0.05, 0.001),
        Level("DIFFERENT", 0.35, 0.997),
    ),
    Field.PHONE: (
        Level("EQUAL", 0.5, 0.6, by_rarity=True),
        Level("TYPING_SLIP", 0.04, 0.02),
        Level("DIFFERENT", 0.3, 0.22),
        Level("OTHER_COUNTRY", 0.16, 0.16),
    ),
    Field.EMAIL: (
        Level("EQUAL", 0.8, 0.02, by_rarity=True),
        Level("TYPING_SLIP", 0.05, 0.005),
        Level("DIFFERENT", 0.15, 0.975),
    ),
    Field.CONTRACT: (
        Level("EQUAL", 0.2, 0.001, by_rarity=True),
        Level("TYPING_SLIP", 0.02, 0.001),
        Level("DIFFERENT", 0.78, 0.998),
    ),
    Field.SEX: (Level("EQUAL", 0.99, 0.6), Level("DIFFERENT", 0.01, 0.4)),
    Field.BIRTH_PLACE: _HOME,
    Field.ADDRESS: _HOME,
    Field.STREET: _HOME,
    Field.HOUSE_NUMBER: _HOME,
    Field.POSTCODE: (
        Level("EQUAL", 0.8, 0.8, by_rarity=True),
        Level("TYPING_SLIP", 0.07, 0.07),
        Level("SAME_AREA", 0.05, 0.05),
        Level("DIFFERENT", 0.08, 0.08),
    ),
    Field.CITY: _HOME,
    Field.REGION: _HOME,
    Field.COUNTRY: _LOOSE,
    Field.OCCUPATION: _LOOSE,
    Field.EMPLOYER: _LOOSE,
    Field.AGENCY: _LOOSE,
}

NUMBER_FIELDS: dict[Field, Meaning] = {
    Field.NATIONAL_ID: Meaning.NATIONAL_ID,
    Field.PASSPORT: Meaning.PASSPORT,
    Field.PHONE: Meaning.PHONE,
    Field.EMAIL: Meaning.EMAIL,
    Field.CONTRACT: Meaning.CONTRACT,
    Field.POSTCODE: Meaning.POSTCODE,
}
TEXT_FIELDS: dict[Field, Meaning] = {
    field: Meaning(field.value.lower())
    for field in Field
    if field.value.lower() in set(Meaning)
    and field not in NUMBER_FIELDS
    and field is not Field.BIRTH_DATE
}
FIELDS = tuple(Field)
WIDEST = max(map(len, LEVELS.values())) + 1


def place_of(field: Field, name: str) -> int:
    """The number of a level in compared pairs; UNKNOWN is 0."""
    return next(n for n, level in enumerate(LEVELS[field], start=1) if level.name == name)


def places_of(field: Field) -> dict[str, int]:
    """The numbers of all levels of a field by their names."""
    return {level.name: n for n, level in enumerate(LEVELS[field], start=1)}


def name_of(field: Field, place: int) -> str:
    return "UNKNOWN" if place == UNKNOWN else LEVELS[field][place - 1].name
