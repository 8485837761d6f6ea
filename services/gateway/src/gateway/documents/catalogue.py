"""Every problem type of the API: from the merged document, and in words where they are at hand."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.documents.merged import Document
from gateway.upstream.status import status_of
from shared.errors import Refusal, Text

_TOLD = re.compile(r"`([a-z0-9-]+)`: ([^;]+)")


@dataclass(slots=True)
class ProblemType:
    """One `type` of RFC 9457: its status, its texts, and the operations that may answer it."""

    code: str
    status: int
    title: Text
    detail: Text | None = None
    operations: list[str] = field(default_factory=list)


def problem_types(document: Document) -> dict[str, ProblemType]:
    """All problem types by code."""
    types = {refusal.code: _from_class(refusal) for refusal in _classes(Refusal)}
    for operations in document["paths"].values():
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                for code, title in _TOLD.findall(answer["description"]):
                    known = types.get(code)
                    if known is None:
                        known = types[code] = ProblemType(code, int(status), Text(title, title))
                    known.operations.append(operation["operationId"])
    return dict(sorted(types.items()))


def _from_class(refusal: type[Refusal]) -> ProblemType:
    return ProblemType(refusal.code, status_of(refusal), refusal.title, refusal.detail)


def _classes(base: type[Refusal]) -> Iterator[type[Refusal]]:
    for refusal in base.__subclasses__():
        if "code" in vars(refusal):
            yield refusal
        yield from _classes(refusal)
