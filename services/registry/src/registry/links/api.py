"""Routes of links: decisions, merges and splits."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from starlette.responses import JSONResponse

from registry.disclosure import disclose
from registry.links import operations, queries, rules
from registry.links.proposing import merge_or_propose
from registry.links.review_schemas import ReviewView
from registry.links.schemas import (
    DecisionEntry,
    DecisionsView,
    MergeView,
    NewMerge,
    NewSplit,
    SplitView,
)
from registry.persons.queries import get_person
from registry.persons.rules import PersonMergedAway, PersonNotFound
from registry.policy import POLICY
from registry.sources.queries import get_source_record
from registry.sources.rules import SourceRecordNotFound
from shared.policy import Grant, permit
from shared.problems import responses
from shared.routes import DeclaredRoute
from shared.sensitivity import Level
from shared.writes import ExpectedVersion, ReadSession, WriteRoute, WriteSession, etag

reads = APIRouter(prefix="/v1", tags=["links"], route_class=DeclaredRoute)
writes = APIRouter(prefix="/v1", tags=["links"], route_class=WriteRoute)


@reads.get("/source-records/{record_id}/decisions", responses=responses(SourceRecordNotFound))
async def list_link_decisions(
    record_id: UUID,
    grant: Annotated[Grant, permit(POLICY, "source-records:read")],
    session: ReadSession,
) -> DecisionsView:
    """Why a record stands with its person: every decision with its weights."""
    await get_source_record(session, record_id, within=grant)
    decisions = await queries.list_decisions(session, record_id)
    return DecisionsView(items=[DecisionEntry.of(one) for one in decisions])


@writes.post(
    "/persons/{person_id}/merges",
    status_code=201,
    response_model=MergeView,
    responses=responses(
        PersonNotFound, PersonMergedAway, rules.MergeWithItself, rules.OpinionAlreadyGiven
    )
    | {202: {"model": ReviewView, "description": "A second officer must say the same."}},
)
async def merge_persons(
    person_id: UUID,
    merge: NewMerge,
    grant: Annotated[Grant, permit(POLICY, "persons:merge")],
    session: WriteSession,
    version: ExpectedVersion,
    response: Response,
) -> MergeView | Response:
    """Make two persons one. The merged id lives on as a redirect; a split undoes it.

    Where a live placement, an open case or a seat hangs on either, nothing moves yet: the answer is
    the review in which another officer must say the same, here or by closing it.
    """
    waiting = await merge_or_propose(
        session,
        person_id,
        merge.merged_person_id,
        reason=merge.reason,
        grant=grant,
        version=version,
    )
    if waiting is not None:
        return JSONResponse(
            grant.show(ReviewView.of(waiting)).model_dump(mode="json"),
            status_code=202,
            headers={"Location": f"/v1/link-reviews/{waiting.id}"},
        )
    person = await get_person(session, person_id)
    response.headers["ETag"] = etag(person.version)
    disclose(response, [person_id, merge.merged_person_id], Level.INTERNAL)
    return MergeView(
        person_id=person.id, merged_person_id=merge.merged_person_id, version=person.version
    )


@writes.post(
    "/persons/{person_id}/splits",
    status_code=201,
    responses=responses(
        PersonNotFound, PersonMergedAway, rules.RecordsNotOfPerson, rules.NothingLeft
    ),
)
async def split_person(
    person_id: UUID,
    split: NewSplit,
    grant: Annotated[Grant, permit(POLICY, "persons:split")],
    session: WriteSession,
    version: ExpectedVersion,
    response: Response,
) -> SplitView:
    """Take records from a person. Those of one merge go back to the id they came from."""
    split_id = await operations.split_person(
        session, person_id, set(split.source_record_ids), grant=grant, version=version
    )
    disclose(response, [person_id, split_id], Level.INTERNAL)
    return SplitView(person_id=person_id, split_person_id=split_id)
