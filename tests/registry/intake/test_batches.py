"""Batches: everything arrives once, whatever breaks in between, and linked like single entry."""

import json
import secrets
from typing import Any

import asyncpg
import httpx2 as httpx
import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from registry.intake import batches
from registry.intake.batches import finish_batches
from registry.intake.operations import store_records
from registry.intake.schemas import Envelope
from registry.settings import keyring
from shared.db import Database
from shared.writes import PIECE_BYTES
from tests.registry.senders import PEDULI, SISKO, Sender, make_name, make_nik
from tests.registry.steps import take, work_off
from tests.stands import fresh_key

NDJSON, CSV = "application/x-ndjson", "text/csv"
UPDATED = "2026-01-01T00:00:00Z"


def line(content: dict[str, Any], **more: Any) -> dict[str, Any]:
    envelope = {"record_key": secrets.token_hex(8), "source_updated_at": UPDATED}
    return envelope | {"content": content} | more


def person(**more: Any) -> dict[str, Any]:
    return {"nik": make_nik(), "full_name": make_name(), "birth_date": "1990-05-12"} | more


def ndjson(lines: list[Any]) -> str:
    return "".join(one if isinstance(one, str) else json.dumps(one) + "\n" for one in lines)


async def upload(
    sender: Sender,
    body: str | bytes,
    *,
    system: str = SISKO,
    media_type: str = NDJSON,
    key: dict[str, str] | None = None,
) -> httpx.Response:
    return await sender.api.post(
        f"/v1/source-record-batches?source_system={system}",
        content=body,
        headers=sender.system(system) | (key or fresh_key()) | {"Content-Type": media_type},
    )


async def accepted(sender: Sender, body: str | bytes, **more: Any) -> str:
    answer = await upload(sender, body, **more)
    assert answer.status_code == 202, answer.text
    told: str = answer.headers["location"]
    return told


async def operation(sender: Sender, location: str, system: str = SISKO) -> dict[str, Any]:
    answer = await sender.api.get(location, headers=sender.system(system))
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def problems(sender: Sender, location: str) -> list[dict[str, Any]]:
    answer = await sender.api.get(f"{location}/problems", headers=sender.system(SISKO))
    assert answer.headers["content-type"] == NDJSON
    return [json.loads(one) for one in answer.text.splitlines()]


async def test_a_batch_is_received_stored_linked_and_done(
    sender: Sender, sessions: Database, database: asyncpg.Connection
) -> None:
    lines = [line(person(country="MY", departed_on="2025-01-10")) for _ in range(30)]
    location = await accepted(sender, ndjson(lines))
    told = await operation(sender, location)
    assert (told["state"], told["lines_received"], told["lines_stored"]) == ("RECEIVED", 30, 0)
    await work_off(sessions)
    told = await operation(sender, location)
    assert told["state"] == "DONE"
    assert (told["lines_stored"], told["lines_linked"], told["lines_refused"]) == (30, 30, 0)
    linked = await database.fetchval(
        "SELECT count(DISTINCT person_id) FROM source_records WHERE record_key = ANY($1)",
        [one["record_key"] for one in lines],
    )
    assert linked == 30
    assert await database.fetchval("SELECT count(*) FROM operation_pieces") == 0


async def test_records_of_one_person_within_a_batch_give_one_person(
    sender: Sender, sessions: Database, database: asyncpg.Connection
) -> None:
    same = person()
    lines = [line(same), line(person()), line(same | {"full_name": same["full_name"].lower()})]
    await accepted(sender, ndjson(lines))
    await work_off(sessions)
    rows = await database.fetch(
        "SELECT record_key, person_id FROM source_records WHERE record_key = ANY($1)",
        [one["record_key"] for one in lines],
    )
    persons = {row["record_key"]: row["person_id"] for row in rows}
    first, other, second = (persons[one["record_key"]] for one in lines)
    assert first == second != other


async def test_the_same_person_by_each_path_is_one(sender: Sender, sessions: Database) -> None:
    content = person()
    single = await sender.stored(SISKO, content)
    await accepted(sender, ndjson([line(content)]), system=PEDULI)
    header = "record_key,source_updated_at,nik,full_name,birth_date\n"
    row = f"csv-1,{UPDATED},{content['nik']},{content['full_name']},{content['birth_date']}\n"
    await accepted(sender, header + row, system=PEDULI, media_type=CSV)
    await work_off(sessions)
    found = await sender.person(single["person_id"])
    assert len(found["source_records"]) == 3


async def test_several_versions_of_a_record_in_one_batch_keep_their_order(
    sender: Sender, sessions: Database, database: asyncpg.Connection
) -> None:
    content = person()
    lines = [
        line(content | {"phone": f"+62 {number}"}, record_key="thrice-1") for number in range(3)
    ]
    location = await accepted(sender, ndjson(lines))
    await work_off(sessions)
    row = await database.fetchrow(
        "SELECT id, current_version, person_id FROM source_records WHERE record_key = 'thrice-1'"
    )
    assert row["current_version"] == 3
    assert (await sender.person(str(row["person_id"])))["phone"]["value"] == "+62 2"
    told = await operation(sender, location)
    assert (told["state"], told["lines_linked"]) == ("DONE", 3)


async def test_bad_lines_are_told_and_stop_nobody(sender: Sender, sessions: Database) -> None:
    secret = make_nik()
    lines: list[Any] = [
        line(person()),
        '{"record_key": "half\n',
        line(person(), surprise=secret),
        line(person(), source_updated_at="yesterday"),
        line(person(), source_updated_at="2999-01-01T00:00:00Z"),
        line(person(), source_system=PEDULI),
        '{"content": "\\ud800"}\n',
        line(person()),
    ]
    location = await accepted(sender, ndjson(lines))
    await work_off(sessions)
    told = await operation(sender, location)
    assert (told["lines_received"], told["lines_stored"], told["lines_refused"]) == (8, 2, 6)
    found = await problems(sender, location)
    assert [one["line"] for one in found] == [2, 3, 4, 5, 6, 7]
    assert [one["code"] for one in found] == [
        "json-invalid",
        "extra-forbidden",
        "datetime-from-date-parsing",
        "updated-in-the-future",
        "source-system-not-yours",
        "json-invalid",
    ]
    assert secret not in json.dumps(found)


async def test_a_batch_sent_again_changes_nothing(
    sender: Sender, sessions: Database, database: asyncpg.Connection
) -> None:
    body = ndjson([line(person()) for _ in range(5)])
    await accepted(sender, body)
    await work_off(sessions)
    before = await database.fetchval("SELECT count(*) FROM outbox")
    location = await accepted(sender, body)
    await work_off(sessions)
    told = await operation(sender, location)
    assert (told["state"], told["lines_stored"], told["lines_linked"]) == ("DONE", 5, 5)
    assert await database.fetchval("SELECT count(*) FROM outbox") == before


async def test_a_retried_upload_is_the_same_operation(sender: Sender) -> None:
    body, key = ndjson([line(person())]), fresh_key()
    first = await upload(sender, body, key=key)
    second = await upload(sender, body, key=key)
    assert second.json()["id"] == first.json()["id"]
    other = await upload(sender, body + body, key=key)
    assert other.json()["code"] == "idempotency-key-reused"


async def test_csv_cells_may_be_empty_quoted_and_of_several_lines(
    sender: Sender, sessions: Database, database: asyncpg.Connection
) -> None:
    body = (
        "\ufeffrecord_key,source_updated_at,full_name,address,phone\r\n"
        f'csv-a,{UPDATED},"AMINAH, SITI","Jalan A\nRT 1",\r\n'
        f"csv-b,{UPDATED},BUDI,,+62 1\r\n"
        f"csv-c,{UPDATED},BUDI,,+62 1,too many\r\n"
    )
    location = await accepted(sender, body, media_type=CSV)
    await work_off(sessions)
    told = await operation(sender, location)
    assert (told["lines_received"], told["lines_stored"], told["lines_refused"]) == (3, 2, 1)
    person_id = await database.fetchval(
        "SELECT person_id FROM source_records WHERE record_key = 'csv-a'"
    )
    found = await sender.person(str(person_id))
    assert found["full_name"]["value"] == "AMINAH, SITI"
    assert found["address"]["value"] == "Jalan A\nRT 1"
    assert found["phone"] is None


@pytest.mark.parametrize("media_type", [NDJSON, CSV])
async def test_a_large_batch_is_cut_where_lines_end(
    sender: Sender, sessions: Database, database: asyncpg.Connection, media_type: str
) -> None:
    filler = "x" * 20_000
    count = 3 * PIECE_BYTES // len(filler)
    prefix = secrets.token_hex(4)
    if media_type == CSV:
        rows = (f'{prefix}-{n},{UPDATED},"{filler}\n"\n' for n in range(count))
        body = "record_key,source_updated_at,address\n" + "".join(rows)
    else:
        lines = [line({"address": filler}, record_key=f"{prefix}-{n}") for n in range(count)]
        body = ndjson(lines)
    location = await accepted(sender, body, media_type=media_type)
    pieces = await database.fetchval("SELECT count(*) FROM operation_pieces")
    assert pieces >= 3
    await work_off(sessions)
    told = await operation(sender, location)
    assert (told["lines_received"], told["lines_stored"], told["state"]) == (count, count, "DONE")


@pytest.mark.parametrize(
    ("body", "media_type", "status", "code"),
    [
        ("", NDJSON, 422, "batch-empty"),
        ("\n\n", NDJSON, 422, "batch-empty"),
        ("record_key,source_updated_at\n", CSV, 422, "batch-empty"),
        ("key,updated\na,b\n", CSV, 422, "csv-header-invalid"),
        ("record_key,source_updated_at,nik,nik\na,b,1,2\n", CSV, 422, "csv-header-invalid"),
        ("record_key,source_updated_at\ra,b\rc,d\r", CSV, 422, "csv-header-invalid"),
        (f"record_key,source_updated_at,{'x' * 200_000}\na,b\n", CSV, 422, "csv-header-invalid"),
        ('record_key,source_updated_at\na,"never closed\nb,c\n', CSV, 422, "csv-unreadable"),
        ("{}", "application/json", 415, "media-type-unsupported"),
    ],
)
async def test_what_is_no_batch_is_refused(
    sender: Sender, body: str, media_type: str, status: int, code: str
) -> None:
    answer = await upload(sender, body, media_type=media_type)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_quote_that_is_never_closed_neither_holds_the_upload_nor_the_process(
    sender: Sender, database: asyncpg.Connection
) -> None:
    rows = f"k,{UPDATED},BUDI\n" * (3 * PIECE_BYTES // 30)
    body = f'record_key,source_updated_at,full_name\na,{UPDATED},"SITI\n{rows}'
    answer = await upload(sender, body, media_type=CSV)
    assert (answer.status_code, answer.json()["code"]) == (413, "line-too-long")
    assert await database.fetchval("SELECT count(*) FROM operation_pieces") == 0


async def test_a_quote_within_a_cell_that_is_not_quoted_is_a_letter(
    sender: Sender, sessions: Database
) -> None:
    rows = "".join(f'inch-{n},{UPDATED},5" PIPE\n' for n in range(3))
    location = await accepted(
        sender, f"record_key,source_updated_at,address\n{rows}", media_type=CSV
    )
    await work_off(sessions)
    told = await operation(sender, location)
    assert (told["lines_received"], told["lines_stored"]) == (3, 3)


async def test_lines_that_are_odd_but_readable_are_stored(
    sender: Sender, sessions: Database
) -> None:
    odd = [
        line(person() | {"nul\0": "x"}),
        line({f"unknown_{n}": "x" for n in range(1200)}),
        line(person(full_name="A\0B")),
    ]
    location = await accepted(sender, "\ufeff" + ndjson(odd))
    await work_off(sessions)
    told = await operation(sender, location)
    assert await problems(sender, location) == []
    assert told["lines_stored"] == len(odd)


async def test_a_refused_line_does_not_name_what_its_sender_made_up(
    sender: Sender, sessions: Database
) -> None:
    location = await accepted(sender, ndjson([line({}, canary_siti="x"), "{\n"]))
    await work_off(sessions)
    first, second = await problems(sender, location)
    assert (first["line"], first["code"], first.get("field")) == (1, "extra-forbidden", None)
    assert (second["line"], second["code"]) == (2, "json-invalid")
    english = sender.system(SISKO) | {"Accept-Language": "en"}
    answer = await sender.api.get(f"{location}/problems", headers=english)
    assert answer.headers["content-language"] == "en"
    told = json.loads(answer.text.splitlines()[0])["title"]
    assert told.startswith("Line is not a valid envelope")
    assert first["title"].startswith("Baris tidak sesuai bentuknya")


async def test_another_systems_operation_is_not_found(sender: Sender) -> None:
    location = await accepted(sender, ndjson([line(person())]))
    answer = await sender.api.get(location, headers=sender.system(PEDULI))
    assert answer.status_code == 404
    for nonsense in ("registry-1", "cases-0198f2a4-6a10-7c3e-9a51-0d6f1b2c3d4e"):
        answer = await sender.api.get(f"/v1/operations/{nonsense}", headers=sender.system(SISKO))
        assert answer.status_code in {404, 422}


async def test_a_kill_in_any_share_loses_nothing_and_doubles_nothing(
    sender: Sender, sessions: Database, database: asyncpg.Connection
) -> None:
    await work_off(sessions)
    lines = [line(person()) for _ in range(18)]
    location = await accepted(sender, ndjson(lines))

    async def store(session: AsyncSession) -> bool:
        return await batches.store_share(session, keyring=keyring(), limit=4)

    async def link(session: AsyncSession) -> bool:
        return await batches.link_next_share(session, keyring=keyring(), limit=4)

    async def killed(step: Any) -> None:
        async with sessions.session() as session:
            await step(session)
            await session.flush()

    more = True
    while more:
        await killed(store)
        more = await take(sessions, store)
        await killed(link)
        await take(sessions, link)
    await work_off(sessions)
    told = await operation(sender, location)
    assert told["state"] == "DONE"
    assert (told["lines_stored"], told["lines_linked"]) == (18, 18)
    keys = [one["record_key"] for one in lines]
    rows = await database.fetchrow(
        """
        SELECT count(*) AS records, count(DISTINCT r.person_id) AS persons,
               (SELECT count(*) FROM link_decisions d JOIN source_records s
                ON s.id = d.source_record_id WHERE s.record_key = ANY($1)) AS decisions
        FROM source_records r WHERE record_key = ANY($1)
        """,
        keys,
    )
    assert tuple(rows.values()) == (18, 18, 18)


async def test_what_a_kill_left_unlinked_is_linked_later(
    sender: Sender, sessions: Database
) -> None:
    """A process died between the two transactions of a single entry."""
    content, key = person(), secrets.token_hex(8)
    envelope = Envelope.model_validate(line(content, record_key=key, source_system=SISKO))

    async def first_transaction(session: AsyncSession) -> bool:
        await store_records(session, [envelope], keyring=keyring(), received_from=SISKO)
        return False

    await take(sessions, first_transaction)
    again = await sender.stored(SISKO, content, key=key)
    assert again["version"] == 1
    assert again["person_id"] is not None
    await work_off(sessions)
    assert await sender.stored(SISKO, content, key=key) == again


async def test_an_abandoned_batch_is_swept(
    sender: Sender, sessions: Database, database: asyncpg.Connection
) -> None:
    location = await accepted(sender, ndjson([line(person())]))
    await database.execute(
        "UPDATE operations SET state = 'RECEIVING', touched_at = now() - interval '2 hours'"
        " WHERE id = $1",
        location.rpartition("registry-")[2],
    )

    async def sweep(session: AsyncSession) -> bool:
        return await batches.sweep_abandoned(session)

    await take(sessions, sweep)
    assert (await operation(sender, location))["state"] == "FAILED"
    await take(sessions, finish_batches)
    assert await database.fetchval("SELECT count(*) FROM operation_pieces") == 0
