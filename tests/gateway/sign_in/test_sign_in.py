"""Real sign-in: the server of the committed realm, the gateway, and what each of them refuses."""

import json
from base64 import urlsafe_b64decode
from dataclasses import replace
from typing import Any

import pytest
from joserfc.jwk import ECKey, KeyParameters

from deploy.local.errors import StackError
from deploy.local.sign_in import (
    PartnerSystem,
    SignInRefused,
    header_lines,
    make_proof,
    partner_system,
    sign_in_person,
)
from deploy.local.stack import Stack
from gateway.clients.proofs import base64url
from gateway.clients.signatures import header_of
from tests.gateway.conftest import System
from tests.gateway.sign_in.conftest import Administrator

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(600)]

PATH = "/v1/persons/1"
Answer = tuple[int, dict[str, Any], str]


async def call(
    gateway: System, headers: dict[str, str], *, method: str = "GET", path: str = PATH
) -> Answer:
    """Status, body and challenge of one call."""
    async with gateway.client.request(method, gateway.url + path, headers=headers) as answer:
        content = await answer.json(content_type=None)
        return answer.status, content, answer.headers.get("WWW-Authenticate", "")


def refused(answer: Answer) -> str:
    """The code of a refusal that tells by which scheme to come again."""
    status, problem, challenge = answer
    assert status == 401, problem
    assert challenge.startswith("DPoP error=")
    return str(problem["code"])


@pytest.fixture(scope="module")
def url(provider: Stack) -> str:
    return provider.gateway_url + PATH


async def test_a_partner_system_comes_in_by_its_key_with_a_proof(
    gateway: System, siskop2mi: PartnerSystem, url: str
) -> None:
    token = siskop2mi.token()
    headers = siskop2mi.headers("GET", url, token) | {"Purpose-Of-Use": "PLACEMENT_SERVICE"}
    status, content, _ = await call(gateway, headers)
    assert (status, content) == (200, {"ok": True})
    caller = gateway.caller("registry")
    assert (caller.client, caller.organisation) == ("siskop2mi", "KP2MI")
    assert caller.roles == {"system-siskop2mi"}
    assert caller.mission is None


@pytest.mark.parametrize("role", ["system-peduliwni", "placement-agency"])
async def test_each_partner_has_its_own_role_and_no_other(
    gateway: System, provider: Stack, url: str, role: str
) -> None:
    system = partner_system(provider, role)
    status, _, _ = await call(gateway, system.headers("GET", url, system.token()))
    assert status == 200
    assert gateway.caller("registry").roles == {role}


async def test_a_stolen_token_and_a_used_proof_are_of_no_use(
    gateway: System, siskop2mi: PartnerSystem, url: str
) -> None:
    token = siskop2mi.token()
    used = siskop2mi.headers("GET", url, token)
    assert (await call(gateway, used))[0] == 200
    assert refused(await call(gateway, used)) == "proof-replayed"
    seen = len(gateway.registry.seen)
    thief = make_proof(ECKey.generate_key("P-256"), "GET", url, token=token)
    for headers, code in (
        ({"Authorization": f"Bearer {token}"}, "proof-missing"),
        ({"Authorization": f"DPoP {token}"}, "proof-missing"),
        ({"Authorization": f"DPoP {token}", "DPoP": thief}, "proof-for-other-key"),
    ):
        assert refused(await call(gateway, headers)) == code
    assert len(gateway.registry.seen) == seen


async def test_a_proof_for_another_request_or_token_is_refused(
    gateway: System, siskop2mi: PartnerSystem, url: str
) -> None:
    token, other = siskop2mi.token(), siskop2mi.token()
    for proof, code in (
        (siskop2mi.proof("POST", url, token=token), "proof-for-other-request"),
        (siskop2mi.proof("GET", url + "/cases", token=token), "proof-for-other-request"),
        # The address at which this very process listens, which is not its public one.
        (siskop2mi.proof("GET", gateway.url + PATH, token=token), "proof-for-other-request"),
        (siskop2mi.proof("GET", url, token=other), "proof-for-other-token"),
        (siskop2mi.proof("GET", url), "proof-for-other-token"),
    ):
        headers = {"Authorization": f"DPoP {token}", "DPoP": proof}
        assert refused(await call(gateway, headers)) == code


async def test_a_partners_token_without_a_key_is_refused(
    gateway: System, administrator: Administrator, provider: Stack
) -> None:
    """The realm gives none; one that does by mistake opens nothing."""
    peduliwni = partner_system(provider, "system-peduliwni")
    with pytest.raises(SignInRefused, match="DPoP proof is missing"):
        peduliwni.token(with_proof=False)
    administrator.change_client("peduliwni", **{"dpop.bound.access.tokens": "false"})
    try:
        token = peduliwni.token(with_proof=False)
        answer = await call(gateway, {"Authorization": f"Bearer {token}"})
        assert refused(answer) == "token-not-bound"
    finally:
        administrator.change_client("peduliwni", **{"dpop.bound.access.tokens": "true"})


def test_the_provider_refuses_a_partner_that_cannot_prove_who_it_is(
    siskop2mi: PartnerSystem,
) -> None:
    same_name: KeyParameters = {"kid": siskop2mi.key.kid or ""}
    stranger = replace(siskop2mi, key=ECKey.generate_key("P-256", same_name))
    with pytest.raises(SignInRefused):
        stranger.token()
    with pytest.raises(SignInRefused):
        siskop2mi.token(aud="https://elsewhere.example")
    with pytest.raises(SignInRefused):
        siskop2mi.token(iss="peduliwni", sub="peduliwni")
    assert siskop2mi.token(jti="an-assertion")
    with pytest.raises(SignInRefused):
        siskop2mi.token(jti="an-assertion")


async def test_a_person_signs_in_by_the_login_page(gateway: System, provider: Stack) -> None:
    token = sign_in_person(provider, "mission-officer")
    headers = {"Authorization": f"Bearer {token}", "Purpose-Of-Use": "PROTECTION_CASE"}
    assert (await call(gateway, headers))[0] == 200
    caller = gateway.caller("registry")
    assert (caller.client, caller.organisation) == ("sinergi-portal", "KEMLU")
    assert caller.mission == "KBRI-KUALA-LUMPUR"
    assert caller.roles == {"mission-officer"}
    status, problem, _ = await call(gateway, headers | {"Purpose-Of-Use": "INSURANCE_CLAIM"})
    assert (status, problem["code"]) == (403, "purpose-not-registered")


@pytest.mark.parametrize("role", ["system-siskop2mi", "kemlu-desk"])
async def test_the_headers_that_make_token_prints_let_that_role_in(
    gateway: System, provider: Stack, role: str
) -> None:
    printed = header_lines(provider, role, f"GET {PATH}?page=2").splitlines()
    status, _, _ = await call(gateway, dict(line.split(": ", 1) for line in printed))
    assert status == 200
    assert gateway.caller("registry").roles == {role}


def test_what_cannot_be_signed_in_is_told_with_its_cure(provider: Stack) -> None:
    with pytest.raises(StackError, match="CALL="):
        header_lines(provider, "system-siskop2mi", None)
    with pytest.raises(StackError, match="Name one of"):
        header_lines(provider, "nobody", None)


def test_a_wrong_password_and_a_stolen_code_give_no_token(provider: Stack) -> None:
    with pytest.raises(SignInRefused, match="login page came back"):
        sign_in_person(provider, "kemlu-desk", password="a-guess-of-someone")
    with pytest.raises(SignInRefused, match="PKCE"):
        sign_in_person(provider, "kemlu-desk", verifier="somebody-elses-" + "x" * 40)


async def test_a_token_is_good_for_five_minutes(
    gateway: System, late_gateway: System, provider: Stack
) -> None:
    headers = {"Authorization": f"Bearer {sign_in_person(provider, 'kemlu-desk')}"}
    assert (await call(gateway, headers))[0] == 200
    status, problem, _ = await call(late_gateway, headers)
    assert (status, problem["code"]) == (401, "token-refused")


async def test_tokens_of_the_servers_own_clients_open_nothing(
    gateway: System, administrator: Administrator, provider: Stack
) -> None:
    for token in (administrator.token(), changed(sign_in_person(provider, "kemlu-desk"))):
        status, problem, _ = await call(gateway, {"Authorization": f"Bearer {token}"})
        assert (status, problem["code"]) == (401, "token-refused")


def changed(token: str) -> str:
    """The token with another role written into it."""
    head, payload, signature = token.split(".")
    claims = json.loads(urlsafe_b64decode(payload + "=="))
    claims["roles"] = ["kp2mi-regulator"]
    return f"{head}.{base64url(json.dumps(claims).encode())}.{signature}"


async def test_the_realms_key_can_be_exchanged_while_calls_go_on(
    gateway: System, administrator: Administrator, siskop2mi: PartnerSystem, url: str
) -> None:
    before = siskop2mi.token()
    assert (await call(gateway, siskop2mi.headers("GET", url, before)))[0] == 200
    [old] = administrator.signing_keys()
    administrator.add_signing_key()
    after = siskop2mi.token()
    assert header_of(after.encode())["kid"] != header_of(before.encode())["kid"]
    for token in (after, before):
        assert (await call(gateway, siskop2mi.headers("GET", url, token)))[0] == 200
    administrator.ask("DELETE", f"/components/{old['id']}")
    newest = siskop2mi.token()
    assert (await call(gateway, siskop2mi.headers("GET", url, newest)))[0] == 200
