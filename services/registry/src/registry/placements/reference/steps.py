"""What a scheme's table of steps is made of, and the codes that all schemes share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Phase(StrEnum):
    """The three phases of protection (UU 18/2017 art. 7)."""

    BEFORE_WORK = "BEFORE_WORK"
    DURING_WORK = "DURING_WORK"
    AFTER_WORK = "AFTER_WORK"


class Condition(StrEnum):
    """What a step needs beyond earlier steps."""

    LIVE_RESERVATION = "LIVE_RESERVATION"
    CONTRACT_END = "CONTRACT_END"


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """Days within which a step should follow another one, and where that is written."""

    days: int
    after: str
    source: str
    are_working_days: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One step: when it may be taken, by whom, and by when.

    `needs` names steps that must be done; `blocked_by` steps after which it makes no sense;
    `ends` tells that the journey is over with it.
    """

    code: str
    phase: Phase
    needs: frozenset[str]
    roles: frozenset[str]
    blocked_by: frozenset[str] = frozenset()
    conditions: frozenset[Condition] = frozenset()
    limit: TimeLimit | None = None
    valid_days: int | None = None
    is_repeatable: bool = False
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Scheme:
    """One placement scheme as of a date."""

    code: str
    effective_on: date
    source: str
    steps: tuple[Step, ...]
    by_code: Mapping[str, Step] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_code", {step.code: step for step in self.steps})
