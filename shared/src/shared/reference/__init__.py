"""Countries, missions, occupations, sectors, schemes, currencies: tables with dates and sources.

Only lookups live here; what follows from a code is the business of the service that owns it.
"""

from shared.reference.competence import (
    Accreditation,
    Basis,
    District,
    list_accreditations,
    list_districts,
    mission_for,
    missions_of_country,
)
from shared.reference.countries import (
    Country,
    Subdivision,
    SubdivisionKind,
    find_country,
    find_subdivision,
    get_country,
    get_subdivision,
    list_countries,
    list_subdivisions,
)
from shared.reference.currencies import Currency, find_currency, get_currency, list_currencies
from shared.reference.missions import (
    Mission,
    MissionType,
    find_mission,
    get_mission,
    list_missions,
)
from shared.reference.occupations import (
    Occupation,
    OccupationLabel,
    find_occupation,
    get_occupation,
    list_occupation_labels,
    list_occupations,
    occupation_for_label,
)
from shared.reference.rows import UnknownCode
from shared.reference.schemes import Placer, Scheme, find_scheme, get_scheme, list_schemes
from shared.reference.sectors import Sector, SectorKind, find_sector, get_sector, list_sectors

__all__ = [
    "Accreditation",
    "Basis",
    "Country",
    "Currency",
    "District",
    "Mission",
    "MissionType",
    "Occupation",
    "OccupationLabel",
    "Placer",
    "Scheme",
    "Sector",
    "SectorKind",
    "Subdivision",
    "SubdivisionKind",
    "UnknownCode",
    "find_country",
    "find_currency",
    "find_mission",
    "find_occupation",
    "find_scheme",
    "find_sector",
    "find_subdivision",
    "get_country",
    "get_currency",
    "get_mission",
    "get_occupation",
    "get_scheme",
    "get_sector",
    "get_subdivision",
    "list_accreditations",
    "list_countries",
    "list_currencies",
    "list_districts",
    "list_missions",
    "list_occupation_labels",
    "list_occupations",
    "list_schemes",
    "list_sectors",
    "list_subdivisions",
    "mission_for",
    "missions_of_country",
    "occupation_for_label",
]
