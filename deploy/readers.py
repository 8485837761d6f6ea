"""Who may read and do what: every route by every role, from the policy tables and the routes.

The pages `docs/readers/*.md` are written from this matrix, and tests call every cell of it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from fastapi import APIRouter
from pydantic import BaseModel

from shared.policy import EVERYWHERE, Policy, Rule, Shown
from shared.privacy import sensitivity_of
from shared.routes import DeclaredRoute
from shared.sensitivity import Purpose

Stated = Purpose | None
"""What a caller states as purpose; None states nothing."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What one role may do by one route with rows of one kind: their own, or others'.

    A cell with conditions holds for the rows that meet one of them. `hidden` names the fields
    that are masked, by what is stated as purpose.
    """

    rules: tuple[Rule, ...]
    hidden: Mapping[Stated, frozenset[str]] = field(default_factory=dict)

    @property
    def is_allowed(self) -> bool:
        return bool(self.rules)

    @property
    def conditions(self) -> tuple[str, ...]:
        """Names of what a row must meet; none where any row will do."""
        names = {rule.reach.name for rule in self.rules if not rule.reach.is_own}
        any_row = EVERYWHERE.name in names or any(rule.reach.is_own for rule in self.rules)
        return () if any_row else tuple(sorted(names))

    @property
    def claims(self) -> tuple[str, ...]:
        """By what a row counts as the caller's own; none where that is not asked."""
        if any(rule.reach is EVERYWHERE for rule in self.rules):
            return ()
        return tuple(sorted({rule.reach.name for rule in self.rules if rule.reach.is_own}))


@dataclass(frozen=True, slots=True)
class Reader:
    """One role at one route."""

    role: str
    own: Cell
    foreign: Cell
    purposes: frozenset[Purpose]


@dataclass(frozen=True, slots=True)
class Entry:
    """One route with what each role may do by it."""

    method: str
    path: str
    name: str
    action: str
    readers: tuple[Reader, ...]


def matrix(
    routers: Iterable[APIRouter], policy: Policy, *, roles: Iterable[str]
) -> Iterator[Entry]:
    """Every route that declares an action, in the order of the addresses."""
    found = (route for router in routers for route in router.routes)
    routes = [route for route in found if isinstance(route, DeclaredRoute)]
    for route in sorted(routes, key=lambda one: (one.path, _method(one))):
        action: str = (route.openapi_extra or {})["x-action"]
        models = list(_shown_models(route.response_model))
        readers = tuple(_reader(role, policy, action, models) for role in roles)
        yield Entry(_method(route), route.path, route.name, action, readers)


def _method(route: DeclaredRoute) -> str:
    return min(route.methods or ())


def undeclared(routers: Iterable[APIRouter]) -> Iterator[str]:
    """Addresses that ask for no action, and so are open to anybody."""
    for router in routers:
        for route in router.routes:
            if not isinstance(route, DeclaredRoute):
                yield str(getattr(route, "path", route))


def roles_of(policies: Iterable[Policy]) -> list[str]:
    """Every role that any policy names."""
    return sorted({role for policy in policies for rule in policy.rules for role in rule.roles})


def page(service: str, entries: Sequence[Entry], *, open_to_all: Sequence[str] = ()) -> str:
    """The matrix of one service in Markdown."""
    parts = [_HEAD.format(service=service)]
    for entry in entries:
        parts.append(f"\n## `{entry.method} {entry.path}`\n\nAction `{entry.action}`.\n")
        parts.append("| role | own rows | other rows | purposes | masked fields |")
        parts.append("|---|---|---|---|---|")
        parts += [f"| {roles} | {' | '.join(cells)} |" for cells, roles in _lines(entry)]
    if open_to_all:
        told = ", ".join(f"`{path}`" for path in open_to_all)
        parts.append(f"\n## Open to anybody\n\nThese ask for no token and hold no data: {told}.")
    return "\n".join(parts) + "\n"


_HEAD = """<!-- Written by `make docs` from the policy and the routes; do not edit. -->
# Who reads what in {service}

Each route, and what each role may do by it. *Own rows* are those of the caller's mission, \
organisation or system, as the cell names it; *other rows* are everybody else's. \
*no*: refused with 403. *unseen*: answered as if it were not there, 404 by id and left out of \
lists. *refused*: 403 or 404, nothing changes. A purpose is stated in `Purpose-Of-Use`; another \
one than those listed is refused. Masked fields are null in the answer and listed in `withheld`. \
`tests/readers/test_matrix.py` calls every cell."""


def _reader(role: str, policy: Policy, action: str, models: list[type[Shown]]) -> Reader:
    rules = tuple(rule for rule in policy.rules if rule.action == action and role in rule.roles)
    foreign = tuple(rule for rule in rules if not rule.reach.is_own)
    purposes = frozenset(purpose for rule in rules for purpose in rule.purposes)
    # A rule without purposes takes any, also none.
    stated: list[Stated] = [*sorted(purposes)] if purposes else [None, *Purpose]
    return Reader(role, _cell(rules, stated, models), _cell(foreign, stated, models), purposes)


def _cell(rules: tuple[Rule, ...], stated: list[Stated], models: list[type[Shown]]) -> Cell:
    hidden = {
        purpose: frozenset(
            name
            for model in models
            for name in model.model_fields
            if name != "withheld" and not _lets_through(rules, purpose, model, name)
        )
        for purpose in stated
    }
    return Cell(rules, hidden if rules else {})


def _lets_through(
    rules: tuple[Rule, ...], purpose: Stated, model: type[BaseModel], name: str
) -> bool:
    note = sensitivity_of(model, name)
    if note is None or (note.purposes and purpose not in note.purposes):
        return False
    return any(
        rule.sees.includes(note.level) or name in rule.also
        for rule in rules
        if not rule.purposes or purpose in rule.purposes
    )


def _shown_models(annotation: Any) -> Iterator[type[Shown]]:
    """The masked models within an answer, at any depth."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if issubclass(annotation, Shown):
            yield annotation
        for part in annotation.model_fields.values():
            yield from _shown_models(part.annotation)
    for argument in get_args(annotation):
        yield from _shown_models(argument)


def _lines(entry: Entry) -> Iterator[tuple[tuple[str, ...], str]]:
    """The cells of each line, and the roles that share them."""
    shared: dict[tuple[str, ...], list[str]] = {}
    for reader in entry.readers:
        shared.setdefault(_cells(entry, reader), []).append(reader.role)
    for cells, roles in shared.items():
        yield cells, ", ".join(roles)


def _cells(entry: Entry, reader: Reader) -> tuple[str, ...]:
    if not reader.own.is_allowed:
        return "no", "no", "", ""
    purposes = ", ".join(sorted(reader.purposes)) or "none needed"
    masked = _masked(reader.own)
    if reader.foreign.is_allowed and (others := _masked(reader.foreign)) != masked:
        masked += f"; of other rows {others}"
    own = _told(reader.own, entry)
    return own, _told(reader.foreign, entry), purposes, masked


def _told(cell: Cell, entry: Entry) -> str:
    if not cell.is_allowed:
        is_read = entry.method == "GET" or entry.path.endswith("/searches")
        return "unseen" if is_read else "refused"
    if cell.conditions:
        return f"only {' or '.join(cell.conditions)}"
    return f"yes ({', '.join(cell.claims)})" if cell.claims else "yes"


def _masked(cell: Cell) -> str:
    by_fields: dict[frozenset[str], list[str]] = {}
    for purpose, names in cell.hidden.items():
        by_fields.setdefault(names, []).append(purpose or "no purpose")
    told = {
        ", ".join(f"`{name}`" for name in sorted(names)) or "none": purposes
        for names, purposes in by_fields.items()
    }
    if len(told) == 1:
        return next(iter(told))
    return "; ".join(f"for {', '.join(purposes)}: {names}" for names, purposes in told.items())
