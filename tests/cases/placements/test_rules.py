"""Which of several jobs a report is about."""

import itertools
from datetime import date
from uuid import UUID

import pytest

from cases.placements.rules import Job, choose_placement

REPORTED = date(2026, 6, 1)


def job(
    number: int,
    *,
    opened: str = "2020-01-01",
    departed: str | None = None,
    ended: str | None = None,
    is_withdrawn: bool = False,
) -> Job:
    return Job(
        placement_id=UUID(int=number),
        opened_on=date.fromisoformat(opened),
        departed_on=date.fromisoformat(departed) if departed else None,
        ended_on=date.fromisoformat(ended) if ended else None,
        is_withdrawn=is_withdrawn,
    )


@pytest.mark.parametrize(
    ("jobs", "chosen"),
    [
        ([], None),
        ([job(1)], 1),
        ([job(1, is_withdrawn=True)], 1),
        ([job(1, opened="2021-01-01"), job(2, opened="2022-01-01")], 2),
        ([job(1, departed="2025-01-01"), job(2, departed="2026-01-01")], 2),
        ([job(1, departed="2025-01-01", ended="2026-05-31"), job(2, departed="2024-01-01")], 2),
        # Ended on the day of the report: it was the job the trouble was at.
        ([job(1, departed="2025-01-01", ended="2026-06-01"), job(2, departed="2024-01-01")], 1),
        ([job(1, departed="2024-01-01"), job(2, opened="2026-05-01")], 1),
        ([job(1, departed="2024-01-01"), job(2, departed="2026-07-01")], 1),
        ([job(1, departed="2024-01-01", ended="2025-01-01"), job(2, opened="2026-07-01")], 2),
        (
            [
                job(1, departed="2020-01-01", ended="2021-01-01"),
                job(2, departed="2022-01-01", ended="2023-01-01"),
            ],
            2,
        ),
        ([job(1, departed="2024-01-01"), job(2, opened="2026-05-01", is_withdrawn=True)], 1),
        ([job(1), job(2)], 2),
    ],
)
def test_the_live_job_is_chosen_else_the_latest_whatever_their_order(
    jobs: list[Job], chosen: int | None
) -> None:
    for order in itertools.permutations(jobs):
        found = choose_placement(order, reported_on=REPORTED)
        assert found == (None if chosen is None else UUID(int=chosen))
