"""The estimate of workers in neither list, from the counts of the ledger."""

from asyncio import to_thread
from dataclasses import replace

import numpy as np
from sqlmodel.ext.asyncio.session import AsyncSession

from registry.population import queries
from registry.population.counting import Asked
from registry.population.definition import PRESENCE_1
from registry.population.estimate.assumptions import TEXTS, Caution
from registry.population.estimate.cells import Cells, Floats
from registry.population.estimate.definition import ESTIMATE_1
from registry.population.estimate.estimating import Estimate, estimate
from registry.population.evidence import WORK
from registry.population.schemas import (
    CautionView,
    CountryEstimate,
    EstimateFigures,
    EstimateView,
)
from registry.population.timeline import SourceCell

# The ledger has ended what is over, so no part of returns is left to be told.
LEDGER_ESTIMATE = replace(
    ESTIMATE_1, id="ledger-estimate-1", returns_told=1.0, returns_told_error=0.0
)
_NOTICED = (Caution.RETURNS_BY_DEFINITION, Caution.MOVES_UNSEEN, Caution.WORK_PARTLY_KNOWN)


async def estimate_population(session: AsyncSession, asked: Asked) -> EstimateView:
    """Workers present as of a day, registered or not; without figures where too few people are in
    both lists. The coverage of all countries stands behind each, so all are read.
    """
    counted = await queries.count_stock(
        session,
        as_of=asked.as_of,
        known_at=asked.known_at,
        country=None,
        district=None,
        category=WORK,
    )
    names = sorted({one.country for one in counted.counts})
    found = None
    if names:
        # Hundreds of repetitions are arithmetic for a tenth of a second; others are not held up.
        found = await to_thread(
            estimate, _cells(names, counted.counts), definition=LEDGER_ESTIMATE, noticed=_NOTICED
        )
    by_country = dict(zip(names, found.countries, strict=True)) if found else {}
    whole = found.total if found and asked.country is None else by_country.get(asked.country or "")
    return EstimateView(
        country=asked.country,
        as_of=asked.as_of,
        known_at=counted.known_at,
        data_cut=counted.data_cut,
        is_known_at_cut=counted.known_at == counted.data_cut,
        definition_id=PRESENCE_1.id,
        estimate_definition_id=LEDGER_ESTIMATE.id,
        category=WORK,
        unit="persons, estimated",
        estimate=_figures(whole) if whole else None,
        cautions=[
            CautionView(code=caution, text_id=TEXTS[caution].id, text_en=TEXTS[caution].en)
            for caution in (whole.cautions if whole else (Caution.FEW_LINKS,))
        ],
        by_country=[
            CountryEstimate(country=name, estimate=_figures(one), cautions=list(one.cautions))
            for name, one in by_country.items()
            if asked.country in {None, name}
        ],
    )


def _cells(names: list[str], counts: list[queries.Count]) -> Cells:
    size = len(names)
    place = {name: number for number, name in enumerate(names)}
    persons = {cell: np.zeros(size) for cell in SourceCell}
    for one in counts:
        persons[one.source_cell][place[one.country]] += max(one.persons, 0)
    both = persons[SourceCell.BOTH]
    nothing: Floats = np.zeros((1, size, size))
    return Cells(
        registered=(persons[SourceCell.KEMLU_ONLY] + both)[None, :],
        placed=(persons[SourceCell.KP2MI_ONLY] + both)[None, :],
        returned=np.zeros((1, size)),
        linked=np.diag(both)[None, :, :],
        returned_linked=nothing,
        doubt=nothing,
    )


def _figures(one: Estimate) -> EstimateFigures:
    return EstimateFigures(
        estimate=round(one.estimate),
        low=round(one.low),
        high=round(one.high),
        band_low=round(one.band_low),
        band_high=round(one.band_high),
        known=round(one.seen),
        in_both=round(one.links),
    )
