"""Only a good access token passes, and what passes reaches one service as one caller."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from joserfc.jwk import RSAKey

from shared.auth import TransactionTokens
from shared.errors import TokenRefused
from tests.gateway.conftest import Keys, System, make_key


def _encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def _unsigned(keys: Keys) -> str:
    header = {"typ": "at+jwt", "alg": "none", "kid": "local-1"}
    return f"{_encoded(header)}.{_encoded(keys.claims())}."


def _hmac_with_the_public_key(keys: Keys) -> str:
    header = {"typ": "at+jwt", "alg": "HS256", "kid": "local-1"}
    signed = f"{_encoded(header)}.{_encoded(keys.claims())}"
    secret = keys.local.as_pem(private=False)
    mac = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def _critical(keys: Keys) -> str:
    header = {"typ": "at+jwt", "alg": "ES256", "kid": "local-1", "crit": ["b64"], "b64": True}
    signed = f"{_encoded(header)}.{_encoded(keys.claims())}"
    private = keys.local.private_key
    assert private is not None
    signature = private.sign(signed.encode(), ec.ECDSA(hashes.SHA256()))
    r, s = utils.decode_dss_signature(signature)
    raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return f"{signed}.{base64.urlsafe_b64encode(raw).rstrip(b'=').decode()}"


def _embedded_key(keys: Keys) -> str:
    thief = make_key("local-1")
    return keys.sign(key=thief, header={"jwk": thief.as_dict(private=False)})


def _changed(keys: Keys) -> str:
    head, _, signature = keys.token().split(".")
    return f"{head}.{_encoded(keys.claims(roles=['kemlu-desk']))}.{signature}"


def _rsa(keys: Keys) -> str:
    return keys.sign(
        key=RSAKey.generate_key(2048, parameters={"kid": "local-1"}), algorithm="PS256"
    )


REFUSED: dict[str, Callable[[Keys], str]] = {
    "expired": lambda keys: keys.token(exp=keys.claims()["iat"] - 31),
    "without expiry": lambda keys: keys.token(exp=None),
    "expiry as text": lambda keys: keys.token(exp="never"),
    "expiry as truth": lambda keys: keys.token(exp=True),
    "not yet valid": lambda keys: keys.token(nbf=keys.claims()["iat"] + 60),
    "issued in the future": lambda keys: keys.token(iat=keys.claims()["iat"] + 60),
    "other audience": lambda keys: keys.token(aud="registry"),
    "no audience": lambda keys: keys.token(aud=None),
    "other issuer": lambda keys: keys.token(iss="https://elsewhere.example"),
    "no subject": lambda keys: keys.token(sub=None),
    "no client": lambda keys: keys.token(client_id=None),
    "no organisation": lambda keys: keys.token(organisation=None),
    "roles as text": lambda keys: keys.token(roles="kemlu-desk"),
    "bound to a certificate": lambda keys: keys.token(cnf={"x5t#S256": "thumbprint"}),
    "bound to nothing": lambda keys: keys.token(cnf={}),
    "bound to a number": lambda keys: keys.token(cnf={"jkt": 1}),
    "claims are a list": lambda keys: keys.sign(claims=["sub"]),  # type: ignore[arg-type]
    "type JWT": lambda keys: keys.sign(header={"typ": "JWT"}),
    "type of a transaction token": lambda keys: keys.sign(header={"typ": "txntoken+jwt"}),
    "no type": lambda keys: keys.sign(header={"typ": None}),
    "foreign kid": lambda keys: keys.sign(header={"kid": "local-2"}),
    "no kid": lambda keys: keys.sign(header={"kid": None}),
    "foreign key, known kid": lambda keys: keys.sign(key=make_key("local-1")),
    "key of the transaction tokens": lambda keys: keys.sign(
        key=keys.transaction, header={"kid": "transaction-1"}
    ),
    "critical extension": _critical,
    "algorithm none": _unsigned,
    "HS256 with the public key": _hmac_with_the_public_key,
    "PS256 with a known kid": _rsa,
    "embedded jwk": _embedded_key,
    "claims changed": _changed,
    "no token at all": lambda _keys: "",
    "not a token": lambda _keys: "a.b.c",
    "too long": lambda keys: keys.token(padding="x" * 9000),
}


@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED.keys())
async def test_a_bad_token_is_refused_before_any_service_hears_of_it(
    system: System, make: Callable[[Keys], str]
) -> None:
    token = make(system.keys)
    answer = await system.ask("/v1/persons/1", headers={"Authorization": f"Bearer {token}"})
    problem = await answer.json(content_type="application/problem+json")
    assert answer.status == 401
    assert problem["code"] == "token-refused"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.headers["Request-Id"] == problem["trace_id"]
    assert not system.registry.seen


@pytest.mark.parametrize("scheme", ["Basic", "DPoP", "Bearerx"])
async def test_another_scheme_is_refused(system: System, scheme: str) -> None:
    token = system.keys.token()
    answer = await system.ask("/v1/persons/1", headers={"Authorization": f"{scheme} {token}"})
    assert answer.status == 401


async def test_a_request_without_authorization_is_refused(system: System) -> None:
    async with system.client.get(system.url + "/v1/persons/1") as answer:
        assert answer.status == 401
    assert not system.registry.seen


async def test_links_to_keys_in_the_header_are_never_followed(system: System) -> None:
    asked = {"jku": f"{system.cases.url}/jwks", "x5u": f"{system.cases.url}/chain"}
    thief = make_key("local-1")
    token = system.keys.sign(key=thief, header=asked)
    answer = await system.ask("/v1/persons/1", headers={"Authorization": f"Bearer {token}"})
    assert answer.status == 401
    assert not system.cases.seen


@pytest.mark.parametrize(
    ("path", "service"),
    [("/v1/persons/1", "registry"), ("/v1/cases/1", "cases"), ("/v1/employers/1", "job-orders")],
)
async def test_each_service_gets_a_token_that_only_it_can_use(
    system: System, path: str, service: str
) -> None:
    answer = await system.ask(path, headers={"Purpose-Of-Use": "PROTECTION_CASE"})
    assert answer.status == 200
    caller = system.caller(service)
    assert (caller.subject, caller.client) == ("officer-17", "embassy-portal")
    assert (caller.organisation, caller.mission) == ("KEMLU", "KBRI-KUALA-LUMPUR")
    assert caller.roles == {"mission-officer"}
    assert caller.purpose == "PROTECTION_CASE"
    token = getattr(system, service.replace("-", "_")).seen[-1].header("txn-token")
    for other in {"registry", "cases", "job-orders", "gateway"} - {service}:
        with pytest.raises(TokenRefused):
            TransactionTokens(system.keys.transaction_jwks_file, other).verify(token)


async def test_a_transaction_token_opens_nothing_at_the_entrance(system: System) -> None:
    await system.ask("/v1/persons/1")
    token = system.registry.seen[-1].header("txn-token")
    answer = await system.ask("/v1/persons/1", headers={"Authorization": f"Bearer {token}"})
    assert answer.status == 401


async def test_an_unknown_purpose_is_malformed(system: System) -> None:
    answer = await system.ask("/v1/persons/1", headers={"Purpose-Of-Use": "CURIOSITY"})
    problem = await answer.json(content_type="application/problem+json")
    assert (answer.status, problem["code"]) == (400, "purpose-unknown")
    assert "CURIOSITY" not in json.dumps(problem)
    assert not system.registry.seen


async def test_a_purpose_that_is_not_registered_is_forbidden(system: System) -> None:
    answer = await system.ask("/v1/persons/1", headers={"Purpose-Of-Use": "INSURANCE_CLAIM"})
    problem = await answer.json(content_type="application/problem+json")
    assert (answer.status, problem["code"]) == (403, "purpose-not-registered")
    assert not system.registry.seen


async def test_without_a_purpose_the_service_decides(system: System) -> None:
    answer = await system.ask("/v1/persons/1")
    assert answer.status == 200
    assert system.caller("registry").purpose is None


async def test_two_purposes_are_never_mixed_up_by_what_is_remembered(system: System) -> None:
    headers = system.bearer
    for purpose in ("PROTECTION_CASE", "STATISTICS", "PROTECTION_CASE"):
        await system.ask("/v1/persons/1", headers=headers | {"Purpose-Of-Use": purpose})
        assert system.caller("registry").purpose == purpose
    await system.ask("/v1/persons/1", headers=headers)
    assert system.caller("registry").purpose is None
