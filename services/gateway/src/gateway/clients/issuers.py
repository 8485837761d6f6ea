"""Whose access tokens count: issuers and their keys, from files that settings name.

A key is found by its `kid` in these files and nowhere else; nothing is fetched while serving.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey
from pydantic import BaseModel, ConfigDict, TypeAdapter

from gateway.settings import Settings
from shared.sensitivity import INTERNAL

LOCAL_ISSUER = "urn:sinergi:local"
_SHORTEST_RSA_BITS = 2048


class Issuer(BaseModel):
    """One identity provider whose tokens are accepted."""

    model_config = ConfigDict(extra="forbid")

    issuer: Annotated[str, INTERNAL]
    jwks_file: Annotated[Path, INTERNAL]


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """A key, the names of the one algorithm it is used with, and the issuer it speaks for."""

    issuer: str
    algorithms: frozenset[str]
    key: ECKey | RSAKey | OKPKey


def load_issuer_keys(settings: Settings) -> dict[str, IssuerKey]:
    """All keys by `kid`; raises ValueError for a key without one, a kind not allowed, a clash."""
    issuers: list[Issuer] = []
    if settings.issuers_file is not None:
        named = TypeAdapter(list[Issuer]).validate_json(settings.issuers_file.read_bytes())
        if any(issuer.issuer == LOCAL_ISSUER for issuer in named):
            raise ValueError("the local issuer cannot be an identity provider")
        issuers += named
    if settings.local_jwks_file is not None:
        issuers.append(Issuer(issuer=LOCAL_ISSUER, jwks_file=settings.local_jwks_file))
    keys: dict[str, IssuerKey] = {}
    for issuer in issuers:
        for key in KeySet.import_key_set(json.loads(issuer.jwks_file.read_text())).keys:
            if not key.kid or key.kid in keys:
                raise ValueError(f"a key of {issuer.issuer} has no kid of its own")
            keys[key.kid] = _issuer_key(issuer.issuer, key)
    return keys


def _issuer_key(issuer: str, key: object) -> IssuerKey:
    if isinstance(key, ECKey) and key.curve_name == "P-256":
        return IssuerKey(issuer, frozenset({"ES256"}), key)
    if isinstance(key, RSAKey) and key.raw_value.key_size >= _SHORTEST_RSA_BITS:
        return IssuerKey(issuer, frozenset({"PS256"}), key)
    if isinstance(key, OKPKey) and key.curve_name == "Ed25519":
        return IssuerKey(issuer, frozenset({"EdDSA", "Ed25519"}), key)
    raise ValueError(f"a key of {issuer} is none of P-256, RSA of 2048 bits or more, Ed25519")
