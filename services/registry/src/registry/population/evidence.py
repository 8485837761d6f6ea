"""What a record, a placement or a confirmation says about whereabouts, as signs and exits.

One rule per source; nothing dated after the day of reading is evidence of anything yet.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from registry.population.definition import Definition
from registry.population.timeline import (
    PROVISIONAL,
    UNKNOWN,
    Evidence,
    Exit,
    ExitKind,
    Sign,
    Source,
)
from registry.sources.content import Content, code, day

WORK = "WORK"
KEMLU_CATEGORIES = frozenset(
    {"WORK", "STUDY", "FAMILY", "BUSINESS", "TOURISM", "RELIGIOUS"}
    | {"PERMANENT_RESIDENCE", "CREW", "TRAINING"}
)
EXTENSION_SCHEMES = frozenset({"EXT_DN", "EXT_LN"})

_EXIT_WORDS = {
    "DIED": ExitKind.DEATH,
    "DEATH": ExitKind.DEATH,
    "DECEASED": ExitKind.DEATH,
    "MENINGGAL": ExitKind.DEATH,
    "DEPORT": ExitKind.DEPORTATION,
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What evidence is read with: the definition in force, today, and the map of districts."""

    definition: Definition
    today: date
    district_of: Callable[[str, str | None], str | None]


def placement_evidence(
    reading: Reading,
    *,
    country: str | None,
    subdivision: str | None = None,
    departed_on: date | None = None,
    arrived_on: date | None = None,
    contract_ends_on: date | None = None,
    ended_on: date | None = None,
    ended_by: ExitKind = ExitKind.RETURN,
) -> Evidence:
    """KP2MI's evidence: a departure under a contract, and what ended it."""
    seen_on = _past(reading, arrived_on) or _past(reading, departed_on)
    ended_on = _past(reading, ended_on)
    exits = frozenset({Exit(ended_by, ended_on, country)} if ended_on else ())
    if country is None or seen_on is None:
        return Evidence(exits=exits)
    sign = Sign(
        Source.KP2MI,
        seen_on,
        reading.definition.kp2mi_live_until(seen_on, contract_ends_on),
        country,
        reading.district_of(country, subdivision) or UNKNOWN,
        WORK,
        is_arrival=True,
    )
    return Evidence(frozenset({sign}), exits)


def sisko_p2mi_evidence(content: Content, reading: Reading) -> Evidence:
    departed_on = day(content, "departed_on")
    if departed_on is None and content.get("scheme") in EXTENSION_SCHEMES:
        # An extension is signed abroad: its contract begins without a departure.
        departed_on = day(content, "contract_starts_on")
    return placement_evidence(
        reading,
        country=code(content, "country"),
        subdivision=code(content, "subdivision"),
        departed_on=departed_on,
        arrived_on=day(content, "arrived_on"),
        contract_ends_on=day(content, "contract_ends_on"),
        ended_on=day(content, "returned_on"),
        ended_by=exit_kind(content.get("return_reason")),
    )


def presence_evidence(
    reading: Reading,
    *,
    country: str | None,
    district: str | None,
    category: str = UNKNOWN,
    arrived_on: date | None = None,
    seen_on: date | None = None,
    left_on: date | None = None,
    left_by: ExitKind = ExitKind.LEAVE_FOR_GOOD,
) -> Evidence:
    """Kemlu's evidence: an arrival, the last sign of life, and leaving for good."""
    left_on = _past(reading, left_on)
    exits = frozenset({Exit(left_by, left_on, country)} if left_on else ())
    days = {past for past in (_past(reading, arrived_on), _past(reading, seen_on)) if past}
    days = {past for past in days if left_on is None or past <= left_on}
    if country is None or not days:
        return Evidence(exits=exits)
    live_until = reading.definition.kemlu_live_until(max(days))
    signs = (
        Sign(
            Source.KEMLU,
            seen,
            live_until,
            country,
            district or UNKNOWN,
            category,
            is_arrival=seen == arrived_on,
        )
        for seen in sorted(days)
    )
    return Evidence(frozenset(signs), exits)


def peduli_wni_evidence(content: Content, reading: Reading, *, updated_on: date) -> Evidence:
    arrived_on, reported_on = day(content, "arrived_on"), day(content, "reported_on")
    left_on = day(content, "left_on")
    if left_on is None and content.get("movement") == "LEAVE_FOR_GOOD":
        left_on = reported_on or updated_on
    if arrived_on is None and reported_on is None and left_on is None:
        # An entry that the portal keeps up to date is a sign of life on the day of its update.
        reported_on = updated_on
    country, purpose = code(content, "country"), content.get("purpose")
    return presence_evidence(
        reading,
        country=country,
        district=_district(content, country, reading),
        category=str(purpose) if purpose in KEMLU_CATEGORIES else UNKNOWN,
        arrived_on=arrived_on,
        seen_on=reported_on,
        left_on=left_on,
    )


def case_evidence(content: Content, reading: Reading, *, reported_on: date) -> Evidence:
    """A reported identity counts apart, as PROVISIONAL, until its person is known otherwise."""
    country = code(content, "country")
    return presence_evidence(
        reading,
        country=country,
        district=_district(content, country, reading),
        category=PROVISIONAL,
        seen_on=reported_on,
    )


def exit_kind(reason: object) -> ExitKind:
    """The kind of exit that a return reason in either ministry's words amounts to."""
    words = str(reason or "").upper()
    return next((kind for word, kind in _EXIT_WORDS.items() if word in words), ExitKind.RETURN)


def _district(content: Content, country: str | None, reading: Reading) -> str | None:
    stated = code(content, "mission")
    if stated or country is None:
        return stated
    return reading.district_of(country, code(content, "subdivision"))


def _past(reading: Reading, stated: date | None) -> date | None:
    return stated if stated and stated <= reading.today else None


def without_provisional(evidence: Evidence) -> Evidence:
    """The evidence of somebody who stands in a register: no sign of theirs is provisional."""
    return Evidence(
        frozenset(
            replace(sign, category=UNKNOWN) if sign.category == PROVISIONAL else sign
            for sign in evidence.signs
        ),
        evidence.exits,
    )
