"""Routes of models: which there are, what another one would change, and putting it to use."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from registry.links.model_in_use import model_in_use
from registry.matching.served_model import known_models
from registry.policy import POLICY
from registry.rematching import operations, queries, rules
from registry.rematching.rules import LinkModelNotFound, RehearsalNotFound
from registry.rematching.schemas import (
    AdoptionView,
    LinkModelsView,
    LinkModelView,
    NewAdoption,
    NewRehearsal,
    NewWithdrawal,
    RehearsalView,
)
from shared.policy import Grant, permit
from shared.problems import responses
from shared.routes import DeclaredRoute
from shared.writes import ReadSession, WriteRoute, WriteSession

reads = APIRouter(prefix="/v1", tags=["links"], route_class=DeclaredRoute)
writes = APIRouter(prefix="/v1", tags=["links"], route_class=WriteRoute)

Rehearse = Annotated[Grant, permit(POLICY, "link-models:rehearse")]
Adopt = Annotated[Grant, permit(POLICY, "link-models:adopt")]


@reads.get("/link-models")
async def list_link_models(grant: Rehearse, session: ReadSession) -> LinkModelsView:
    """The signed models that lie ready, with their thresholds in bits, and which one decides."""
    own = (await model_in_use(session)).label
    found = sorted(known_models().items())
    return LinkModelsView(
        items=[grant.show(LinkModelView.of(one, is_in_use=label == own)) for label, one in found]
    )


@writes.post(
    "/link-model-rehearsals",
    status_code=202,
    responses=responses(LinkModelNotFound),
)
async def rehearse_link_model(
    new: NewRehearsal, grant: Rehearse, session: WriteSession, response: Response
) -> RehearsalView:
    """Ask what another model would change over all linked records. It changes nothing; the answer
    names the rehearsal, which tells how far it has got and at its end the result.
    """
    rehearsal = await operations.ask_rehearsal(session, new.model, grant=grant)
    response.headers["Location"] = f"/v1/link-model-rehearsals/{rehearsal.id}"
    return grant.show(RehearsalView.of(rehearsal))


@reads.get("/link-model-rehearsals/{rehearsal_id}", responses=responses(RehearsalNotFound))
async def get_link_model_rehearsal(
    rehearsal_id: UUID, grant: Rehearse, session: ReadSession
) -> RehearsalView:
    """How far a rehearsal has got, and its result: records by kind of change with samples, and by
    how much the count of today would differ in each country and source cell.
    """
    return grant.show(RehearsalView.of(await queries.get_rehearsal(session, rehearsal_id)))


@writes.post(
    "/link-model-adoptions",
    status_code=202,
    responses=responses(
        RehearsalNotFound,
        LinkModelNotFound,
        rules.RehearsalNotDone,
        rules.RehearsalOutdated,
        rules.AdoptionUnderWay,
    ),
)
async def adopt_link_model(
    new: NewAdoption, grant: Adopt, session: WriteSession, response: Response
) -> AdoptionView:
    """Ask that a model decide which was rehearsed. Nothing happens before another officer has
    confirmed it.
    """
    adoption = await operations.ask_adoption(
        session, new.rehearsal_id, reason=new.reason, grant=grant
    )
    response.headers["Location"] = f"/v1/link-model-adoptions/{adoption.id}"
    return grant.show(AdoptionView.of(adoption))


@reads.get("/link-model-adoptions/{adoption_id}", responses=responses(rules.AdoptionNotFound))
async def get_link_model_adoption(
    adoption_id: UUID, grant: Rehearse, session: ReadSession
) -> AdoptionView:
    """How far an adoption has got, or its withdrawal: records seen of all, and those changed."""
    adoption = await queries.get_adoption(session, adoption_id)
    counted = await queries.count_adopted(session, adoption_id)
    return grant.show(AdoptionView.of(adoption, counted))


@writes.post(
    "/link-model-adoptions/{adoption_id}/confirmations",
    status_code=202,
    responses=responses(
        rules.AdoptionNotFound,
        LinkModelNotFound,
        rules.AdoptionNotWaiting,
        rules.SecondOfficerNeeded,
    ),
)
async def confirm_link_model_adoption(
    adoption_id: UUID, grant: Adopt, session: WriteSession
) -> AdoptionView:
    """The second officer's word: from now on the model decides, and links that it sees otherwise
    than the one before are changed; where an officer decided, or much hangs on it, they are not.
    """
    adoption = await operations.confirm_adoption(session, adoption_id, grant=grant)
    return grant.show(AdoptionView.of(adoption))


@writes.post(
    "/link-model-adoptions/{adoption_id}/withdrawals",
    status_code=202,
    responses=responses(
        rules.AdoptionNotFound,
        LinkModelNotFound,
        rules.AdoptionNotInUse,
        rules.AdoptionUnderWay,
    ),
)
async def withdraw_link_model_adoption(
    adoption_id: UUID, new: NewWithdrawal, grant: Adopt, session: WriteSession
) -> AdoptionView:
    """The model before decides again, and what this one changed is taken back, but for what an
    officer has touched since. One officer is enough.
    """
    adoption = await operations.withdraw_adoption(
        session, adoption_id, reason=new.reason, grant=grant
    )
    counted = await queries.count_adopted(session, adoption_id)
    return grant.show(AdoptionView.of(adoption, counted))
