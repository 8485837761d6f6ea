"""What systems, officers, agencies and reporters do to the three services, by the operations that
their routes call.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from joserfc.jwk import ECKey
from sqlmodel.ext.asyncio.session import AsyncSession

from cases.handling.reference.categories import CaseCategory
from cases.handling.rules import Channel, ParticipantRole
from cases.handling.schemas import ParticipantEntry, ReportedIdentity
from cases.intake.operations import report_case
from cases.intake.schemas import CaseReport
from cases.policy import POLICY as CASES_POLICY
from job_orders.policy import POLICY as ORDERS_POLICY
from job_orders.slots.operations import SeatsToOpen, open_slots, reserve_slot
from job_orders.slots.rules import Actor
from job_orders.slots.schemas import ReservationRequest
from registry.intake.operations import link_now, link_share, store_records
from registry.intake.schemas import Envelope
from registry.links.operations import split_person
from registry.links.proposing import merge_or_propose
from registry.links.reviewing import answer_review
from registry.links.rules import ReviewState
from registry.placements.operations import open_placement, withdraw_placement
from registry.placements.schemas import NewPlacement
from registry.policy import POLICY as REGISTRY_POLICY
from registry.presence.operations import report_presence
from registry.presence.schemas import NewPresenceReport
from shared import clock
from shared.auth import Caller
from shared.errors import Refusal
from shared.ids import new_id
from shared.policy import Grant, Policy
from shared.sensitivity import Purpose
from tests.histories.people import Human
from tests.histories.services import Service

Answer = TypeVar("Answer")
OFFICERS = ("one", "two", "three")
SEATS = 3


@dataclass(frozen=True, slots=True)
class Parties:
    """Whom the job orders of the histories are between."""

    agency_code: str
    agency_id: UUID
    employer_id: UUID


@dataclass
class Deeds:
    """One method a deed, each one transaction; None where it was refused."""

    registry: Service
    cases: Service
    orders: Service
    parties: Parties
    sealing_key: ECKey

    async def say(self, envelope: Envelope, *, is_linked: bool) -> None:
        """A system sends a record; a kill may come between storing and linking."""
        keyring = self.registry.keyring
        (received,) = await self.registry.transact(
            lambda session: store_records(
                session, [envelope], keyring=keyring, received_from=envelope.source_system
            )
        )
        if is_linked:
            await self.registry.transact(
                lambda session: link_now(session, received, keyring=keyring)
            )

    async def link_what_is_due(self) -> None:
        """What the messenger does for records that a kill left unlinked."""
        keyring = self.registry.keyring
        while (
            await self.registry.transact(
                lambda session: link_share(session, keyring=keyring, limit=2)
            )
        )[1]:
            pass

    async def answer(
        self, review_id: UUID, same_as: UUID | None, officer: str
    ) -> ReviewState | None:
        grant = _grant(REGISTRY_POLICY, "reviews:close", officer=officer)

        async def work(session: AsyncSession) -> ReviewState:
            review = await answer_review(session, review_id, same_as=same_as, grant=grant)
            return review.state

        return await _unless_refused(self.registry, work)

    async def merge(self, person_id: UUID, merged_id: UUID, *officers: str) -> bool:
        """Whether they are one now, after as many of these officers as it took."""
        for officer in officers:
            grant = _grant(REGISTRY_POLICY, "persons:merge", officer=officer)
            version = await self._version("persons", person_id)

            async def work(
                session: AsyncSession, grant: Grant = grant, version: int = version
            ) -> bool:
                waiting = await merge_or_propose(
                    session, person_id, merged_id, reason="SAME_FACE", grant=grant, version=version
                )
                return waiting is None

            if await _unless_refused(self.registry, work):
                return True
        return False

    async def split(self, person_id: UUID, record_ids: set[UUID]) -> UUID | None:
        grant = _grant(REGISTRY_POLICY, "persons:split")
        version = await self._version("persons", person_id)
        return await _unless_refused(
            self.registry,
            lambda session: split_person(
                session, person_id, record_ids, grant=grant, version=version
            ),
        )

    async def report_presence(self, person_id: UUID, seen_on: date) -> None:
        grant = _grant(REGISTRY_POLICY, "presence:report")
        report = NewPresenceReport(country="MY", seen_on=seen_on)

        async def work(session: AsyncSession) -> bool:
            await report_presence(session, person_id, report, grant=grant)
            return True

        await _unless_refused(self.registry, work)

    async def open_placement(self, person_id: UUID) -> None:
        grant = self._agencys(REGISTRY_POLICY, "placements:open")
        wanted = NewPlacement(
            person_id=person_id,
            scheme="P_TO_P",
            country="MY",
            occupation_code="9111",
            placement_agency_code=self.parties.agency_code,
        )

        async def work(session: AsyncSession) -> bool:
            await open_placement(session, wanted, grant=grant)
            return True

        await _unless_refused(self.registry, work)

    async def withdraw_placement(self, placement_id: UUID) -> None:
        grant = self._agencys(REGISTRY_POLICY, "placements:withdraw")
        version = await self._version("placements", placement_id)

        async def work(session: AsyncSession) -> bool:
            await withdraw_placement(
                session, placement_id, reason="FAMILY", grant=grant, version=version
            )
            return True

        await _unless_refused(self.registry, work)

    async def open_seats(self) -> tuple[UUID, UUID]:
        """A job order with seats to reserve, and its one line."""
        line = SeatsToOpen(
            line_id=new_id(),
            job_order_id=new_id(),
            employer_id=self.parties.employer_id,
            placement_agency_id=self.parties.agency_id,
            placement_agency_code=self.parties.agency_code,
            mission="KBRI-KUALA-LUMPUR",
            country="MY",
            occupation_code="9111",
            host_permit_id=None,
            endorsed=SEATS,
            valid_to=clock.today(),
        )
        await self.orders.transact(
            lambda session: open_slots(session, [line], actor=Actor("machine", "TEST"))
        )
        return line.job_order_id, line.line_id

    async def reserve(self, job_order_id: UUID, line_id: UUID, placement_id: UUID) -> None:
        grant = self._agencys(ORDERS_POLICY, "reservations:make")
        request = ReservationRequest(line_id=line_id, placement_id=placement_id)

        async def work(session: AsyncSession) -> bool:
            await reserve_slot(session, job_order_id, request, grant=grant)
            return True

        await _unless_refused(self.orders, work)

    async def report_case(self, about: UUID | Human) -> None:
        """Trouble of somebody whom the reporter names by an id, or by what they know of them."""
        role = ParticipantRole.WORKER
        if isinstance(about, UUID):
            entry = ParticipantEntry(role=role, person_id=about)
        else:
            identity = ReportedIdentity(nik=about.nik, full_name=about.name)
            entry = ParticipantEntry(role=role, identifiers=identity)
        report = CaseReport(
            category=CaseCategory.LABOUR,
            channel=Channel.PHONE,
            description="synthetic",
            country="MY",
            participants=[entry],
        )
        grant = _grant(CASES_POLICY, "cases:report")
        await self.cases.transact(
            lambda session: report_case(
                session,
                report,
                grant=grant,
                keyring=self.cases.keyring,
                sealing_key=self.sealing_key,
            )
        )

    async def _version(self, table: str, row_id: UUID) -> int:
        statement = f"SELECT version FROM {table} WHERE id = $1"  # noqa: S608 - one of our own.
        version: int = await self.registry.admin.fetchval(statement, row_id)
        return version

    def _agencys(self, policy: Policy, action: str) -> Grant:
        return _grant(
            policy,
            action,
            role="placement-agency",
            organisation=self.parties.agency_code,
            purpose=Purpose.PLACEMENT_SERVICE,
        )


def make_envelope(
    system: Any, key: str, content: dict[str, Any], *, at: datetime, is_withdrawn: bool = False
) -> Envelope:
    return Envelope(
        source_system=system,
        record_key=key,
        source_updated_at=at,
        content=content,
        is_withdrawn=is_withdrawn,
    )


def _grant(
    policy: Policy,
    action: str,
    *,
    officer: str = "one",
    role: str = "kemlu-desk",
    organisation: str = "KEMLU",
    purpose: Purpose = Purpose.PROTECTION_CASE,
) -> Grant:
    caller = Caller(officer, "portal", organisation, None, frozenset({role}), purpose, "t")
    return policy.grant(caller, action)


async def _unless_refused(
    service: Service, work: Callable[[AsyncSession], Awaitable[Answer]]
) -> Answer | None:
    try:
        return await service.transact(work)
    except Refusal:
        return None
