"""A service believes nobody but the gateway, and not even the gateway where it speaks to another.

What the gateway itself refuses is in tests/gateway/clients; these call the services directly.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx2 as httpx
import pytest

from deploy import documents
from deploy.local.stack import Stack
from deploy.local.tokens import sign_token
from deploy.readers import Entry
from shared.auth import TRANSACTION_TOKEN_HEADER
from tests.architecture.house import NAMES
from tests.gateway.servers import Upstream, serving
from tests.readers.calls import call
from tests.readers.conftest import Houses
from tests.readers.forgeries import FORGERIES, Forge, Make
from tests.readers.houses import House

BEHIND = [name for name in NAMES if name != "gateway"]
PROBLEM = "application/problem+json"


def entries(house: House) -> Iterator[Entry]:
    yield from documents.matrix(house.served.service.name)


def is_refused(answer: httpx.Response) -> bool:
    return (
        answer.status_code == 401
        and answer.headers["content-type"] == PROBLEM
        and answer.json()["code"] == "token-refused"
        and "www-authenticate" in answer.headers
    )


async def doors_open_to(house: House, headers: dict[str, str]) -> list[str]:
    """Routes that answer such a caller with anything but 401."""
    found = []
    for entry in entries(house):
        answer = await call(house, entry, house.ids("system-siskop2mi"), headers)
        if not is_refused(answer):
            found.append(f"{entry.method} {entry.path}: {answer.status_code}")
    return found


@pytest.mark.parametrize("house", BEHIND, indirect=True)
async def test_the_token_that_forgeries_start_from_is_good(house: House, stack: Stack) -> None:
    name = house.served.service.name
    assert await doors_open_to(house, {TRANSACTION_TOKEN_HEADER: Forge(stack, name).sign()})


@pytest.mark.parametrize("make", FORGERIES.values(), ids=FORGERIES.keys())
@pytest.mark.parametrize("house", BEHIND, indirect=True)
async def test_a_service_refuses_a_forged_transaction_token(
    house: House, make: Make, stack: Stack
) -> None:
    token = make(Forge(stack, house.served.service.name))
    entry = next(entries(house))
    answer = await call(house, entry, house.rows, {TRANSACTION_TOKEN_HEADER: token})
    assert is_refused(answer), answer.text


@pytest.mark.parametrize("house", BEHIND, indirect=True)
async def test_a_service_that_is_called_directly_refuses_on_every_route(
    house: House, stack: Stack
) -> None:
    """Whatever else speaks for the caller: an access token, or headers as the gateway names."""
    access = sign_token(stack, "kemlu-desk")
    for headers in (
        {},
        {"Authorization": f"Bearer {access}"},
        {TRANSACTION_TOKEN_HEADER: access},
        {"X-Roles": "kemlu-desk", "X-Subject": "desk-1", "Purpose-Of-Use": "PROTECTION_CASE"},
    ):
        assert await doors_open_to(house, headers) == []


@pytest.mark.parametrize("house", BEHIND, indirect=True)
async def test_a_token_for_another_service_opens_no_route(house: House, stack: Stack) -> None:
    for other in {*NAMES, "sinergi-gateway"} - {house.served.service.name}:
        headers = {TRANSACTION_TOKEN_HEADER: Forge(stack, other).sign()}
        assert await doors_open_to(house, headers) == [], other


@pytest.mark.parametrize("member", ["jku", "x5u"])
@pytest.mark.parametrize("house", BEHIND, indirect=True)
async def test_a_service_follows_no_link_to_a_key(house: House, member: str, stack: Stack) -> None:
    async with key_server() as (server, url):
        forge = Forge(stack, house.served.service.name)
        stolen = forge.sign(key=forge.thief(), header={member: f"{url}/keys"})
        answer = await call(
            house, next(entries(house)), house.rows, {TRANSACTION_TOKEN_HEADER: stolen}
        )
        assert is_refused(answer)
        assert not server.seen


@asynccontextmanager
async def key_server() -> AsyncIterator[tuple[Upstream, str]]:
    server = Upstream()
    async with serving(server) as [port]:
        yield server, f"http://127.0.0.1:{port}"


async def test_the_gateway_minds_no_transaction_token_from_outside(
    houses: Houses, stack: Stack
) -> None:
    """Without an access token, one that is good for any service opens nothing."""
    house = await houses("gateway")
    for audience in NAMES:
        headers = {TRANSACTION_TOKEN_HEADER: Forge(stack, audience).sign()}
        assert await doors_open_to(house, headers) == [], audience
