"""Which contradictions hold a pair for a person's look, and what in common lets it pass."""

import numpy as np
import pytest

from registry.matching.linkage.comparing import Compared
from registry.matching.linkage.guards import MOST_UNDER_GUARD, Guard, guards_of, held, names_of
from registry.matching.linkage.levels import FIELDS, UNKNOWN, WIDEST, Field, place_of

ALIKE = {Field.NAME: "EQUAL", Field.BIRTH_DATE: "EQUAL"}


def fired(levels: dict[Field, str], *, twins: bool = False) -> set[Guard]:
    row = np.full((1, len(FIELDS)), UNKNOWN, dtype=np.uint8)
    for field, name in levels.items():
        row[0, FIELDS.index(field)] = place_of(field, name)
    bits = np.zeros((1, len(FIELDS)), dtype=np.float32)
    return set(names_of(int(guards_of(Compared(row, bits, np.array([twins])))[0])))


@pytest.mark.parametrize(
    ("guard", "levels", "lets_pass"),
    [
        (
            Guard.TWIN_NUMBERS,
            {**ALIKE, Field.NATIONAL_ID: "OTHER_SERIAL"},
            {Field.PASSPORT: "EQUAL"},
        ),
        (
            Guard.TWIN_NUMBERS,
            {**ALIKE, Field.NATIONAL_ID: "OTHER_SERIAL_WITH_OTHER_BIRTH_DATE"},
            {Field.EMAIL: "EQUAL"},
        ),
        (
            Guard.OTHER_NAME,
            {Field.NAME: "ONE_WORD_OTHER", Field.BIRTH_DATE: "EQUAL", Field.PHONE: "EQUAL"},
            {Field.PASSPORT: "EQUAL"},
        ),
        (
            Guard.OTHER_BIRTH,
            {Field.NAME: "EQUAL", Field.BIRTH_DATE: "DIFFERENT", Field.EMAIL: "EQUAL"},
            {Field.NATIONAL_ID: "EQUAL_WITH_OTHER_BIRTH_DATE"},
        ),
        (
            Guard.BORROWED_NUMBER,
            {
                Field.NAME: "OTHER",
                Field.BIRTH_DATE: "DIFFERENT",
                Field.NATIONAL_ID: "EQUAL_WITH_OTHER_BIRTH_DATE",
            },
            {Field.PASSPORT: "EQUAL"},
        ),
        (
            Guard.NUMBERS_DIFFER,
            {**ALIKE, Field.NATIONAL_ID: "DIFFERENT"},
            {Field.PASSPORT: "EQUAL"},
        ),
        (
            Guard.NUMBERS_DIFFER,
            {
                Field.NAME: "PARTLY_OTHER",
                Field.BIRTH_DATE: "EQUAL",
                Field.NATIONAL_ID: "SLIP_OF_REGION",
            },
            {Field.NAME: "SOUND"},
        ),
        (
            Guard.SEX_AND_DATE_DIFFER,
            {
                Field.NAME: "EQUAL",
                Field.BIRTH_DATE: "SAME_YEAR",
                Field.SEX: "DIFFERENT",
                Field.PASSPORT: "EQUAL",
            },
            {Field.BIRTH_DATE: "EQUAL"},
        ),
    ],
)
def test_a_contradiction_fires_its_guard_until_something_speaks_for_one_person(
    guard: Guard, levels: dict[Field, str], lets_pass: dict[Field, str]
) -> None:
    assert guard in fired(levels)
    assert guard not in fired(levels | lets_pass)


def test_a_name_with_a_slip_waits_only_where_a_number_tells_of_a_twin() -> None:
    slip = {Field.NAME: "TYPING_SLIP", Field.BIRTH_DATE: "EQUAL"}
    assert fired(slip, twins=True) == {Guard.TWIN_KNOWN}
    assert fired(slip) == set()
    assert fired(ALIKE, twins=True) == set()
    assert fired(slip | {Field.PASSPORT: "EQUAL"}, twins=True) == set()


def test_who_agrees_in_everything_is_held_by_nothing() -> None:
    assert fired({**ALIKE, Field.NATIONAL_ID: "EQUAL", Field.SEX: "EQUAL"}) == set()


def test_a_guarded_pair_stays_below_the_links_and_keeps_what_is_less() -> None:
    kept = held(np.array([40.0, 40.0, -3.0]), np.array([0, 1, 1], dtype=np.uint8))
    assert kept.tolist() == [40.0, MOST_UNDER_GUARD, -3.0]
    assert 1 / (1 + 2**-MOST_UNDER_GUARD) < 0.99


def test_every_level_has_a_place_of_its_own() -> None:
    assert place_of(Field.NAME, "OTHER") < WIDEST
