"""The envelope of a source record, a line with the truth beside it, and the two file formats."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from deploy.seed.lives import System

Content = dict[str, str]
Envelope = dict[str, Any]

_SISKOP2MI: Final = """
nik sisko_p2mi_id e_pmi_number full_name sex birth_place birth_date marital_status education
phone email address province_code passport_number passport_issued_on passport_expires_on scheme
placement_agency_code partner_agency_code employer_code employer_name occupation_code
occupation_label sector_code country subdivision contract_starts_on contract_ends_on wage_amount
wage_currency wage_period sip2mi_number job_order_number departed_on arrived_on returned_on
return_reason
"""
_PEDULI_WNI: Final = """
nik full_name passport_name sex birth_place birth_date marital_status education occupation_label
document_type passport_number passport_issuing_office passport_issued_on passport_expires_on
country subdivision mission arrived_on purpose permit_type permit_number permit_expires_on
address_abroad city_abroad phone email employer_name movement reported_on left_on
"""
# The members of `content` that each system may send, as the API knows them.
FIELDS: Final = {
    System.SISKOP2MI: tuple(_SISKOP2MI.split()),
    System.PEDULI_WNI: tuple(_PEDULI_WNI.split()),
}
_ENVELOPE_COLUMNS: Final = ("record_key", "source_updated_at")


class Line(NamedTuple):
    """One envelope to be sent and what is true about it."""

    system: System
    record_key: str
    source_updated_at: str
    content: Content
    person_index: int
    # The stay abroad that the record tells of, by its place in the person's journey, if it is true.
    stay: int | None
    version: int = 1
    is_withdrawn: bool = False


def known(content: dict[str, str | None]) -> Content:
    """The content without what is unknown: an absent field and a null one mean the same."""
    return {field: value for field, value in content.items() if value is not None}


def envelope(line: Line) -> Envelope:
    """The line as the API takes it; only a withdrawn record says anything about withdrawal."""
    fields: Envelope = {
        "source_system": line.system.value,
        "record_key": line.record_key,
        "source_updated_at": line.source_updated_at,
        "content": line.content,
    }
    if line.is_withdrawn:
        fields["is_withdrawn"] = True
    return fields


_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def ndjson(envelopes: Iterable[Envelope]) -> Iterator[str]:
    """One JSON text per envelope, each with its line end."""
    for fields in envelopes:
        yield _encode(fields) + "\n"


def csv_lines(system: System, envelopes: Iterable[Envelope]) -> Iterator[str]:
    """A header and one row per envelope; empty means absent.

    Raises ValueError for a withdrawn record, because a row has no column that could say so.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    columns = FIELDS[system]
    writer.writerow(_ENVELOPE_COLUMNS + columns)
    for fields in envelopes:
        if "is_withdrawn" in fields:
            raise ValueError(f"{fields['record_key']}: a CSV row cannot say that it is withdrawn")
        content = fields["content"]
        row = [fields["record_key"], fields["source_updated_at"]]
        row += [content.get(column, "") for column in columns]
        writer.writerow(row)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    if buffer.tell():
        yield buffer.getvalue()
