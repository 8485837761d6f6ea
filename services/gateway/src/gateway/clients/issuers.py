"""Whose access tokens count: issuers, and those of their keys that stand in files.

A key is found by its `kid` among those of the named issuers and nowhere else. Keys that an
identity provider publishes itself are the business of `providers`.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from gateway.clients.signatures import VerifyingKey, pinned_algorithms
from gateway.settings import Settings
from shared.sensitivity import INTERNAL

LOCAL_ISSUER = "urn:sinergi:local"
AUDIENCE = "sinergi-gateway"


class Issuer(BaseModel):
    """One identity provider whose tokens are accepted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: Annotated[str, INTERNAL]
    audience: Annotated[str, INTERNAL] = AUDIENCE
    jwks_file: Annotated[Path | None, INTERNAL] = None
    jwks_url: Annotated[str | None, INTERNAL] = Field(default=None, pattern=r"^https?://")
    # The clients by which people sign in. Any other token must be bound to its sender's key.
    bearer_clients: Annotated[frozenset[str], INTERNAL] = frozenset()

    @model_validator(mode="after")
    def _keys_come_from_one_place(self) -> Self:
        if (self.jwks_file is None) == (self.jwks_url is None):
            raise ValueError(f"name either jwks_file or jwks_url for {self.issuer}")
        return self

    def takes_bearer_from(self, client: str) -> bool:
        """Whether this client's token may be used by whoever holds it."""
        return self.issuer == LOCAL_ISSUER or client in self.bearer_clients


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """A key, the names of the one algorithm it is used with, and the issuer it speaks for."""

    issuer: Issuer
    algorithms: frozenset[str]
    key: VerifyingKey


def read_issuers(settings: Settings) -> list[Issuer]:
    """The issuers of the settings; raises ValueError where one poses as local or is not secure."""
    issuers: list[Issuer] = []
    if settings.issuers_file is not None:
        named = TypeAdapter(list[Issuer]).validate_json(settings.issuers_file.read_bytes())
        for one in named:
            if one.issuer == LOCAL_ISSUER:
                raise ValueError("the local issuer cannot be an identity provider")
            if not settings.is_local and (one.jwks_url or "https://").startswith("http://"):
                raise ValueError(f"the keys of {one.issuer} must be fetched by https")
        issuers += named
    if settings.local_jwks_file is not None:
        issuers.append(Issuer(issuer=LOCAL_ISSUER, jwks_file=settings.local_jwks_file))
    return issuers


def load_issuer_keys(settings: Settings) -> dict[str, IssuerKey]:
    """All keys in files, by `kid`; raises ValueError for one without, a wrong kind, a clash."""
    keys: dict[str, IssuerKey] = {}
    for issuer in read_issuers(settings):
        if issuer.jwks_file is None:
            continue
        for key in KeySet.import_key_set(json.loads(issuer.jwks_file.read_text())).keys:
            if not key.kid or key.kid in keys:
                raise ValueError(f"a key of {issuer.issuer} has no kid of its own")
            algorithms = pinned_algorithms(key)
            if not (algorithms and isinstance(key, ECKey | RSAKey | OKPKey)):
                raise ValueError(
                    f"a key of {issuer.issuer} is none of P-256, RSA of 2048 bits or more, Ed25519"
                )
            keys[key.kid] = IssuerKey(issuer, algorithms, key)
    return keys
