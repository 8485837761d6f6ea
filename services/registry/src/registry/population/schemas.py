"""What callers get of the population: every figure with its kind, definition and data cut."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, Field

from registry.population.estimate.assumptions import Caution
from registry.population.timeline import Cause
from shared.sensitivity import INTERNAL


class Stock(BaseModel):
    """Persons present on the day, by who knows of them; the cells sum to the total."""

    kp2mi_only: Annotated[int, INTERNAL]
    kemlu_only: Annotated[int, INTERNAL]
    both: Annotated[int, INTERNAL]
    total: Annotated[int, INTERNAL]


class Flow(BaseModel):
    """What happened in the year up to the day.

    `departures` counts placements (services), the others persons: stock at the end less stock at
    the start is arrivals + discoveries + moves - returns - deaths - decayed.
    """

    from_on: Annotated[date, INTERNAL]
    to_on: Annotated[date, INTERNAL]
    departures: Annotated[int, INTERNAL]
    arrivals: Annotated[int, INTERNAL]
    discoveries: Annotated[int, INTERNAL]
    moves: Annotated[int, INTERNAL]
    returns: Annotated[int, INTERNAL]
    deaths: Annotated[int, INTERNAL]
    decayed: Annotated[int, INTERNAL]


class CauseCount(BaseModel):
    """How much one cause changed the count by: gained less lost."""

    cause: Annotated[Cause, INTERNAL]
    gained: Annotated[int, INTERNAL]
    lost: Annotated[int, INTERNAL]
    persons: Annotated[int, INTERNAL]


class ChangeView(BaseModel):
    """Two counts and why they differ: the causes add up to the difference exactly."""

    country: Annotated[str | None, INTERNAL] = Field(max_length=64)
    from_on: Annotated[date, INTERNAL]
    to_on: Annotated[date, INTERNAL]
    known_from: Annotated[datetime, INTERNAL]
    known_to: Annotated[datetime, INTERNAL]
    definition_id: Annotated[str, INTERNAL] = Field(max_length=40)
    stock_before: Annotated[Stock, INTERNAL]
    stock_after: Annotated[Stock, INTERNAL]
    difference: Annotated[int, INTERNAL]
    causes: Annotated[list[CauseCount], INTERNAL] = Field(max_length=40)


class CountryCount(BaseModel):
    """Stock and flow of one country."""

    country: Annotated[str, INTERNAL] = Field(max_length=64)
    stock: Annotated[Stock, INTERNAL]
    flow: Annotated[Flow, INTERNAL]


class PopulationView(BaseModel):
    """A count as of a day and as known at an instant, with what it rests on."""

    country: Annotated[str | None, INTERNAL] = Field(max_length=64)
    district: Annotated[str | None, INTERNAL] = Field(max_length=64)
    category: Annotated[str | None, INTERNAL] = Field(max_length=64)
    as_of: Annotated[date, INTERNAL]
    known_at: Annotated[datetime, INTERNAL]
    data_cut: Annotated[datetime, INTERNAL]
    is_known_at_cut: Annotated[bool, INTERNAL]
    definition_id: Annotated[str, INTERNAL] = Field(max_length=40)
    unit: Annotated[str, INTERNAL] = Field(max_length=20)
    stock: Annotated[Stock, INTERNAL]
    flow: Annotated[Flow, INTERNAL]
    by_country: Annotated[list[CountryCount], INTERNAL] = Field(max_length=400)


class EstimateFigures(BaseModel):
    """An estimate and no count: the interval holds 95 per cent if the assumptions hold, the band
    what would be estimated if the two lists depended on each other.
    """

    estimate: Annotated[int, INTERNAL]
    low: Annotated[int, INTERNAL]
    high: Annotated[int, INTERNAL]
    band_low: Annotated[int, INTERNAL]
    band_high: Annotated[int, INTERNAL]
    known: Annotated[int, INTERNAL]
    in_both: Annotated[int, INTERNAL]


class CautionView(BaseModel):
    """What an estimate assumes, or what speaks against it."""

    code: Annotated[Caution, INTERNAL]
    text_id: Annotated[str, INTERNAL] = Field(max_length=400)
    text_en: Annotated[str, INTERNAL] = Field(max_length=400)


class CountryEstimate(BaseModel):
    """The estimate of one country; its cautions are explained in the whole."""

    country: Annotated[str, INTERNAL] = Field(max_length=64)
    estimate: Annotated[EstimateFigures, INTERNAL]
    cautions: Annotated[list[Caution], INTERNAL] = Field(max_length=40)


class EstimateView(BaseModel):
    """Workers present, registered or not, with what the estimate rests on."""

    country: Annotated[str | None, INTERNAL] = Field(max_length=64)
    as_of: Annotated[date, INTERNAL]
    known_at: Annotated[datetime, INTERNAL]
    data_cut: Annotated[datetime, INTERNAL]
    is_known_at_cut: Annotated[bool, INTERNAL]
    definition_id: Annotated[str, INTERNAL] = Field(max_length=40)
    estimate_definition_id: Annotated[str, INTERNAL] = Field(max_length=40)
    category: Annotated[str, INTERNAL] = Field(max_length=64)
    unit: Annotated[str, INTERNAL] = Field(max_length=20)
    estimate: Annotated[EstimateFigures | None, INTERNAL]
    cautions: Annotated[list[CautionView], INTERNAL] = Field(max_length=40)
    by_country: Annotated[list[CountryEstimate], INTERNAL] = Field(max_length=400)
