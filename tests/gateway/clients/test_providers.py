"""Keys that a provider publishes: found when needed, kept while it is away, gone when withdrawn."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey
from starlette.types import Receive, Send

from tests.gateway.conftest import Keys, System, Systems, make_key
from tests.gateway.servers import Seen, Upstream, say, serving

ISSUER = "https://id.sinergi.example/realms/sinergi"


@dataclass
class Provider:
    """An identity provider's published keys, and how often they were asked for."""

    published: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    body: bytes | None = None
    asked: int = 0

    async def __call__(self, _seen: Seen, _receive: Receive, send: Send) -> None:
        self.asked += 1
        body = self.body or json.dumps({"keys": self.published}).encode()
        await say(send, body, status=self.status)

    def publish(self, *keys: Any, **members: Any) -> None:
        self.published = [key.as_dict(private=False) | members for key in keys]


@dataclass
class Trusting:
    """Gateways that trust one provider."""

    provider: Provider
    url: str
    systems: Systems
    keys: Keys

    async def start(self, **settings: Any) -> System:
        issuers = self.keys.folder / "issuers.json"
        entry = {"issuer": ISSUER, "jwks_url": self.url, "bearer_clients": ["embassy-portal"]}
        issuers.write_text(json.dumps([entry]))
        given = {"issuers_file": issuers, "public_url": "https://api.sinergi.example"}
        return await self.systems.start(**(given | {"provider_pause_seconds": 0} | settings))

    def token(self, key: ECKey | RSAKey, **claims: Any) -> str:
        algorithm = "ES256" if isinstance(key, ECKey) else "PS256"
        said = self.keys.claims(**({"iss": ISSUER} | claims))
        return self.keys.sign(said, key=key, header={"kid": key.kid}, algorithm=algorithm)

    async def status(self, system: System, key: ECKey | RSAKey, **claims: Any) -> int:
        return await self.status_of(system, self.token(key, **claims))

    async def status_of(self, system: System, token: str) -> int:
        answer = await system.ask("/v1/persons/1", headers={"Authorization": f"Bearer {token}"})
        return answer.status


@pytest.fixture
async def trusting(keys: Keys) -> AsyncIterator[Trusting]:
    provider = Provider()
    async with AsyncExitStack() as stack:
        [port] = await stack.enter_async_context(serving(Upstream(provider)))
        url = f"http://127.0.0.1:{port}/certs"
        yield Trusting(provider, url, Systems(keys, stack), keys)


async def test_a_published_key_is_good_and_a_new_one_is_found_when_it_is_first_used(
    trusting: Trusting,
) -> None:
    first, second = make_key("first"), make_key("second")
    trusting.provider.publish(first)
    system = await trusting.start()
    assert await trusting.status(system, first) == 200
    trusting.provider.publish(first, second)
    assert await trusting.status(system, second) == 200
    assert await trusting.status(system, first) == 200


async def test_known_keys_go_on_while_the_provider_is_away_or_talks_nonsense(
    trusting: Trusting,
) -> None:
    known, stranger = make_key("known"), make_key("stranger")
    trusting.provider.publish(known)
    system = await trusting.start()
    assert await trusting.status(system, known) == 200
    for status, body in (
        (503, None),
        (302, None),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b'{"keys": 1}'),
        (200, b" " * 300_000),
    ):
        trusting.provider.status, trusting.provider.body = status, body
        asked = trusting.provider.asked
        assert await trusting.status(system, stranger) == 401
        assert trusting.provider.asked > asked
        assert await trusting.status(system, known, jti=str(status)) == 200


async def test_unknown_keys_ask_the_provider_once_in_a_while(trusting: Trusting) -> None:
    trusting.provider.publish(make_key("known"))
    system = await trusting.start(provider_pause_seconds=600)
    for number in range(5):
        assert await trusting.status(system, make_key(f"made-up-{number}")) == 401
    assert trusting.provider.asked == 1


async def test_a_withdrawn_key_ends_also_the_tokens_that_were_let_in_before(
    trusting: Trusting,
) -> None:
    old, new = make_key("old"), make_key("new")
    trusting.provider.publish(old, new)
    system = await trusting.start(provider_keys_seconds=0.2)
    let_in = trusting.token(old)
    assert await trusting.status_of(system, let_in) == 200
    trusting.provider.publish(new)
    for _ in range(100):
        if await trusting.status_of(system, let_in) == 401:
            break
        await asyncio.sleep(0.1)
    assert await trusting.status_of(system, let_in) == 401
    assert await trusting.status(system, new) == 200


async def test_a_provider_cannot_speak_for_another_issuer(trusting: Trusting) -> None:
    thief = make_key("local-1")
    trusting.provider.publish(thief)
    system = await trusting.start()
    assert await trusting.status(system, thief) == 401
    assert await trusting.status(system, thief, iss="urn:sinergi:local") == 401
    assert (await system.ask("/v1/persons/1")).status == 200


@pytest.mark.filterwarnings("ignore:Key size")
@pytest.mark.parametrize("unfit", ["encryption", "other algorithm", "weak", "private", "secret"])
async def test_an_unfit_key_is_passed_over_and_its_neighbour_taken(
    trusting: Trusting, unfit: str
) -> None:
    good, key = make_key("good"), make_key("unfit")
    member: dict[str, Any] = key.as_dict(private=unfit == "private")
    signing: ECKey | RSAKey = key
    if unfit == "encryption":
        member |= {"use": "enc"}
    elif unfit == "other algorithm":
        signing = RSAKey.generate_key(2048, parameters={"kid": "unfit"})
        member = signing.as_dict(private=False) | {"alg": "RS256"}
    elif unfit == "weak":
        signing = RSAKey.generate_key(1024, parameters={"kid": "unfit"})
        member = signing.as_dict(private=False)
    elif unfit == "secret":
        member = OctKey.generate_key(256, parameters={"kid": "unfit"}).as_dict(private=True)
    trusting.provider.publish(good)
    trusting.provider.published.append(member)
    system = await trusting.start()
    assert await trusting.status(system, signing) == 401
    assert await trusting.status(system, good) == 200


async def test_only_those_clients_by_which_people_sign_in_come_without_a_proof(
    trusting: Trusting,
) -> None:
    key = make_key("known")
    trusting.provider.publish(key)
    system = await trusting.start()
    assert await trusting.status(system, key) == 200
    assert await trusting.status(system, key, client_id="siskop2mi") == 401


async def test_keys_are_fetched_by_https_outside_a_local_environment(trusting: Trusting) -> None:
    with pytest.raises(ValueError, match="https"):
        await trusting.start(environment="production", local_jwks_file=None)


async def test_issuers_are_not_named_without_the_public_address(trusting: Trusting) -> None:
    with pytest.raises(ValueError, match="PUBLIC_URL"):
        await trusting.start(public_url="")
