"""Request bodies made from the schemas themselves, so that a new route needs no line here."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from enum import Enum, auto
from typing import Any, get_args
from uuid import uuid4

from pydantic import BaseModel, ValidationError

Words = Mapping[str, Any]
"""Values by field name: rows that exist, codes that are known."""
Fill = Callable[[type[BaseModel], str], Any]
"""A value for a field, whatever else would stand there; None for no opinion."""


class Extent(Enum):
    """Which optional fields a body has, beside those that are filled."""

    WORDS = auto()
    NONE = auto()
    ALL = auto()


# One of them fits every pattern without an example of its own.
_TEXTS = ("words", "WORDS", "KBRI-TOKYO", "MY-10", "0000")


def _no_opinion(_model: type[BaseModel], _name: str) -> None:
    return None


def make_body(model: type[BaseModel], words: Words, *, fill: Fill = _no_opinion) -> dict[str, Any]:
    """A valid body: what is required, what `fill` gives, and what the words name; some of the
    words less or everything more where the model wants it so. LookupError for a required field
    that nothing explains.
    """
    for extent in Extent:
        body = _body(model, words, fill=fill, extent=extent)
        try:
            model.model_validate(body)
        except ValidationError:
            continue
        return body
    return body


def sample(schema: Mapping[str, Any], definitions: Mapping[str, Any] | None = None) -> Any:
    """A value that a JSON schema allows: its first example, choice or bound."""
    if "$ref" in schema:
        schema = (definitions or {})[schema["$ref"].rpartition("/")[2]]
    for choice in schema.get("anyOf", []):
        if choice.get("type") != "null":
            return sample({**schema, "anyOf": [], **choice}, definitions)
    if schema.get("examples"):
        return schema["examples"][0]
    if "const" in schema or "enum" in schema:
        return schema.get("const") or schema["enum"][0]
    return _of_type(schema, definitions or {})


def _of_type(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Any:
    formats = {
        "uuid": str(uuid4()),
        "date": date.today().isoformat(),  # noqa: DTZ011 - any day will do.
        "date-time": datetime.now(UTC).isoformat(),
    }
    if (form := schema.get("format")) in formats:
        return formats[form]
    match schema.get("type"):
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return False
        case "array":
            return [sample(schema["items"], definitions)] * max(1, schema.get("minItems", 1))
        case "object":
            return {}
        case "string":
            fitting = (text for text in _TEXTS if re.search(schema.get("pattern", ""), text))
            if (text := next(fitting, None)) is not None:
                return text[: schema.get("maxLength")]
    raise LookupError(f"no example for {dict(schema)}")


def models_within(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that an annotation names, not those within them."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from models_within(argument)


def _body(model: type[BaseModel], words: Words, *, fill: Fill, extent: Extent) -> dict[str, Any]:
    schema = model.model_json_schema()
    definitions = schema.get("$defs", {})
    body: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        part = next(models_within(field.annotation), None)
        given = fill(model, name) if part is None else _part(part, words, fill=fill)
        is_wanted = field.is_required() or extent is Extent.ALL
        if given is None and name in words and (is_wanted or extent is Extent.WORDS):
            given = words[name]
        elif given is None and is_wanted:
            given = (
                make_body(part, words, fill=fill)
                if part
                else sample(schema["properties"][name], definitions)
            )
        if given is not None:
            is_list = part is not None and "array" in str(schema["properties"][name])
            body[name] = [given] if is_list else given
    return body


def _part(part: type[BaseModel], words: Words, *, fill: Fill) -> dict[str, Any] | None:
    """A nested body, if anything in it is filled."""
    opinions = [fill(part, name) for name in part.model_fields] + [
        _part(deeper, words, fill=fill)
        for field in part.model_fields.values()
        for deeper in models_within(field.annotation)
    ]
    if all(opinion is None for opinion in opinions):
        return None
    return make_body(part, words, fill=fill)
