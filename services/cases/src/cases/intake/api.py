"""The route of reports."""

from typing import Annotated

from fastapi import APIRouter, Response

from cases.handling.rules import MissionUnknown
from cases.intake import operations
from cases.intake.schemas import CaseReceipt, CaseReport
from cases.policy import POLICY
from cases.sealing import SealingKey
from shared.keys import ServiceKeys
from shared.policy import Grant, permit
from shared.problems import responses
from shared.writes import ReservedWriteRoute, WriteSession, etag

writes = APIRouter(prefix="/v1/cases", tags=["cases"], route_class=ReservedWriteRoute)


@writes.post("", status_code=201, responses=responses(MissionUnknown))
async def report_case(
    report: CaseReport,
    grant: Annotated[Grant, permit(POLICY, "cases:report")],
    session: WriteSession,
    keyring: ServiceKeys,
    sealing_key: SealingKey,
    response: Response,
) -> CaseReceipt:
    """Report trouble: one case under the mission that answers for the place.

    Who the persons are is asked of the registry, and their placements attach by themselves.
    Keep the tracking code: it is shown here only.
    """
    case, participants, code = await operations.report_case(
        session, report, grant=grant, keyring=keyring, sealing_key=sealing_key
    )
    response.headers["Location"] = f"/v1/cases/{case.id}"
    response.headers["ETag"] = etag(case.version)
    return CaseReceipt.of(case, participants, code)
