"""Routes of persons."""

from collections.abc import Iterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from registry.disclosure import disclose
from registry.matching.features import document_number, read_features
from registry.matching.keys import search_hashes
from registry.matching.nik import read_nik
from registry.matching.operations import number_index
from registry.matching.queries import find_records_by_keys
from registry.persons import queries
from registry.persons.reading import read_person
from registry.persons.rules import IdentifierKind, PersonNotFound, SearchTooWide
from registry.persons.schemas import FoundPersonsView, PersonSearch, PersonView
from registry.policy import POLICY
from shared.keys import ServiceKeys
from shared.policy import Grant, permit
from shared.privacy import Keyring
from shared.problems import responses
from shared.routes import DeclaredRoute
from shared.sensitivity import Level
from shared.writes import ReadSession, etag

reads = APIRouter(prefix="/v1/persons", tags=["persons"], route_class=DeclaredRoute)

Read = Annotated[Grant, permit(POLICY, "persons:read")]
_MOST_FOUND = 50


@reads.post("/searches", responses=responses(SearchTooWide))
async def search_persons(
    search: PersonSearch,
    grant: Read,
    session: ReadSession,
    keyring: ServiceKeys,
    response: Response,
) -> FoundPersonsView:
    """Find persons by any number ever held, or by name and birth date.

    What is searched for stands in the body, so that it is in no address and no log.
    """
    ids = await _find(session, search, keyring)
    persons = [await queries.get_person(session, one) for one in ids[:_MOST_FOUND]]
    found = [grant.show(await read_person(session, one, keyring=keyring)) for one in persons]
    disclose(response, (one.id for one in found), Level.RESTRICTED)
    return FoundPersonsView(items=found, is_complete=len(ids) <= _MOST_FOUND)


@reads.get(
    "/{person_id}",
    response_model=PersonView,
    responses=responses(PersonNotFound)
    | {308: {"description": "The id was merged; `Location` names the person it belongs to now."}},
)
async def get_person(
    person_id: UUID,
    grant: Read,
    session: ReadSession,
    keyring: ServiceKeys,
    response: Response,
) -> PersonView | Response:
    """One person with the value of each attribute that stands, and those that lost."""
    person = await queries.get_person(session, person_id)
    if person.merged_into is not None:
        return Response(status_code=308, headers={"Location": f"/v1/persons/{person.merged_into}"})
    disclose(response, [person.id], Level.RESTRICTED)
    response.headers["ETag"] = etag(person.version)
    return grant.show(await read_person(session, person, keyring=keyring))


async def _find(session: AsyncSession, search: PersonSearch, keyring: Keyring) -> list[UUID]:
    indexes = list(_number_indexes(search, keyring))
    if not indexes and not (search.full_name and search.birth_date):
        raise SearchTooWide
    found: list[UUID] = []
    for index in indexes:
        found += await queries.find_persons_by_identifier(session, index, limit=_MOST_FOUND + 1)
    if not indexes:
        stated = {"full_name": search.full_name, "birth_date": str(search.birth_date)}
        names, dates = search_hashes(read_features(stated), keyring)
        records = await find_records_by_keys(session, names, dates)
        found = await queries.persons_of_records(session, records)
    return list(dict.fromkeys(found))


def _number_indexes(search: PersonSearch, keyring: Keyring) -> Iterator[bytes]:
    nik = read_nik(search.nik)
    if nik is not None:
        yield number_index(keyring, IdentifierKind.NIK, nik.digits)
    number = document_number(search.passport_number)
    if number is not None:
        yield number_index(keyring, IdentifierKind.PASSPORT, number)
        yield number_index(keyring, IdentifierKind.SPLP, number)
    for kind, value in (
        (IdentifierKind.SISKO_P2MI_ID, search.sisko_p2mi_id),
        (IdentifierKind.E_PMI_NUMBER, search.e_pmi_number),
    ):
        if value is not None:
            yield number_index(keyring, kind, value.upper()[:64])
