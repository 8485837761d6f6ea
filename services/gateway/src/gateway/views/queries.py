"""Combined answers, asked for in parallel; no part of one is left out silently."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import NamedTuple
from uuid import UUID

from gateway.upstream.client import Answer
from gateway.upstream.routes import Service
from gateway.upstream.rules import (
    RESTART_SECONDS,
    ServiceFailed,
    ServiceTooSlow,
    ServiceUnreachable,
)
from gateway.views.schemas import Found, MissingPart, MissingReason, OverviewPart, PersonOverview
from shared.errors import ActionNotAllowed, NotFound, Refusal, ServiceBusy, ShareExceeded
from shared.returning import seconds_to_return

Ask = Callable[[Service, str], Awaitable[Answer]]

_PARTS: dict[OverviewPart, tuple[Service, str]] = {
    OverviewPart.PERSON: (Service.REGISTRY, "/v1/persons/{}"),
    OverviewPart.PRESENCE: (Service.REGISTRY, "/v1/persons/{}/presence"),
    OverviewPart.PLACEMENTS: (Service.REGISTRY, "/v1/persons/{}/placements"),
    OverviewPart.CASES: (Service.CASES, "/v1/persons/{}/cases"),
}
_REASONS: dict[type[Refusal], MissingReason] = {
    ServiceUnreachable: MissingReason.SERVICE_UNREACHABLE,
    ServiceBusy: MissingReason.SERVICE_BUSY,
    ShareExceeded: MissingReason.SERVICE_BUSY,
    ServiceTooSlow: MissingReason.SERVICE_TOO_SLOW,
    ServiceFailed: MissingReason.SERVICE_FAILED,
}
_BY_STATUS = {
    400: MissingReason.FORBIDDEN,
    401: MissingReason.FORBIDDEN,
    403: MissingReason.FORBIDDEN,
    404: MissingReason.NOT_FOUND,
    429: MissingReason.SERVICE_BUSY,
    503: MissingReason.SERVICE_BUSY,
}
_OK, _NOT_FOUND = 200, 404
_MOVED = frozenset({301, 302, 307, 308})
_SURVIVOR = re.compile(r"/v1/persons/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:[/?]|$)")
_MOST_MERGES = 5
_MOST_JOB_ORDERS = 10

_JobOrders = tuple[list[Found] | None, list[MissingPart]]


class _Outcome(NamedTuple):
    status: int
    found: Found | None
    missing: MissingPart | None
    survivor: UUID | None = None


async def compose_person_overview(ask: Ask, person_id: UUID) -> PersonOverview:
    """The overview of a person, under the surviving id where it was merged.

    Raises NotFound where the registry knows no such person, and where no part at all could be
    had ActionNotAllowed or ServiceBusy.
    """
    surviving = person_id
    for _ in range(_MOST_MERGES):
        outcomes, (job_orders, unknown_orders) = await _ask_for_all(ask, surviving)
        moved = next((o.survivor for o in outcomes.values() if o.survivor), None)
        if moved is None or moved == surviving:
            break
        surviving = moved
    if outcomes[OverviewPart.PERSON].status == _NOT_FOUND:
        raise NotFound
    missing = [outcome.missing for outcome in outcomes.values() if outcome.missing is not None]
    if len(missing) == len(outcomes):
        if any(part.reason is MissingReason.FORBIDDEN for part in missing):
            raise ActionNotAllowed(action="persons:overview")
        raise ServiceBusy(retry_after_seconds=seconds_to_return(RESTART_SECONDS))
    return PersonOverview(
        person_id=surviving,
        person_id_as_given=person_id,
        person=outcomes[OverviewPart.PERSON].found,
        presence=outcomes[OverviewPart.PRESENCE].found,
        placements=outcomes[OverviewPart.PLACEMENTS].found,
        cases=outcomes[OverviewPart.CASES].found,
        job_orders=job_orders,
        missing=missing + unknown_orders,
    )


async def _ask_for_all(
    ask: Ask, person_id: UUID
) -> tuple[dict[OverviewPart, _Outcome], _JobOrders]:
    async with asyncio.TaskGroup() as group:
        asked = {
            part: group.create_task(_outcome(ask, part, service, path.format(person_id)))
            for part, (service, path) in _PARTS.items()
        }
        placements = await asked[OverviewPart.PLACEMENTS]
        job_orders = await _job_orders(ask, placements.found)
    return {part: task.result() for part, task in asked.items()}, job_orders


async def _job_orders(ask: Ask, placements: Found | None) -> _JobOrders:
    if placements is None:
        missing = MissingPart(
            part=OverviewPart.JOB_ORDERS,
            service=Service.REGISTRY,
            reason=MissingReason.DEPENDS_ON_MISSING,
        )
        return None, [missing]
    ids = list(dict.fromkeys(_job_order_ids(placements)))[:_MOST_JOB_ORDERS]
    outcomes = await asyncio.gather(
        *(
            _outcome(
                ask, OverviewPart.JOB_ORDERS, Service.JOB_ORDERS, f"/v1/job-orders/{job_order_id}"
            )
            for job_order_id in ids
        )
    )
    missing_ones = [outcome.missing for outcome in outcomes if outcome.missing is not None]
    found = [outcome.found for outcome in outcomes if outcome.found is not None]
    return (found if found or not missing_ones else None), missing_ones


def _job_order_ids(placements: Found) -> Iterator[UUID]:
    items = placements.get("items")
    for item in items if isinstance(items, list) else ():
        named = item.get("job_order_id") if isinstance(item, dict) else None
        with suppress(ValueError):
            if isinstance(named, str):
                yield UUID(named)


async def _outcome(ask: Ask, part: OverviewPart, service: Service, path: str) -> _Outcome:
    try:
        answer = await ask(service, path)
    except tuple(_REASONS) as refusal:
        reason = _REASONS[type(refusal)]
        return _Outcome(0, None, MissingPart(part=part, service=service, reason=reason))
    if answer.status == _OK and answer.content is not None:
        return _Outcome(answer.status, answer.content, None)
    survivor = _SURVIVOR.search(answer.headers.get("location", ""))
    if answer.status in _MOVED and survivor:
        failed = MissingPart(part=part, service=service, reason=MissingReason.SERVICE_FAILED)
        return _Outcome(answer.status, None, failed, UUID(survivor[1]))
    code = (answer.content or {}).get("code")
    missing = MissingPart(
        part=part,
        service=service,
        reason=_BY_STATUS.get(answer.status, MissingReason.SERVICE_FAILED),
        code=code[:80] if isinstance(code, str) else None,
    )
    return _Outcome(answer.status, None, missing)
