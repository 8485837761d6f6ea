"""Rows of the reference tables as callers get them: each with its source and its validity."""

from datetime import date
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from shared.reference import Basis, MissionType, Placer, SectorKind, SubdivisionKind
from shared.sensitivity import PUBLIC

Code = Annotated[str, Field(max_length=40)]
Name = Annotated[str, Field(max_length=200)]
Sentence = Annotated[str, Field(max_length=500)]


class ReferenceRow(BaseModel):
    """A row that is true from one day to another, both included; null is open."""

    model_config = ConfigDict(from_attributes=True)

    valid_from: Annotated[date | None, PUBLIC]
    valid_to: Annotated[date | None, PUBLIC]
    source: Annotated[Sentence, PUBLIC] = Field(description="Where the row comes from.")


class CountrySubdivision(ReferenceRow):
    """A state or province by ISO 3166-2, or a district of a mission's own below one."""

    code: Annotated[Code, PUBLIC] = Field(examples=["MY-12"])
    parent: Annotated[Code | None, PUBLIC]
    name: Annotated[Name, PUBLIC]
    kind: Annotated[SubdivisionKind, PUBLIC]


class Country(ReferenceRow):
    """A country or territory (ISO 3166-1), with the subdivisions that consular districts need."""

    code: Annotated[Code, PUBLIC] = Field(examples=["MY"])
    alpha3: Annotated[Code, PUBLIC] = Field(examples=["MYS"])
    name_id: Annotated[Name, PUBLIC]
    name_en: Annotated[Name, PUBLIC]
    currency: Annotated[Code | None, PUBLIC] = Field(examples=["MYR"])
    subdivisions: Annotated[list[CountrySubdivision], PUBLIC] = Field(max_length=500)


class MissionCountry(ReferenceRow):
    """A country that a mission answers for as a whole, and on what basis."""

    country: Annotated[Code, PUBLIC]
    basis: Annotated[Basis, PUBLIC]


class MissionDistrict(ReferenceRow):
    """A subdivision in the consular district of a mission."""

    country: Annotated[Code, PUBLIC]
    subdivision: Annotated[Code, PUBLIC]


class Mission(ReferenceRow):
    """An Indonesian mission; `weekend` holds ISO weekdays, Monday is 1."""

    code: Annotated[Code, PUBLIC] = Field(examples=["KBRI-KUALA-LUMPUR"])
    type: Annotated[MissionType, PUBLIC]
    city: Annotated[Name, PUBLIC]
    country: Annotated[Code, PUBLIC] = Field(description="The country of its seat.")
    name_id: Annotated[Name, PUBLIC]
    name_en: Annotated[Name, PUBLIC]
    time_zone: Annotated[Name, PUBLIC] = Field(examples=["Asia/Kuala_Lumpur"])
    weekend: Annotated[list[int], PUBLIC] = Field(max_length=7)
    note: Annotated[Sentence | None, PUBLIC]
    countries: Annotated[list[MissionCountry], PUBLIC] = Field(max_length=50)
    districts: Annotated[list[MissionDistrict], PUBLIC] = Field(max_length=200)


class Occupation(ReferenceRow):
    """A unit group of ISCO-08, which KBJI 2014 follows, and the labels counted in it."""

    code: Annotated[Code, PUBLIC] = Field(examples=["5311"])
    title_id: Annotated[Name, PUBLIC]
    title_en: Annotated[Name, PUBLIC]
    labels: Annotated[list[Name], PUBLIC] = Field(max_length=200)


class Sector(ReferenceRow):
    """A section of ISIC Rev.4 and KBLI 2020, or a sector of the placement programme."""

    code: Annotated[Code, PUBLIC] = Field(examples=["DOMESTIC"])
    kind: Annotated[SectorKind, PUBLIC]
    isic_section: Annotated[Code, PUBLIC]
    kbli_section: Annotated[Code, PUBLIC]
    name_id: Annotated[Name, PUBLIC]
    name_en: Annotated[Name, PUBLIC]


class Scheme(ReferenceRow):
    """A way to be placed abroad; `label` is how the statistics write it."""

    code: Annotated[Code, PUBLIC] = Field(examples=["P_TO_P"])
    label: Annotated[Name, PUBLIC]
    name_id: Annotated[Name, PUBLIC]
    name_en: Annotated[Name, PUBLIC]
    placer: Annotated[Placer, PUBLIC]
    needs_job_order: Annotated[bool, PUBLIC]
    note: Annotated[Sentence | None, PUBLIC]


class Currency(ReferenceRow):
    """A currency (ISO 4217); an amount is an integer of 10 ** -`minor_units`."""

    code: Annotated[Code, PUBLIC] = Field(examples=["MYR"])
    name_id: Annotated[Name, PUBLIC]
    name_en: Annotated[Name, PUBLIC]
    minor_units: Annotated[int, PUBLIC] = Field(ge=0, le=4)


RowT = TypeVar("RowT", bound=ReferenceRow)


class Table(BaseModel, Generic[RowT]):
    """All rows that hold on the day."""

    on: Annotated[date, PUBLIC]
    items: Annotated[list[RowT], PUBLIC] = Field(max_length=1000)
