"""The standing of a placement agency, as a table of histories and days."""

from dataclasses import dataclass, field
from datetime import date

import pytest

from job_orders.agencies import rules
from job_orders.agencies.rules import AgencyAction, Sanction, Standing, standing_on

A = AgencyAction


@dataclass(frozen=True)
class Line:
    version: int
    action: AgencyAction
    effective_on: date
    valid_to: date | None = None
    sanction: Sanction | None = None
    countries: list[str] = field(default_factory=list)
    sip3mi_number: str | None = None


def day(month: int, number: int = 1) -> date:
    return date(2026, month, number)


def history(*lines: tuple[object, ...]) -> list[Line]:
    """(month, "LICENSE", last month) or (month, sanction, *countries) or (month, "RESTORE")."""
    made = []
    for version, (month, what, *more) in enumerate(lines, start=1):
        assert isinstance(month, int)
        on = day(month)
        if what == "LICENSE":
            (last,) = more
            assert isinstance(last, int)
            made.append(Line(version, A.LICENSE, on, day(last), sip3mi_number=f"N{version}"))
        elif what == "RESTORE":
            made.append(Line(version, A.RESTORE, on))
        else:
            countries = [str(country) for country in more]
            sanction = Sanction(str(what))
            made.append(Line(version, A.SANCTION, on, sanction=sanction, countries=countries))
    return made


LICENSED = (2, "LICENSE", 11)


@pytest.mark.parametrize(
    ("lines", "on", "status"),
    [
        ([], day(3), Standing.NOT_LICENSED),
        ([LICENSED], day(1), Standing.NOT_LICENSED),
        ([LICENSED], day(2), Standing.ACTIVE),
        ([LICENSED], day(11), Standing.ACTIVE),
        ([LICENSED], day(11, 2), Standing.NOT_LICENSED),
        ([LICENSED, (11, "LICENSE", 12)], day(11, 2), Standing.ACTIVE),
        ([LICENSED, (4, "WARNING")], day(3), Standing.ACTIVE),
        ([LICENSED, (4, "WARNING")], day(4), Standing.WARNED),
        ([LICENSED, (4, "FULL_STOP"), (5, "WARNING")], day(6), Standing.STOPPED),
        ([LICENSED, (4, "PARTIAL_STOP", "SA")], day(4), Standing.PARTLY_STOPPED),
        ([LICENSED, (4, "FULL_STOP"), (6, "RESTORE")], day(5), Standing.STOPPED),
        ([LICENSED, (4, "FULL_STOP"), (6, "RESTORE")], day(6), Standing.ACTIVE),
        ([LICENSED, (4, "REVOCATION")], day(3), Standing.ACTIVE),
        ([LICENSED, (4, "REVOCATION")], day(4), Standing.REVOKED),
        ([LICENSED, (4, "REVOCATION"), (5, "RESTORE")], day(6), Standing.REVOKED),
        ([LICENSED, (4, "REVOCATION"), (5, "LICENSE", 12)], day(6), Standing.ACTIVE),
        # A stop outlives the licence it was imposed under.
        ([LICENSED, (4, "FULL_STOP"), (5, "LICENSE", 12)], day(6), Standing.STOPPED),
        # Recorded late, effective early: the order of effect counts, not of recording.
        ([LICENSED, (6, "RESTORE"), (4, "FULL_STOP")], day(7), Standing.ACTIVE),
        ([LICENSED, (6, "RESTORE"), (4, "FULL_STOP")], day(5), Standing.STOPPED),
        # On one day the later record stands above the earlier.
        ([LICENSED, (4, "FULL_STOP"), (4, "RESTORE")], day(4), Standing.ACTIVE),
        ([LICENSED, (4, "RESTORE"), (4, "FULL_STOP")], day(4), Standing.STOPPED),
    ],
)
def test_a_standing_follows_from_what_took_effect_by_then(
    lines: list[tuple[object, ...]], on: date, status: Standing
) -> None:
    assert standing_on(history(*lines), on).status is status


@pytest.mark.parametrize(
    ("lines", "country", "refusal"),
    [
        ([LICENSED], "MY", None),
        ([LICENSED, (3, "WARNING")], "MY", None),
        ([LICENSED, (3, "PARTIAL_STOP", "SA")], "MY", None),
        ([LICENSED, (3, "PARTIAL_STOP", "SA")], "SA", rules.AgencyStopped),
        ([LICENSED, (3, "PARTIAL_STOP")], "MY", rules.AgencyStopped),
        ([LICENSED, (3, "PARTIAL_STOP", "SA"), (3, "PARTIAL_STOP")], "MY", rules.AgencyStopped),
        ([LICENSED, (3, "FULL_STOP")], "MY", rules.AgencyStopped),
        ([LICENSED, (3, "REVOCATION")], "MY", rules.AgencyNotLicensed),
        ([], "MY", rules.AgencyNotLicensed),
    ],
)
def test_who_may_place_where(
    lines: list[tuple[object, ...]], country: str, refusal: type[Exception] | None
) -> None:
    standing = standing_on(history(*lines), day(4))
    if refusal is None:
        rules.check_may_place(standing, country)
        return
    with pytest.raises(refusal):
        rules.check_may_place(standing, country)


@pytest.mark.parametrize(
    ("lines", "action", "refusal"),
    [
        ([LICENSED], A.SANCTION, None),
        ([LICENSED], A.RESTORE, rules.AgencyActionRefused),
        ([LICENSED, (3, "WARNING")], A.RESTORE, None),
        ([LICENSED, (3, "REVOCATION")], A.RESTORE, rules.AgencyActionRefused),
        ([LICENSED, (3, "REVOCATION")], A.SANCTION, rules.AgencyActionRefused),
        ([], A.RESTORE, rules.SanctionNotInForce),
    ],
)
def test_what_can_be_done_on_a_day(
    lines: list[tuple[object, ...]], action: AgencyAction, refusal: type[Exception] | None
) -> None:
    standing = standing_on(history(*lines), day(4))
    if refusal is None:
        rules.check_action(standing, action)
        return
    with pytest.raises(refusal):
        rules.check_action(standing, action)


@pytest.mark.parametrize(
    ("first", "last"), [(day(2), day(2)), (day(3), day(2)), (day(1), date(2040, 1, 1))]
)
def test_a_licence_ends_after_it_begins_and_within_ten_years(first: date, last: date) -> None:
    with pytest.raises(rules.LicencePeriodInvalid):
        rules.check_licence(first, last)


def test_countries_belong_to_a_partial_stop_alone() -> None:
    rules.check_countries(Sanction.PARTIAL_STOP, ["SA"])
    rules.check_countries(Sanction.WARNING, [])
    with pytest.raises(rules.StoppedCountriesMisplaced):
        rules.check_countries(Sanction.FULL_STOP, ["SA"])


def test_a_sanction_takes_effect_within_a_year_of_today() -> None:
    rules.check_effective(day(1), today=day(6))
    with pytest.raises(rules.EffectTooFar):
        rules.check_effective(date(2030, 1, 1), today=day(6))
