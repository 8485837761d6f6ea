"""How far a placement has got, as far as seats depend on it."""

from enum import StrEnum


class PlacementPhase(StrEnum):
    """`NAMED`: a split has named the placement, whose opening is still on its way here."""

    NAMED = "NAMED"
    OPEN = "OPEN"
    DEPARTED = "DEPARTED"
    ENDED = "ENDED"
    WITHDRAWN = "WITHDRAWN"


_ABROAD_FROM_THE_FIRST = frozenset({"DEPARTED", "ARRIVED", "EXTENDED", "TRANSFERRED_EMPLOYER"})


def phase_when_opened(status: str) -> PlacementPhase:
    """A source record may open a placement whose worker has left already: it needs no seat."""
    return PlacementPhase.DEPARTED if status in _ABROAD_FROM_THE_FIRST else PlacementPhase.OPEN
