"""The reference tables as they stand on a day, put together for an answer."""

from collections import defaultdict
from datetime import date
from typing import TypeVar

from gateway.reference import schemas
from shared import reference
from shared.reference.rows import DatedRow

RowT = TypeVar("RowT", bound=schemas.ReferenceRow)


def countries_on(day: date) -> schemas.Table[schemas.Country]:
    items = []
    for row in reference.list_countries(day):
        parts = reference.list_subdivisions(row.code, day)
        items.append(_row(schemas.Country, row, subdivisions=parts))
    return schemas.Table[schemas.Country](on=day, items=items)


def missions_on(day: date) -> schemas.Table[schemas.Mission]:
    items = [mission_as_of(row, day) for row in reference.list_missions(day)]
    return schemas.Table[schemas.Mission](on=day, items=items)


def mission_as_of(row: reference.Mission, day: date) -> schemas.Mission:
    """A mission with the countries and districts it serves on the day."""
    return _row(
        schemas.Mission,
        row,
        countries=reference.list_accreditations(row.code, day),
        districts=reference.list_districts(row.code, day),
    )


def occupations_on(day: date) -> schemas.Table[schemas.Occupation]:
    labels: dict[str, list[str]] = defaultdict(list)
    for known in reference.list_occupation_labels(day):
        labels[known.occupation].append(known.label)
    items = [
        _row(schemas.Occupation, row, labels=labels[row.code])
        for row in reference.list_occupations(day)
    ]
    return schemas.Table[schemas.Occupation](on=day, items=items)


def sectors_on(day: date) -> schemas.Table[schemas.Sector]:
    items = [_row(schemas.Sector, row) for row in reference.list_sectors(on=day)]
    return schemas.Table[schemas.Sector](on=day, items=items)


def schemes_on(day: date) -> schemas.Table[schemas.Scheme]:
    items = [_row(schemas.Scheme, row) for row in reference.list_schemes(day)]
    return schemas.Table[schemas.Scheme](on=day, items=items)


def currencies_on(day: date) -> schemas.Table[schemas.Currency]:
    items = [_row(schemas.Currency, row) for row in reference.list_currencies(day)]
    return schemas.Table[schemas.Currency](on=day, items=items)


def _row(model: type[RowT], row: DatedRow, **more: object) -> RowT:
    told = {name: getattr(row, name) for name in model.model_fields if name not in more}
    return model.model_validate(told | more, from_attributes=True)
