"""Case numbers and the writing of tracking codes."""

from hypothesis import given
from hypothesis import strategies as some

from cases.intake.rules import case_number, normalised_code, written_code

codes = some.binary(min_size=16, max_size=16)


def test_a_case_number_can_be_read_by_people() -> None:
    assert case_number("KJRI-JOHOR-BAHRU", 2026, 123) == "KSS/KJRI-JOHOR-BAHRU/2026/000123"


@given(codes)
def test_a_code_reads_the_same_after_it_was_read_out_and_typed(random: bytes) -> None:
    code = written_code(random)
    assert not set("ILOU") & set(code)
    typed = code.lower().replace("-", " ").replace("0", "O").replace("1", "i")
    assert normalised_code(typed) == normalised_code(code) == code.replace("-", "")


@given(codes, codes)
def test_different_codes_stay_different(one: bytes, other: bytes) -> None:
    same = normalised_code(written_code(one)) == normalised_code(written_code(other))
    assert same is (one == other)
