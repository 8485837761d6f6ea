"""Reading the verbatim content of a record: its known fields, and what in it cannot be read.

Nothing here refuses. What cannot be read counts as absent and earns a warning; refusing a record
for one field would lose the person behind it.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from registry.sources.rules import SourceSystem
from shared import clock, reference

Content = Mapping[str, object]

_SHARED_FIELDS = {
    *("nik", "full_name", "sex", "birth_place", "birth_date", "marital_status", "education"),
    *("passport_number", "passport_issued_on", "passport_expires_on", "country", "subdivision"),
    *("occupation_label", "phone", "email", "employer_name", "arrived_on"),
}
FIELDS: dict[SourceSystem, frozenset[str]] = {
    SourceSystem.SISKOP2MI: frozenset(
        {
            *_SHARED_FIELDS,
            *("sisko_p2mi_id", "e_pmi_number", "address", "province_code", "scheme"),
            *("placement_agency_code", "partner_agency_code", "employer_code", "occupation_code"),
            *("sector_code", "contract_starts_on", "contract_ends_on", "wage_amount"),
            *("wage_currency", "wage_period", "sip2mi_number", "job_order_number"),
            *("departed_on", "returned_on", "return_reason"),
        }
    ),
    SourceSystem.PEDULI_WNI: frozenset(
        {
            *_SHARED_FIELDS,
            *("passport_name", "document_type", "passport_issuing_office", "mission", "purpose"),
            *("permit_type", "permit_number", "permit_expires_on", "address_abroad"),
            *("city_abroad", "movement", "reported_on", "left_on"),
        }
    ),
    SourceSystem.CASES: frozenset(
        {
            *("nik", "full_name", "passport_name", "sex", "birth_place", "birth_date"),
            *("passport_number", "phone", "country", "subdivision", "mission"),
        }
    ),
}
DATE_FIELDS = frozenset(field for some in FIELDS.values() for field in some if field[-3:] == "_on")
DATE_FIELDS |= {"birth_date"}
CODE_FIELDS = frozenset(
    {
        *("country", "subdivision", "scheme", "placement_agency_code", "partner_agency_code"),
        *("employer_code", "occupation_code", "sector_code", "job_order_number", "mission"),
    }
)

_EARLIEST, _LATEST = date(1900, 1, 1), date(2100, 1, 1)
_CODE = re.compile(r"[A-Z0-9][A-Z0-9 ._:/\-]{0,63}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_LONGEST_TEXT = 1000


@dataclass(frozen=True, slots=True)
class ContentWarning:
    """Something in the content that was kept but not used."""

    code: str
    field: str


def text(content: Content, field: str) -> str | None:
    """A text without surrounding space and without NUL, which PostgreSQL cannot hold."""
    value = content.get(field)
    if not isinstance(value, str):
        return None
    return value.replace("\0", "").strip()[:_LONGEST_TEXT] or None


def day(content: Content, field: str) -> date | None:
    """A plausible calendar date."""
    value = content.get(field)
    try:
        found = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found and _EARLIEST <= found < _LATEST else None


def code(content: Content, field: str) -> str | None:
    """A code in upper case; free text in its place counts as absent."""
    value = content.get(field)
    if not isinstance(value, str):
        return None
    value = value.strip().upper()
    return value if _CODE.fullmatch(value) else None


def warnings_of(system: SourceSystem, content: Content) -> Iterator[ContentWarning]:
    """What a reader of the record should know was not used."""
    known = FIELDS[system]
    for field, value in content.items():
        if field not in known:
            # What does not read like a field's name might be a person's, and is not kept.
            yield ContentWarning("UNKNOWN_FIELD", field if _NAME.fullmatch(field) else "?")
        elif value is None or value == "":
            continue
        elif not isinstance(value, str):
            yield ContentWarning("NOT_TEXT", field)
        elif field in DATE_FIELDS:
            if day(content, field) is None:
                yield ContentWarning("DATE_UNREADABLE", field)
        elif field in CODE_FIELDS:
            fault = _code_fault(field, value, clock.today())
            if fault:
                yield ContentWarning(fault, field)
        elif field == "sex" and value not in {"M", "F"}:
            yield ContentWarning("SEX_UNKNOWN", field)


@lru_cache(maxsize=10_000)
def _code_fault(field: str, value: str, today: date) -> str | None:
    """Codes repeat in every record of a batch; what is known of them changes by the day."""
    found = code({field: value}, field)
    if found is None:
        return "CODE_UNREADABLE"
    finder = _FINDERS.get(field)
    known = finder is None or finder(found, on=today) is not None
    return None if known else f"{field.upper().removesuffix('_CODE')}_UNKNOWN"


_FINDERS: dict[str, Callable[..., object]] = {
    "country": reference.find_country,
    "scheme": reference.find_scheme,
    "mission": reference.find_mission,
    "occupation_code": reference.find_occupation,
}
