"""Raw lines of a batch as envelopes, and why some are refused."""

from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import ValidationError

from registry.intake.lines import csv_objects, ndjson_rows
from registry.intake.operations import check_envelope
from registry.intake.rules import (
    LONGEST_LINE_BYTES,
    Format,
)
from registry.intake.schemas import Envelope
from registry.intake.tables import Operation
from registry.sources.rules import SourceSystem, UpdatedInTheFuture
from shared.sensitivity import PARTNER


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a line was refused, by code and field, never by what it says."""

    line: int
    code: str
    field: str | None
    title: str


@dataclass(slots=True)
class Share:
    """Lines read from raw bytes: the good ones as envelopes, the others as problems."""

    envelopes: list[Envelope] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_share(
    raw: bytes, operation: Operation, *, first_line: int, skip: int, limit: int
) -> Share:
    """The envelopes of up to `limit` lines after the first `skip`."""
    share = Share()
    rows = ndjson_rows(raw) if operation.format is Format.NDJSON else csv_objects(raw, operation)
    for number, row in enumerate(rows):
        if number < skip:
            continue
        if number >= skip + limit:
            break
        _read_line(share, row, first_line + number, operation.source_system)
    return share


def _read_line(share: Share, row: bytes | dict[str, Any] | None, line: int, own: Any) -> None:
    try:
        if row is None or (isinstance(row, bytes) and len(row) > LONGEST_LINE_BYTES):
            share.problems.append(Problem(line, "line-unreadable", None, "Line cannot be read"))
            return
        envelope = _envelope(row, own)
        check_envelope(envelope.source_updated_at)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        # A member that the sender made up is not named: a name can be personal too.
        path = first["loc"][:-1] if first["type"] == "extra_forbidden" else first["loc"]
        where = "/".join(str(part) for part in path)[:64] or None
        title = "Line is not a valid envelope"
        share.problems.append(Problem(line, first["type"].replace("_", "-"), where, title))
        return
    except UpdatedInTheFuture as refusal:
        share.problems.append(Problem(line, refusal.code, "source_updated_at", refusal.title.en))
        return
    if envelope.source_system is not own:
        share.problems.append(
            Problem(line, "source-system-not-yours", "source_system", "Another source system")
        )
        return
    share.envelopes.append(envelope)


class _NamedEnvelope(Envelope):
    """A line of a batch, which may leave out the system that the whole batch is of."""

    source_system: Annotated[Any, PARTNER] = None


def _envelope(row: bytes | dict[str, Any], own: SourceSystem) -> Envelope:
    if isinstance(row, bytes):
        named = _NamedEnvelope.model_validate_json(row)
    else:
        named = _NamedEnvelope.model_validate(row)
    fields = named.__dict__
    if named.source_system is None:
        return Envelope.model_construct(**(fields | {"source_system": own}))
    system = next((one for one in SourceSystem if one == named.source_system), SourceSystem.CASES)
    return Envelope.model_construct(**(fields | {"source_system": system}))
