"""What officers ask about models. One transaction each, never committed here."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.links.model_in_use import model_in_use, turn_to_model
from registry.matching.served_model import known_models
from registry.rematching import queries, rules
from registry.rematching.rules import AdoptionState, LinkModelNotFound, RehearsalState
from registry.rematching.tables import Adoption, Rehearsal
from shared import clock
from shared.ids import new_id
from shared.policy import Grant
from shared.rows import insert_if_new, insert_row


async def ask_rehearsal(session: AsyncSession, model: str, *, grant: Grant) -> Rehearsal:
    """A rehearsal that the bulk process will walk; refuses a model that is not there, signed."""
    in_use = await model_in_use(session)
    if model not in known_models():
        raise LinkModelNotFound
    rehearsal = Rehearsal(
        id=new_id(),
        model=model,
        model_in_use=in_use.label,
        state=RehearsalState.RUNNING,
        asked_by=grant.caller.subject,
        organisation=grant.caller.organisation,
        asked_at=clock.now(),
    )
    await insert_row(session, rehearsal)
    return rehearsal


async def ask_adoption(
    session: AsyncSession, rehearsal_id: UUID, *, reason: str, grant: Grant
) -> Adoption:
    """An adoption that waits for another officer.

    Refuses a rehearsal that is not done or was against another model than decides now, and a
    second adoption beside one that is not at its end.
    """
    rehearsal = await queries.get_rehearsal(session, rehearsal_id)
    if rehearsal.state is not RehearsalState.DONE:
        raise rules.RehearsalNotDone(current_status=rehearsal.state.value)
    in_use = (await model_in_use(session)).label
    if rehearsal.model_in_use != in_use or rehearsal.model == in_use:
        raise rules.RehearsalOutdated
    if rehearsal.model not in known_models():
        raise LinkModelNotFound
    adoption = Adoption(
        id=new_id(),
        rehearsal_id=rehearsal_id,
        model=rehearsal.model,
        model_before=in_use,
        state=AdoptionState.AWAITING_SECOND,
        reason=reason,
        asked_by=grant.caller.subject,
        organisation=grant.caller.organisation,
        asked_at=clock.now(),
    )
    if not await insert_if_new(session, adoption):
        raise rules.AdoptionUnderWay
    return adoption


async def confirm_adoption(session: AsyncSession, adoption_id: UUID, *, grant: Grant) -> Adoption:
    """From the commit on the model decides, and the bulk process gives it its effect.

    Refuses who asked for it, one that awaits nothing, and a model that is no longer there.
    """
    adoption = await queries.lock_adoption(session, adoption_id)
    if adoption.state is not AdoptionState.AWAITING_SECOND:
        raise rules.AdoptionNotWaiting(current_status=adoption.state.value)
    if adoption.asked_by == grant.caller.subject:
        raise rules.SecondOfficerNeeded
    if adoption.model not in known_models():
        raise LinkModelNotFound
    await turn_to_model(session, adoption.model)
    adoption.state = AdoptionState.RUNNING
    adoption.confirmed_by, adoption.confirmed_at = grant.caller.subject, clock.now()
    return adoption


async def withdraw_adoption(
    session: AsyncSession, adoption_id: UUID, *, reason: str, grant: Grant
) -> Adoption:
    """The model before decides again, and the bulk process takes the changes back.

    Refuses one that is not in use, and one while another is not at its end.
    """
    adoption = await queries.lock_adoption(session, adoption_id)
    if adoption.state in {AdoptionState.WITHDRAWING, AdoptionState.WITHDRAWN}:
        raise rules.AdoptionNotInUse
    if adoption.state is AdoptionState.AWAITING_SECOND:
        adoption.state, adoption.finished_at = AdoptionState.WITHDRAWN, clock.now()
    else:
        await _turn_back(session, adoption)
    adoption.withdrawn_by, adoption.withdrawn_at = grant.caller.subject, clock.now()
    adoption.withdrawal_reason = reason
    return adoption


async def _turn_back(session: AsyncSession, adoption: Adoption) -> None:
    is_done = adoption.state is AdoptionState.DONE
    if is_done and await queries.is_adoption_pending(session):
        raise rules.AdoptionUnderWay
    if await queries.find_label_in_use(session) != adoption.model:
        raise rules.AdoptionNotInUse
    if adoption.model_before not in known_models():
        raise LinkModelNotFound
    await turn_to_model(session, adoption.model_before)
    adoption.state, adoption.finished_at = AdoptionState.WITHDRAWING, None
