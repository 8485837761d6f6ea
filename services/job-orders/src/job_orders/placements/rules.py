"""How far a placement has got, as far as seats depend on it."""

from enum import StrEnum


class PlacementPhase(StrEnum):
    """`NAMED`: a split has named the placement, whose opening is still on its way here."""

    NAMED = "NAMED"
    OPEN = "OPEN"
    DEPARTED = "DEPARTED"
    ENDED = "ENDED"
    WITHDRAWN = "WITHDRAWN"
