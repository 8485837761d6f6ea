"""Taking in a report: one transaction from the report to the question who it is about."""

import secrets
from uuid import UUID

from joserfc.jwk import ECKey
from sqlmodel.ext.asyncio.session import AsyncSession

from cases.handling import rules as handling
from cases.handling.operations.participants import enter_participant
from cases.handling.operations.timeline import Line, write_line
from cases.handling.reference.states import CaseAction, CaseStatus
from cases.handling.tables import Case, Participant
from cases.intake import queries, rules
from cases.intake.schemas import CaseReport, Reporter
from shared import clock, outbox, reference
from shared.ids import new_id
from shared.messages.cases import CaseReported
from shared.policy import Grant
from shared.privacy import Keyring

_CODE_BYTES = 16  # 128 random bits: nobody finds a code by trying.


async def report_case(
    session: AsyncSession,
    report: CaseReport,
    *,
    grant: Grant,
    keyring: Keyring,
    sealing_key: ECKey,
) -> tuple[Case, list[Participant], str]:
    """Make a case of a report; gives it with its participants and the tracking code in clear.

    Refuses an unknown mission, and a place for which none is competent.
    """
    mission = _answering_mission(report)
    moment = clock.now()
    code = rules.written_code(secrets.token_bytes(_CODE_BYTES))
    number = await queries.draw_number(session, mission, moment.year)
    case = Case(
        id=new_id(),
        case_number=rules.case_number(mission, moment.year, number),
        tracking_index=keyring.blind_index("tracking_code", rules.normalised_code(code)),
        category=report.category,
        is_secret=handling.is_secret(report.category, has_minor=False),
        status=CaseStatus.REPORTED,
        status_since=moment,
        due_at=handling.due_at(CaseStatus.REPORTED, None, moment),
        mission=mission,
        country=report.country,
        subdivision=report.subdivision,
        channel=report.channel,
        external_reference=report.external_reference,
        description=b"",
        reported_by=grant.caller.organisation,
        reported_at=moment,
        version=1,
    )
    _seal_what_was_told(case, report, keyring)
    session.add(case)
    line = Line(to_status=case.status, reason=report.channel)
    write_line(session, case.id, CaseAction.REPORT, line, caller=grant.caller)
    outbox.add(
        session,
        CaseReported(
            case_id=case.id,
            category=case.category,
            country=case.country,
            mission=case.mission,
            channel=case.channel,
            reported_at=moment,
        ),
    )
    participants = [
        await enter_participant(session, case, entry, keyring=keyring, sealing_key=sealing_key)
        for entry in report.participants
    ]
    return case, participants, code


def _answering_mission(report: CaseReport) -> str:
    """The named mission, or the one that is competent for the place; raises MissionUnknown."""
    if report.mission is not None:
        mission = reference.find_mission(report.mission, clock.today())
    elif report.country is not None:
        mission = reference.mission_for(report.country, report.subdivision)
    else:
        mission = None
    if mission is None:
        raise handling.MissionUnknown
    return mission.code


def _seal_what_was_told(case: Case, report: CaseReport, keyring: Keyring) -> None:
    reporter = report.reporter or Reporter()
    told = {
        "place": report.place,
        "description": report.description,
        "reporter_name": reporter.name,
        "reporter_phone": reporter.phone,
        "safe_contact": report.safe_contact,
    }
    for column, value in told.items():
        if value is not None:
            setattr(case, column, _sealed(keyring, column, case.id, value))


def _sealed(keyring: Keyring, column: str, case_id: UUID, value: str) -> bytes:
    return keyring.seal(f"cases.{column}", case_id, value)
