"""Whose address it is."""

import pytest
from yarl import URL

from gateway.upstream.routes import Service, find_owner
from gateway.upstream.rules import AddressRefused
from tests.gateway.conftest import System


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        (b"/v1/persons", Service.REGISTRY),
        (b"/v1/persons/1", Service.REGISTRY),
        (b"/v1/persons/1/overview", Service.GATEWAY),
        (b"/v1/source-records", Service.REGISTRY),
        (b"/v1/source-record-batches", Service.REGISTRY),
        (b"/v1/placements/1/steps", Service.REGISTRY),
        (b"/v1/population/counts", Service.REGISTRY),
        (b"/v1/job-orders/1", Service.JOB_ORDERS),
        (b"/v1/employers", Service.JOB_ORDERS),
        (b"/v1/placement-agencies", Service.JOB_ORDERS),
        (b"/v1/partner-agencies", Service.JOB_ORDERS),
        (b"/v1/organisation-reviews/1/decisions", Service.JOB_ORDERS),
        (b"/v1/cases/1/closures", Service.CASES),
        (b"/v1/complaints", Service.CASES),
        (b"/v1/incidents", Service.CASES),
        (b"/v1/tracking/abc", Service.CASES),
        (b"/v1/operations/registry-0190", Service.REGISTRY),
        (b"/v1/operations/job-orders-0190/problems", Service.JOB_ORDERS),
        (b"/v1/operations/cases-0190", Service.CASES),
        (b"/v1/operations/gateway-0190", Service.GATEWAY),
        (b"/v1/operations/unknown-0190", Service.GATEWAY),
        (b"/v1/reference/countries", Service.GATEWAY),
        (b"/v1/personsx", Service.GATEWAY),
        (b"/v1/%70ersons/1", Service.GATEWAY),
        (b"/v1/Persons/1", Service.GATEWAY),
        (b"/v1", None),
        (b"/v2/persons", None),
        (b"/health/live", None),
    ],
)
def test_the_first_noun_names_the_owner(path: bytes, owner: Service | None) -> None:
    assert find_owner(path) is owner


@pytest.mark.parametrize(
    "path",
    [
        b"/v1/persons/../cases/1",
        b"/v1/persons/./1",
        b"/v1/persons/..%2fcases",
        b"/v1/persons/%2e%2e/cases",
        b"/v1/persons/%2E%2E/cases",
        b"/v1//persons",
        b"//v1/persons",
        b"/v1/persons\\1",
        b"/v1/persons/%5c1",
        b"/v1/persons/a%00b",
        b"/v1/persons/\xc3\xa9",
        b"/v1/persons/a b",
    ],
)
def test_an_address_with_two_readings_is_refused(path: bytes) -> None:
    with pytest.raises(AddressRefused):
        find_owner(path)


async def test_an_encoded_prefix_reaches_no_service(system: System) -> None:
    answer = await system.client.get(
        URL(f"{system.url}/v1/%70ersons/1", encoded=True), headers=system.bearer
    )
    await answer.read()
    assert answer.status == 404
    assert not system.registry.seen


async def test_path_and_query_arrive_byte_for_byte(system: System) -> None:
    target = "/v1/persons/a%20b%3F;x=1?q=%C3%A9&q=1+2&empty=&flag"
    answer = await system.client.get(URL(system.url + target, encoded=True), headers=system.bearer)
    await answer.read()
    seen = system.registry.seen[-1]
    assert f"{seen.raw_path.decode()}?{seen.query.decode()}" == target


@pytest.mark.parametrize("method", ["TRACE", "OPTIONS", "PROPFIND"])
async def test_other_methods_are_refused(system: System, method: str) -> None:
    answer = await system.ask("/v1/persons/1", method=method)
    problem = await answer.json(content_type="application/problem+json")
    assert (answer.status, problem["code"]) == (405, "method-not-allowed")
    assert "GET" in answer.headers["Allow"]
    assert not system.registry.seen
