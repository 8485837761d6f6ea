"""The registry's standing work: timers in the messenger, bulk work in a process of its own."""

from sqlmodel.ext.asyncio.session import AsyncSession

from registry import settings
from registry.intake.batches import (
    SHARE_LINES,
    finish_batches,
    link_next_share,
    pass_over_line,
    pass_over_record,
    store_share,
    sweep_abandoned,
)
from registry.intake.careful import Careful
from registry.intake.remembering import remember_again
from registry.placements.operations import lapse_seats
from registry.population.operations import stamp, turn_to_today
from registry.population.recounting import recount_all
from registry.rematching.adopting import adopt_share
from registry.rematching.rehearsing import SHARE_RECORDS, rehearse_share
from shared.loops import Loop


async def _store(session: AsyncSession, limit: int) -> bool:
    return await store_share(session, keyring=settings.keyring(), limit=limit)


async def _remember(session: AsyncSession) -> bool:
    return await remember_again(session, keyring=settings.keyring(), limit=SHARE_LINES)


async def _link(session: AsyncSession, limit: int) -> bool:
    return await link_next_share(session, keyring=settings.keyring(), limit=limit)


async def _rehearse(session: AsyncSession) -> bool:
    return await rehearse_share(session, keyring=settings.keyring(), limit=SHARE_RECORDS)


async def _adopt(session: AsyncSession) -> bool:
    return await adopt_share(session, keyring=settings.keyring())


TIMERS = (
    Loop("stamp the ledger", 0.5, stamp, is_woken=True, goes_on=True),
    Loop("turn timelines to today", 300, turn_to_today),
    Loop("recount the population", 86_400, recount_all),
    Loop("lapse seats", 1, lapse_seats),
    Loop("finish batches", 0.5, finish_batches, is_woken=True),
    Loop("sweep abandoned batches", 600, sweep_abandoned),
)
BULK = (
    Loop("remember records again", 5, _remember),
    Loop("store batches", 0.5, Careful(_store, pass_over_line), is_woken=True),
    Loop("link records", 0.5, Careful(_link, pass_over_record), is_woken=True),
    Loop("rehearse models", 0.5, _rehearse, is_woken=True),
    Loop("adopt a model", 0.5, _adopt, is_woken=True),
)
