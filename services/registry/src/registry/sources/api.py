"""Routes of source records; they come in by `intake`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from registry.disclosure import disclose
from registry.policy import POLICY
from registry.sources import queries
from registry.sources.rules import SourceRecordNotFound
from registry.sources.schemas import SourceRecordView
from shared.keys import ServiceKeys
from shared.policy import Grant, permit
from shared.problems import responses
from shared.routes import DeclaredRoute
from shared.sensitivity import Level
from shared.writes import ReadSession

reads = APIRouter(prefix="/v1/source-records", tags=["source records"], route_class=DeclaredRoute)


@reads.get("/{record_id}", responses=responses(SourceRecordNotFound))
async def get_source_record(
    record_id: UUID,
    grant: Annotated[Grant, permit(POLICY, "source-records:read")],
    session: ReadSession,
    keyring: ServiceKeys,
    response: Response,
) -> SourceRecordView:
    """What a ministry's system said, verbatim, with its versions and warnings."""
    record = await queries.get_source_record(session, record_id, within=grant)
    versions = await queries.list_versions(session, record_id)
    if record.person_id is not None:
        disclose(response, [record.person_id], Level.RESTRICTED)
    return grant.show(SourceRecordView.of(record, versions, keyring))
