"""The route for whoever holds a tracking code: worker, family, or anybody they gave it to."""

from typing import Annotated

from fastapi import APIRouter

from cases.handling.queries import find_case_by_tracking
from cases.intake.rules import normalised_code
from cases.policy import POLICY
from cases.tracking.rules import TrackingCodeUnknown
from cases.tracking.schemas import Tracking, TrackingSearch
from shared.keys import ServiceKeys
from shared.policy import Grant, permit
from shared.problems import responses
from shared.reference import get_mission
from shared.routes import DeclaredRoute
from shared.writes import ReadSession

reads = APIRouter(prefix="/v1/tracking", tags=["tracking"], route_class=DeclaredRoute)


@reads.post("/searches", responses=responses(TrackingCodeUnknown))
async def search_tracking(
    search: TrackingSearch,
    _grant: Annotated[Grant, permit(POLICY, "tracking:search")],
    session: ReadSession,
    keyring: ServiceKeys,
) -> Tracking:
    """Where the case of a tracking code stands, in plain words, and which office answers for it."""
    index = keyring.blind_index("tracking_code", normalised_code(search.tracking_code))
    case = await find_case_by_tracking(session, index)
    if case is None:
        raise TrackingCodeUnknown
    return Tracking.of(case, get_mission(case.mission))
