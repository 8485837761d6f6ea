"""Every difficulty of a draw under its name, with how often it happens; and the levels."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple


class Level(StrEnum):
    """How hard a draw is: each rate p becomes 1 - (1 - p) ** weight."""

    EASY = "EASY"
    USUAL = "USUAL"
    HARD = "HARD"


WEIGHTS: Final[Mapping[Level, float]] = {Level.EASY: 0.4, Level.USUAL: 1.0, Level.HARD: 1.8}

# Of people: how often somebody is hard to tell from somebody else, whatever the registers do.
OF_PEOPLE: Final[Mapping[str, float]] = {
    "kin_twin": 0.008,  # born together: same date, father, district; serials side by side
    "kin_sibling": 0.03,  # born 1 to 4 years apart, one household
    "kin_child": 0.006,  # father or mother and a child of the same last or only name
    "kin_spouse": 0.012,  # one household, one telephone
    "kin_alike": 0.25,  # kin of the same sex whose given names sound alike
    "stranger_namesake": 0.02,  # the same full name and birth year, nothing else in common
    "stranger_double": 0.0006,  # the same full name and birth date
    "born_first_january": 0.025,  # no birth certificate: the date is a default in every paper
    "born_last_december": 0.015,
    "born_first_july": 0.01,
    "nik_date_differs": 0.012,  # the civil register itself wrote another date
    "home_elsewhere": 0.1,  # birth place is not the district of the NIK
    "phone_of_broker": 0.012,
    "phone_of_household": 0.6,  # kin who share one telephone
    "email_of_broker": 0.012,
    "country_moved": 0.05,  # lives in another country than the one of the placement
    "returned": 0.12,  # back home, still in the placement register
    "age_raised": 0.02,  # made older on the passport, to be placed
}


class Rate(NamedTuple):
    """How often per record: of the placement register, and of self-registration abroad."""

    placement: float
    presence: float


# Of records: what operators, forms and people make of it.
OF_RECORDS: Final[Mapping[str, Rate]] = {
    "row_again": Rate(0.06, 0.035),  # one more row of the same person
    "row_third": Rate(0.15, 0.08),  # and after that one a third
    "row_copied": Rate(0.7, 0.3),  # the further row begins as a copy of the former
    "name_respelled": Rate(0.05, 0.09),  # oe for u, dj for j, y for i, one letter for two
    "name_short_form": Rate(0.12, 0.2),  # Moh., St., Abd., where the name has such a word
    "name_initial": Rate(0.02, 0.035),
    "name_cut": Rate(0.01, 0.02),  # the field ended before the name
    "name_word_left_out": Rate(0.012, 0.04),
    "name_first_word_only": Rate(0.003, 0.012),
    "name_reordered": Rate(0.01, 0.04),
    "name_joined": Rate(0.015, 0.03),
    "name_split": Rate(0.004, 0.008),
    "name_keystroke": Rate(0.035, 0.035),
    "name_read_wrong": Rate(0.006, 0.012),  # characters confused by a scanner
    "name_title": Rate(0.015, 0.02),
    "name_father": Rate(0.012, 0.11),  # BIN, BINTI and the father's name
    "name_one_word_repeated": Rate(0.02, 0.1),  # one-word names where forms want two
    "name_one_word_filled": Rate(0.01, 0.06),  # a dash, FNU, LNU
    "name_other": Rate(0.001, 0.003),  # another name altogether: nickname, husband's name
    "date_missing": Rate(0.002, 0.006),
    "date_swapped": Rate(0.01, 0.018),
    "date_first_january": Rate(0.006, 0.008),
    "date_year_off": Rate(0.012, 0.014),
    "date_keystroke": Rate(0.012, 0.012),
    "sex_missing": Rate(0.002, 0.02),
    "sex_wrong": Rate(0.004, 0.006),
    "place_missing": Rate(0.01, 0.33),
    "place_cut": Rate(0.08, 0.02),
    "place_other": Rate(0.02, 0.05),
    "nik_missing": Rate(0.03, 0.63),
    "nik_keystroke": Rate(0.012, 0.02),
    "nik_malformed": Rate(0.004, 0.006),
    "nik_borrowed": Rate(0.008, 0.012),  # a relative's number, where there is a relative
    "passport_missing": Rate(0.03, 0.08),
    "passport_former": Rate(0.06, 0.4),  # another book than the one of the placement
    "passport_keystroke": Rate(0.015, 0.02),
    "passport_read_wrong": Rate(0.004, 0.012),  # 0 and O, 1 and I, a letter lost
    "phone_missing": Rate(0.02, 0.06),
    "phone_changed": Rate(0.08, 0.82),
    "phone_keystroke": Rate(0.01, 0.01),
    "email_missing": Rate(0.55, 0.25),
    "email_changed": Rate(0.03, 0.1),
    "email_domain_changed": Rate(0.02, 0.35),
    "email_keystroke": Rate(0.005, 0.02),
    "return_not_told": Rate(0.3, 0.0),  # back home, and the register does not know
}

# Not difficulties but the make-up of a draw; no level changes them.
IN_PLACEMENT_REGISTER: Final = 0.52
IN_PRESENCE_REGISTER: Final = 0.49
IN_PRESENCE_IF_RETURNED: Final = 0.12
WORKERS: Final = 0.93
ONE_WORD: Final = 0.17


def harder(rate: float, level: Level) -> float:
    """The rate at this level; 0 and 1 stay what they are."""
    return 1.0 - float((1.0 - rate) ** WEIGHTS[level])
