"""Two organisations compared: bits that add up, and guards that hold honest firms apart."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from job_orders.organisations.matching.features import Features, KeyKind
from job_orders.organisations.matching.scoring import Guard, Reason, Surroundings, compare
from job_orders.organisations.matching.weights import PRIOR, REVIEW_FROM, SHARES, Field

OLD: dict[str, Any] = {
    "names": ("PT Rimba Selaras",),
    "owner": "Hadi Wirawan",
    "phone": "021 5550 0199",
    "account": b"account",
    "address": "Gedung Melati Lt. 3, Jl. Anggrek 7, Jakarta",
    "country": "ID",
    "place": "Jakarta",
}
NEW: dict[str, Any] = {
    "names": ("PT Kencana Wungu",),
    "owner": "Joko Prabowo",
    "phone": "021 7770 0155",
    "account": b"another",
    "address": "Jl. Cempaka 12, Jakarta",
    "country": "ID",
    "place": "Jakarta",
}


def make(said: dict[str, Any], **changes: Any) -> Features:
    return Features.read(**said | changes)


def kept(*names: str) -> dict[str, Any]:
    return {name: OLD[name] for name in names}


@pytest.mark.parametrize(
    "what",
    [
        ("owner", "phone"),
        ("owner", "account"),
        ("phone", "account"),
        ("names", "owner"),
        ("names", "phone"),
        ("names", "account"),
    ],
)
def test_two_things_of_its_own_give_a_firm_away_under_whatever_else_is_new(
    what: tuple[str, str],
) -> None:
    found = compare(make(OLD), make(NEW, **kept(*what)))
    assert found.is_proposed
    assert found.guards == ()


@pytest.mark.parametrize("what", ["names", "owner", "phone", "account"])
def test_one_thing_in_common_is_not_enough_even_in_one_room(what: str) -> None:
    found = compare(make(OLD), make(NEW, **kept(what, "address")))
    assert not found.is_proposed
    assert found.guards == (Guard.TOO_FEW_TIES,)


def test_two_honest_firms_in_one_room_stay_apart() -> None:
    found = compare(make(OLD), make(NEW, **kept("address")))
    assert not found.is_proposed
    assert found.score < REVIEW_FROM


def test_a_disguised_name_and_a_respelt_owner_are_enough() -> None:
    found = compare(
        make(OLD), make(NEW, names=("Selaras Rimba Abadi, CV",), owner="H. Hadie Wirawam, SE")
    )
    assert found.is_proposed
    assert set(found.reasons) == {Reason.SIMILAR_NAME, Reason.SIMILAR_OWNER}


def test_a_former_name_counts_like_the_present_one() -> None:
    renamed = make(NEW, names=("PT Kencana Wungu", "PT Rimba Selaras"), phone=OLD["phone"])
    assert Reason.SAME_NAME in compare(make(OLD), renamed).reasons


@pytest.mark.parametrize(
    ("kind", "what", "reason"),
    [
        (KeyKind.PHONE, "phone", Reason.PHONE_OF_MANY),
        (KeyKind.ACCOUNT, "account", Reason.ACCOUNT_OF_MANY),
        (KeyKind.OWNER, "owner", Reason.OWNER_NAME_OF_MANY),
    ],
)
def test_what_many_share_ties_nobody(kind: KeyKind, what: str, reason: Reason) -> None:
    other = make(NEW, **kept(what, "names"))
    assert compare(make(OLD), other).is_proposed
    found = compare(make(OLD), other, Surroundings(frozenset({kind})))
    assert not found.is_proposed
    assert reason in found.reasons
    assert next(line.weight for line in found.lines if line.level == "OF_MANY") == 0


def test_a_building_of_many_says_nothing_and_a_room_in_it_still_does() -> None:
    crowded = Surroundings(frozenset({KeyKind.BUILDING}))
    neighbour = make(NEW, address="Gedung Melati Lt. 5, Jl. Anggrek 7, Jakarta")
    assert compare(make(OLD), neighbour, crowded).level_of(Field.ADDRESS) == "OF_MANY"
    assert compare(make(OLD), neighbour).level_of(Field.ADDRESS) == "SAME_BUILDING"
    room = make(NEW, **kept("address"))
    assert compare(make(OLD), room, crowded).level_of(Field.ADDRESS) == "EQUAL"


def test_an_owner_of_a_firm_with_a_household_is_not_put_to_an_officer() -> None:
    household = make(NEW, names=(), owner=OLD["owner"], phone=OLD["phone"], is_household=True)
    found = compare(make(OLD), household)
    assert found.guards == (Guard.HOUSEHOLD_BESIDE_FIRM,)
    same = make(OLD, names=(), is_household=True)
    assert compare(same, household).is_proposed


def test_names_of_common_words_are_no_tie() -> None:
    ours = make(OLD, names=("PT Maju Jaya",))
    theirs = make(NEW, names=("CV Jaya Maju",), phone=OLD["phone"])
    assert compare(ours, theirs).guards == (Guard.TOO_FEW_TIES,)


@given(st.fixed_dictionaries({name: st.booleans() for name in OLD if name != "country"}))
def test_the_lines_add_up_to_the_score_and_both_ways_give_one(same: dict[str, bool]) -> None:
    other = make(NEW, **kept(*(name for name, is_kept in same.items() if is_kept)))
    found = compare(make(OLD), other)
    assert found.score == sum(line.weight for line in found.lines)
    assert [line.field for line in found.lines] == list(Field)
    assert found == compare(other, make(OLD))


def test_nothing_known_weighs_what_a_pair_weighs_beforehand() -> None:
    found = compare(Features(), Features())
    assert found.score == PRIOR.bits
    assert not found.is_proposed


@pytest.mark.parametrize("field", SHARES)
def test_the_shares_of_each_field_are_whole(field: Field) -> None:
    shares = SHARES[field].values()
    assert sum(share.in_one for share in shares) == pytest.approx(1)
    assert sum(share.in_two for share in shares) == pytest.approx(1, abs=1e-3)
