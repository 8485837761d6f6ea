"""Telephone numbers and addresses, comparable however they are written."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from job_orders.organisations.matching.spelling import spell, upper, word_set

CALLING_CODES = {
    "ID": "62",
    "MY": "60",
    "SG": "65",
    "BN": "673",
    "HK": "852",
    "MO": "853",
    "TW": "886",
    "CN": "86",
    "KR": "82",
    "JP": "81",
    "TH": "66",
    "PH": "63",
    "VN": "84",
    "KH": "855",
    "MM": "95",
    "SA": "966",
    "AE": "971",
    "KW": "965",
    "QA": "974",
    "BH": "973",
    "OM": "968",
    "JO": "962",
    "LB": "961",
    "EG": "20",
    "TR": "90",
    "IT": "39",
    "DE": "49",
    "NL": "31",
    "PL": "48",
    "GB": "44",
    "AU": "61",
    "NZ": "64",
    "PG": "675",
    "FJ": "679",
    "MV": "960",
}
"""Calling codes (ITU E.164) of Indonesia and countries of destination."""

_TRUNK_IN_BRACKETS = re.compile(r"\(\s*0\s*\)")
_NOT_DIGIT = re.compile(r"\D+")
_SHORTEST_PHONE, _LONGEST_NATIONAL = 6, 10
_UNIT = re.compile(
    r"#\s*\w+(?:\s*-\s*\w+)*"
    r"|\b\d{1,3}\s*/\s*F\b"
    r"|\b\d{1,3}(?:ST|ND|RD|TH)\s+(?:FLOOR|FLR|FL)\b"
    r"|\b(?:LANTAI|LT|FLOOR|FLR|FL|LEVEL|LVL|LV|TINGKAT|TKT|UNIT|SUITE|STE|ROOM|RM|KAMAR|FLAT|OFFICE"
    r"|RUANG|SHOP)\b[.\s]*(?:NO\b[.\s]*)?(?=[\w-]*\d|[A-Z]\b)[\w]+(?:\s*-\s*\w+)*"
)
_WORDS = {
    **dict.fromkeys(("JL", "JLN", "JALAN"), "JALAN"),
    **dict.fromkeys(("GG", "GANG"), "GANG"),
    **dict.fromkeys(("GD", "GEDUNG", "BLDG", "BUILDING", "BGN", "BANGUNAN"), "GEDUNG"),
    **dict.fromkeys(("KAV", "KAVLING", "KAPLING"), "KAVLING"),
    **dict.fromkeys(("BLK", "BLOK", "BLOCK"), "BLOK"),
    **dict.fromkeys(("KOMP", "KOMPLEK", "KOMPLEKS", "COMPLEX"), "KOMPLEK"),
    **dict.fromkeys(("ST", "STR", "STREET"), "STREET"),
    **dict.fromkeys(("RD", "ROAD"), "ROAD"),
    **dict.fromkeys(("AVE", "AV", "AVENUE"), "AVENUE"),
    **dict.fromkeys(("BLVD", "BOULEVARD"), "BOULEVARD"),
    **dict.fromkeys(("LRG", "LORONG"), "LORONG"),
    **dict.fromkeys(("KG", "KPG", "KAMPUNG", "KAMPONG"), "KAMPUNG"),
    **dict.fromkeys(("TMN", "TAMAN"), "TAMAN"),
    **dict.fromkeys(("SEL", "SELATAN"), "SELATAN"),
    **dict.fromkeys(("UT", "UTARA"), "UTARA"),
    **dict.fromkeys(("TIM", "TIMUR"), "TIMUR"),
    **dict.fromkeys(("BAR", "BARAT"), "BARAT"),
}
_SAYS_NOTHING = word_set("NO NOMOR NUMBER RT RW KEL KEC KAB KOTA DESA PO BOX TEL FAX")
_POSTCODE = re.compile(r"\b\d{5,6}\b")
_FEWEST_WORDS = 2
_MOST_ALIKE = 0.8


class PhoneLevel(StrEnum):
    EQUAL = "EQUAL"
    OTHER = "OTHER"
    UNKNOWN = "UNKNOWN"


class AddressLevel(StrEnum):
    EQUAL = "EQUAL"
    SAME_BUILDING = "SAME_BUILDING"
    OTHER = "OTHER"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Address:
    """A building by its words in any order, and the rooms in it where they are told."""

    building: frozenset[str]
    unit: frozenset[str]

    @property
    def building_key(self) -> str:
        return " ".join(sorted(self.building))

    @property
    def key(self) -> str:
        return f"{self.building_key}|{' '.join(sorted(self.unit))}"


def read_phone(text: str | None, country: str | None) -> str | None:
    """The number with its country's calling code, digits alone; None where there are too few."""
    plain = _TRUNK_IN_BRACKETS.sub("", text or "").strip()
    digits = _NOT_DIGIT.sub("", plain)
    if len(digits) < _SHORTEST_PHONE:
        return None
    if plain.startswith("+") or digits.startswith("00"):
        return digits.removeprefix("00")
    code = CALLING_CODES.get(country or "", "")
    if digits.startswith("0"):
        return code + digits[1:]
    is_whole = digits.startswith(code) and len(digits) > _LONGEST_NATIONAL
    return digits if is_whole else code + digits


def compare_phones(ours: str | None, theirs: str | None) -> PhoneLevel:
    if ours is None or theirs is None:
        return PhoneLevel.UNKNOWN
    return PhoneLevel.EQUAL if ours == theirs else PhoneLevel.OTHER


@lru_cache(maxsize=50_000)
def read_address(text: str | None) -> Address | None:
    """The comparable form of a written address; None where it names no place."""
    if not text:
        return None
    plain = upper(text)
    units = frozenset(
        part for found in _UNIT.findall(plain) for part in re.findall(r"\d+[A-Z]?|\b[A-Z]\b", found)
    )
    plain = _POSTCODE.sub(" ", _UNIT.sub(" ", plain))
    words = re.sub(r"[^\w]+|_+", " ", plain).split()
    building = frozenset(
        spell(_WORDS.get(word, word)) for word in words if word not in _SAYS_NOTHING
    )
    return Address(building, units) if len(building) >= _FEWEST_WORDS else None


def compare_addresses(ours: Address | None, theirs: Address | None) -> AddressLevel:
    """One building where the numbers are equal and nearly all words; one address with the room."""
    if ours is None or theirs is None:
        return AddressLevel.UNKNOWN
    if _numbers(ours) != _numbers(theirs):
        return AddressLevel.OTHER
    alike = len(ours.building & theirs.building) / len(ours.building | theirs.building)
    if alike < _MOST_ALIKE:
        return AddressLevel.OTHER
    return AddressLevel.EQUAL if ours.unit == theirs.unit else AddressLevel.SAME_BUILDING


def _numbers(address: Address) -> frozenset[str]:
    return frozenset(word for word in address.building if word[0].isdigit())
