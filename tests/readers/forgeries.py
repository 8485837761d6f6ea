"""Transaction tokens that a service must refuse, each wrong in one way."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from joserfc import jws
from joserfc.jwk import ECKey

from deploy.local import keys
from deploy.local.stack import Stack
from shared.auth import TRANSACTION_ISSUER, TRANSACTION_TOKEN_TYPE

_DEPTH = 5000


@dataclass(frozen=True)
class Forge:
    """Signs what a thief would: with the gateway's key where only the claims are wrong."""

    stack: Stack
    audience: str
    key: ECKey = field(init=False)

    def __post_init__(self) -> None:
        key = ECKey.import_key(keys.read_key(self.stack, keys.TRANSACTION_KEY))
        object.__setattr__(self, "key", key)

    def claims(self, **other: Any) -> dict[str, Any]:
        now = int(time.time())
        claims = {
            "iss": TRANSACTION_ISSUER,
            "aud": self.audience,
            "txn": secrets.token_hex(8),
            "sub": "kemlu-desk-1",
            "client_id": "portal",
            "organisation": "KEMLU",
            "roles": ["kemlu-desk"],
            "purpose": "PROTECTION_CASE",
            "iat": now,
            "exp": now + 60,
        }
        return {name: value for name, value in (claims | other).items() if value is not None}

    def header(self, **other: Any) -> dict[str, Any]:
        header = {"alg": "ES256", "typ": TRANSACTION_TOKEN_TYPE, "kid": self.key.kid}
        return {name: value for name, value in (header | other).items() if value is not None}

    def sign(
        self, *, key: ECKey | None = None, header: dict[str, Any] | None = None, **claims: Any
    ) -> str:
        """A token with some claims and header members changed; None leaves one out."""
        return jws.serialize_compact(
            self.header(**(header or {})),
            json.dumps(self.claims(**claims)),
            key or self.key,
            algorithms=["ES256"],
            registry=jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False),
        )

    def thief(self, kid: str | None = None) -> ECKey:
        return ECKey.generate_key("P-256", parameters={"kid": kid or str(self.key.kid)})

    def unsigned(self) -> str:
        return f"{_encoded(self.header(alg='none'))}.{_encoded(self.claims())}."

    def hmac_with_the_public_key(self) -> str:
        signed = f"{_encoded(self.header(alg='HS256'))}.{_encoded(self.claims())}"
        mac = hmac.digest(self.key.as_pem(private=False), signed.encode(), hashlib.sha256)
        return f"{signed}.{_text(mac)}"

    def critical(self) -> str:
        """Signed rightly, with a member that must be understood and is not."""
        header = self.header(crit=["sinergi"], sinergi=True)
        signed = f"{_encoded(header)}.{_encoded(self.claims())}"
        private = self.key.private_key
        assert private is not None
        r, s = utils.decode_dss_signature(private.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signed}.{_text(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"

    def with_its_own_key(self) -> str:
        thief = self.thief()
        return self.sign(key=thief, header={"jwk": thief.as_dict(private=False)})

    def changed(self) -> str:
        head, _, signature = self.sign().split(".")
        return f"{head}.{_encoded(self.claims(roles=['mission-head']))}.{signature}"

    def nested(self) -> str:
        """A header so deep that reading it would end at the limit of recursion."""
        return f"{_text(b'[' * _DEPTH)}.{_encoded(self.claims())}.{_text(b'x' * 64)}"


Make = Callable[[Forge], str]
FORGERIES: dict[str, Make] = {
    "empty": lambda forge: "",
    "not a token": lambda forge: "a.b.c",
    "truncated": lambda forge: forge.sign()[:-8],
    "without its signature": lambda forge: forge.sign().rpartition(".")[0] + ".",
    "oversize": lambda forge: forge.sign(padding="x" * 40_000),
    "a header without end": Forge.nested,
    "expired": lambda forge: forge.sign(iat=_ago(90), exp=_ago(1)),
    "expired within the clock skew": lambda forge: forge.sign(exp=_ago(0)),
    "without expiry": lambda forge: forge.sign(exp=None),
    "expiry as text": lambda forge: forge.sign(exp="never"),
    "living too long": lambda forge: forge.sign(exp=_ago(-3600)),
    "issued in the future": lambda forge: forge.sign(iat=_ago(-60), exp=_ago(-120)),
    "not yet valid": lambda forge: forge.sign(nbf=_ago(-60)),
    "without a moment of issue": lambda forge: forge.sign(iat=None),
    "of another issuer": lambda forge: forge.sign(iss="urn:sinergi:elsewhere"),
    "without issuer": lambda forge: forge.sign(iss=None),
    "without audience": lambda forge: forge.sign(aud=None),
    "for everybody": lambda forge: forge.sign(aud="*"),
    "for many services": lambda forge: forge.sign(aud=[forge.audience, "elsewhere"]),
    "without subject": lambda forge: forge.sign(sub=None),
    "without client": lambda forge: forge.sign(client_id=None),
    "without organisation": lambda forge: forge.sign(organisation=None),
    "without roles": lambda forge: forge.sign(roles=None),
    "roles as text": lambda forge: forge.sign(roles="kemlu-desk"),
    "roles as numbers": lambda forge: forge.sign(roles=[1]),
    "of an unknown purpose": lambda forge: forge.sign(purpose="CURIOSITY"),
    "the type of an access token": lambda forge: forge.sign(header={"typ": "at+jwt"}),
    "type JWT": lambda forge: forge.sign(header={"typ": "JWT"}),
    "without type": lambda forge: forge.sign(header={"typ": None}),
    "algorithm none": Forge.unsigned,
    "HS256 with the public key": Forge.hmac_with_the_public_key,
    "foreign key, known kid": lambda forge: forge.sign(key=forge.thief()),
    "unknown kid": lambda forge: forge.sign(header={"kid": "elsewhere"}),
    "foreign key, unknown kid": lambda forge: forge.sign(
        key=forge.thief("thief"), header={"kid": "thief"}
    ),
    "embedded jwk": Forge.with_its_own_key,
    "critical extension": Forge.critical,
    "claims changed": Forge.changed,
}


def _ago(seconds: int) -> int:
    return int(time.time()) - seconds


def _encoded(part: dict[str, Any]) -> str:
    return _text(json.dumps(part).encode())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
