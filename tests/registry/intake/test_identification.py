"""Who is the person in a case: sealed in, one matcher, answered again whenever it changes."""

import json
from typing import Any
from uuid import UUID

import asyncpg
from sqlmodel.ext.asyncio.session import AsyncSession

from deploy.local import keys
from deploy.local.stack import Stack
from registry.handlers import (
    on_case_closed,
    on_case_participant_added,
    on_case_reported,
    on_identification_requested,
)
from shared import clock
from shared.cloudevents import Event
from shared.db import Database
from shared.ids import new_id
from shared.messages.cases import (
    CaseClosed,
    CaseParticipantAdded,
    CaseReported,
    IdentificationRequested,
)
from shared.sealing import load_key, seal
from tests.registry.senders import PEDULI, SISKO, Sender, make_name, make_nik
from tests.registry.steps import Step, take
from tests.stands import fresh_key

EVENT: Any = Event


async def ask(
    sessions: Database, stack: Stack, content: dict[str, Any], *, case_id: UUID | None = None
) -> IdentificationRequested:
    """A case asks; its message is delivered twice."""
    message = IdentificationRequested(
        case_id=case_id or new_id(),
        participant_id=new_id(),
        sealed=seal(content, load_key(stack.keys / keys.SEALING_JWK)),
        requested_at=clock.now(),
    )

    async def handle(session: Any) -> bool:
        await on_identification_requested(session, message, EVENT)
        return False

    await take(sessions, handle)
    await take(sessions, handle)
    return message


async def answers(
    database: asyncpg.Connection, message: IdentificationRequested
) -> list[tuple[str, str]]:
    rows = await database.fetch(
        "SELECT convert_from(data, 'UTF8') AS data FROM outbox WHERE topic ="
        " 'registry.identification.v1' AND key = $1 ORDER BY sequence",
        str(message.case_id),
    )
    told = [json.loads(row["data"]) for row in rows]
    assert {one["participant_id"] for one in told} <= {str(message.participant_id)}
    return [(one["outcome"], one["person_id"]) for one in told]


async def test_a_known_person_is_named(
    sender: Sender, sessions: Database, stack: Stack, database: asyncpg.Connection
) -> None:
    content = {"nik": make_nik(), "full_name": make_name()}
    known = await sender.stored(SISKO, content)
    message = await ask(sessions, stack, content)
    assert await answers(database, message) == [("RESOLVED", known["person_id"])]


async def test_a_stranger_becomes_a_provisional_person_and_counts_apart(
    sessions: Database, stack: Stack, database: asyncpg.Connection
) -> None:
    message = await ask(sessions, stack, {"full_name": make_name(), "country": "KH"})
    ((outcome, person_id),) = await answers(database, message)
    assert outcome == "PROVISIONAL"
    assert await database.fetchval("SELECT is_provisional FROM persons WHERE id = $1", person_id)
    category = await database.fetchval(
        "SELECT category FROM person_timelines WHERE person_id = $1", person_id
    )
    assert category == "PROVISIONAL"


async def test_the_case_is_told_again_when_the_stranger_becomes_known(
    sender: Sender, sessions: Database, stack: Stack, database: asyncpg.Connection
) -> None:
    content = {"nik": make_nik(), "full_name": make_name(), "country": "KH"}
    message = await ask(sessions, stack, content)
    ((_, provisional),) = await answers(database, message)
    known = await sender.stored(PEDULI, content)
    assert known["person_id"] == provisional
    assert await answers(database, message) == [
        ("PROVISIONAL", provisional),
        ("RESOLVED", provisional),
    ]
    category = await database.fetchval(
        "SELECT category FROM person_timelines WHERE person_id = $1", provisional
    )
    assert category == "UNKNOWN"


async def test_the_case_is_told_again_after_a_merge(
    sender: Sender, sessions: Database, stack: Stack, database: asyncpg.Connection
) -> None:
    message = await ask(sessions, stack, {"full_name": make_name()})
    ((_, provisional),) = await answers(database, message)
    known = await sender.stored(SISKO, {"nik": make_nik(), "full_name": make_name()})
    version = (await sender.person(known["person_id"]))["version"]
    merged = await sender.api.post(
        f"/v1/persons/{known['person_id']}/merges",
        json={"merged_person_id": provisional, "reason": "SAME_FACE"},
        headers=sender.desk() | fresh_key() | {"If-Match": f'"v{version}"'},
    )
    assert merged.status_code == 201, merged.text
    assert (await answers(database, message))[-1] == ("RESOLVED", known["person_id"])


async def test_a_doubtful_match_is_told_as_such(
    sender: Sender, sessions: Database, stack: Stack, database: asyncpg.Connection
) -> None:
    nik = make_nik()
    await sender.stored(SISKO, {"nik": nik, "full_name": make_name()})
    message = await ask(sessions, stack, {"nik": nik, "full_name": make_name()})
    ((outcome, _),) = await answers(database, message)
    assert outcome == "REVIEW"


async def test_what_cannot_be_unsealed_still_gives_the_case_a_person(
    sessions: Database, database: asyncpg.Connection
) -> None:
    message = IdentificationRequested(
        case_id=new_id(), participant_id=new_id(), sealed="not.a.jwe", requested_at=clock.now()
    )

    async def handle(session: Any) -> bool:
        await on_identification_requested(session, message, EVENT)
        return False

    await take(sessions, handle)
    ((outcome, _),) = await answers(database, message)
    assert outcome == "PROVISIONAL"


async def test_a_person_shows_the_open_cases_about_them(
    sender: Sender, sessions: Database, stack: Stack
) -> None:
    content = {"nik": make_nik(), "full_name": make_name()}
    known = await sender.stored(SISKO, content)
    by_record = await ask(sessions, stack, content)
    by_id = new_id()
    messages: list[tuple[Any, Any]] = [
        (
            on_case_participant_added,
            CaseParticipantAdded(
                case_id=by_id,
                participant_id=new_id(),
                role="WORKER",
                person_id=UUID(known["person_id"]),
            ),
        ),
        *(
            (
                on_case_reported,
                CaseReported(
                    case_id=case_id,
                    category="LABOUR",
                    country="MY",
                    mission="KBRI-KUALA-LUMPUR",
                    channel="WALK_IN",
                    reported_at=clock.now(),
                ),
            )
            for case_id in (by_id, by_record.case_id)
        ),
    ]
    for handler, message in [*messages, *messages]:
        await take(sessions, _handling(handler, message))
    person = await sender.person(known["person_id"])
    assert set(person["open_case_ids"]) == {str(by_id), str(by_record.case_id)}
    closed = CaseClosed(case_id=by_id, closure_reason="RESOLVED", closed_at=clock.now())
    await take(sessions, _handling(on_case_closed, closed))
    person = await sender.person(known["person_id"])
    assert person["open_case_ids"] == [str(by_record.case_id)]


def _handling(handler: Any, message: Any) -> Step:
    async def handle(session: AsyncSession) -> bool:
        await handler(session, message, EVENT)
        return False

    return handle
