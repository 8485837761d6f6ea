"""Counts put together from the ledger: stock by source cell, flow by movement."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.population import queries
from registry.population.definition import PRESENCE_1, add_months
from registry.population.rules import ChangeRunsBackwards
from registry.population.schemas import (
    CauseCount,
    ChangeView,
    CountryCount,
    Flow,
    PopulationView,
    Stock,
)
from registry.population.timeline import SourceCell

_MONTHS_OF_FLOW = 12


@dataclass(frozen=True, slots=True)
class Asked:
    """What a caller wants counted."""

    as_of: date
    known_at: datetime | None
    country: str | None
    district: str | None
    category: str | None


async def count_population(session: AsyncSession, asked: Asked) -> PopulationView:
    """The count as of a day; a later `known_at` than the cut is answered as the cut."""
    counted = await queries.count_stock(
        session,
        as_of=asked.as_of,
        known_at=asked.known_at,
        country=asked.country,
        district=asked.district,
        category=asked.category,
    )
    after = start_of_flow(asked.as_of)
    movements = await queries.sum_movements(
        session,
        after=after,
        to=asked.as_of,
        known_at=counted.known_at,
        country=asked.country,
        district=asked.district,
        category=asked.category,
    )
    departures = await queries.count_departures(
        session, after=after, to=asked.as_of, country=asked.country
    )
    countries = sorted({one.country for one in counted.counts} | set(movements) | set(departures))
    by_country = [
        CountryCount(
            country=country,
            stock=_stock(one for one in counted.counts if one.country == country),
            flow=_flow(
                after, asked.as_of, [movements.get(country, {})], departures.get(country, 0)
            ),
        )
        for country in countries
    ]
    return PopulationView(
        country=asked.country,
        district=asked.district,
        category=asked.category,
        as_of=asked.as_of,
        known_at=counted.known_at,
        data_cut=counted.data_cut,
        is_known_at_cut=counted.known_at == counted.data_cut,
        definition_id=PRESENCE_1.id,
        unit="persons",
        stock=_stock(counted.counts),
        flow=_flow(after, asked.as_of, list(movements.values()), sum(departures.values())),
        by_country=by_country,
    )


async def explain_change(
    session: AsyncSession,
    *,
    from_on: date,
    to_on: date,
    known_from: datetime,
    known_to: datetime | None,
    country: str | None,
) -> ChangeView:
    """Why the count of one day as known at one instant is not that of another; refuses what runs
    backwards.
    """
    before = await _count(session, from_on, known_from, country)
    after = await _count(session, to_on, known_to, country)
    if from_on > to_on or before.known_at > after.known_at:
        raise ChangeRunsBackwards
    causes = await queries.sum_causes(
        session,
        from_on=from_on,
        to_on=to_on,
        known_from=before.known_at,
        known_to=after.known_at,
        country=country,
    )
    first, last = _stock(before.counts), _stock(after.counts)
    return ChangeView(
        country=country,
        from_on=from_on,
        to_on=to_on,
        known_from=before.known_at,
        known_to=after.known_at,
        definition_id=PRESENCE_1.id,
        stock_before=first,
        stock_after=last,
        difference=last.total - first.total,
        causes=[
            CauseCount(cause=cause, gained=gained, lost=lost, persons=gained - lost)
            for cause, gained, lost in causes
        ],
    )


async def _count(
    session: AsyncSession, as_of: date, known_at: datetime | None, country: str | None
) -> queries.Counted:
    return await queries.count_stock(
        session, as_of=as_of, known_at=known_at, country=country, district=None, category=None
    )


def start_of_flow(as_of: date) -> date:
    """The day after which a year's flow up to a day begins."""
    return add_months(as_of, -_MONTHS_OF_FLOW)


def _stock(counts: Iterable[queries.Count]) -> Stock:
    by_cell = dict.fromkeys(SourceCell, 0)
    for one in counts:
        by_cell[one.source_cell] += one.persons
    return Stock(
        kp2mi_only=by_cell[SourceCell.KP2MI_ONLY],
        kemlu_only=by_cell[SourceCell.KEMLU_ONLY],
        both=by_cell[SourceCell.BOTH],
        total=sum(by_cell.values()),
    )


def _flow(after: date, to: date, sums: list[dict[str, int]], departures: int) -> Flow:
    def total(movement: str) -> int:
        return sum(one.get(movement, 0) for one in sums)

    return Flow(
        from_on=after,
        to_on=to,
        departures=departures,
        arrivals=total("ARRIVAL"),
        discoveries=total("DISCOVERY"),
        moves=total("MOVE"),
        returns=-total("RETURN"),
        deaths=-total("DEATH"),
        decayed=-total("DECAY"),
    )
