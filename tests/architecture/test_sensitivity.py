"""Every field says how sensitive it is, and no message carries what could name a person."""

import re
from collections.abc import Iterator
from types import ModuleType
from typing import Annotated, Any, get_args
from uuid import UUID

import pytest
from pydantic import BaseModel
from pydantic_settings import BaseSettings
from sqlmodel import Field, SQLModel

from deploy.local.stack import SERVICES
from shared.db import service_registry
from shared.messages import catalogue
from shared.messages.base import Message
from shared.messages.cases import IdentificationRequested
from shared.privacy import sensitivity_of
from shared.sensitivity import PARTNER, RESTRICTED, RESTRICTED_ENCRYPTED, AtRest, Level
from tests.architecture.house import modules_of

PACKAGES = ["shared", *(service.package for service in SERVICES)]
# Words of a member's name behind which a human being could stand.
PERSONAL = re.compile(
    r"(^|_)(names?|fullname|nik|e_pmi|phone|mobile|email|mail|address|street|passports?|document"
    r"|birth|born|age|sex|gender|religion|marital|mother|father|spouse|family|contact|bank"
    r"|photo|face|fingerprint|text|description|narrative|notes?|comments?|remarks?|content)(_|$)"
)
LONGEST_CODE = 64


def models_in(modules: list[ModuleType]) -> list[type[BaseModel]]:
    """The pydantic models and tables that these modules define, without settings."""
    found = {
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, BaseModel)
        and not issubclass(value, BaseSettings)
        and value.__module__ == module.__name__
    }
    return sorted(found, key=_told)


def _told(model: type[BaseModel]) -> str:
    return f"{model.__module__}.{model.__qualname__}"


def unannotated(model: type[BaseModel]) -> list[str]:
    return [
        f"{_told(model)}.{name}"
        for name in model.model_fields
        if sensitivity_of(model, name) is None
    ]


def readable_at_rest(model: type[BaseModel]) -> list[str]:
    """Columns that hold what only a few may see, and hold it in clear."""
    if not (issubclass(model, SQLModel) and hasattr(model, "__table__")):
        return []
    found = []
    for name in model.model_fields:
        note = sensitivity_of(model, name)
        if note is None or not note.level.includes(Level.RESTRICTED):
            continue
        annotation = model.model_fields[name].annotation
        # A yes or no, which rules must read, has nothing to hide in.
        if note.at_rest is AtRest.PLAIN and bool not in {annotation, *get_args(annotation)}:
            found.append(f"{_told(model)}.{name}")
    return found


def personal_names(model: type[BaseModel]) -> list[str]:
    """Members of a payload, and of what is nested in it, whose name could hold personal data."""
    return [f"{_told(part)}.{name}" for part, name in _members(model) if PERSONAL.search(name)]


def free_text(model: type[BaseModel]) -> list[str]:
    """Text members of a payload that are longer than a code can be."""
    found = []
    for part, name in _members(model):
        schema = part.model_json_schema()["properties"][name]
        for choice in _choices(schema):
            is_code = {"format", "enum", "const"} & choice.keys()
            if choice.get("type") != "string" or is_code:
                continue
            if choice.get("maxLength", LONGEST_CODE + 1) > LONGEST_CODE:
                found.append(f"{_told(part)}.{name}")
    return found


def _choices(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield schema
    for key in ("anyOf", "oneOf", "allOf"):
        for choice in schema.get(key, []):
            yield from _choices(choice)
    if isinstance(schema.get("items"), dict):
        yield from _choices(schema["items"])


def _members(model: type[BaseModel]) -> Iterator[tuple[type[BaseModel], str]]:
    for name, field in model.model_fields.items():
        yield model, name
        for nested in _nested(field.annotation):
            yield from _members(nested)


def _nested(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _nested(argument)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_field_of_every_table_and_schema_has_its_sensitivity(package: str) -> None:
    models = models_in(modules_of(package))
    assert models, f"{package} has no model at all"
    assert [field for model in models for field in unannotated(model)] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_what_only_a_few_may_see_is_never_in_clear_in_a_table(package: str) -> None:
    models = models_in(modules_of(package))
    assert [field for model in models for field in readable_at_rest(model)] == []


def test_only_the_request_for_identification_carries_something_sealed() -> None:
    carriers = {
        entry.model
        for entry in catalogue.CATALOGUE
        if any(name == "sealed" for _, name in _members(entry.model))
    }
    assert carriers == {IdentificationRequested}


def test_nothing_in_a_message_is_restricted_but_what_is_sealed() -> None:
    restricted = {
        f"{_told(part)}.{name}"
        for entry in catalogue.CATALOGUE
        for part, name in _members(entry.model)
        if (note := sensitivity_of(part, name)) is None or note.level.includes(Level.RESTRICTED)
    }
    assert restricted == {_told(IdentificationRequested) + ".sealed"}


@pytest.mark.parametrize("entry", catalogue.CATALOGUE, ids=lambda entry: entry.model.__name__)
def test_a_payload_holds_codes_and_never_a_person(entry: catalogue.Entry) -> None:
    assert personal_names(entry.model) == []
    text = set(free_text(entry.model)) - {_told(IdentificationRequested) + ".sealed"}
    assert text == set()


def test_every_payload_model_is_in_the_catalogue() -> None:
    known = {entry.model for entry in catalogue.CATALOGUE}
    defined = {
        model
        for model in models_in(modules_of("shared.messages"))
        if issubclass(model, Message) and model is not Message
    }
    nested = {part for model in known for part, _ in _members(model)}
    assert defined == known | nested


class _Unannotated(BaseModel):
    id: Annotated[UUID, PARTNER]
    nik: str


_planted_tables = service_registry()


class _PlantedBase(SQLModel, registry=_planted_tables):
    metadata = _planted_tables.metadata


class _Readable(_PlantedBase, table=True):
    id: Annotated[UUID, PARTNER] = Field(primary_key=True)
    nik: Annotated[str, RESTRICTED]
    sealed_nik: Annotated[bytes, RESTRICTED_ENCRYPTED]
    is_minor: Annotated[bool | None, RESTRICTED] = None


class _Talkative(Message):
    case_id: Annotated[UUID, PARTNER]
    full_name: Annotated[str, PARTNER] = Field(max_length=64)
    lines: Annotated[list[str], PARTNER]
    reason: Annotated[str | None, PARTNER] = Field(max_length=65)


class _Around(Message):
    inner: Annotated[list[_Talkative], PARTNER]


def test_a_planted_field_without_annotation_is_found() -> None:
    assert unannotated(_Unannotated) == [f"{_told(_Unannotated)}.nik"]


def test_a_planted_column_in_clear_is_found() -> None:
    assert readable_at_rest(_Readable) == [f"{_told(_Readable)}.nik"]


def test_planted_personal_data_in_a_payload_is_found_at_any_depth() -> None:
    assert personal_names(_Around) == [f"{_told(_Talkative)}.full_name"]
    assert free_text(_Around) == [f"{_told(_Talkative)}.lines", f"{_told(_Talkative)}.reason"]


@pytest.mark.parametrize(
    "name",
    ["name", "householder_name", "nik", "contact_phone", "passport_number", "birth_date", "text"],
)
def test_a_name_that_could_hold_personal_data_is_recognised(name: str) -> None:
    assert PERSONAL.search(name)


@pytest.mark.parametrize(
    "name", ["sip2mi_number", "job_order_number", "employer_code", "agency_id"]
)
def test_a_number_of_an_instrument_is_no_personal_data(name: str) -> None:
    assert not PERSONAL.search(name)
