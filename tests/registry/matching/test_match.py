"""The matcher links what is certain, asks about what conflicts, and leaves the rest apart."""

from typing import Any
from uuid import UUID

import pytest

from registry.matching.features import Features, read_features, unpacked
from registry.matching.likeness import Likenesses
from registry.matching.linkage.guards import Guard
from registry.matching.match import (
    AUTO_LINK_BITS,
    REVIEW_BITS,
    Candidate,
    Decision,
    Outcome,
    Reason,
    match,
    thresholds_of,
)
from registry.matching.served_model import served_model

A, B = UUID(int=1), UUID(int=2)
AUTO_LINK, REVIEW, NO_LINK = Outcome

NIK = "9901011205900001"
OTHER_NIK = "9901011205900002"
NAME = {"full_name": "SITI NURHAYATI", "birth_date": "1990-05-12"}


Content = dict[str, Any]


def decide(record: Content, *persons: Content | list[Content]) -> Decision:
    """Of a record and persons, each of one content or of several."""
    said = [person if isinstance(person, list) else [person] for person in persons]
    features = [tuple(map(read_features, contents)) for contents in said]
    ids = (UUID(int=place) for place in range(1, 100))
    return match(read_features(record), map(Candidate, ids, features))


@pytest.mark.parametrize(
    ("record", "person", "outcome"),
    [
        # The vectors of the field: invented people whom registers really confuse.
        (
            {"full_name": "SITI NURHAYATI BINTI ABD. RAHMAN", "birth_date": "1990-05-12"}
            | {"passport_number": "X9999001"},
            {"full_name": "NUR HAYATI SITI", "birth_date": "1990-05-12"}
            | {"passport_number": "X 9999-001"},
            AUTO_LINK,
        ),
        (
            {"full_name": "MOCH. SOEKARNO", "nik": NIK},
            {"full_name": "MUHAMAD SUKARNO", "nik": NIK},
            AUTO_LINK,
        ),
        (
            {"full_name": "SUKARNI", "birth_date": "1988-03-04", "birth_place": "Blitar"},
            {"full_name": "SUKARNI SUKARNI", "birth_date": "1988-03-04", "birth_place": "BLITAR"},
            REVIEW,
        ),
        (
            {"full_name": "SUKARNI", "birth_date": "1988-03-04", "passport_number": "X9999002"},
            {"full_name": "SUKARNI SUKARNI", "passport_number": "X9999002"},
            AUTO_LINK,
        ),
        (
            {"full_name": "DJAENAB", "birth_date": "1985-01-01"},
            {"full_name": "ZAINAB BT MD SALEH", "birth_date": "1985-01-01"},
            REVIEW,
        ),
        (
            {"full_name": "AHMAD FAUZI", "birth_date": "1992-02-03"},
            {"full_name": "AHMAD FAUZI", "birth_date": "1992-08-09"},
            NO_LINK,
        ),
        # Born in one district on one day, and of one of them no name is known.
        ({"full_name": "SITI NURHAYATI", "nik": NIK}, {"nik": OTHER_NIK}, NO_LINK),
        (
            {"full_name": "I WAYAN SUDANA", "passport_number": "X9999003"},
            {"full_name": "WAYAN SUDANA", "passport_number": "X9999003"},
            AUTO_LINK,
        ),
        (
            {"full_name": "BUDI SANTOSO", "nik": NIK, "phone": "0812"},
            {"full_name": "ADI SANTOSO", "nik": OTHER_NIK, "phone": "0812"},
            NO_LINK,
        ),
        (
            {"full_name": "SULAIMAN", "nik": NIK, "birth_date": "1986-05-12"},
            {"full_name": "SULAIMAN", "nik": NIK, "birth_date": "1990-05-12"},
            AUTO_LINK,
        ),
        # NIK: equal links unless the name says otherwise, different parts for good.
        ({"nik": NIK}, {"nik": NIK}, AUTO_LINK),
        (NAME | {"nik": NIK}, {"full_name": "BUDI SANTOSO", "nik": NIK}, REVIEW),
        (
            NAME | {"nik": NIK},
            {"full_name": "BUDI SANTOSO", "birth_date": "1971-01-09", "nik": NIK},
            REVIEW,
        ),
        # Twins have other names; one name, one birth date and two NIKs may be somebody's slip.
        (NAME | {"nik": NIK}, NAME | {"nik": OTHER_NIK}, REVIEW),
        (NAME | {"nik": NIK}, NAME | {"nik": "9903023007810001"}, REVIEW),
        (NAME | {"nik": NIK}, NAME | {"full_name": "RINA", "nik": OTHER_NIK}, NO_LINK),
        (NAME | {"nik": NIK, "sex": "M"}, NAME | {"nik": NIK, "sex": "F"}, AUTO_LINK),
        (NAME | {"nik": "9901013102900001"}, NAME | {"nik": "9901013102900001"}, AUTO_LINK),
        # Passport: with a name or a birth date that agrees.
        (
            {"passport_number": "X9999001", "birth_date": "1990-05-12"},
            {"passport_number": "X9999001", "birth_date": "1990-05-12"},
            AUTO_LINK,
        ),
        # The record says nothing but the number: it finds whoever holds it, as in a report.
        ({"passport_number": "X9999001"}, {"passport_number": "X9999001"}, AUTO_LINK),
        ({"passport_number": "X9999001"}, NAME | {"passport_number": "X9999001"}, AUTO_LINK),
        (
            NAME | {"passport_number": "X9999001"},
            {"full_name": "BUDI SANTOSO", "passport_number": "X9999001"},
            REVIEW,
        ),
        (
            NAME | {"passport_number": "X9999001", "nik": NIK},
            NAME | {"passport_number": "X9999001", "nik": OTHER_NIK},
            REVIEW,
        ),
        # Name and birth date.
        (NAME, NAME, AUTO_LINK),
        (NAME | {"nik": NIK}, NAME, AUTO_LINK),
        (NAME | {"passport_number": "X9999001"}, NAME | {"passport_number": "A1234567"}, AUTO_LINK),
        (NAME | {"sex": "F"}, NAME | {"sex": "F"}, AUTO_LINK),
        (NAME | {"sex": "F"}, NAME | {"sex": "M"}, REVIEW),
        (
            NAME | {"sex": "F", "passport_number": "X9999001"},
            NAME | {"sex": "M", "passport_number": "X9999001"},
            AUTO_LINK,
        ),
        (NAME, NAME | {"birth_date": "1990-12-05"}, REVIEW),
        (
            NAME | {"phone": "0811 234 5678"},
            NAME | {"phone": "+62 811-234-5678", "birth_date": "1990-12-05"},
            AUTO_LINK,
        ),
        (NAME, NAME | {"birth_date": "1994-05-12"}, REVIEW),
        (NAME | {"birth_date": "1990-01-01"}, NAME | {"birth_date": "1990-01-01"}, REVIEW),
        ({"full_name": "SITI NURHAYATI"}, {"full_name": "SITI NURHAYATI"}, NO_LINK),
        ({}, {}, NO_LINK),
    ],
)
def test_one_record_against_one_person(
    record: dict[str, Any], person: dict[str, Any], outcome: Outcome
) -> None:
    decision = decide(record, person)
    assert decision.outcome is outcome
    assert decision.person_id == (A if outcome is AUTO_LINK else None)


def test_nobody_to_compare_with_is_no_link() -> None:
    assert decide(NAME).reasons == (Reason.NO_CANDIDATE,)


def test_several_who_qualify_are_for_an_officer() -> None:
    decision = decide(NAME, NAME, NAME)
    assert decision.outcome is REVIEW
    assert decision.reasons == (Reason.SEVERAL_PERSONS_QUALIFY,)
    assert {found.person_id for found in decision.comparisons} == {A, B}


def test_a_namesake_with_another_nik_does_not_stand_in_the_way() -> None:
    decision = decide(NAME | {"nik": NIK}, NAME | {"nik": OTHER_NIK}, NAME | {"nik": NIK})
    assert decision.person_id == B


def test_any_passport_ever_held_counts() -> None:
    held = [NAME | {"passport_number": number} for number in ("X9999001", "A1234567", "C7654321")]
    for content in held:
        record = {"full_name": "NURHAYATI SITI", "passport_number": content["passport_number"]}
        assert decide(record, held).person_id == A


def test_a_passport_of_an_earlier_version_counts() -> None:
    earlier, later = (
        read_features(NAME | {"passport_number": number}) for number in ("X9999001", "A1234567")
    )
    person = Candidate(A, (later.with_earlier(earlier),))
    for number in ("X9999001", "A1234567"):
        record = read_features({"full_name": "NURHAYATI SITI", "passport_number": number})
        assert match(record, [person]).person_id == A


def test_another_nik_in_any_record_of_a_person_holds_the_link() -> None:
    same, other = NAME | {"nik": NIK}, NAME | {"nik": "9903023007810001"}
    assert decide(same, [same]).outcome is AUTO_LINK
    decision = decide(same, [same, other])
    assert decision.outcome is REVIEW
    assert Reason.NIK_CONFLICT in decision.reasons


def test_a_birth_date_mistyped_in_one_record_of_a_person_holds_no_link_by_the_nik() -> None:
    same, mistyped = (
        NAME | {"nik": NIK},
        {"full_name": "SITI NURHAYATI", "birth_date": "1971-01-09"},
    )
    assert decide(same, [same, mistyped]).person_id == A
    assert decide(NAME | {"sex": "F"}, [NAME | {"sex": "F"}, mistyped]).outcome is REVIEW


def test_a_guard_that_fires_is_told() -> None:
    decision = decide(
        {"full_name": "SITI NURHAYATI", "birth_date": "1990-05-12", "nik": NIK},
        {"full_name": "SITI NURHAYATI", "birth_date": "1990-05-12", "nik": OTHER_NIK},
    )
    assert Guard.TWIN_NUMBERS in decision.reasons
    assert decision.comparisons[0].weights[-1].field == "HELD_BY_GUARD"


def test_an_altered_age_is_flagged_when_the_nik_links() -> None:
    decision = decide(NAME | {"nik": NIK, "birth_date": "1986-05-12"}, NAME | {"nik": NIK})
    assert decision.outcome is AUTO_LINK
    assert Reason.BIRTH_DATE_CONFLICT in decision.reasons


@pytest.mark.parametrize(
    ("names", "crowds", "outcome"),
    [(9, set(), AUTO_LINK), (10, set(), REVIEW), (0, {"X9999001"}, REVIEW)],
)
def test_a_passport_that_many_names_or_records_share_joins_nobody(
    names: int, crowds: set[str], outcome: Outcome
) -> None:
    """An agency typed its own number into the records of others."""
    ours, theirs = (read_features(NAME | {"passport_number": "X9999001"}) for _ in range(2))
    others = [Features(names=(f"RINA {n}",), passports=("X9999001",)) for n in range(names)]
    known = Likenesses(served_model(), [ours, theirs, *others])
    known.crowds = frozenset(crowds)
    decision = match(ours, [Candidate(A, (theirs,))], known=known)
    assert decision.outcome is outcome
    assert (Reason.NUMBER_OF_MANY in decision.reasons) is (outcome is REVIEW)


def test_the_weights_add_up_to_the_score_exactly() -> None:
    decision = decide(NAME | {"nik": NIK, "sex": "F"}, NAME | {"nik": NIK}, NAME)
    for found in decision.comparisons:
        assert found.score == sum(part.weight for part in found.weights)
        assert [part.field for part in found.weights][:3] == ["PRIOR", "NAME", "BIRTH_DATE"]
    assert thresholds_of(decision.model) == (AUTO_LINK_BITS, REVIEW_BITS)
    assert decision.model.startswith("2026-11-")


def test_the_order_of_candidates_does_not_matter() -> None:
    persons = [Candidate(UUID(int=n), (read_features(NAME),)) for n in range(1, 6)]
    record = read_features(NAME)
    assert match(record, persons) == match(record, reversed(persons))


def test_a_malformed_nik_is_no_evidence() -> None:
    assert read_features({"nik": "9901013102900001"}).nik is None


def test_features_are_the_same_after_they_were_packed() -> None:
    content = NAME | {"nik": NIK, "passport_name": "NURHAYATI ÄÖ", "sex": "F", "phone": "+62 811"}
    features = read_features(content | {"email": "a@b.example", "address": "Jalan Kenari 7"})
    assert unpacked(features.packed()) == features
    assert unpacked(read_features({}).packed()) == read_features({})


def test_contacts_are_no_part_of_the_identity() -> None:
    moved = read_features(NAME | {"phone": "+62 811 1", "address": "Jalan Merpati 1"})
    assert moved != read_features(NAME)
    assert moved.identity == read_features(NAME).identity
