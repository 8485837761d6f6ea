"""Where an id leads, and which of a person's jobs abroad a report is about. Pure, so that the order
in which events arrive cannot matter.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Job:
    """A placement as far as the choice between several needs it."""

    placement_id: UUID
    opened_on: date
    departed_on: date | None
    ended_on: date | None
    is_withdrawn: bool


def choose_placement(jobs: Iterable[Job], *, reported_on: date) -> UUID | None:
    """The job that was live on the day of the report; of several the one the worker had left
    for, then the latest; without a live one the latest of all. None where there is none.

    Seen from the day of the report and not from today: a job that ends, or a new one that begins,
    while the case is open does not move the case.
    """

    def rank(job: Job) -> tuple[bool, bool, bool, date, UUID]:
        is_live = job.ended_on is None or job.ended_on >= reported_on
        had_departed = job.departed_on is not None and job.departed_on <= reported_on
        began_on = job.departed_on or job.opened_on
        return not job.is_withdrawn, is_live, had_departed, began_on, job.placement_id

    best = max(jobs, key=rank, default=None)
    return best.placement_id if best else None


def leads_to(redirects: Mapping[UUID, UUID | None], person_id: UUID) -> UUID:
    """The id that lives on for this one. While a merge is known and the split that undid an earlier
    one is not, ids may lead in a circle: then one of it stands for all.
    """
    passed: list[UUID] = []
    while (following := redirects.get(person_id)) is not None:
        if person_id in passed:
            return min(passed[passed.index(person_id) :])
        passed.append(person_id)
        person_id = following
    return person_id
