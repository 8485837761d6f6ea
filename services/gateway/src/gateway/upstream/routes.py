"""Which service owns an address. The raw path decides, so nothing encoded can slip past."""

import re
from enum import StrEnum

from gateway.upstream.rules import AddressRefused


class Service(StrEnum):
    REGISTRY = "registry"
    CASES = "cases"
    JOB_ORDERS = "job-orders"
    GATEWAY = "gateway"


OWNERS = {
    b"source-records": Service.REGISTRY,
    b"source-record-batches": Service.REGISTRY,
    b"persons": Service.REGISTRY,
    b"placements": Service.REGISTRY,
    b"presence": Service.REGISTRY,
    b"population": Service.REGISTRY,
    b"link-reviews": Service.REGISTRY,
    b"link-models": Service.REGISTRY,
    b"link-model-rehearsals": Service.REGISTRY,
    b"link-model-adoptions": Service.REGISTRY,
    b"job-orders": Service.JOB_ORDERS,
    b"employers": Service.JOB_ORDERS,
    b"placement-agencies": Service.JOB_ORDERS,
    b"partner-agencies": Service.JOB_ORDERS,
    b"organisation-reviews": Service.JOB_ORDERS,
    b"cases": Service.CASES,
    b"complaints": Service.CASES,
    b"incidents": Service.CASES,
    b"tracking": Service.CASES,
}
# What others than the registry say about a person.
_BELOW_PERSONS = {b"overview": Service.GATEWAY, b"cases": Service.CASES}
# Trouble is told here. These calls have places of their own, so that nothing else keeps them out.
_INTAKE = frozenset({b"/v1/cases", b"/v1/complaints"})
_PREFIX = b"/v1/"
_OPERATION_OWNERS = [(service.value.encode() + b"-", service) for service in Service]
_REFUSED_IN_PATH = re.compile(rb"//|/\.|\\|%(?:2[ef]|5c|00)|[^\x21-\x7e]", re.IGNORECASE)
_REFUSED_IN_QUERY = re.compile(rb"[^\x21-\x7e]")


def find_owner(raw_path: bytes, query: bytes = b"") -> Service | None:
    """The service that owns an address below `/v1/`, None outside; raises AddressRefused."""
    if _REFUSED_IN_PATH.search(raw_path) or _REFUSED_IN_QUERY.search(query):
        raise AddressRefused
    if not raw_path.startswith(_PREFIX):
        return None
    noun, _, below = raw_path[len(_PREFIX) :].partition(b"/")
    owner = OWNERS.get(noun, Service.GATEWAY)
    if noun == b"operations":
        return next((who for start, who in _OPERATION_OWNERS if below.startswith(start)), owner)
    if noun == b"persons":
        return _BELOW_PERSONS.get(below.rpartition(b"/")[2] if b"/" in below else b"", owner)
    return owner


def is_intake(method: str, raw_path: bytes) -> bool:
    """Whether a call reports a case, for the first time or once more."""
    return raw_path in _INTAKE and method == "POST"
