"""Names: one word for one thing, refusals in both languages, addresses and values in one form."""

import inspect
import re
import string
from collections.abc import Iterator
from enum import StrEnum
from types import ModuleType

import pytest

from deploy.local.stack import SERVICES, get_service
from shared.documents import openapi
from shared.errors import Conflict, Refusal, Text
from tests.architecture.apps import described
from tests.architecture.house import NAMES, ROOT, modules_of
from tests.architecture.test_migrations import metadata_of
from tests.architecture.test_sensitivity import models_in

PACKAGES = ["shared", *(service.package for service in SERVICES)]
KEBAB = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*$")
UPPER_SNAKE = re.compile(r"^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$")
PATH = re.compile(r"^/v1(/[a-z0-9]+(-[a-z0-9]+)*|/\{[a-z_]+\})+$")


def never() -> set[str]:
    """The words that the glossary of the README bans, one by one."""
    glossary = (ROOT / "README.md").read_text().split("## Glossary", 1)[1].split("\n## ")[0]
    rows = [line.split("|") for line in glossary.splitlines() if line.startswith("| ")]
    banned = {word for row in rows[1:] for word in re.findall(r"`([a-z_]+)`", row[4])}
    assert banned, "the glossary bans no word at all"
    return banned


def uses(name: str, word: str) -> bool:
    """Whether a snake or kebab name is made with this word."""
    return f"_{word}_" in f"_{name.replace('-', '_')}_"


def names_of(service_name: str) -> Iterator[str]:
    """Tables, columns, fields and parts of addresses: every name that somebody else meets."""
    service = get_service(service_name)
    for table in metadata_of(service).tables.values():
        yield table.name
        yield from (column.name for column in table.columns)
    for model in models_in(modules_of(service.package)):
        yield from model.model_fields
    for path in openapi(described(service))["paths"]:
        yield from (part.strip("{}") for part in path.split("/"))


def refusals_in(modules: list[ModuleType]) -> list[type[Refusal]]:
    return [
        value
        for module in modules
        for value in vars(module).values()
        if inspect.isclass(value)
        and issubclass(value, Refusal)
        and value.__module__ == module.__name__
        and "code" in vars(value)
    ]


def faults_of_refusal(refusal: type[Refusal]) -> list[str]:
    """What a refusal lacks to be told in both languages."""
    found = []
    if not KEBAB.match(refusal.code):
        found.append("code is kebab")
    for text in (refusal.title, refusal.detail):
        if not (text.id.strip() and text.en.strip()) or text.id == text.en:
            found.append(f"both languages: {text.en or text.id}")
        if _blanks(text.id) != _blanks(text.en):
            found.append(f"the same facts in both languages: {text.en}")
    if not refusal.detail.en.endswith((".", "…")) or not refusal.detail.id.endswith((".", "…")):
        found.append("the detail is a sentence")
    return found


def _blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("name", NAMES)
def test_no_name_is_made_with_a_word_that_the_glossary_bans(name: str) -> None:
    banned = never()
    names = sorted(set(names_of(name)))
    assert [(one, word) for one in names for word in banned if uses(one, word)] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_every_refusal_is_told_in_indonesian_and_english(package: str) -> None:
    refusals = refusals_in(modules_of(package))
    assert refusals
    faults = {f"{r.__module__}.{r.__name__}": faults_of_refusal(r) for r in refusals}
    assert {name: found for name, found in faults.items() if found} == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_a_code_means_one_refusal_within_a_service(package: str) -> None:
    own = [refusal.code for refusal in refusals_in(modules_of(package))]
    common = [refusal.code for refusal in refusals_in(modules_of("shared"))]
    known = own if package == "shared" else own + common
    assert sorted(code for code in set(known) if known.count(code) > 1) == []


@pytest.mark.parametrize("name", NAMES)
def test_addresses_are_plural_kebab_below_v1(name: str) -> None:
    paths = openapi(described(get_service(name)))["paths"]
    assert [path for path in paths if not PATH.match(path)] == []


@pytest.mark.parametrize("name", NAMES)
def test_an_operation_is_verb_and_noun(name: str) -> None:
    document = openapi(described(get_service(name)))
    ids = [
        operation["operationId"]
        for some in document["paths"].values()
        for operation in some.values()
    ]
    assert [one for one in ids if not re.match(r"^[a-z]+(_[a-z0-9]+)+$", one)] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_values_of_enums_are_upper_snake(package: str) -> None:
    """The names of the services are folders, and stay what they are."""
    found = [
        f"{module.__name__}.{name}: {member.value}"
        for module in modules_of(package)
        for name, value in vars(module).items()
        if inspect.isclass(value)
        and issubclass(value, StrEnum)
        and value.__module__ == module.__name__
        and _is_shown(value, package)
        for member in value
        if not UPPER_SNAKE.match(member.value) and member.value not in NAMES
    ]
    assert found == []


def _is_shown(enum: type[StrEnum], package: str) -> bool:
    """Whether an enum's values stand in an answer or a table."""
    return any(
        re.search(rf"\b{enum.__name__}\b", str(field.annotation))
        for model in models_in(modules_of(package))
        for field in model.model_fields.values()
    )


def test_a_planted_name_is_found() -> None:
    assert uses("embassy_id", "embassy")
    assert uses("case-victim", "victim")
    assert not uses("permitted", "permit")
    assert "embassy" in never()


def test_a_planted_refusal_in_one_language_is_found() -> None:
    class Planted(Conflict):
        code = "Planted_Code"
        title = Text("", "Planted")
        detail = Text("Nilai {one}.", "The value {other}")

    assert len(faults_of_refusal(Planted)) == 4
