"""A review as an officer sees it: both sides beside each other, the waterfall, what was decided."""

from sqlmodel.ext.asyncio.session import AsyncSession

from job_orders.organisations import queries
from job_orders.organisations.describing import Organisation, describe
from job_orders.organisations.schemas import (
    ComparedSides,
    OrganisationReviewDetail,
    OrganisationReviewHistoryEntry,
    OrganisationReviewView,
    WeightLine,
)
from job_orders.organisations.tables import OrganisationReview
from shared.privacy import Keyring

_KNOWN = "KNOWN"
"""Stands for an account number, of which nobody is told more."""


async def read_review(
    session: AsyncSession, review: OrganisationReview, *, keyring: Keyring
) -> OrganisationReviewDetail:
    """Every field that either side states, as it stands now, and the evidence as it was found."""
    sides = await describe(
        session, review.kind, (review.older_id, review.newer_id), keyring=keyring
    )
    older, newer = sides[review.older_id], sides[review.newer_id]
    levels = {line["field"]: line["level"] for line in review.lines}
    compared = [
        ComparedSides(field=field, older=ours, newer=theirs, level=levels.get(told_by))
        for (field, told_by, ours), (_, _, theirs) in zip(_told(older), _told(newer), strict=True)
        if ours or theirs
    ]
    history = await queries.list_history(session, review.id)
    return OrganisationReviewDetail(
        **OrganisationReviewView.of(review).model_dump(exclude={"withheld"}),
        model=review.model,
        lines=[WeightLine(**line) for line in review.lines],
        older_began_on=older.began_on,
        newer_began_on=newer.began_on,
        older_trouble_on=older.trouble_on,
        newer_trouble_on=newer.trouble_on,
        fields=[one for one in compared if one.field not in _RESTRICTED],
        restricted_fields=[one for one in compared if one.field in _RESTRICTED],
        history=[OrganisationReviewHistoryEntry.of(entry) for entry in history],
    )


_RESTRICTED = frozenset({"owner_name", "phone", "address", "bank_account"})


def _told(side: Organisation) -> list[tuple[str, str, list[str]]]:
    """Each field with the line of the waterfall that it belongs to, and what is said of it."""

    def told(value: str | None) -> list[str]:
        return [value] if value else []

    return [
        ("code", "", [side.code]),
        ("name", "NAME", told(side.name)),
        ("other_names", "NAME", list(side.other_names)),
        ("registration_number", "", told(side.number)),
        ("country", "PLACE" if side.mission else "", [side.country]),
        ("city", "PLACE", told(side.city)),
        ("owner_name", "OWNER", told(side.owner_name)),
        ("phone", "PHONE", told(side.phone)),
        ("address", "ADDRESS", told(side.address)),
        ("bank_account", "ACCOUNT", [_KNOWN] if side.account else []),
    ]
