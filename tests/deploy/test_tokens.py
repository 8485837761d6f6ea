"""Local tokens say what the gateway expects, and only their own key can have signed them."""

import json
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import KeySet

from deploy.local import keys
from deploy.local.environments import environment
from deploy.local.errors import StackError
from deploy.local.stack import DEV_PORTS, SERVICES, Stack
from deploy.local.tokens import PROFILES, sign_token


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    made = Stack("dev", tmp_path, DEV_PORTS)
    keys.ensure_keys(made)
    return made


def _verify(stack: Stack, token: str) -> jwt.Token:
    published = KeySet.import_key_set(keys.read_key(stack, keys.TOKEN_JWKS))  # type: ignore[arg-type]
    return jwt.decode(token, published, algorithms=["ES256"])


@pytest.mark.parametrize("role", PROFILES)
def test_every_role_gets_a_token_that_the_published_key_verifies(stack: Stack, role: str) -> None:
    token = _verify(stack, sign_token(stack, role))
    assert token.header["typ"] == "at+jwt"
    assert token.claims["roles"] == [role]
    assert token.claims["iss"] == "urn:sinergi:local"
    assert token.claims["aud"] == "sinergi-gateway"
    assert token.claims["purposes"]
    assert token.claims["exp"] - token.claims["iat"] == 12 * 3600
    assert ("mission" in token.claims) == role.startswith("mission-")


def test_what_is_asked_for_stands_in_the_token(stack: Stack) -> None:
    claims = _verify(
        stack,
        sign_token(
            stack,
            "mission-officer",
            organisation="KEMLU",
            mission="KJRI-JOHOR-BAHRU",
            subject="officer-7",
            purposes=("STATISTICS",),
        ),
    ).claims
    assert claims["mission"] == "KJRI-JOHOR-BAHRU"
    assert claims["sub"] == "officer-7"
    assert claims["purposes"] == ["STATISTICS"]


def test_another_stack_cannot_have_signed_it(stack: Stack, tmp_path: Path) -> None:
    other = Stack("other", tmp_path / "other", DEV_PORTS)
    other.directory.mkdir()
    keys.ensure_keys(other)
    # The same key id, so that the signature alone decides.
    forged = keys.read_key(other, keys.TOKEN_KEY) | {
        "kid": keys.read_key(stack, keys.TOKEN_KEY)["kid"]
    }
    (other.keys / keys.TOKEN_KEY).write_text(json.dumps(forged))
    with pytest.raises(BadSignatureError):
        _verify(stack, sign_token(other, "kemlu-desk"))


def test_an_unknown_role_is_refused_with_the_known_ones(stack: Stack) -> None:
    with pytest.raises(StackError, match="kemlu-desk"):
        sign_token(stack, "minister")


def test_published_keys_hold_no_private_part(stack: Stack) -> None:
    for name in (keys.TOKEN_JWKS, keys.TRANSACTION_JWKS):
        assert all("d" not in key for key in keys.read_key(stack, name)["keys"])
    assert "d" not in keys.read_key(stack, keys.SEALING_JWK)


def test_only_the_gateway_can_sign_for_services_and_only_the_registry_can_unseal(
    stack: Stack,
) -> None:
    settings = {one.name: environment(stack, one.name) for one in SERVICES}
    signers = {name for name, own in settings.items() if keys.TRANSACTION_KEY in str(own)}
    unsealers = {name for name, own in settings.items() if keys.SEALING_KEY in str(own)}
    assert signers == {"gateway"}
    assert unsealers == {"registry"}


def test_a_running_process_does_not_know_the_owner_of_its_tables(stack: Stack) -> None:
    for service in SERVICES:
        assert "_owner" not in str(environment(stack, service.name))
