"""A review as an officer sees it: the record beside each candidate, differences marked."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.links.queries import find_last_decision
from registry.links.review_schemas import ComparedField, ComparedValue, ReviewDetail, ReviewView
from registry.links.tables import LinkReview
from registry.persons.queries import follow, list_records
from registry.persons.rules import SURVIVORSHIP
from registry.persons.schemas import PersonView
from registry.sources.content import text
from registry.sources.queries import CurrentContent, open_contents
from shared.privacy import Keyring, sensitivity_of
from shared.sensitivity import Level


async def read_review(
    session: AsyncSession, review: LinkReview, *, keyring: Keyring
) -> ReviewDetail:
    """Every attribute that either side states, and the weights of the last decision."""
    own = await open_contents(session, [review.source_record_id], keyring=keyring)
    record = own[review.source_record_id]
    candidates = {
        person_id: await _contents_of(session, person_id, review.source_record_id, keyring)
        for person_id in review.candidate_person_ids
    }
    compared = [
        field
        for attribute in SURVIVORSHIP
        if (field := _compare(attribute, record, candidates)) is not None
    ]
    decision = await find_last_decision(session, review.source_record_id)
    return ReviewDetail(
        **ReviewView.of(review).model_dump(exclude={"withheld"}),
        source_system=record.system,
        fields=[one for one in compared if not _is_restricted(one.field)],
        restricted_fields=[one for one in compared if _is_restricted(one.field)],
        comparisons=decision.comparisons if decision else [],
    )


async def _contents_of(
    session: AsyncSession, person_id: UUID, record_id: UUID, keyring: Keyring
) -> Sequence[CurrentContent]:
    """What a candidate's records say, whatever id it goes by now; not the record in question."""
    survivor_id = await follow(session, person_id)
    records = await list_records(session, survivor_id) if survivor_id else []
    others = [one.id for one in records if one.id != record_id]
    contents = await open_contents(session, others, keyring=keyring)
    return [one for one in contents.values() if not one.is_withdrawn]


def _compare(
    attribute: str,
    record: CurrentContent,
    candidates: dict[UUID, Sequence[CurrentContent]],
) -> ComparedField | None:
    """None where nobody says anything."""
    ours = text(record.content, attribute)
    compared = []
    for person_id, contents in candidates.items():
        said = (text(one.content, attribute) for one in contents)
        values = list(dict.fromkeys(value for value in said if value))
        compared.append(
            ComparedValue(
                person_id=person_id,
                values=values,
                is_different=_is_different(ours, values) if ours and values else None,
            )
        )
    if ours is None and not any(one.values for one in compared):
        return None
    return ComparedField(field=attribute, record_value=ours, candidates=compared)


def _is_different(ours: str, values: Sequence[str]) -> bool:
    """Whether no statement reads the same, but for case and spacing."""
    return _plain(ours) not in {_plain(value) for value in values}


def _plain(value: str) -> str:
    return " ".join(value.casefold().split())


def _is_restricted(attribute: str) -> bool:
    note = sensitivity_of(PersonView, attribute)
    return note is None or not Level.INTERNAL.includes(note.level)
