"""Indonesian missions: where they are, when they work. Whom they serve stands in `competence`."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache

from shared.reference.rows import (
    DatedRow,
    UnknownCode,
    dating,
    grouped,
    read_table,
    row_on,
    rows_on,
)

_WEEKDAYS = {"MON": 1, "TUE": 2, "WED": 3, "THU": 4, "FRI": 5, "SAT": 6, "SUN": 7}


class MissionType(StrEnum):
    KBRI = "KBRI"
    KJRI = "KJRI"
    KRI = "KRI"
    PTRI = "PTRI"
    KDEI = "KDEI"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mission(DatedRow):
    """One mission; `country` is its seat, `weekend` holds ISO weekdays (Monday is 1)."""

    code: str
    type: MissionType
    city: str
    country: str
    name_id: str
    name_en: str
    time_zone: str
    weekend: tuple[int, ...]
    note: str | None


def list_missions(on: date | None = None) -> tuple[Mission, ...]:
    """All missions that are open on the day, embassies first."""
    return rows_on(_missions(), on)


def find_mission(code: str, on: date | None = None) -> Mission | None:
    """The mission with this code as it stood on the day."""
    return row_on(_missions_by_code().get(code, ()), on)


def get_mission(code: str, on: date | None = None) -> Mission:
    """As `find_mission`, but raises UnknownCode."""
    if mission := find_mission(code, on):
        return mission
    raise UnknownCode("missions", code)


@cache
def _missions() -> tuple[Mission, ...]:
    return tuple(
        Mission(
            code=line["code"],
            type=MissionType(line["type"]),
            city=line["city"],
            country=line["country"],
            name_id=line["name_id"],
            name_en=line["name_en"],
            time_zone=line["time_zone"],
            weekend=tuple(_WEEKDAYS[day] for day in line["weekend"].split()),
            note=line["note"] or None,
            **dating(line),
        )
        for line in read_table("missions")
    )


@cache
def _missions_by_code() -> dict[str, tuple[Mission, ...]]:
    return grouped((mission.code, mission) for mission in _missions())
