"""Routes of the combined views."""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request

from gateway.clients.access import Admitted
from gateway.policy import POLICY
from gateway.upstream.client import Answer
from gateway.upstream.headers import seconds_to_wait
from gateway.upstream.routes import Service
from gateway.views import queries
from gateway.views.schemas import PersonOverview
from shared.errors import NotFound, TokenRefused
from shared.policy import Grant, permit
from shared.problems import responses
from shared.routes import DeclaredRoute

router = APIRouter(prefix="/v1/persons", tags=["persons"], route_class=DeclaredRoute)


async def _asking(request: Request) -> queries.Ask:
    """A way to ask the services in the name of this request's caller, within its time."""
    admitted = request.scope.get("gateway.admitted")
    if not isinstance(admitted, Admitted):
        raise TokenRefused
    state = request.app.state
    prefer = request.headers.get("prefer", "").encode()
    seconds = seconds_to_wait(prefer, state.settings.view_deadline_seconds)
    until = asyncio.get_running_loop().time() + seconds

    async def ask(service: Service, path: str) -> Answer:
        token = state.mint.token(admitted.access, admitted.purpose, service.value)
        answer: Answer = await state.services.get(
            service, path, client=admitted.access.client, token=token, until=until
        )
        return answer

    return ask


@router.get("/{person_id}/overview", responses=responses(NotFound))
async def get_person_overview(
    person_id: UUID,
    _grant: Annotated[Grant, permit(POLICY, "persons:overview")],
    ask: Annotated[queries.Ask, Depends(_asking)],
) -> PersonOverview:
    """A person with presence, placements, their job orders, and cases, from all services at once.

    What a service withholds, or cannot answer now, stands in `missing`.
    """
    return await queries.compose_person_overview(ask, person_id)
