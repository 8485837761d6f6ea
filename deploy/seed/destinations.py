"""Where Indonesians live abroad: places with their mission, jobs with wages, terms, permits.

Shares come from the published placements of 2024 and from the citizens recorded by missions;
countries below the published ones share the remainder by judgement.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.seed.chance import weighted
from deploy.seed.lives import Category, Life
from deploy.seed.occupations import JOBS, Job


@dataclass(frozen=True, slots=True)
class Place:
    """A city with its ISO 3166-2 subdivision and the mission in whose district it lies."""

    subdivision: str | None
    city: str
    mission: str


@dataclass(frozen=True, slots=True)
class Offer:
    """A job with the monthly wage usual in that country."""

    job: Job
    wage: str


@dataclass(frozen=True, slots=True)
class Destination:
    """A country as it looks to somebody who goes there."""

    country: str
    calling_code: str
    currency: str
    contract_months: int
    permit: str
    places: tuple[Place, ...]
    offers: tuple[Offer, ...]
    schemes: tuple[str, ...]
    streets: tuple[str, ...]
    household_names: tuple[str, ...]


_ORDINARY_SCHEMES: Final = weighted(
    {"P_TO_P": 870, "PERSEORANGAN": 90, "EXT_LN": 20, "UKPS": 12, "EXT_DN": 8}, 500
)
_SCHEMES: Final = {
    "HK": weighted({"P_TO_P": 80, "EXT_LN": 18, "EXT_DN": 2}, 500),
    "TW": weighted({"P_TO_P": 87, "EXT_LN": 9, "PERSEORANGAN": 3, "EXT_DN": 1}, 500),
    "SG": weighted({"P_TO_P": 86, "EXT_LN": 11, "PERSEORANGAN": 3}, 500),
    "KR": weighted({"G_TO_G": 90, "P_TO_P": 6, "PERSEORANGAN": 4}, 500),
    "JP": weighted({"PERSEORANGAN": 52, "P_TO_P": 45, "G_TO_G": 3}, 500),
    "DE": weighted({"G_TO_G": 45, "PERSEORANGAN": 40, "P_TO_P": 15}, 500),
    "CA": weighted({"PERSEORANGAN": 85, "G_TO_P": 15}, 500),
}
_HOUSEHOLDS: Final = {
    "chinese": "WONG CHAN LEE CHEUNG LAM HO TSANG CHEN LIN HUANG TAN LIM",
    "malay": "AZMAN ROSLAN HASHIM ZAINUDDIN OTHMAN TAN RAJAN",
    "arab": "AL-QAHTANI AL-OTAIBI AL-HARBI AL-MANSOURI AL-KAABI HADDAD SALEH",
    "east": "SATO SUZUKI TANAKA KIM PARK CHOI",
    "west": "SMITH JANSEN MULLER ROSSI KOWALSKI POPESCU YILMAZ",
}
_STREETS: Final = {
    "chinese": "LUCKY GARDEN ROAD, HARBOUR VIEW STREET, MINSHENG ROAD, FORTUNE COURT",
    "malay": "JALAN MELATI, TAMAN SERI INDAH, JALAN KENANGA, LORONG BAHAGIA",
    "arab": "OLD SOUQ STREET, PALM DISTRICT, KING STREET, AL NAKHEEL ROAD",
    "east": "HIGASHI CHUO, MINAMI MACHI, DAERO 12-GIL, SAKURA DORI",
    "west": "STATION ROAD, CHURCH STREET, MARKET LANE, PARK AVENUE",
}
_REFERENCE: Final = Path(__file__).parent / "reference"


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (_REFERENCE / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _places(country: str) -> tuple[Place, ...]:
    return weighted(
        {
            Place(row["subdivision"] or None, row["city"], row["mission"]): float(row["weight"])
            for row in _rows("places.csv")
            if row["country"] == country
        },
        200,
    )


def _offers(country: str) -> tuple[Offer, ...]:
    return weighted(
        {
            Offer(JOBS[row["job"]], row["wage"]): float(row["weight"])
            for row in _rows("offers.csv")
            if row["country"] == country
        },
        500,
    )


def _destination(row: dict[str, str]) -> Destination:
    return Destination(
        country=row["country"],
        calling_code=row["calling_code"],
        currency=row["currency"],
        contract_months=int(row["contract_months"]),
        permit=row["permit"],
        places=_places(row["country"]),
        offers=_offers(row["country"]),
        schemes=_SCHEMES.get(row["country"], _ORDINARY_SCHEMES),
        streets=tuple(_STREETS[row["style"]].split(", ")),
        household_names=tuple(_HOUSEHOLDS[row["style"]].split()),
    )


_ROWS: Final = tuple(_rows("destinations.csv"))
DESTINATIONS: Final = {row["country"]: _destination(row) for row in _ROWS}


def _deck(column: str) -> tuple[Destination, ...]:
    shares = {row["country"]: float(row[column]) for row in _ROWS if float(row[column])}
    return tuple(DESTINATIONS[country] for country in weighted(shares, 4_000))


_PLACED: Final = _deck("placed")
_UNDOCUMENTED: Final = _deck("undocumented")
_BY_CATEGORY: Final = {
    Category.WORKER: _UNDOCUMENTED,
    Category.STUDENT: _deck("student"),
    Category.FAMILY: _deck("family"),
    Category.OTHER: _deck("other"),
}


def destinations_for(life: Life) -> tuple[Destination, ...]:
    """The deck of countries from which this kind of life draws its first one."""
    return _PLACED if life.placements else _BY_CATEGORY[life.category]
