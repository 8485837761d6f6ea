"""What is refused is logged; of a flood, how often in each second, so that no log grows with it."""

import asyncio
import logging

from shared.errors import Kind, Refusal

_FLOODS = frozenset({Kind.BUSY, Kind.TOO_MANY})
_EVERY_SECONDS = 1.0
log = logging.getLogger(__name__)


class Tally:
    """Logs refusals: each by itself, but those for want of room once a second and code."""

    def __init__(self) -> None:
        self._counted: dict[str, int] = {}

    def tell(self, refusal: Refusal) -> None:
        """Log this refusal now, or count it for the line that follows within a second."""
        if refusal.kind not in _FLOODS:
            log.info("refused", extra={"facts": {"code": refusal.code}})
            return
        if not self._counted:
            asyncio.get_running_loop().call_later(_EVERY_SECONDS, self._write)
        self._counted[refusal.code] = self._counted.get(refusal.code, 0) + 1

    def _write(self) -> None:
        for code, times in self._counted.items():
            log.info("refused", extra={"facts": {"code": code, "times": times}})
        self._counted.clear()
