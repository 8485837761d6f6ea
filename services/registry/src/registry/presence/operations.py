"""What officers report of presence, and how presence is read."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.persons.queries import lock_person
from registry.population import queries as population
from registry.population.definition import PRESENCE_1
from registry.population.evidence import Reading, presence_evidence
from registry.population.operations import Said, hear, recount
from registry.population.timeline import UNKNOWN, Change, ExitKind, Stay
from registry.presence import rules
from registry.presence.rules import PresenceKind
from registry.presence.schemas import NewPresenceReport, PresenceView, SignView, StayView
from registry.presence.tables import PresenceReport
from shared import clock, reference
from shared.ids import new_id
from shared.policy import Grant


async def report_presence(
    session: AsyncSession, person_id: UUID, report: NewPresenceReport, *, grant: Grant
) -> PresenceReport:
    """Keep an officer's report as Kemlu's evidence; refuses a future day and an unknown place."""
    rules.check_seen_on(report.seen_on, today=clock.today())
    if reference.find_country(report.country) is None:
        raise rules.PresenceCountryUnknown
    person = await lock_person(session, person_id)
    mission = report.mission or grant.caller.mission
    if mission is None or reference.find_mission(mission) is None:
        competent = reference.mission_for(report.country)
        mission = competent.code if competent else UNKNOWN
    row = PresenceReport(
        id=new_id(),
        person_id_as_given=person.id,
        kind=report.kind,
        country=report.country,
        mission=mission,
        seen_on=report.seen_on,
        category=report.category or UNKNOWN,
        subject=grant.caller.subject,
        organisation=grant.caller.organisation,
        recorded_at=clock.now(),
    )
    session.add(row)
    person.version += 1
    has_left = report.kind is not PresenceKind.SEEN
    evidence = presence_evidence(
        Reading(PRESENCE_1, clock.today(), lambda _country, _subdivision: mission),
        country=report.country,
        district=mission,
        category=row.category,
        seen_on=None if has_left else report.seen_on,
        left_on=report.seen_on if has_left else None,
        left_by=ExitKind.DEATH if report.kind is PresenceKind.DIED else ExitKind.LEAVE_FOR_GOOD,
    )
    await hear(session, [Said(row.id, person.id, is_from_case=False, evidence=evidence)])
    await recount(session, [person.id], change=Change.NEWS, definition=PRESENCE_1)
    return row


async def read_presence(session: AsyncSession, person_id: UUID) -> PresenceView:
    """The timeline behind a person's presence, and the signs behind the timeline."""
    today = clock.today()
    kept = (await population.load_timelines(session, [person_id])).get(person_id)
    stays = kept.stays if kept else ()
    heard = await population.load_evidence(session, [person_id])
    current = next((one for one in stays if one.starts_on <= today < one.ends_on), None)
    signs = [
        SignView(
            origin_id=one.origin_id,
            source=sign.source,
            seen_on=sign.seen_on,
            live_until=sign.live_until,
            country=sign.country,
            district=sign.district,
        )
        for one in heard
        for sign in one.evidence.signs
    ]
    return PresenceView(
        person_id=person_id,
        as_of=today,
        is_abroad=current is not None,
        current=_shown(current) if current else None,
        stays=[_shown(stay) for stay in stays],
        signs=sorted(signs, key=lambda sign: (sign.seen_on, sign.source)),
        definition_id=PRESENCE_1.id,
    )


def _shown(stay: Stay) -> StayView:
    return StayView(
        country=stay.cell.country,
        district=stay.cell.district,
        category=stay.cell.category,
        source_cell=stay.cell.source_cell,
        starts_on=stay.starts_on,
        ends_on=stay.ends_on,
        begins_by=stay.begins_by,
        ends_by=stay.ends_by,
    )
