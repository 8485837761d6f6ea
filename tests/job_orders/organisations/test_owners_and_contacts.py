"""Owners, telephone numbers and addresses as they are written, and how far two agree."""

import pytest

from job_orders.bank_accounts import read_account
from job_orders.organisations.matching.contacts import (
    AddressLevel,
    compare_addresses,
    read_address,
    read_phone,
)
from job_orders.organisations.matching.owners import OwnerLevel, compare_owners, read_owner
from job_orders.organisations.matching.spelling import is_slip


@pytest.mark.parametrize(
    ("ours", "theirs", "level"),
    [
        ("Hadi Wirawan", "HADI WIRAWAN", OwnerLevel.EQUAL),
        ("Hadi Wirawan", "Wirawan, Hadi", OwnerLevel.EQUAL),
        ("H. Hadi Wirawan, S.E., M.M.", "Hadi Wirawan", OwnerLevel.EQUAL),
        ("Dato' Hadi Wirawan", "Tan Sri Hadi Wirawan", OwnerLevel.EQUAL),
        ("Moehamad Djoko", "Muhamad Joko", OwnerLevel.EQUAL),
        ("Mohd Rizal", "Muhammad Rizal", OwnerLevel.EQUAL),
        ("Siva A/L Kumar", "Siva bin Kumar", OwnerLevel.EQUAL),
        ("Hadi Wirawan", "Hadi Wirawann", OwnerLevel.EQUAL),
        ("Hadi Wirawan", "Hadi Wirawam", OwnerLevel.SIMILAR),
        ("Hadi Wirawan", "Hadi Wirawan Putranto", OwnerLevel.SIMILAR),
        ("Hadi S. Wirawan", "Hadi Santoso Wirawan", OwnerLevel.SIMILAR),
        ("H. Wirawan", "Hadi Wirawan", OwnerLevel.OTHER),
        ("Hadi Wirawan", "Hadi Kusuma", OwnerLevel.OTHER),
        ("Hadi Wirawan", "Joko Wirawan", OwnerLevel.OTHER),
        ("Susanto", "Susanto", OwnerLevel.EQUAL_OF_ONE_WORD),
        ("Susanto", "Susanto Wirawan", OwnerLevel.OTHER),
        ("Hadi Wirawan", None, OwnerLevel.UNKNOWN),
    ],
)
def test_two_owners_agree_so_far(ours: str, theirs: str | None, level: OwnerLevel) -> None:
    one, other = read_owner(ours), read_owner(theirs)
    assert compare_owners(one, other) is level
    assert compare_owners(other, one) is level


@pytest.mark.parametrize(
    ("written", "country", "number"),
    [
        ("+62 21 5550 0199", "ID", "622155500199"),
        ("+62 (0)21 5550-0199", "ID", "622155500199"),
        ("0062 21 55500199", "ID", "622155500199"),
        ("(021) 5550 0199", "ID", "622155500199"),
        ("021-5550-0199", "ID", "622155500199"),
        ("622155500199", "ID", "622155500199"),
        ("03-5555 0199", "MY", "60355550199"),
        ("+60 3 5555 0199", None, "60355550199"),
        ("6555 0199", "SG", "6565550199"),
        ("+65 6555 0199", "SG", "6565550199"),
        ("055 555 0199", "SA", "966555550199"),
        ("5555 0199", "QA", "97455550199"),
        ("12345", "ID", None),
        ("", "ID", None),
        (None, "ID", None),
    ],
)
def test_a_telephone_number_has_one_form(
    written: str | None, country: str | None, number: str | None
) -> None:
    assert read_phone(written, country) == number


@pytest.mark.parametrize(
    ("ours", "theirs", "level"),
    [
        ("Jl. Anggrek No. 7, Jakarta", "Jalan Anggrek 7 Jakarta", AddressLevel.EQUAL),
        ("Jln Anggrek no 7 Jakarta 12345", "JAKARTA, Jl. Anggrek 7", AddressLevel.EQUAL),
        (
            "Gedung Melati Lt. 3, Jl. Anggrek 7, Jakarta",
            "Gd. Melati Lantai 3 Jl Anggrek No.7 Jakarta",
            AddressLevel.EQUAL,
        ),
        (
            "Gedung Melati Lt. 3, Jl. Anggrek 7, Jakarta",
            "Gedung Melati Lt. 5, Jl. Anggrek 7, Jakarta",
            AddressLevel.SAME_BUILDING,
        ),
        (
            "Melati Tower #03-12, 7 Orchid Road",
            "Melati Tower #09-01, 7 Orchid Rd",
            AddressLevel.SAME_BUILDING,
        ),
        ("12/F Melati Tower, 7 Orchid Road", "Melati Tower, 7 Orchid Road", "SAME_BUILDING"),
        ("Jl. Anggrek 7, Jakarta", "Jl. Anggrek 9, Jakarta", AddressLevel.OTHER),
        ("Jl. Anggrek 7, Jakarta", "Jl. Melati 7, Bandung", AddressLevel.OTHER),
        ("Jl. Anggrek 7, Jakarta", "-", AddressLevel.UNKNOWN),
    ],
)
def test_two_addresses_agree_so_far(ours: str, theirs: str, level: str) -> None:
    one, other = read_address(ours), read_address(theirs)
    assert compare_addresses(one, other) == level
    assert compare_addresses(other, one) == level


def test_an_account_number_has_one_form() -> None:
    assert read_account("sa03 8000-0000.6080") == read_account("SA03800000006080")


@pytest.mark.parametrize(
    ("one", "other", "is_one"),
    [
        ("RIMBA", "RIMBA", False),
        ("RIMBA", "RIMBO", True),
        ("RIMBA", "RIMB", True),
        ("RIMBA", "ARIMBA", True),
        ("RIMBA", "RIMAB", True),
        ("RIMBA", "RAMBO", False),
        ("RIMBA", "RIBMA", True),
        ("AB", "ABCD", False),
    ],
)
def test_one_slip_of_the_hand_is_told_from_two(one: str, other: str, *, is_one: bool) -> None:
    assert is_slip(one, other) is is_one
    assert is_slip(other, one) is is_one
