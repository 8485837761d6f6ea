"""A bound token comes in with a fresh proof for this very request, and with nothing else."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import asyncpg
import pytest
from aiohttp import ClientResponse
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

from deploy.local.sign_in import make_proof
from gateway.clients.proofs import Binding, ProofCheck, base64url, binding_of
from gateway.clients.used_proofs import KEPT_SECONDS, forget_used_proofs
from shared.db import Database
from shared.errors import Refusal
from tests.gateway.conftest import Keys, System, Systems
from tests.stands import DatabaseStand

PUBLIC = "https://api.sinergi.example/portal"
PATH = "/v1/persons/1"
KEY = ECKey.generate_key("P-256")
TOKEN = "header.payload.signature"
Made = dict[str, Any]


def proof_of(
    key: Any = KEY,
    *,
    header: Made | None = None,
    algorithm: str = "ES256",
    url: str = PUBLIC + PATH,
    **changed: Any,
) -> str:
    """A proof as told; members of None are left out."""
    claims = {
        "jti": f"proof-{time.monotonic_ns()}",
        "htm": "GET",
        "htu": url,
        "iat": int(time.time()),
        "ath": hash_of(TOKEN),
    } | changed
    members = {"typ": "dpop+jwt", "alg": algorithm, "jwk": key.as_dict(private=False)}
    return jws.serialize_compact(
        {name: value for name, value in (members | (header or {})).items() if value is not None},
        json.dumps({name: value for name, value in claims.items() if value is not None}),
        key,
        algorithms=[algorithm],
        registry=jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False),
    )


def hash_of(token: str, key: ECKey = KEY) -> str:
    binding = binding_of({"cnf": {"jkt": key.thumbprint()}}, token.encode())
    assert binding is not None
    return binding.token_hash


def check(proof: str | None, *, key: Any = KEY, path: str = PATH) -> bytes:
    binding = Binding(key.thumbprint(), hash_of(TOKEN))
    sent = None if proof is None else proof.encode()
    raw_path = path.encode()
    return (
        ProofCheck(PUBLIC)
        .check(sent, binding, method="GET", raw_path=raw_path, moment=time.time())
        .digest
    )


def tampered() -> str:
    head, _, signature = proof_of().split(".")
    payload = base64url(json.dumps({"jti": "x", "htm": "GET"}).encode())
    return f"{head}.{payload}.{signature}"


def reheaded(**changed: Any) -> str:
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": KEY.as_dict(private=False)} | changed
    _, payload, signature = proof_of().split(".")
    return f"{base64url(json.dumps(header).encode())}.{payload}.{signature}"


def unsigned() -> str:
    return reheaded(alg="none").rpartition(".")[0] + "."


def signed_by_another() -> str:
    return proof_of(ECKey.generate_key("P-256"), header={"jwk": KEY.as_dict(private=False)})


STRANGER = ECKey.generate_key("P-256")
NOW = int(time.time())

REFUSED: dict[str, tuple[Callable[[], str | None], str]] = {
    "none at all": (lambda: None, "proof-missing"),
    "not a token": (lambda: "a.b.c", "proof-malformed"),
    "empty": (lambda: "", "proof-malformed"),
    "too long": (lambda: proof_of(padding="x" * 5000), "proof-malformed"),
    "another type": (lambda: proof_of(header={"typ": "JWT"}), "proof-malformed"),
    "no type": (lambda: proof_of(header={"typ": None}), "proof-malformed"),
    "no key": (lambda: proof_of(header={"jwk": None}), "proof-malformed"),
    "key by reference": (
        lambda: proof_of(header={"jwk": None, "kid": "client-1"}),
        "proof-malformed",
    ),
    "key as text": (lambda: reheaded(jwk="key"), "proof-malformed"),
    "half a key": (lambda: reheaded(jwk={"kty": "EC", "crv": "P-256"}), "proof-malformed"),
    "key of an unknown kind": (lambda: reheaded(jwk={"kty": "X"}), "proof-malformed"),
    "algorithm as list": (lambda: reheaded(alg=["ES256"]), "proof-malformed"),
    "private key": (
        lambda: proof_of(header={"jwk": KEY.as_dict(private=True)}),
        "proof-malformed",
    ),
    "shared secret as key": (
        lambda: proof_of(header={"jwk": {"kty": "oct", "k": "c2VjcmV0"}}),
        "proof-malformed",
    ),
    "another curve": (
        lambda: proof_of(ECKey.generate_key("P-384"), algorithm="ES384"),
        "proof-malformed",
    ),
    "critical extension": (lambda: reheaded(crit=["b64"], b64=True), "proof-malformed"),
    "algorithm none": (unsigned, "proof-malformed"),
    "another algorithm named": (
        lambda: proof_of(RSAKey.generate_key(2048), algorithm="RS256"),
        "proof-malformed",
    ),
    "changed after signing": (tampered, "proof-malformed"),
    "signed by another key": (signed_by_another, "proof-malformed"),
    "made with another key": (lambda: proof_of(STRANGER), "proof-for-other-key"),
    "no id": (lambda: proof_of(jti=None), "proof-malformed"),
    "empty id": (lambda: proof_of(jti=""), "proof-malformed"),
    "id too long": (lambda: proof_of(jti="x" * 201), "proof-malformed"),
    "id as number": (lambda: proof_of(jti=7), "proof-malformed"),
    "no time": (lambda: proof_of(iat=None), "proof-malformed"),
    "time as text": (lambda: proof_of(iat="now"), "proof-malformed"),
    "time as truth": (lambda: proof_of(iat=True), "proof-malformed"),
    "time not a number": (lambda: proof_of(iat=float("nan")), "proof-out-of-time"),
    "too old": (lambda: proof_of(iat=time.time() - 62), "proof-out-of-time"),
    "from the future": (lambda: proof_of(iat=time.time() + 35), "proof-out-of-time"),
    "another method": (lambda: proof_of(htm="POST"), "proof-for-other-request"),
    "method in small letters": (lambda: proof_of(htm="get"), "proof-for-other-request"),
    "no method": (lambda: proof_of(htm=None), "proof-for-other-request"),
    "another path": (lambda: proof_of(url=f"{PUBLIC}/v1/cases"), "proof-for-other-request"),
    "a path below": (lambda: proof_of(url=f"{PUBLIC}{PATH}/cases"), "proof-for-other-request"),
    "another host": (
        lambda: proof_of(url=f"https://elsewhere.example/portal{PATH}"),
        "proof-for-other-request",
    ),
    "another port": (
        lambda: proof_of(url=f"https://api.sinergi.example:8443/portal{PATH}"),
        "proof-for-other-request",
    ),
    "another scheme": (
        lambda: proof_of(url=f"http://api.sinergi.example/portal{PATH}"),
        "proof-for-other-request",
    ),
    "user in the address": (
        lambda: proof_of(url=f"https://user@api.sinergi.example/portal{PATH}"),
        "proof-for-other-request",
    ),
    "path alone": (lambda: proof_of(url=PATH), "proof-for-other-request"),
    "address as number": (lambda: proof_of(htu=1), "proof-for-other-request"),
    "no address": (lambda: proof_of(htu=None), "proof-for-other-request"),
    "another token": (lambda: proof_of(ath=hash_of("other")), "proof-for-other-token"),
    "no token": (lambda: proof_of(ath=None), "proof-for-other-token"),
}


@pytest.mark.filterwarnings("ignore:RS256")
@pytest.mark.parametrize(("make", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_a_bad_proof_is_refused_by_its_cause(make: Callable[[], str | None], code: str) -> None:
    with pytest.raises(Refusal) as refused:
        check(make())
    assert refused.value.code == code


@pytest.mark.parametrize(
    "url",
    [
        f"{PUBLIC}{PATH}",
        f"HTTPS://API.sinergi.example:443/portal{PATH}",
        f"{PUBLIC}{PATH}?page=2#top",
        f"{PUBLIC}/%76%31/persons/1",
    ],
)
def test_an_address_may_be_written_in_each_of_its_equal_forms(url: str) -> None:
    assert check(proof_of(url=url))


def test_what_is_escaped_in_a_path_stays_apart_from_what_is_not() -> None:
    assert check(proof_of(url=f"{PUBLIC}/v1/a%c3%a9"), path="/v1/a%C3%A9")
    with pytest.raises(Refusal):
        check(proof_of(url=f"{PUBLIC}/v1/a/b"), path="/v1/a%3Fb")


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize("algorithm", ["ES256", "PS256", "Ed25519", "EdDSA"])
def test_each_accepted_kind_of_key_proves(algorithm: str) -> None:
    key: ECKey | RSAKey | OKPKey = OKPKey.generate_key("Ed25519")
    if algorithm == "ES256":
        key = ECKey.generate_key("P-256")
    elif algorithm == "PS256":
        key = RSAKey.generate_key(2048)
    assert check(proof_of(key, algorithm=algorithm), key=key)


def test_proofs_differ_by_id_and_by_key() -> None:
    other = ECKey.generate_key("P-256")
    first = check(proof_of(jti="one"))
    assert check(proof_of(jti="one")) == first
    assert check(proof_of(jti="two")) != first
    assert check(proof_of(other, jti="one"), key=other) != first


def test_without_a_public_address_no_proof_is_good() -> None:
    binding = Binding(KEY.thumbprint(), hash_of(TOKEN))
    with pytest.raises(Refusal):
        ProofCheck("").check(
            proof_of(url=PATH).encode(),
            binding,
            method="GET",
            raw_path=PATH.encode(),
            moment=time.time(),
        )


@pytest.fixture(scope="module")
async def database_url(databases: DatabaseStand) -> str:
    return (await databases.fresh("gateway"))["GATEWAY_DATABASE_URL"]


@pytest.fixture(scope="module")
async def two_gateways(standing_keys: Keys, database_url: str) -> AsyncIterator[list[System]]:
    """Two gateways of one public address and one database."""
    async with AsyncExitStack() as stack:
        systems = Systems(standing_keys, stack)
        shared = {"database_url": database_url, "public_url": PUBLIC}
        yield [await systems.start(**shared), await systems.start(**shared)]


def bound(keys: Keys, **other: Any) -> str:
    return keys.token(cnf={"jkt": KEY.thumbprint()}, **other)


async def ask(
    system: System, token: str, *proofs: str, scheme: str = "DPoP", method: str = "GET"
) -> tuple[ClientResponse, dict[str, Any]]:
    headers = [("Authorization", f"{scheme} {token}"), *(("DPoP", proof) for proof in proofs)]
    async with system.client.request(method, system.url + PATH, headers=headers) as answer:
        return answer, await answer.json(content_type=None)


async def test_a_bound_token_with_its_proof_reaches_the_service(
    two_gateways: list[System],
) -> None:
    system, _ = two_gateways
    token = bound(system.keys)
    answer, _ = await ask(system, token, make_proof(KEY, "GET", PUBLIC + PATH, token=token))
    assert answer.status == 200
    assert system.caller("registry").client == "embassy-portal"
    assert not {"authorization", "dpop"} & {name for name, _ in system.registry.seen[-1].headers}


async def test_a_stolen_token_is_of_no_use_without_the_key(two_gateways: list[System]) -> None:
    system, _ = two_gateways
    token = bound(system.keys)
    thief = make_proof(STRANGER, "GET", PUBLIC + PATH, token=token)
    seen = len(system.registry.seen)
    for scheme, proofs, code in (
        ("Bearer", (), "proof-missing"),
        ("DPoP", (), "proof-missing"),
        ("DPoP", (thief,), "proof-for-other-key"),
        ("Bearer", (thief,), "proof-missing"),
    ):
        answer, problem = await ask(system, token, *proofs, scheme=scheme)
        assert (answer.status, problem["code"]) == (401, code)
        assert answer.headers["WWW-Authenticate"].startswith("DPoP error=")
        assert 'algs="ES256 ' in answer.headers["WWW-Authenticate"]
    assert len(system.registry.seen) == seen


async def test_a_proof_is_good_once_whichever_process_it_comes_to(
    two_gateways: list[System],
) -> None:
    first, second = two_gateways
    token = bound(first.keys)
    proof = make_proof(KEY, "GET", PUBLIC + PATH, token=token)
    assert (await ask(first, token, proof))[0].status == 200
    for system in (first, second):
        answer, problem = await ask(system, token, proof)
        assert (answer.status, problem["code"]) == (401, "proof-replayed")
        assert 'error="invalid_dpop_proof"' in answer.headers["WWW-Authenticate"]


async def test_of_many_at_once_in_two_processes_one_comes_through(
    two_gateways: list[System],
) -> None:
    token = bound(two_gateways[0].keys)
    proofs = [make_proof(KEY, "GET", PUBLIC + PATH, token=token) for _ in range(10)]
    calls = [(system, proof) for proof in proofs for system in two_gateways * 3]
    answers = await asyncio.gather(*(ask(system, token, proof) for system, proof in calls))
    passed = [
        proof
        for (_, proof), (answer, _) in zip(calls, answers, strict=True)
        if answer.status == 200
    ]
    assert sorted(passed) == sorted(proofs)
    assert {answer.status for answer, _ in answers} == {200, 401}


async def test_a_second_proof_header_is_refused(two_gateways: list[System]) -> None:
    system, _ = two_gateways
    token = bound(system.keys)
    proofs = [make_proof(KEY, "GET", PUBLIC + PATH, token=token) for _ in range(2)]
    answer, problem = await ask(system, token, *proofs)
    assert (answer.status, problem["code"]) == (400, "header-repeated")


async def test_a_token_without_a_key_does_not_come_as_a_bound_one(
    two_gateways: list[System],
) -> None:
    system, _ = two_gateways
    token = system.keys.token()
    answer, problem = await ask(system, token, make_proof(KEY, "GET", PUBLIC + PATH, token=token))
    assert (answer.status, problem["code"]) == (401, "token-not-bound")


async def test_where_the_memory_is_away_no_bound_token_comes_in(systems: Systems) -> None:
    system = await systems.start(public_url=PUBLIC)
    token = bound(system.keys)
    answer, problem = await ask(system, token, make_proof(KEY, "GET", PUBLIC + PATH, token=token))
    assert (answer.status, problem["code"]) == (503, "service-busy")
    assert not system.registry.seen
    assert (await system.ask(PATH)).status == 200


async def test_a_refusal_tells_cause_and_cure_in_the_language_asked_for(
    two_gateways: list[System],
) -> None:
    system, _ = two_gateways
    token = bound(system.keys)
    proof = make_proof(KEY, "POST", PUBLIC + PATH, token=token)
    texts = set()
    for language in ("id", "en"):
        headers = {
            "Authorization": f"DPoP {token}",
            "DPoP": proof,
            "Accept-Language": language,
        }
        async with system.client.get(system.url + PATH, headers=headers) as answer:
            problem = await answer.json(content_type=None)
        assert PUBLIC in problem["detail"]
        assert proof not in json.dumps(problem)
        texts.add(problem["detail"])
    assert len(texts) == 2


async def test_used_proofs_are_forgotten_when_nobody_would_take_them(
    database_url: str, databases: DatabaseStand
) -> None:
    settings = {"GATEWAY_DATABASE_URL": database_url}
    admin: asyncpg.Connection = await databases.admin(settings, "gateway")
    await admin.execute("TRUNCATE used_proofs")
    for digest, seconds in ((b"past", -1), (b"ahead", KEPT_SECONDS)):
        await admin.execute(
            "INSERT INTO used_proofs VALUES ($1, now() + make_interval(secs => $2))",
            digest,
            seconds,
        )
    database = Database(database_url, application="test")
    async with database.session() as session:
        assert not await forget_used_proofs(session)
        await session.commit()
    await database.close()
    assert [row["digest"] for row in await admin.fetch("SELECT * FROM used_proofs")] == [b"ahead"]
    await admin.close()
