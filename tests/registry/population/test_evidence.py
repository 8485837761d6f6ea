"""Each ministry's record says where somebody was, from when, and until when that is believed."""

from datetime import date
from typing import Any

import pytest

from registry.population.definition import PRESENCE_1
from registry.population.evidence import (
    Reading,
    case_evidence,
    exit_kind,
    peduli_wni_evidence,
    sisko_p2mi_evidence,
    without_provisional,
)
from registry.population.timeline import (
    PROVISIONAL,
    UNKNOWN,
    Evidence,
    Exit,
    ExitKind,
    Sign,
    Source,
)

TODAY = date(2026, 6, 1)


def district_of(country: str, subdivision: str | None) -> str | None:
    return {("MY", "MY-01"): "KJRI-JOHOR-BAHRU", ("SG", None): "KBRI-SINGAPURA"}.get(
        (country, subdivision)
    )


READING = Reading(PRESENCE_1, TODAY, district_of)


def only(evidence: Evidence) -> Sign:
    (sign,) = evidence.signs
    return sign


def sisko(**content: Any) -> Evidence:
    return sisko_p2mi_evidence(content, READING)


def peduli(**content: Any) -> Evidence:
    return peduli_wni_evidence(content, READING, updated_on=date(2026, 5, 1))


def test_a_departure_counts_until_ninety_days_after_the_contract() -> None:
    sign = only(
        sisko(
            country="my",
            subdivision="MY-01",
            departed_on="2025-01-10",
            contract_ends_on="2027-01-10",
        )
    )
    assert sign == Sign(
        Source.KP2MI,
        date(2025, 1, 10),
        date(2027, 4, 10),
        "MY",
        "KJRI-JOHOR-BAHRU",
        "WORK",
        is_arrival=True,
    )


def test_presence_begins_on_arrival_where_it_is_known() -> None:
    sign = only(sisko(country="TW", departed_on="2025-01-10", arrived_on="2025-01-11"))
    assert (sign.seen_on, sign.live_until) == (date(2025, 1, 11), date(2028, 1, 11))
    assert sign.district == UNKNOWN


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"country": "MY", "contract_starts_on": "2025-01-10", "contract_ends_on": "2027-01-10"},
        {"country": "MY", "departed_on": "2026-06-02"},
        {"country": "MY", "departed_on": "soon"},
        {"departed_on": "2025-01-10"},
    ],
    ids=["nothing", "contracted", "planned", "unreadable", "nowhere"],
)
def test_the_expected_never_counts(content: dict[str, Any]) -> None:
    assert sisko(**content) == Evidence()


def test_an_extension_begins_with_its_contract() -> None:
    sign = only(sisko(country="HK", scheme="EXT_LN", contract_starts_on="2025-02-01"))
    assert sign.seen_on == date(2025, 2, 1)


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        (None, ExitKind.RETURN),
        ("CONTRACT_ENDED", ExitKind.RETURN),
        ("DEPORTED", ExitKind.DEPORTATION),
        ("Meninggal dunia", ExitKind.DEATH),
    ],
)
def test_a_return_ends_presence_by_its_reason(reason: str | None, kind: ExitKind) -> None:
    evidence = sisko(
        country="MY", departed_on="2025-01-10", returned_on="2025-09-01", return_reason=reason
    )
    assert evidence.exits == {Exit(kind, date(2025, 9, 1), "MY")}
    assert exit_kind(reason) is kind


def test_lapor_diri_counts_from_arrival_to_two_years_after_the_last_report() -> None:
    evidence = peduli(
        country="MY",
        mission="KRI-TAWAU",
        arrived_on="2024-03-01",
        reported_on="2025-03-01",
        purpose="STUDY",
    )
    signs = sorted(evidence.signs, key=lambda sign: sign.seen_on)
    assert [(sign.seen_on, sign.is_arrival) for sign in signs] == [
        (date(2024, 3, 1), True),
        (date(2025, 3, 1), False),
    ]
    assert {sign.live_until for sign in signs} == {date(2027, 3, 1)}
    assert {(sign.district, sign.category) for sign in signs} == {("KRI-TAWAU", "STUDY")}


def test_an_undated_entry_is_a_sign_of_life_when_it_was_updated() -> None:
    sign = only(peduli(country="SG"))
    assert (sign.seen_on, sign.district) == (date(2026, 5, 1), "KBRI-SINGAPURA")


@pytest.mark.parametrize(
    ("content", "left_on"),
    [
        ({"left_on": "2025-08-01"}, date(2025, 8, 1)),
        ({"movement": "LEAVE_FOR_GOOD", "reported_on": "2025-08-02"}, date(2025, 8, 2)),
        ({"movement": "LEAVE_FOR_GOOD"}, date(2026, 5, 1)),
    ],
)
def test_leaving_for_good_ends_presence(content: dict[str, Any], left_on: date) -> None:
    evidence = peduli(country="MY", arrived_on="2024-03-01", **content)
    assert evidence.exits == {Exit(ExitKind.LEAVE_FOR_GOOD, left_on, "MY")}
    assert date(2024, 3, 1) in {sign.seen_on for sign in evidence.signs}


def test_a_report_made_after_leaving_is_no_presence() -> None:
    evidence = peduli(country="MY", reported_on="2025-08-05", left_on="2025-08-01")
    assert evidence.signs == frozenset()


def test_a_reported_identity_is_provisional_until_a_register_knows_it() -> None:
    evidence = case_evidence({"country": "KH"}, READING, reported_on=date(2026, 4, 1))
    assert only(evidence).category == PROVISIONAL
    assert only(without_provisional(evidence)).category == UNKNOWN
