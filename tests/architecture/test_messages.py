"""What services say to each other: each type has an example, an owner that publishes it, and
readers that can take it.
"""

import ast
import importlib
import json
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from aiokafka import ConsumerRecord
from jsonschema import Draft202012Validator, FormatChecker

from deploy.local.stack import SERVICES, Service, get_service
from shared import clock
from shared.cloudevents import Event, headers_of
from shared.db import Database, driver_sql
from shared.ids import new_id
from shared.inbox import Handlers, Inbox
from shared.messages import catalogue
from shared.privacy import Keyring
from tests.architecture.house import NAMES, SHARED, package_folder, shown, source_files, tree_of
from tests.stands import DatabaseStand

EXAMPLES = SHARED / "messages/examples"
SCHEMAS = SHARED / "messages/schemas"
FORMATS = FormatChecker()
ENTRIES = pytest.mark.parametrize(
    "entry", catalogue.CATALOGUE, ids=lambda entry: entry.model.__name__
)


@FORMATS.checks("date-time", raises=ValueError)
def is_instant(value: object) -> bool:
    """The library knows this format only beside another one that we do not need."""
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def handlers_of(service: Service) -> Handlers:
    handlers: Handlers = importlib.import_module(f"{service.package}.handlers").HANDLERS
    return handlers


def example_of(entry: catalogue.Entry) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((EXAMPLES / f"{entry.event_type}.json").read_text())
    return content


def constructions(tree: ast.AST) -> Iterator[str]:
    """Names of message classes that a module imports and calls."""
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("shared.messages"):
            known |= {alias.asname or alias.name: alias.name for alias in node.names}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        if called in known:
            yield known[called]
        elif called.partition(".")[0] in known:
            yield called.rpartition(".")[2]


def publishers() -> dict[str, dict[str, list[str]]]:
    """For each message class the packages that construct it, and where."""
    found: dict[str, dict[str, list[str]]] = {}
    for service in SERVICES:
        for path in source_files(package_folder(service)):
            for name in constructions(tree_of(path)):
                found.setdefault(name, {}).setdefault(service.package, []).append(shown(path))
    return found


@ENTRIES
def test_an_example_says_exactly_what_the_model_says(entry: catalogue.Entry) -> None:
    example = example_of(entry)
    assert sorted(example) == sorted(entry.model.model_fields)
    read = entry.model.model_validate_json(json.dumps(example))
    assert json.loads(read.model_dump_json()) == example


@ENTRIES
def test_an_example_fits_the_committed_schema(entry: catalogue.Entry) -> None:
    schema = json.loads((SCHEMAS / f"{entry.event_type}.json").read_text())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema, format_checker=FORMATS)
    example = example_of(entry)
    assert [error.message for error in validator.iter_errors(example)] == []
    for member in schema["required"]:
        lacking = {name: value for name, value in example.items() if name != member}
        assert not validator.is_valid(lacking)


def test_there_are_examples_and_schemas_for_the_catalogue_alone() -> None:
    types = {f"{entry.event_type}.json" for entry in catalogue.CATALOGUE}
    assert {path.name for path in EXAMPLES.glob("*")} == types
    assert {path.name for path in SCHEMAS.glob("*")} == types


@ENTRIES
def test_every_type_is_published_by_its_owner_and_nobody_else(entry: catalogue.Entry) -> None:
    assert set(publishers().get(entry.model.__name__, {})) == {entry.owner}


@pytest.mark.parametrize("name", NAMES)
def test_a_service_listens_to_others_and_only_to_what_is_published(name: str) -> None:
    service = get_service(name)
    published = publishers()
    for model in handlers_of(service).models:
        entry = catalogue.entry_of(model)
        assert entry.owner != service.package
        assert entry.owner in published.get(model.__name__, {})


@pytest.mark.parametrize("name", NAMES)
def test_a_handler_is_named_after_its_message(name: str) -> None:
    handlers = handlers_of(get_service(name))
    assert not handlers.by_message.keys() & handlers.together.keys()
    for model, handler in {**handlers.by_message, **handlers.together}.items():
        snake = "".join(f"_{c.lower()}" if c.isupper() else c for c in model.__name__)
        assert getattr(handler, "__name__", "") == f"on{snake}"


def test_a_planted_construction_is_found() -> None:
    planted = """
from shared.messages.cases import CaseClosed as Closed
from shared.messages import cases
from shared.messages.registry import PersonRegistered
Closed(case_id=1)
cases.CaseReopened(case_id=1)
"""
    assert sorted(constructions(ast.parse(planted))) == ["CaseClosed", "CaseReopened"]


def test_services_do_listen_to_each_other() -> None:
    consumed = {model for service in SERVICES for model in handlers_of(service).models}
    assert consumed, "nobody listens to anybody"


@pytest.fixture
async def inbox(
    request: pytest.FixtureRequest, databases: DatabaseStand
) -> AsyncIterator[tuple[Service, Inbox]]:
    """The inbox of one service, as its messenger has it, on a database of its own."""
    service = get_service(request.param)
    settings = await databases.fresh(service.name)
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in settings.items():
            patch.setenv(variable, value)
        database = Database(settings[f"{service.prefix}DATABASE_URL"], application="examples")
        keyring = Keyring.load(Path(settings[f"{service.prefix}KEYS_FILE"]), service.package)
        yield service, Inbox(database, handlers_of(service), keyring=keyring)
        await database.close()


def records(entries: list[catalogue.Entry]) -> list[ConsumerRecord]:
    """The examples as the broker would hand them over, numbered within each key."""
    last: dict[tuple[str, str], int] = {}
    made = []
    for offset, entry in enumerate(entries):
        example = example_of(entry)
        place = (entry.topic, str(example[entry.key]))
        last[place] = last.get(place, 0) + 1
        event = Event(
            id=new_id(),
            type=entry.event_type,
            topic=entry.topic,
            key=place[1],
            sequence=last[place],
            time=clock.now(),
            source=f"urn:sinergi:{entry.owner.replace('_', '-')}",
            data=json.dumps(example).encode(),
            sensitivity=entry.sensitivity,
        )
        made.append(
            ConsumerRecord(
                topic=event.topic,
                partition=0,
                offset=offset,
                timestamp=0,
                timestamp_type=0,
                key=event.key.encode(),
                value=event.data,
                checksum=None,
                serialized_key_size=0,
                serialized_value_size=0,
                headers=tuple(headers_of(event)),
            )
        )
    return made


@pytest.mark.parametrize("inbox", NAMES, indirect=True)
@pytest.mark.parametrize("order", ["as listed", "backwards"])
async def test_every_handler_swallows_its_example_in_any_order_and_twice(
    inbox: tuple[Service, Inbox], order: str
) -> None:
    """Topics promise no order among each other: a handler may hear of anything first."""
    service, taking = inbox
    handlers = handlers_of(service)
    entries = [entry for entry in catalogue.CATALOGUE if entry.topic in handlers.all_topics]
    if order == "backwards":
        entries.reverse()
    arriving = records(entries)
    for record in [*arriving, *arriving]:
        await taking.apply([record])
    async with taking.database.session() as session:
        parked = await driver_sql(session, "SELECT type, reason, error FROM parked_messages")
        cursors = await driver_sql(session, "SELECT sum(last_sequence) AS moved FROM cursors")
    assert [tuple(row) for row in parked] == []
    assert (cursors[0].moved or 0) == len(entries)
