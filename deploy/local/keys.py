"""The keys of a local stack, made at its first start; never used outside this machine."""

import base64
import json
import secrets
from typing import Any

from deploy.local.stack import SERVICES, Stack, write_private

# The private signing keys and their public halves, by file name in the stack's key folder.
TOKEN_KEY, TOKEN_JWKS = "token-key.json", "token-jwks.json"
TRANSACTION_KEY, TRANSACTION_JWKS = "transaction-key.json", "transaction-jwks.json"
SEALING_KEY, SEALING_JWK = "sealing-key.json", "sealing-jwk.json"
PASSWORDS = "passwords.json"


def keyring_file(package: str) -> str:
    return f"{package.replace('_', '-')}-keyring.json"


def ensure_keys(stack: Stack) -> None:
    """Make every key that is missing; one that exists is never changed."""
    stack.keys.mkdir(mode=0o700, exist_ok=True)
    _ensure(stack, PASSWORDS, _new_passwords)
    for service in SERVICES:
        _ensure(stack, keyring_file(service.package), _new_keyring)
    ensure_key_pair(stack, TOKEN_KEY, TOKEN_JWKS)
    ensure_key_pair(stack, TRANSACTION_KEY, TRANSACTION_JWKS)
    _ensure(stack, SEALING_KEY, lambda: _new_key(use="enc", alg="ECDH-ES+A256KW"))
    _ensure(stack, SEALING_JWK, lambda: _public_half(stack, SEALING_KEY))


def ensure_key_pair(stack: Stack, private: str, public: str) -> None:
    """Make a signing key and the set that holds its public half, unless they are there."""
    _ensure(stack, private, lambda: _new_key(use="sig", alg="ES256"))
    _ensure(stack, public, lambda: {"keys": [_public_half(stack, private)]})


def read_key(stack: Stack, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((stack.keys / name).read_text())
    return content


def password(stack: Stack, role: str) -> str:
    """The password of a database role of this stack, `postgres` being the superuser."""
    return str(read_key(stack, PASSWORDS)[role])


def _ensure(stack: Stack, name: str, make: Any) -> None:
    path = stack.keys / name
    if not path.exists():
        write_private(path, json.dumps(make(), indent=1) + "\n")


def _new_passwords() -> dict[str, str]:
    roles = [f"{service.package}_{kind}" for service in SERVICES for kind in ("owner", "app")]
    return {role: secrets.token_urlsafe(24) for role in ["postgres", *roles]}


def _new_keyring() -> dict[str, Any]:
    def one() -> dict[str, Any]:
        key = base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()
        return {"current": "k1", "keys": {"k1": key}}

    return {"encryption": one(), "index": one()}


def _new_key(*, use: str, alg: str) -> dict[str, Any]:
    # joserfc loads the whole of cryptography, which a second start has no need of.
    from joserfc.jwk import ECKey  # noqa: PLC0415

    key = ECKey.generate_key("P-256", {"use": use, "alg": alg}, private=True)
    return {**key.as_dict(private=True), "kid": key.thumbprint()}


def _public_half(stack: Stack, private: str) -> dict[str, Any]:
    return {name: value for name, value in read_key(stack, private).items() if name != "d"}
