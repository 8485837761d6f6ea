"""Names are compared as Indonesians write them: any order, spelling, title or abbreviation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.matching.names import NameLevel, compare_names, read_name

EQUAL, SOUND = NameLevel.EQUAL, NameLevel.SOUND
PARTIAL, CONFLICT = NameLevel.PARTIAL, NameLevel.CONFLICT


@pytest.mark.parametrize(
    ("ours", "theirs", "level"),
    [
        ("SITI NURHAYATI BINTI ABD. RAHMAN", "NUR HAYATI SITI", EQUAL),
        ("MOCH. SOEKARNO", "MUHAMAD SUKARNO", EQUAL),
        ("SUKARNI", "SUKARNI SUKARNI", EQUAL),
        ("I WAYAN SUDANA", "WAYAN SUDANA", EQUAL),
        ("Abdul Rahman", "ABDURRAHMAN", EQUAL),
        ("ABD. RACHMAN", "ABDURAHMAN", EQUAL),
        ("SRI WAHYUNI", "WAHYUNI SIRI", EQUAL),
        ("SRIWAHYUNI", "SRI WAHYUNI", EQUAL),
        ("SITI AMINAH, S.Pd.", "Hj. St. Aminah", EQUAL),
        ("AMINAH, SITI", "SITI AMINAH", EQUAL),
        ("H. Achmad Yusuf", "AHMAD JOESOEF", EQUAL),
        ("SOERJADI", "SURYADI", EQUAL),
        ("DJOKO TJAHJONO", "JOKO CAHJONO", EQUAL),
        ("Drs. Khairuddin", "HAERUDIN", EQUAL),
        ("SULAIMAN A/L AHMAD", "SULAIMAN", EQUAL),
        ("Muhamad Fauzi", "M. FAUZI", EQUAL),
        ("AISYAH", "Aisah", EQUAL),
        ("FITRIYANI", "PITRIANI", EQUAL),
        ("SITI FNU", "SITI", EQUAL),
        ("JOSÉ MARÍA", "JOSE MARIA", EQUAL),
        ("DJAENAB", "ZAINAB BT MD SALEH", SOUND),
        ("RIZAL", "RIJAL", SOUND),
        ("S. NURHAYATI", "SITI NURHAYATI", PARTIAL),
        ("SITI", "SITI NURHAYATI", PARTIAL),
        ("SITI NURHAYATI", "SITI NURHAYATY", EQUAL),
        ("DEWI LESTARI", "DEWI LESTIARI", PARTIAL),
        ("MUHAMMAD FAUZI", "MUHAMMAD RIZKI", CONFLICT),
        ("NIA", "INA", CONFLICT),
        ("HANI", "ANI", PARTIAL),
        ("SITI AMINAH", "SITI MARYAM", CONFLICT),
        ("BUDI", "", NameLevel.UNKNOWN),
        ("BUDI", None, NameLevel.UNKNOWN),
    ],
)
def test_two_written_names_compare(ours: str, theirs: str | None, level: NameLevel) -> None:
    assert compare_names(read_name(ours), read_name(theirs)) is level
    assert compare_names(read_name(theirs), read_name(ours)) is level


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("SITI NURHAYATI", "NUR HAYATI SITI"),
        ("DJAENAB", "ZAINAB BT MD SALEH"),
        ("SRIWAHYUNI", "SRI WAHYUNI"),
        ("SUKARNI", "SUKARNI SUKARNI"),
    ],
)
def test_names_worth_comparing_share_their_key(ours: str, theirs: str) -> None:
    our_name, their_name = read_name(ours), read_name(theirs)
    assert our_name is not None
    assert their_name is not None
    assert our_name.key == their_name.key


def test_the_father_stands_apart() -> None:
    name = read_name("SITI NURHAYATI BINTI ABD. RAHMAN")
    assert name is not None
    assert name.father == ("ABDURAMAN",)


def test_a_title_alone_is_a_name() -> None:
    name = read_name("RADEN")
    assert name is not None
    assert name.tokens == ("RADEN",)


@pytest.mark.parametrize("text", [None, "", "  ", "123", "...", "山田"])
def test_what_holds_no_letter_is_no_name(text: str | None) -> None:
    assert read_name(text) is None


@given(st.lists(st.sampled_from(["SITI", "DEWI", "SUKARNI", "WAHYUNI", "BUDI"]), min_size=1))
def test_word_order_never_matters(words: list[str]) -> None:
    forwards, backwards = read_name(" ".join(words)), read_name(" ".join(reversed(words)))
    assert compare_names(forwards, backwards) is NameLevel.EQUAL


@given(st.text(max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    name = read_name(text)
    assert compare_names(name, name) in {NameLevel.EQUAL, NameLevel.UNKNOWN}
