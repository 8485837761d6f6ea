"""Committed changes and their events, counted from both sides: history rows against outbox rows."""

from collections import Counter
from dataclasses import dataclass

from deploy.local.stack import Stack
from shared.messages import catalogue
from tests.audit.reading import Check, differing, fetch


@dataclass(frozen=True, slots=True)
class Told:
    """What some rows of a service must have said: the statement gives (key, message name)."""

    promise: str
    service: str
    rows: str
    messages: tuple[str, ...]
    unless: str = "false"
    """Events that no row stands for, as a condition on their `payload`."""


TOLD = (
    Told(
        "each change of an employer is one event",
        "job_orders",
        """
        SELECT employer_id, CASE action
            WHEN 'REGISTER' THEN 'EmployerRegistered' WHEN 'ACCREDIT' THEN 'EmployerAccredited'
            WHEN 'LIST' THEN 'EmployerListed' WHEN 'DELIST' THEN 'EmployerDelisted' END
        FROM employer_history WHERE action <> 'AMEND'
        """,
        ("EmployerRegistered", "EmployerAccredited", "EmployerListed", "EmployerDelisted"),
    ),
    Told(
        "each change of a placement agency is one event",
        "job_orders",
        """
        SELECT placement_agency_id, CASE action
            WHEN 'LICENSE' THEN 'PlacementAgencyLicensed'
            WHEN 'SANCTION' THEN 'PlacementAgencySanctioned'
            WHEN 'RESTORE' THEN 'PlacementAgencyRestored' END
        FROM placement_agency_history
        """,
        ("PlacementAgencyLicensed", "PlacementAgencySanctioned", "PlacementAgencyRestored"),
    ),
    Told(
        "each decision on a job order is one event",
        "job_orders",
        """
        SELECT job_order_id, CASE action
            WHEN 'SUBMIT' THEN 'JobOrderSubmitted' WHEN 'RETURN' THEN 'JobOrderReturned'
            WHEN 'REJECT' THEN 'JobOrderRejected' WHEN 'ENDORSE' THEN 'JobOrderEndorsed'
            WHEN 'ISSUE' THEN 'JobOrderIssued' WHEN 'CANCEL' THEN 'JobOrderCancelled'
            WHEN 'EXPIRE' THEN 'JobOrderExpired' END
        FROM job_order_history
        WHERE action IN ('SUBMIT', 'RETURN', 'REJECT', 'ENDORSE', 'ISSUE', 'CANCEL', 'EXPIRE')
        """,
        (
            *("JobOrderSubmitted", "JobOrderReturned", "JobOrderRejected", "JobOrderEndorsed"),
            *("JobOrderIssued", "JobOrderCancelled", "JobOrderExpired"),
        ),
    ),
    Told(
        "each move of a seat is one event",
        "job_orders",
        """
        SELECT job_order_id, CASE cause
            WHEN 'RESERVE' THEN 'SlotReserved' WHEN 'RELEASE' THEN 'SlotReleased'
            WHEN 'CONSUME' THEN 'SlotConsumed' END
        FROM slot_entries WHERE cause IN ('RESERVE', 'RELEASE', 'CONSUME')
        """,
        ("SlotReserved", "SlotReleased", "SlotConsumed"),
    ),
    Told(
        "each person was registered by one event",
        "registry",
        "SELECT id, 'PersonRegistered' FROM persons",
        ("PersonRegistered",),
    ),
    Told(
        "each link of a record is one event of its person",
        "registry",
        """
        SELECT person_id, 'SourceRecordLinked' FROM link_decisions
        WHERE decided_by = 'matcher' AND action NOT IN ('KEPT', 'UNLINKED')
        """,
        ("SourceRecordLinked",),
    ),
    Told(
        "each withdrawal of a record is one event of its person",
        "registry",
        "SELECT person_id, 'SourceRecordUnlinked' FROM link_decisions WHERE action = 'UNLINKED'",
        ("SourceRecordUnlinked",),
    ),
    Told(
        "each merge is one event of the survivor",
        "registry",
        "SELECT person_id, 'PersonsMerged' FROM person_merges",
        ("PersonsMerged",),
        # The matcher's own moves keep no row of a merge.
        unless="payload ->> 'reason' = 'RECORD_MOVED'",
    ),
    Told(
        "each step of a placement is one event",
        "registry",
        """
        SELECT placement_id, CASE step
            WHEN 'DEPARTED' THEN 'PlacementDeparted' WHEN 'ARRIVED' THEN 'PlacementArrived'
            WHEN 'SEAT_REFUSED' THEN 'PlacementRefused' WHEN 'AMENDED' THEN 'PlacementAmended'
            WHEN 'UNFIT' THEN 'PlacementWithdrawn' WHEN 'WITHDRAWN' THEN 'PlacementWithdrawn'
            WHEN 'FAILED_DEPARTURE' THEN 'PlacementWithdrawn'
            WHEN 'REJECTED_BY_IMMIGRATION' THEN 'PlacementWithdrawn'
            WHEN 'CANCELLED' THEN 'PlacementWithdrawn'
            WHEN 'RETURNED' THEN 'PlacementEnded' WHEN 'REPATRIATED' THEN 'PlacementEnded'
            WHEN 'DEPORTED' THEN 'PlacementEnded' WHEN 'DIED' THEN 'PlacementEnded'
            WHEN 'NATURALISED' THEN 'PlacementEnded' WHEN 'LOST_CONTACT' THEN 'PlacementEnded'
            ELSE 'PlacementStepCompleted' END
        FROM placement_steps s JOIN placements p ON p.id = s.placement_id
        -- What a record told of a journey at once is said by its opening, and by its end.
        WHERE s.recorded_at <> p.opened_at AND s.number > 1
            OR p.source_record_id IS NOT NULL AND s.recorded_at = p.opened_at
                AND s.step IN ('RETURNED', 'DEPORTED', 'DIED')
        """,
        (
            *("PlacementStepCompleted", "PlacementDeparted", "PlacementArrived"),
            *("PlacementEnded", "PlacementWithdrawn", "PlacementRefused", "PlacementAmended"),
        ),
    ),
    Told(
        "each placement was opened by one event",
        "registry",
        # A withdrawal that its system took back opens it once more.
        """
        SELECT id, 'PlacementOpened' FROM placements
        UNION ALL
        SELECT w.placement_id, 'PlacementOpened' FROM placement_steps w
        JOIN placements p ON p.id = w.placement_id AND p.source_record_id IS NOT NULL
        WHERE w.step IN ('UNFIT', 'WITHDRAWN', 'FAILED_DEPARTURE', 'REJECTED_BY_IMMIGRATION',
                         'CANCELLED')
          AND EXISTS (SELECT FROM placement_steps s WHERE s.placement_id = w.placement_id
                      AND s.number > w.number
                      AND s.step NOT IN ('SEAT_REFUSED', 'AMENDED'))
        """,
        ("PlacementOpened",),
    ),
    Told(
        "each case was reported by one event",
        "cases",
        "SELECT id, 'CaseReported' FROM cases",
        ("CaseReported",),
    ),
    Told(
        "each participant is one event, and one question where identifiers were given",
        "cases",
        """
        SELECT case_id, 'CaseParticipantAdded' FROM participants
        UNION ALL SELECT case_id, 'IdentificationRequested' FROM participants
        WHERE reported_identity IS NOT NULL
        """,
        ("CaseParticipantAdded", "IdentificationRequested"),
    ),
    Told(
        "each line of a case's timeline that others must hear of is one event",
        "cases",
        """
        SELECT case_id, CASE action
            WHEN 'TRIAGE' THEN 'CaseTriaged' WHEN 'ASSIGN' THEN 'CaseAssigned'
            WHEN 'CLOSE' THEN 'CaseClosed' WHEN 'REOPEN' THEN 'CaseReopened'
            WHEN 'ATTACH_PLACEMENT' THEN 'CasePlacementAttached'
            WHEN 'DETACH_PLACEMENT' THEN 'CasePlacementDetached'
            ELSE 'CaseStageChanged' END
        FROM timeline_entries
        WHERE action IN ('TRIAGE', 'ASSIGN', 'CLOSE', 'REOPEN', 'ATTACH_PLACEMENT',
                         'DETACH_PLACEMENT', 'HANDLE', 'SUSPEND', 'RESOLVE')
        """,
        (
            *("CaseTriaged", "CaseAssigned", "CaseClosed", "CaseReopened", "CaseStageChanged"),
            *("CasePlacementAttached", "CasePlacementDetached"),
        ),
    ),
)


async def check_changes(stack: Stack) -> list[Check]:
    return [await _check(stack, told) for told in TOLD]


async def _check(stack: Stack, told: Told) -> Check:
    types = {
        entry.event_type: entry.model.__name__
        for entry in catalogue.CATALOGUE
        if entry.model.__name__ in told.messages
    }
    changes = [(str(row[0]), row[1]) for row in await fetch(stack, told.service, told.rows)]
    events = [
        (row["key"], types[row["type"]])
        for row in await fetch(
            stack,
            told.service,
            f"""
            SELECT key, type FROM outbox,
                   LATERAL (SELECT convert_from(data, 'UTF8')::jsonb) AS read(payload)
            WHERE type = ANY($1::text[]) AND NOT coalesce({told.unless}, false)
            """,  # noqa: S608 - the condition is a constant of this file.
            list(types),
        )
    ]
    kinds = ", ".join(f"{n} {name}" for name, n in sorted(Counter(e for _, e in events).items()))
    found = differing(changes, events, place="events")
    return Check(told.promise, f"rows with their events ({kinds})", len(changes), found)
