"""What is remembered about a token, and for how long."""

import json
from datetime import timedelta

import pytest
from joserfc import jws
from joserfc.jwk import KeyParameters, OKPKey, RSAKey
from pydantic import ValidationError

from gateway.clients.access import AccessTokens
from gateway.clients.issuers import load_issuer_keys
from gateway.clients.minting import TransactionMint
from shared import clock
from shared.errors import TokenRefused
from shared.sensitivity import Purpose
from tests.gateway.conftest import Keys, make_key, public_set


@pytest.fixture
def tokens(keys: Keys) -> AccessTokens:
    return AccessTokens(load_issuer_keys(keys.settings()), remembered=3)


def test_a_remembered_token_is_forgotten_when_it_expires(keys: Keys, tokens: AccessTokens) -> None:
    issued = clock.now()
    header = f"Bearer {keys.token(exp=int(issued.timestamp()) + 10)}".encode()
    with clock.standing_at(issued):
        first = tokens.admit(header)
        assert tokens.admit(header) is first
    with clock.standing_at(issued + timedelta(seconds=15)):
        assert tokens.admit(header) is not first
    with clock.standing_at(issued + timedelta(seconds=45)), pytest.raises(TokenRefused):
        tokens.admit(header)


def test_only_so_many_tokens_are_remembered(keys: Keys, tokens: AccessTokens) -> None:
    headers = [f"Bearer {keys.token(jti=str(number))}".encode() for number in range(4)]
    admitted = [tokens.admit(header) for header in headers]
    assert tokens.admit(headers[3]) is admitted[3]
    assert tokens.admit(headers[0]) is not admitted[0]


def test_a_transaction_token_is_kept_for_a_minute_and_lives_for_two(
    keys: Keys, tokens: AccessTokens
) -> None:
    mint = TransactionMint(keys.transaction_file)
    access = tokens.admit(f"Bearer {keys.token()}".encode())
    start = clock.now()
    with clock.standing_at(start):
        first = mint.token(access, Purpose.STATISTICS, "registry")
    with clock.standing_at(start + timedelta(seconds=59)):
        assert mint.token(access, Purpose.STATISTICS, "registry") == first
        assert mint.token(access, None, "registry") != first
        assert mint.token(access, Purpose.STATISTICS, "cases") != first
    with clock.standing_at(start + timedelta(seconds=61)):
        assert mint.token(access, Purpose.STATISTICS, "registry") != first
    claims = claims_of(first)
    assert claims["exp"] - claims["iat"] <= 120


def test_a_transaction_token_ends_soon_after_the_access_token(
    keys: Keys, tokens: AccessTokens
) -> None:
    expiry = int(clock.now().timestamp()) + 5
    access = tokens.admit(f"Bearer {keys.token(exp=expiry)}".encode())
    token = TransactionMint(keys.transaction_file).token(access, None, "registry")
    assert claims_of(token)["exp"] <= expiry + 30


def claims_of(token: str) -> dict[str, int]:
    claims: dict[str, int] = json.loads(jws.extract_compact(token.encode()).payload)
    return claims


def test_the_local_key_is_refused_outside_a_local_environment(keys: Keys) -> None:
    with pytest.raises(ValidationError, match="local"):
        keys.settings(environment="production")


def test_a_gateway_without_any_issuer_does_not_start(keys: Keys) -> None:
    with pytest.raises(ValidationError, match="ISSUERS_FILE"):
        keys.settings(local_jwks_file=None)


def test_an_identity_provider_cannot_pose_as_the_local_issuer(keys: Keys) -> None:
    issuers = keys.folder / "issuers.json"
    issuers.write_text(
        f'[{{"issuer": "urn:sinergi:local", "jwks_file": "{keys.local_jwks_file}"}}]'
    )
    settings = keys.settings(
        environment="production",
        local_jwks_file=None,
        issuers_file=issuers,
        public_url="https://api.example",
    )
    with pytest.raises(ValueError, match="identity provider"):
        load_issuer_keys(settings)


def test_a_key_speaks_for_its_own_issuer_only(keys: Keys) -> None:
    provider = make_key("provider-1")
    (keys.folder / "provider.json").write_text(public_set(provider))
    issuers = keys.folder / "issuers.json"
    issuers.write_text(
        json.dumps(
            [
                {
                    "issuer": "https://id.example",
                    "jwks_file": str(keys.folder / "provider.json"),
                    "bearer_clients": ["embassy-portal"],
                }
            ]
        )
    )
    settings = keys.settings(issuers_file=issuers, public_url="https://api.example")
    tokens = AccessTokens(load_issuer_keys(settings), remembered=3)
    good = keys.sign(
        keys.claims(iss="https://id.example"), key=provider, header={"kid": "provider-1"}
    )
    crossed = keys.sign(key=provider, header={"kid": "provider-1"})
    assert tokens.admit(f"Bearer {good}".encode()).subject == "officer-17"
    with pytest.raises(TokenRefused):
        tokens.admit(f"Bearer {crossed}".encode())


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize("algorithm", ["PS256", "Ed25519", "EdDSA"])
def test_rsa_pss_and_ed25519_are_accepted(keys: Keys, algorithm: str) -> None:
    parameters: KeyParameters = {"kid": "local-1"}
    key = (
        RSAKey.generate_key(2048, parameters=parameters)
        if algorithm == "PS256"
        else OKPKey.generate_key("Ed25519", parameters=parameters)
    )
    keys.local_jwks_file.write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    tokens = AccessTokens(load_issuer_keys(keys.settings()), remembered=3)
    token = keys.sign(key=key, algorithm=algorithm)
    assert tokens.admit(f"Bearer {token}".encode()).client == "embassy-portal"


@pytest.mark.filterwarnings("ignore:Key size")
def test_keys_of_other_kinds_are_refused_at_start(keys: Keys) -> None:
    weak = RSAKey.generate_key(1024, parameters={"kid": "weak"})
    keys.local_jwks_file.write_text(json.dumps({"keys": [weak.as_dict(private=False)]}))
    with pytest.raises(ValueError, match="none of"):
        load_issuer_keys(keys.settings())
