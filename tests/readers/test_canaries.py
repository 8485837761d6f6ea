"""Personal data go where they belong and nowhere else: canaries in every personal field of every
write, then a look into everything that the system says, keeps and logs.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import asyncpg
import httpx2 as httpx
import pytest
from aiokafka import AIOKafkaConsumer

from deploy import documents
from deploy.local.stack import Stack
from deploy.readers import Entry
from registry.sources.rules import SourceSystem
from shared.messages import catalogue
from tests.audit.quiet import until_quiet
from tests.audit.reading import database
from tests.readers.calls import NDJSON, body_model, content_of, has_version, operation_of
from tests.readers.canaries import Cage, spoiled
from tests.readers.houses import House
from tests.readers.live import Live
from tests.readers.test_matrix import purpose_for
from tests.stands import fresh_key

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(1500)]

MOST_VERSIONS = 12
# The office that issued a passport lies readable for the registry alone. Nothing else of a person
# does, not even what matching compares.
READABLE = {"identifiers": {"passport_issuing_office"}}
HEADERS_THAT_MAY_TELL = {"content-length", "date"}


class Flight:
    """One run: what was let out where, and every answer to it."""

    def __init__(self, live: Live) -> None:
        self.live = live
        self.cage = Cage()
        self.answers: list[tuple[Entry, httpx.Response]] = []

    @property
    def refusals(self) -> list[httpx.Response]:
        return [answer for _, answer in self.answers if answer.status_code >= 400]

    async def let_out(self, house: House, client: httpx.AsyncClient) -> None:
        """Call every route of a service whose body has a personal field."""
        name = house.served.service.name
        for entry in documents.matrix(name):
            model = body_model(name, entry, operation_of(house, entry))
            reader = next((one for one in entry.readers if one.own.is_allowed), None)
            if model is None or reader is None:
                continue
            ids = house.ids(reader.role)
            self.cage.system = ids.get("source_system", SourceSystem.SISKOP2MI)
            before = len(self.cage.let_out)
            content, media_type = content_of(house, entry, ids, fill=self.cage.fill)
            if len(self.cage.let_out) == before or content is None:
                continue
            headers = self.live.headers(reader.role, purpose_for(reader))
            headers |= {"Content-Type": media_type}
            for rows in (ids, *house.more):
                await self._until_it_fits(client, house, entry, dict(ids) | rows, headers, content)
            for wrong in spoiled(json.loads(content), self.cage):
                end = b"\n" if media_type == NDJSON else b""
                sent = json.dumps(wrong).encode() + end
                await self._send(client, entry, dict(ids), headers, sent)

    async def ask(self, house: House, client: httpx.AsyncClient) -> None:
        """Read a page of every list, and put a canary into every address that takes a text."""
        for entry in documents.matrix(house.served.service.name):
            reader = next((one for one in entry.readers if one.own.is_allowed), None)
            if entry.method != "GET" or reader is None:
                continue
            headers = self.live.headers(reader.role, purpose_for(reader))
            parameters = operation_of(house, entry)["parameters"]
            queries = [one["name"] for one in parameters if one["in"] == "query"]
            path = entry.path
            for name, value in house.ids(reader.role).items():
                path = path.replace(f"{{{name}}}", str(value))
            asked = [{"limit": "1"}] if "limit" in queries else []
            for query in (*asked, *({name: self.cage.loose()} for name in queries)):
                answer = await client.get(path, params=query, headers=headers)
                self.answers.append((entry, answer))
            strange = entry.path.replace("{", self.cage.loose()).replace("}", "")
            self.answers.append((entry, await client.get(strange, headers=headers)))

    async def _until_it_fits(
        self,
        client: httpx.AsyncClient,
        house: House,
        entry: Entry,
        ids: Mapping[str, Any],
        headers: dict[str, str],
        content: bytes,
    ) -> None:
        """A change needs the version of the row; trying them costs less than reading it."""
        versions = range(1, MOST_VERSIONS) if has_version(house, entry) else (1,)
        for version in versions:
            answer = await self._send(client, entry, ids, headers, content, version=version)
            if answer.status_code != 412:
                return

    async def _send(
        self,
        client: httpx.AsyncClient,
        entry: Entry,
        ids: Mapping[str, Any],
        headers: dict[str, str],
        content: bytes,
        *,
        version: int = 1,
    ) -> httpx.Response:
        path = entry.path
        for name, value in ids.items():
            path = path.replace(f"{{{name}}}", str(value))
        query = {"source_system": ids["source_system"]} if "batches" in path else {}
        answer = await client.request(
            entry.method,
            path,
            params=query,
            content=content,
            headers=headers | fresh_key() | {"If-Match": f'"v{version}"'},
        )
        self.answers.append((entry, answer))
        return answer


@pytest.fixture(scope="module")
async def flight(live: Live) -> Flight:
    """All canaries are out, and everything that follows from them has happened."""
    flown = Flight(live)
    async with live.gateway() as client:
        for name in ("registry", "job-orders", "cases"):
            house = await live.house(name)
            await flown.let_out(house, client)
            await flown.ask(house, client)
    await until_quiet(live.stack)
    return flown


def test_every_route_with_personal_fields_took_them(flight: Flight) -> None:
    writes = [told for told in flight.answers if told[0].method != "GET"]
    reached = {entry.name for entry, _ in writes}
    taken = {entry.name for entry, answer in writes if answer.status_code < 300}
    untaken = [told for told in writes if told[0].name in reached - taken]
    assert {entry.name: answer.text for entry, answer in reversed(untaken)} == {}
    assert len(taken) >= 9
    assert len(flight.cage.let_out) > 40


async def test_no_event_holds_a_canary(flight: Flight, live: Live) -> None:
    said = await everything_said(live.stack)
    assert len(said) > 20
    assert flight.cage.found_in(*said) == []


def test_no_log_of_any_process_holds_a_canary(flight: Flight, live: Live) -> None:
    logs = {path.name: path.read_bytes() for path in live.stack.logs.glob("*.log*")}
    assert len(logs) >= 10
    assert b"refused" in logs["registry.log"]
    assert {name: found for name, log in logs.items() if (found := flight.cage.found_in(log))} == {}


async def test_no_exported_span_holds_a_canary(flight: Flight, live: Live) -> None:
    async with asyncio.timeout(60):
        while not all(
            name in b"".join(live.collector.bodies) for name in (b"registry", b"gateway")
        ):
            await asyncio.sleep(1)
    assert flight.cage.found_in(*live.collector.bodies) == []


def test_no_header_and_no_link_of_an_answer_holds_a_canary(flight: Flight) -> None:
    told = [
        value.encode()
        for _, answer in flight.answers
        for name, value in answer.headers.items()
        if name not in HEADERS_THAT_MAY_TELL
    ]
    assert any(b"/v1/" in value for value in told), "no Location at all"
    pages = [answer.json() for _, answer in flight.answers if b'"next":"' in answer.content]
    assert len(pages) >= 3, "no cursor at all"
    told += [page["next"].encode() for page in pages]
    assert flight.cage.found_in(*told) == []


def test_no_problem_document_holds_a_canary(flight: Flight) -> None:
    assert len(flight.refusals) > 50
    assert {answer.headers["content-type"] for answer in flight.refusals} == {
        "application/problem+json"
    }
    assert not [answer.text for answer in flight.refusals if answer.status_code >= 500]
    assert flight.cage.found_in(*(answer.content for answer in flight.refusals)) == []


@pytest.mark.parametrize("name", ["registry", "cases", "job_orders", "gateway"])
async def test_no_table_holds_a_canary_in_clear(flight: Flight, live: Live, name: str) -> None:
    async with database(live.stack, name) as connection:
        held = {table: await rows_of(connection, table) for table in await tables_of(connection)}
    assert sum(len(rows) for rows in held.values()) > 1000
    found = {
        table: {place for place in flight.cage.found_in(rows) if not is_readable(table, place)}
        for table, rows in held.items()
    }
    assert {table: places for table, places in found.items() if places} == {}


def is_readable(table: str, place: str) -> bool:
    return place.rpartition(".")[2] in READABLE.get(table, set())


async def test_a_planted_canary_is_found_in_clear_in_hexadecimal_and_in_base64(live: Live) -> None:
    cage = Cage()
    cage.let_out = {"KUKU BADUKATUMALARA": "Planted.text", "9901014101900001": "Planted.nik"}
    for hay in (b"..badukatumalara..", b"\\x424144554b4154554d414c415241", b"QkFEVUtBVFVNQUxBUkE="):
        assert cage.found_in(hay) == ["Planted.text"]
    assert cage.found_in(b'{"id":"9901014101900001"}') == ["Planted.nik"]
    async with database(live.stack, "cases") as connection:
        await connection.execute("CREATE TABLE planted AS SELECT 'BADUKATUMALARA' AS word")
        assert "planted" in await tables_of(connection)
        assert cage.found_in(await rows_of(connection, "planted")) == ["Planted.text"]
        await connection.execute("DROP TABLE planted")


async def tables_of(connection: asyncpg.Connection) -> list[str]:
    rows = await connection.fetch(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    return [row["relname"] for row in rows]


async def rows_of(connection: asyncpg.Connection, table: str) -> bytes:
    """A table as a dump would hold it."""
    pieces: list[bytes] = []

    async def take(piece: bytes) -> None:
        pieces.append(piece)

    await connection.copy_from_table(table, output=take)
    return b"".join(pieces)


async def everything_said(stack: Stack) -> list[bytes]:
    """Keys, headers and values of every message on every topic."""
    consumer = AIOKafkaConsumer(
        *catalogue.topics(),
        bootstrap_servers=stack.kafka_bootstrap,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    said: list[bytes] = []
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        while any([await consumer.position(p) < end for p, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    headers = [value for _, value in record.headers]
                    said.append(b"\n".join((record.key or b"", *headers, record.value or b"")))
    finally:
        await consumer.stop()
    return said
