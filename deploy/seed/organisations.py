"""Invented placement agencies (P3MI), partner agencies (Mitra Usaha) and employers, by source code.

None of them exists. Codes are what SiskoP2MI's records name; whoever registers them in Sinergi
takes them from these tables.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from operator import attrgetter
from typing import Any, Final

from deploy.seed.destinations import DESTINATIONS, Place


@dataclass(frozen=True, slots=True)
class PlacementAgency:
    """A P3MI with its licence."""

    code: str
    name: str
    sip3mi_number: str
    city: str
    licensed_on: str
    licence_expires_on: str
    countries: tuple[str, ...]

    def as_body(self) -> dict[str, Any]:
        """What registers it through the API."""
        return {
            "code": self.code,
            "name": self.name,
            "sip3mi_number": self.sip3mi_number,
            "city": self.city,
            "licence_valid_from": self.licensed_on,
            "licence_valid_to": self.licence_expires_on,
        }


@dataclass(frozen=True, slots=True)
class PartnerAgency:
    """A foreign partner (Mitra Usaha) in one country."""

    code: str
    name: str
    country: str


@dataclass(frozen=True, slots=True)
class Employer:
    """A legal-entity employer; households are named in the records without a code."""

    code: str
    name: str
    country: str
    sector: str
    place: Place

    def as_body(self) -> dict[str, Any]:
        """What registers it through the API, under the code by which the records name it."""
        body = {
            "code": self.code,
            "type": "COMPANY",
            "name": self.name,
            "country": self.country,
            "sector": self.sector,
        }
        if self.place.subdivision is not None:
            body["subdivision"] = self.place.subdivision
        return body


_FIRST_WORDS: Final = "BINTANG CAKRAWALA DELIMA EMBUN FAJAR GEMILANG HARAPAN INSAN JEMBATAN KARYA"
_SECOND_WORDS: Final = "MANDIRI SEJAHTERA NUSANTARA UTAMA"
_CITIES: Final = (
    "JAKARTA BEKASI SURABAYA SEMARANG MALANG CIREBON MATARAM BANDAR-LAMPUNG MEDAN DENPASAR"
)
# Every agency serves one of these groups of countries, as licences and cooperation letters do.
_MARKETS: Final = (
    ("HK", "SG", "TW"),
    ("TW", "HK"),
    ("MY", "BN"),
    ("SA", "AE", "QA", "KW", "OM", "BH", "JO"),
    ("JP", "KR", "DE", "AT", "CA", "NZ"),
    ("HK", "TW", "MY"),
    ("MY", "SG", "PG"),
    ("PL", "RO", "HU", "TR", "IT", "MV"),
)


def _placement_agencies() -> tuple[PlacementAgency, ...]:
    cities = _CITIES.split()
    pairs = [(first, second) for second in _SECOND_WORDS.split() for first in _FIRST_WORDS.split()]
    return tuple(
        PlacementAgency(
            code=f"P3MI-{number:03}",
            name=f"PT {first} {second} SINTESIS",
            sip3mi_number=f"SIP3MI.99{number:03}/2024",
            city=cities[number % len(cities)].replace("-", " "),
            licensed_on=f"2024-{1 + number % 12:02}-15",
            licence_expires_on=f"2029-{1 + number % 12:02}-14",
            countries=_MARKETS[number % len(_MARKETS)],
        )
        for number, (first, second) in enumerate(pairs, start=1)
    )


def _partner_agencies() -> tuple[PartnerAgency, ...]:
    names = ("BRIGHT BRIDGE", "SILVER LOTUS", "GOLDEN ANCHOR", "BLUE ORCHID")
    return tuple(
        PartnerAgency(f"MU-{country}-{number}", f"{name} MANPOWER {country}", country)
        for country in DESTINATIONS
        for number, name in enumerate(names, start=1)
    )


_EMPLOYER_NAMES: Final = {
    "AGRICULTURE": ("SUNNY FIELDS FARM", "ORCHARD VALLEY"),
    "CARE": ("EVERGREEN CARE HOME", "QUIET GARDEN CARE HOME"),
    "CONSTRUCTION": ("STONEBRIDGE BUILDERS", "TOWERLINE CONSTRUCTION"),
    "FISHERY": ("SEAWIND FISHERIES", "NORTH CAPE TRAWLING"),
    "HEALTH": ("RIVERSIDE HOSPITAL",),
    "HOSPITALITY": ("GRAND LAGOON HOTEL", "LANTERN RESTAURANTS"),
    "MANUFACTURING": ("PRECISION PARTS", "EVERBRIGHT ELECTRONICS", "NORTH RIVER STEEL"),
    "MERCHANT_SHIPPING": ("SEVEN SEAS SHIPPING", "WHITE STAR CRUISES"),
    "PLANTATION": ("GREEN HILLS ESTATE", "RED SOIL PLANTATIONS", "LONG RIVER ESTATE"),
    "SERVICES": ("CLEARVIEW FACILITY SERVICES", "HARMONY SPA RESORT"),
}


def _employers() -> Iterator[Employer]:
    for country, destination in DESTINATIONS.items():
        sectors = {offer.job.sector for offer in destination.offers if not offer.job.is_informal}
        names = [(sector, name) for sector in sorted(sectors) for name in _EMPLOYER_NAMES[sector]]
        places = sorted(set(destination.places), key=attrgetter("city"))
        for number, (place, (sector, name)) in enumerate(product(places, names), start=1):
            yield Employer(
                f"EMP-{country}-{number:03}", f"{name} {place.city}", country, sector, place
            )


PLACEMENT_AGENCIES: Final = _placement_agencies()
PARTNER_AGENCIES: Final = _partner_agencies()
EMPLOYERS: Final = tuple(_employers())
AGENCIES_IN: Final = {
    country: tuple(agency for agency in PLACEMENT_AGENCIES if country in agency.countries)
    for country in DESTINATIONS
}
PARTNERS_IN: Final = {
    country: tuple(partner for partner in PARTNER_AGENCIES if partner.country == country)
    for country in DESTINATIONS
}
EMPLOYERS_IN: Final[dict[tuple[Place, str], list[Employer]]] = {}
for _employer in EMPLOYERS:
    EMPLOYERS_IN.setdefault((_employer.place, _employer.sector), []).append(_employer)
