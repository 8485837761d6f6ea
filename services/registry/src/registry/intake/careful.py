"""Bulk steps that one bad line cannot stop: after a fault of ours they go on one by one."""

import logging
from collections.abc import Awaitable, Callable

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.intake.batches import SHARE_LINES
from shared.db import is_passing
from shared.errors import ServiceBusy

log = logging.getLogger(__name__)


class Careful:
    """Shares of many lines until one fails for no fault of the database; then of one line.

    What fails alone is passed over in a transaction of its own, and the shares grow again.
    """

    def __init__(
        self,
        step: Callable[[AsyncSession, int], Awaitable[bool]],
        pass_over: Callable[[AsyncSession], Awaitable[None]],
    ) -> None:
        self._step = step
        self._pass_over = pass_over
        self._alone = 0
        self._is_poisoned = False

    async def __call__(self, session: AsyncSession) -> bool:
        if self._is_poisoned:
            await self._pass_over(session)
            self._is_poisoned = False
            self._alone = 0
            return True
        try:
            more = await self._step(session, 1 if self._alone else SHARE_LINES)
        except ServiceBusy:
            raise
        except Exception as error:
            if is_passing(error):
                raise
            if self._alone:
                self._is_poisoned = True
            else:
                self._alone = SHARE_LINES
            raise
        self._alone = max(0, self._alone - 1)
        return more
