"""The API reference as plain HTML: no script, no host but this one, readable in id and en."""

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Any

from gateway.documents import words
from gateway.documents.catalogue import ProblemType
from gateway.documents.merged import Document
from shared.errors import Text

STYLE_PATH = "/reference/reference.css"
_CODE = re.compile(r"`([^`]+)`")
_BOUNDS = {
    "minimum": "≥ {}",
    "exclusiveMinimum": "> {}",
    "maximum": "≤ {}",
    "minLength": "≥ {} char",
    "maxLength": "≤ {} char",
    "maxItems": "≤ {} items",
}


class Pages:
    """Writes pages in one language."""

    def __init__(self, language: str) -> None:
        self._language = language

    def reference(self, document: Document) -> str:
        """Every operation and every schema of the API on one page."""
        by_tag = _by_tag(document)
        schemas = document["components"].get("schemas", {})
        info = document["info"]
        contents = "".join(
            f"<li><a href='#tag-{_anchor(tag)}'>{escape(tag)}</a></li>" for tag in by_tag
        )
        body = (
            f"<p>{_prose(info.get('description', ''))}</p>"
            f"<p><a href='/v1/openapi.json'>{self._say(words.AS_DOCUMENT)}</a> · "
            f"<a href='/problems'>{self._say(words.PROBLEMS)}</a></p>"
            f"<nav aria-label='{self._say(words.OPERATIONS)}'><ul>{contents}"
            f"<li><a href='#schemas'>{self._say(words.SCHEMAS)}</a></li></ul></nav>"
            + "".join(self._tag(tag, operations) for tag, operations in by_tag.items())
            + f"<h2 id='schemas'>{self._say(words.SCHEMAS)}</h2>"
            + "".join(self._schema(name, schema) for name, schema in schemas.items())
        )
        title = f"{self._say(words.API)} {escape(info['version'])}"
        return self._page(title, body, "/reference")

    def problems(self, types: Iterable[ProblemType]) -> str:
        """The list of problem types."""
        rows = [
            (
                f"<a href='/problems/{known.code}'><code>{known.code}</code></a>",
                str(known.status),
                self._say(known.title),
            )
            for known in types
        ]
        table = self._table((words.TYPE, words.STATUS, words.MEANING), rows)
        return self._page(self._say(words.PROBLEMS), table, "/problems")

    def problem(self, known: ProblemType) -> str:
        """What one problem type means, and which operations answer it."""
        operations = "".join(
            f"<li><a href='/reference#{_anchor(name)}'><code>{escape(name)}</code></a></li>"
            for name in sorted(set(known.operations))
        )
        body = f"<p><code>{known.code}</code> · HTTP {known.status}</p>"
        if known.detail is not None:
            body += f"<p>{self._say(known.detail)}</p>"
        if operations:
            body += f"<h2>{self._say(words.ANSWERED_BY)}</h2><ul>{operations}</ul>"
        return self._page(self._say(known.title), body, f"/problems/{known.code}")

    def _tag(self, tag: str, operations: list[tuple[str, str, Document]]) -> str:
        parts = "".join(self._operation(*operation) for operation in operations)
        return f"<h2 id='tag-{_anchor(tag)}'>{escape(tag)}</h2>{parts}"

    def _operation(self, path: str, method: str, operation: Document) -> str:
        return (
            f"<section id='{_anchor(operation['operationId'])}'>"
            f"<h3><span class='method'>{method.upper()}</span> <code>{escape(path)}</code></h3>"
            f"<p>{_prose(operation.get('description', ''))}</p>"
            f"{self._parameters(operation.get('parameters', []))}"
            f"{self._body(operation.get('requestBody', {}))}"
            f"{self._answers(operation['responses'])}</section>"
        )

    def _parameters(self, parameters: list[Document]) -> str:
        rows = [
            (
                f"<code>{escape(parameter['name'])}</code>",
                escape(parameter["in"]),
                _type(parameter.get("schema", {})),
                self._yes(parameter.get("required", False)),
                _prose(parameter.get("description", "")),
            )
            for parameter in parameters
        ]
        heads = (words.NAME, words.PLACE, words.TYPE, words.REQUIRED, words.MEANING)
        return self._titled(words.PARAMETERS, heads, rows)

    def _body(self, body: Document) -> str:
        rows = [(f"<code>{escape(media)}</code>", shown) for media, shown in _content(body)]
        return self._titled(words.BODY, (words.TYPE, words.SCHEMAS), rows)

    def _answers(self, answers: Document) -> str:
        rows = [
            (
                escape(status),
                _prose(answer["description"]),
                " ".join(s for _, s in _content(answer)),
            )
            for status, answer in answers.items()
        ]
        heads = (words.STATUS, words.MEANING, words.SCHEMAS)
        return self._titled(words.ANSWERS, heads, rows)

    def _schema(self, name: str, schema: Document) -> str:
        required = schema.get("required", ())
        rows = [
            (
                f"<code>{escape(field)}</code>",
                _type(member),
                self._yes(field in required),
                _prose(member.get("description", "")),
            )
            for field, member in schema.get("properties", {}).items()
        ]
        heads = (words.NAME, words.TYPE, words.REQUIRED, words.MEANING)
        described = f"<p>{_prose(schema.get('description', ''))}</p>"
        shown = self._table(heads, rows) if rows else f"<p>{_type(schema)}</p>"
        anchor = f"schema-{_anchor(name)}"
        return f"<section id='{anchor}'><h3>{escape(name)}</h3>{described}{shown}</section>"

    def _titled(self, title: Text, heads: tuple[Text, ...], rows: Sequence[Sequence[str]]) -> str:
        return f"<h4>{self._say(title)}</h4>{self._table(heads, rows)}" if rows else ""

    def _table(self, heads: tuple[Text, ...], rows: Sequence[Sequence[str]]) -> str:
        head = "".join(f"<th scope='col'>{self._say(text)}</th>" for text in heads)
        lines = ("".join(f"<td>{cell}</td>" for cell in row) for row in rows)
        body = "".join(f"<tr>{line}</tr>" for line in lines)
        return (
            f"<div class='wide'><table><thead><tr>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table></div>"
        )

    def _page(self, title: str, body: str, path: str) -> str:
        other = "id" if self._language == "en" else "en"
        return (
            f"<!doctype html><html lang='{self._language}'><head><meta charset='utf-8'>"
            "<meta name='viewport' content='width=device-width, initial-scale=1'>"
            f"<title>{title}</title><link rel='stylesheet' href='{STYLE_PATH}'></head><body>"
            f"<a class='skip' href='#content'>{self._say(words.SKIP)}</a>"
            f"<header><a href='{path}?lang={other}' lang='{other}'>"
            f"{self._say(words.OTHER_LANGUAGE)}</a></header>"
            f"<main id='content'><h1>{title}</h1>{body}</main></body></html>\n"
        )

    def _say(self, text: Text) -> str:
        return escape(text.en if self._language == "en" else text.id)

    def _yes(self, is_so: object) -> str:
        return self._say(words.YES) if is_so else ""


def _by_tag(document: Document) -> dict[str, list[tuple[str, str, Document]]]:
    found: dict[str, list[tuple[str, str, Document]]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            tag = operation.get("tags", [operation["x-service"]])[0]
            found.setdefault(tag, []).append((path, method, operation))
    return dict(sorted(found.items()))


def _content(holder: Document) -> Iterator[tuple[str, str]]:
    for media, content in holder.get("content", {}).items():
        yield media, _type(content.get("schema", {}))


def _type(schema: Document) -> str:
    """A schema in one line of HTML, with links to what it refers to."""
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return " | ".join(_type(one) for one in schema[choice])
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return f"<a href='#schema-{_anchor(name)}'>{escape(name)}</a>"
    if "enum" in schema or "const" in schema:
        values: list[Any] = schema.get("enum") or [schema["const"]]
        return " ".join(f"<code>{escape(str(value))}</code>" for value in values)
    if schema.get("type") == "array":
        return f"[ {_type(schema.get('items', {}))} ]"
    name = escape(str(schema.get("type", "any")))
    notes = [escape(str(schema["format"]))] if "format" in schema else []
    notes += [text.format(schema[key]) for key, text in _BOUNDS.items() if key in schema]
    notes += [f"<code>{escape(schema['pattern'])}</code>"] if "pattern" in schema else []
    return f"{name} ({', '.join(notes)})" if notes else name


def _prose(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escape(text.strip())).replace("\n\n", "</p><p>")


def _anchor(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower()
