"""Candidate keys of the service: those of linkage, under keyed hashes that tell nothing."""

import json
from pathlib import Path

import pytest

from registry.matching.features import Features, read_features
from registry.matching.keys import crowded, head_hashes, key_hashes, search_hashes
from registry.matching.likeness import Likenesses
from registry.matching.linkage.blocking import candidate_pairs
from registry.matching.linkage.reading import Column, Meaning, Table
from registry.matching.linkage.records import records_of
from registry.matching.served_model import served_model
from shared.privacy import Keyring, new_keyring

NAME = {"full_name": "SITI NURHAYATI", "birth_date": "1990-05-12"}


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return load(tmp_path / "keys.json")


def load(path: Path) -> Keyring:
    path.write_text(json.dumps(new_keyring()))
    return Keyring.load(path, "registry")


def people() -> list[Features]:
    """Everybody meets somebody by one kind of key and nobody by none."""
    contents: list[dict[str, str]] = [
        NAME | {"nik": "9901015205900001", "passport_number": "X9999001", "phone": "081234567890"},
        {"full_name": "NUR HAYATI SITI", "birth_date": "1990-12-05", "birth_place": "Blitar"},
        {"full_name": "SITI N", "birth_date": "1990-05-12", "email": "sitinurhayati7@a.example"},
        {"passport_number": "X 9999-001"},
        {"full_name": "RINA", "phone": "+62 812 3456 7890", "birth_date": "1971-02-03"},
        {"full_name": "RINNA AYU", "birth_place": "BLITAR", "birth_date": "1971-03-02"},
        {"full_name": "BUDI", "address": "Jalan Kenari 7", "birth_date": "1980-01-01"},
        {"full_name": "BUDY SANTOSO", "address": "JALAN KENARI 7", "sex": "M"},
        {"nik": "9901015205900002"},
    ]
    return [read_features(content) for content in contents]


def test_who_meets_by_a_key_of_linkage_meets_by_a_key_of_the_service(keyring: Keyring) -> None:
    features = people()
    columns = {
        Column("n", Meaning.FULL_NAME): [next(iter(one.names), "") for one in features],
        Column("d", Meaning.BIRTH_DATE, "%Y-%m-%d"): [str(one.born_on or "") for one in features],
        Column("b", Meaning.BIRTH_PLACE): [one.birth_place or "" for one in features],
        Column("k", Meaning.NATIONAL_ID): [one.nik or "" for one in features],
        Column("p", Meaning.PASSPORT): [next(iter(one.passports), "") for one in features],
        Column("t", Meaning.PHONE): [one.phone or "" for one in features],
        Column("e", Meaning.EMAIL): [one.email or "" for one in features],
        Column("a", Meaning.ADDRESS): [one.address or "" for one in features],
    }
    records = records_of([Table([""] * len(features), columns)], indonesian=True)
    expected = candidate_pairs(records, within=True)
    keys = [set(one) for one in key_hashes(features, keyring)]
    assert len(expected) >= 6
    for ours, theirs in zip(expected.ours.tolist(), expected.theirs.tolist(), strict=True):
        assert keys[ours] & keys[theirs], (features[ours], features[theirs])
    assert not keys[6] & keys[0]


def test_keys_are_the_same_whoever_is_read_with_them(keyring: Keyring) -> None:
    features = people()
    alone = [key_hashes([one], keyring)[0] for one in features]
    assert key_hashes(features, keyring) == alone
    assert key_hashes(features[::-1], keyring) == alone[::-1]


def test_another_keyring_gives_other_keys(keyring: Keyring, tmp_path: Path) -> None:
    (ours,), (theirs,) = (
        key_hashes(people()[:1], one) for one in (keyring, load(tmp_path / "other.json"))
    )
    assert len(ours) == len(theirs) == len(set(ours))
    assert set(ours).isdisjoint(theirs)


def test_every_name_and_passport_that_a_record_ever_had_is_found(keyring: Keyring) -> None:
    both = Features(names=("SITI", "RINA"), passports=("X9999001", "A1234567"))
    (found,) = key_hashes([both], keyring)
    for name, passport in (("SITI", "A1234567"), ("RINA", "X9999001")):
        (keys,) = key_hashes([Features(names=(name,), passports=(passport,))], keyring)
        assert set(keys) <= set(found)


def test_twins_meet_by_the_head_of_their_niks(keyring: Keyring) -> None:
    one, other = people()[0], people()[8]
    assert head_hashes([one], keyring) == head_hashes([other], keyring) != []
    assert head_hashes([people()[1]], keyring) == []


def test_a_number_that_too_many_share_says_little(keyring: Keyring) -> None:
    """More hold it than are in play, so the count there would be wrong."""
    said = [Features(names=(name,), phone="081112345678") for name in ("SITI AMINAH", "SITI AMINA")]
    ours, theirs = map(set, key_hashes(said, keyring))
    plain, told = Likenesses(served_model(), said), Likenesses(served_model(), said)
    told.are_crowded = crowded(ours & theirs, keyring)
    assert told.of(*said).weight < plain.of(*said).weight
    told = Likenesses(served_model(), said)
    told.are_crowded = crowded([1, 2, 3], keyring)
    assert told.of(*said).weight == plain.of(*said).weight


def test_a_search_finds_the_name_in_any_order_and_the_date_alone(keyring: Keyring) -> None:
    names, dates = search_hashes(read_features(NAME), keyring)
    turned, other = (
        set(key_hashes([read_features(NAME | change)], keyring)[0])
        for change in ({"full_name": "NURHAYATI SITI"}, {"birth_date": "1990-05-13"})
    )
    assert turned & set(names)
    assert turned & set(dates)
    assert not other & set(dates)
