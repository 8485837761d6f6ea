"""Every message type there is: its topic, owner, model, key and since when. One list."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from shared.messages import cases, job_orders, registry
from shared.messages.base import Message
from shared.sensitivity import Level, Sensitive

TYPE_PREFIX = "id.go.sinergi"
PARTITIONS = 12
EXPIRING_TOPICS = {"cases.identification.v1": 30}
"""Topics that the broker does not keep for ever, with the days they are kept."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One message type. `key` names the member that is the aggregate id."""

    event_type: str
    topic: str
    owner: str
    model: type[Message]
    key: str
    since: str
    sensitivity: str


def _entries(
    topic: str, key: str, models: Iterable[type[Message]], *, since: str = "0.1.0"
) -> list[Entry]:
    owner, aggregate, version = topic.split(".")
    prefix = f"{TYPE_PREFIX}.{_kebab(owner)}.{_kebab(aggregate)}"
    return [
        Entry(
            event_type=f"{prefix}.{_past_tense(model, aggregate)}.{version}",
            topic=topic,
            owner=owner,
            model=model,
            key=key,
            since=since,
            sensitivity=str(_highest(model).value),
        )
        for model in models
    ]


def _kebab(name: str) -> str:
    return name.replace("_", "-")


def _past_tense(model: type[Message], aggregate: str) -> str:
    """`EmployerRegistered` of aggregate `employer` is `registered`; `SlotReserved` stays whole."""
    words = "".join(f"-{c.lower()}" if c.isupper() else c for c in model.__name__).lstrip("-")
    return words.removeprefix(f"{_kebab(aggregate)}-")


def _highest(model: type[Message]) -> Level:
    notes = [n for f in model.model_fields.values() for n in f.metadata if isinstance(n, Sensitive)]
    return max((note.level for note in notes), key=lambda level: level.rank, default=Level.SECRET)


CATALOGUE: tuple[Entry, ...] = (
    *_entries(
        "registry.person.v1",
        "person_id",
        [
            registry.PersonRegistered,
            registry.SourceRecordLinked,
            registry.SourceRecordUnlinked,
            registry.PersonsMerged,
            registry.PersonSplit,
            registry.PresenceChanged,
        ],
    ),
    *_entries(
        "registry.placement.v1",
        "placement_id",
        [
            registry.PlacementOpened,
            registry.PlacementStepCompleted,
            registry.PlacementAmended,
            registry.PlacementRefused,
            registry.PlacementReservationLapsed,
            registry.PlacementDeparted,
            registry.PlacementArrived,
            registry.PlacementEnded,
            registry.PlacementWithdrawn,
        ],
    ),
    *_entries("registry.identification.v1", "case_id", [registry.IdentificationResolved]),
    *_entries("cases.identification.v1", "case_id", [cases.IdentificationRequested]),
    *_entries(
        "cases.case.v1",
        "case_id",
        [
            cases.CaseReported,
            cases.CaseParticipantAdded,
            cases.CasePlacementAttached,
            cases.CasePlacementDetached,
            cases.CaseTriaged,
            cases.CaseAssigned,
            cases.CaseStageChanged,
            cases.CaseClosed,
            cases.CaseReopened,
        ],
    ),
    *_entries(
        "job_orders.employer.v1",
        "employer_id",
        [
            job_orders.EmployerRegistered,
            job_orders.EmployerAccredited,
            job_orders.EmployerListed,
            job_orders.EmployerDelisted,
        ],
    ),
    *_entries(
        "job_orders.placement_agency.v1",
        "placement_agency_id",
        [
            job_orders.PlacementAgencyLicensed,
            job_orders.PlacementAgencySanctioned,
            job_orders.PlacementAgencyRestored,
        ],
    ),
    *_entries(
        "job_orders.organisation_review.v1",
        "review_id",
        [job_orders.OrganisationsLinked, job_orders.OrganisationsUnlinked],
    ),
    *_entries(
        "job_orders.job_order.v1",
        "job_order_id",
        [
            job_orders.JobOrderSubmitted,
            job_orders.JobOrderReturned,
            job_orders.JobOrderRejected,
            job_orders.JobOrderCancelled,
            job_orders.JobOrderEndorsed,
            job_orders.JobOrderIssued,
            job_orders.JobOrderExpired,
            job_orders.SlotReserved,
            job_orders.SlotReleased,
            job_orders.SlotConsumed,
            job_orders.SlotRefused,
        ],
    ),
)


@cache
def by_type() -> dict[str, Entry]:
    return {entry.event_type: entry for entry in CATALOGUE}


@cache
def _by_model() -> dict[type[Message], Entry]:
    return {entry.model: entry for entry in CATALOGUE}


def entry_of(model: type[Message]) -> Entry:
    """The entry of a payload model; KeyError for one that is not in the catalogue."""
    return _by_model()[model]


def topics() -> list[str]:
    return sorted({entry.topic for entry in CATALOGUE})


def expires(topic: str) -> bool:
    """Whether a new reader of this topic cannot count on seeing each key from its beginning."""
    return topic in EXPIRING_TOPICS
