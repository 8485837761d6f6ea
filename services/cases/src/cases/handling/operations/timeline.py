"""Writing lines of the timeline."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from cases.handling.reference.states import CaseAction, CaseStatus
from cases.handling.rules import Audience
from cases.handling.tables import TimelineEntry
from shared import clock
from shared.auth import Caller
from shared.ids import new_id
from shared.privacy import Keyring


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a line says beside who did what and when."""

    audience: Audience = Audience.MINISTRIES
    from_status: CaseStatus | None = None
    to_status: CaseStatus | None = None
    reason: str | None = None
    participant_id: UUID | None = None
    placement_id: UUID | None = None


def write_line(
    session: AsyncSession,
    case_id: UUID,
    action: CaseAction,
    line: Line,
    *,
    caller: Caller | None = None,
    text: tuple[Keyring, str] | None = None,
) -> TimelineEntry:
    """Add a line; without a caller it was an event of the registry that caused it."""
    entry_id = new_id()
    entry = TimelineEntry(
        id=entry_id,
        case_id=case_id,
        action=action,
        audience=line.audience,
        from_status=line.from_status,
        to_status=line.to_status,
        reason=line.reason,
        text=text[0].seal("timeline_entries.text", entry_id, text[1]) if text else None,
        participant_id=line.participant_id,
        placement_id=line.placement_id,
        subject=caller.subject if caller else "registry",
        organisation=caller.organisation if caller else "SINERGI",
        happened_at=clock.now(),
    )
    session.add(entry)
    return entry
