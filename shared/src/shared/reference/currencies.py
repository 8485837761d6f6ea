"""Currencies and how many decimals their amounts have here."""

from dataclasses import dataclass
from datetime import date
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Currency(DatedRow):
    """An ISO 4217 currency; an amount is kept as an integer of 10 ** -`minor_units`."""

    code: str
    name_id: str
    name_en: str
    minor_units: int


def list_currencies(on: date | None = None) -> tuple[Currency, ...]:
    """All currencies in use on the day, by code."""
    return rows_on(_currencies(), on)


def find_currency(code: str, on: date | None = None) -> Currency | None:
    """The currency with this ISO 4217 code on the day."""
    return row_on(_currencies_by_code().get(code, ()), on)


def get_currency(code: str, on: date | None = None) -> Currency:
    """As `find_currency`, but raises UnknownCode."""
    if currency := find_currency(code, on):
        return currency
    raise UnknownCode("currencies", code)


@cache
def _currencies() -> tuple[Currency, ...]:
    return tuple(
        Currency(
            code=line["code"],
            name_id=line["name_id"],
            name_en=line["name_en"],
            minor_units=int(line["minor_units"]),
            **dating(line),
        )
        for line in read_table("currencies")
    )


@cache
def _currencies_by_code() -> dict[str, tuple[Currency, ...]]:
    return grouped((currency.code, currency) for currency in _currencies())
