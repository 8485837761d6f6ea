"""A NIK is refused for impossible forms alone; what only surprises is a warning."""

from datetime import date

import pytest

from registry.matching.nik import NikFault, NikWarning, read_nik


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("9901011205900001", None),
        ("99.0101.120590.0001", None),
        ("9901015205900001", None),
        ("9901012902000001", None),
        ("990101120590001", NikFault.LENGTH),
        ("99010112059000011", NikFault.LENGTH),
        ("99010112O5900001", NikFault.NOT_DIGITS),
        ("٩٩٠١٠١١٢٠٥٩٠٠٠٠١", NikFault.NOT_DIGITS),
        ("1111111111111111", NikFault.ALL_SAME),
        ("9901013102900001", NikFault.IMPOSSIBLE_DATE),
        ("9901017102900001", NikFault.IMPOSSIBLE_DATE),
        ("9901011213900001", NikFault.IMPOSSIBLE_DATE),
        ("9901010005900001", NikFault.IMPOSSIBLE_DATE),
        ("9901014005900001", NikFault.IMPOSSIBLE_DATE),
        ("9901011205900000", NikFault.ZERO_SERIAL),
    ],
)
def test_only_impossible_numbers_are_malformed(text: str, fault: NikFault | None) -> None:
    nik = read_nik(text)
    assert nik is not None
    assert nik.fault is fault
    assert nik.is_well_formed is (fault is None)


@pytest.mark.parametrize("text", [None, "", " - "])
def test_no_digits_is_no_nik(text: str | None) -> None:
    assert read_nik(text) is None


def test_day_plus_forty_is_a_woman() -> None:
    nik = read_nik("9901015205900001", born_on=date(1990, 5, 12), sex="F")
    assert nik is not None
    assert nik.sex == "F"
    assert nik.warnings == (NikWarning.UNKNOWN_REGION,)


@pytest.mark.parametrize(
    ("text", "born_on", "sex", "warnings"),
    [
        ("3201011205900001", date(1990, 5, 12), "M", ()),
        ("3201011205900001", None, None, ()),
        ("3201011205050001", date(2005, 5, 12), "M", ()),
        ("3201015205900001", date(1990, 5, 12), "M", (NikWarning.SEX_MISMATCH,)),
        ("3201011205900001", date(1990, 12, 5), "M", (NikWarning.BIRTH_DATE_MISMATCH,)),
        ("3201011205900001", date(1994, 5, 12), "M", (NikWarning.BIRTH_DATE_MISMATCH,)),
        ("9901011205900001", date(1990, 5, 12), "M", (NikWarning.UNKNOWN_REGION,)),
    ],
)
def test_contradictions_warn_and_no_more(
    text: str, born_on: date | None, sex: str | None, warnings: tuple[NikWarning, ...]
) -> None:
    nik = read_nik(text, born_on=born_on, sex=sex)
    assert nik is not None
    assert nik.is_well_formed
    assert nik.warnings == warnings
