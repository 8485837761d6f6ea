"""What a SiskoP2MI record says of a journey, as a placement and its steps. Pure."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from registry.population.evidence import exit_kind
from registry.population.timeline import ExitKind
from registry.sources.content import Content, code, day

_END_OF = {
    ExitKind.RETURN: "RETURNED",
    ExitKind.DEPORTATION: "DEPORTED",
    ExitKind.DEATH: "DIED",
    ExitKind.LEAVE_FOR_GOOD: "RETURNED",
}
_SAYS_A_JOB = frozenset(
    {
        *("scheme", "placement_agency_code", "partner_agency_code", "employer_code"),
        *("occupation_code", "contract_starts_on", "contract_ends_on", "job_order_number"),
        *("sip2mi_number", "departed_on", "arrived_on", "returned_on"),
    }
)


@dataclass(frozen=True, slots=True)
class Journey:
    """The columns of a placement and the steps a record states, in their order."""

    columns: dict[str, Any]
    steps: tuple[tuple[str, date | None], ...]

    @property
    def status(self) -> str:
        return self.steps[-1][0]


def read_journey(content: Content) -> Journey | None:
    """None where the record tells of no job."""
    if not any(content.get(field) for field in _SAYS_A_JOB):
        return None
    departed_on, arrived_on = day(content, "departed_on"), day(content, "arrived_on")
    ended_on = day(content, "returned_on")
    contract_starts_on = day(content, "contract_starts_on")
    steps: list[tuple[str, date | None]] = [("REGISTERED", None)]
    if contract_starts_on:
        # The day of signing is not told; it lies at or before the start.
        steps.append(("CONTRACTED", None))
    if departed_on or arrived_on:
        steps.append(("DEPARTED", departed_on))
    if arrived_on:
        steps.append(("ARRIVED", arrived_on))
    if ended_on:
        steps.append((_END_OF[exit_kind(content.get("return_reason"))], ended_on))
    columns = {
        "scheme": code(content, "scheme"),
        "country": code(content, "country"),
        "subdivision": code(content, "subdivision"),
        "occupation_code": code(content, "occupation_code"),
        "placement_agency_code": code(content, "placement_agency_code"),
        "employer_code": code(content, "employer_code"),
        "job_order_number": code(content, "job_order_number"),
        "contract_starts_on": contract_starts_on,
        "contract_ends_on": day(content, "contract_ends_on"),
        "departed_on": departed_on,
        "arrived_on": arrived_on,
        "ended_on": ended_on,
    }
    return Journey(columns, tuple(steps))
