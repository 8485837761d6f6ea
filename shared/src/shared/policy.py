"""The mechanism of policy tables: from one rule the decision, the row filter and the field mask.

The rules themselves stand in each service's `policy.py` as data. Deny by default.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

from fastapi import Depends
from pydantic import BaseModel
from sqlalchemy import ColumnElement, false, or_, true
from starlette.requests import Request

from shared import metrics
from shared.auth import Caller, caller_of
from shared.errors import ActionNotAllowed, PurposeMissing, PurposeNotAllowed, Refusal
from shared.privacy import sensitivity_of
from shared.sensitivity import PARTNER, Level, Purpose


@dataclass(frozen=True, slots=True)
class Reach:
    """Which rows a rule covers: for one row at hand, and as a condition for many.

    `is_own`: it depends on who asks, and not on the row alone.
    """

    name: str
    covers: Callable[[Caller, Any], bool]
    where: Callable[[Caller, Any], ColumnElement[bool]]
    is_own: bool = False


EVERYWHERE = Reach("everywhere", lambda _caller, _row: True, lambda _caller, _table: true())


def own(attribute: str, claim: str) -> Reach:
    """Rows whose `attribute` equals a claim of the caller; a caller without the claim has none."""

    def covers(caller: Caller, row: Any) -> bool:
        value = getattr(caller, claim)
        return value is not None and getattr(row, attribute) == value

    def where(caller: Caller, table: Any) -> ColumnElement[bool]:
        value = getattr(caller, claim)
        column: ColumnElement[Any] = getattr(table, attribute)
        return false() if value is None else column == value

    return Reach(f"own {attribute}", covers, where, is_own=True)


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may do an action, for which purposes, on which rows, seeing fields up to which level.

    No purposes means that none need be stated. `also` names fields above the level that are
    shown in full nevertheless.
    """

    action: str
    roles: frozenset[str]
    purposes: frozenset[Purpose] = frozenset()
    reach: Reach = EVERYWHERE
    sees: Level = Level.PARTNER
    also: frozenset[str] = field(default=frozenset())


class Shown(BaseModel):
    """Base of every answer that a policy masks: hidden fields are null and listed by name."""

    withheld: Annotated[list[str], PARTNER] = []


ShownT = TypeVar("ShownT", bound=Shown)


@dataclass(frozen=True, slots=True)
class Grant:
    """What one caller may do by one action."""

    caller: Caller
    action: str
    rules: tuple[Rule, ...]

    def covers(self, row: Any) -> bool:
        return any(rule.reach.covers(self.caller, row) for rule in self.rules)

    def require(self, row: Any) -> None:
        """Raises ActionNotAllowed for a row outside the caller's reach whose existence is known."""
        if not self.covers(row):
            raise _denied(self.action, ActionNotAllowed(action=self.action))

    def where(self, table: Any) -> ColumnElement[bool]:
        """The condition that keeps a query within the caller's reach."""
        return or_(*(rule.reach.where(self.caller, table) for rule in self.rules))

    def may_see(self, model: type[BaseModel], name: str, row: Any) -> bool:
        """Whether any rule that covers the row lets this field through, for this purpose."""
        note = sensitivity_of(model, name)
        if note is None:
            return False
        if note.purposes and self.caller.purpose not in note.purposes:
            return False
        return any(
            rule.sees.includes(note.level) or name in rule.also
            for rule in self.rules
            if rule.reach.covers(self.caller, row)
        )

    def show(self, answer: ShownT, row: Any = None) -> ShownT:
        """The answer with every field removed that this caller may not see.

        `row` is what the rules' reach is asked about, the answer itself unless given.
        """
        model = type(answer)
        row = answer if row is None else row
        hidden = [
            name
            for name in model.model_fields
            if name != "withheld"
            and getattr(answer, name) is not None
            and not self.may_see(model, name, row)
        ]
        if not hidden:
            return answer
        return answer.model_copy(update=dict.fromkeys(hidden) | {"withheld": hidden})


class Policy:
    """The table of one service's rules."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        self._by_action: dict[str, list[Rule]] = {}
        for rule in self.rules:
            self._by_action.setdefault(rule.action, []).append(rule)

    @property
    def actions(self) -> frozenset[str]:
        return frozenset(self._by_action)

    def grant(self, caller: Caller, action: str) -> Grant:
        """What the caller may do; raises ActionNotAllowed, PurposeMissing, PurposeNotAllowed."""
        for_role = [rule for rule in self._by_action[action] if rule.roles & caller.roles]
        if not for_role:
            raise _denied(action, ActionNotAllowed(action=action))
        fitting = tuple(
            rule for rule in for_role if not rule.purposes or caller.purpose in rule.purposes
        )
        if fitting:
            _count(action, decision="ALLOW")
            return Grant(caller, action, fitting)
        purposes = sorted({purpose for rule in for_role for purpose in rule.purposes})
        refusal = PurposeMissing if caller.purpose is None else PurposeNotAllowed
        raise _denied(action, refusal(action=action, allowed_purposes=", ".join(purposes)))


def _denied(action: str, refusal: Refusal) -> Refusal:
    """The refusal, counted."""
    _count(action, decision="DENY", code=refusal.code)
    return refusal


def _count(action: str, *, decision: str, code: str = "") -> None:
    labels = {"sinergi.action": action, "sinergi.decision": decision, "sinergi.code": code}
    metrics.add(metrics.DECISIONS, 1, labels)


def permit(policy: Policy, action: str) -> Any:
    """Declare the action of a route, as a dependency that gives the caller's grant.

    Raises KeyError at import when the policy has no rule for it: such a route cannot start.
    """
    if action not in policy.actions:
        raise KeyError(f"no rule for action {action}")

    # Async although nothing waits: FastAPI would run it in a thread pool otherwise.
    async def granted(request: Request) -> Grant:
        return policy.grant(caller_of(request), action)

    granted.__dict__["action"] = action
    return Depends(granted)
