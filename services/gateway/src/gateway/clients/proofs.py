"""Proofs of possession (DPoP, RFC 9449): whoever sends a bound token holds the key it is bound to.

What one proof says is checked here; that it comes only once is the business of `used_proofs`.
"""

import hashlib
import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from gateway.clients.rules import (
    ProofForOtherKey,
    ProofForOtherRequest,
    ProofForOtherToken,
    ProofMalformed,
    ProofMissing,
    ProofOutOfTime,
)
from gateway.clients.signatures import (
    VerifyingKey,
    header_of,
    pinned_algorithms,
    signed_payload,
)

# How old a proof may be, and how far its maker's clock may run ahead of ours.
LIFETIME_SECONDS = 60
AHEAD_SECONDS = 30
_TYPE = "dpop+jwt"
_LONGEST_PROOF = 4096
_LONGEST_ID = 200
_LONGEST_RSA_BITS = 4096
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_KINDS: dict[str, type[ECKey | RSAKey | OKPKey]] = {"EC": ECKey, "RSA": RSAKey, "OKP": OKPKey}
_PORTS = {"http": ":80", "https": ":443"}
_ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")


class Proof(NamedTuple):
    """A good proof: what makes it this one, and when it was made."""

    digest: bytes
    made_at: float


class Binding(NamedTuple):
    """What a token is bound to: the thumbprint of a key, and the token's own hash."""

    thumbprint: str
    token_hash: str


def binding_of(claims: Mapping[str, Any], token: bytes) -> Binding | None:
    """What the claims bind the token to, None where to nothing; raises ValueError if unknown."""
    if "cnf" not in claims:
        return None
    confirmed = claims["cnf"]
    if not isinstance(confirmed, dict) or set(confirmed) != {"jkt"}:
        raise ValueError("bound in a way that is not known here")
    if not isinstance(confirmed["jkt"], str):
        raise TypeError("a thumbprint is text")
    return Binding(confirmed["jkt"], base64url(hashlib.sha256(token).digest()))


class ProofCheck:
    """Checks proofs for requests to one public address."""

    def __init__(self, public_url: str) -> None:
        self._public_url = public_url.rstrip("/")
        self._origin = _normal(self._public_url) if public_url else None

    def check(
        self,
        sent: bytes | None,
        binding: Binding,
        *,
        method: str,
        raw_path: bytes,
        moment: float,
    ) -> Proof:
        """The proof of a request with a bound token; raises a ProofRefused for all but a good one.

        The address is the one that this gateway has for the world, never the Host that was sent.
        """
        if sent is None:
            raise ProofMissing
        claims, thumbprint = _opened(sent, binding)
        identity, made_at = claims.get("jti"), claims.get("iat")
        if not isinstance(identity, str) or not 0 < len(identity) <= _LONGEST_ID:
            raise ProofMalformed
        if isinstance(made_at, bool) or not isinstance(made_at, int | float):
            raise ProofMalformed
        if not moment - LIFETIME_SECONDS <= made_at <= moment + AHEAD_SECONDS:
            raise ProofOutOfTime(lifetime_seconds=LIFETIME_SECONDS)
        if claims.get("htm") != method or not self._is_here(claims.get("htu"), raw_path):
            raise ProofForOtherRequest(public_url=self._public_url)
        if claims.get("ath") != binding.token_hash:
            raise ProofForOtherToken
        digest = hashlib.sha256(f"{thumbprint}.{identity}".encode()).digest()
        return Proof(digest, float(made_at))

    def _is_here(self, url: object, raw_path: bytes) -> bool:
        if not isinstance(url, str) or self._origin is None:
            return False
        try:
            return _normal(url) == self._origin + _normal_path(raw_path.decode("ascii"))
        except ValueError:
            return False


def base64url(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def _opened(sent: bytes, binding: Binding) -> tuple[dict[str, Any], str]:
    """The claims of a proof by the bound key, and that key's thumbprint."""
    if len(sent) > _LONGEST_PROOF:
        raise ProofMalformed
    try:
        header = header_of(sent)
        key = _key_in(header)
        thumbprint = key.thumbprint()
        # Before the costly part, so that a stranger's key costs no verification.
        if thumbprint != binding.thumbprint:
            raise ProofForOtherKey
        claims = json.loads(signed_payload(sent, key, pinned_algorithms(key)))
    except (JoseError, ValueError, KeyError, TypeError, RecursionError):
        raise ProofMalformed from None
    if not isinstance(claims, dict):
        raise ProofMalformed
    return claims, thumbprint


def _key_in(header: Mapping[str, Any]) -> VerifyingKey:
    """The public key that a proof brings along; raises ProofMalformed, ValueError, KeyError."""
    given = header["jwk"]
    if header.get("typ") != _TYPE or "crit" in header or _PRIVATE & set(given):
        raise ProofMalformed
    key = _KINDS[given["kty"]].import_key({**given})
    if isinstance(key, RSAKey) and key.raw_value.key_size > _LONGEST_RSA_BITS:
        raise ProofMalformed
    if header["alg"] not in pinned_algorithms(key):
        raise ProofMalformed
    return key


def _normal(url: str) -> str:
    """An address without query and fragment, in the one form of RFC 3986; raises ValueError."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    if scheme not in _PORTS or not parts.hostname or "@" in parts.netloc:
        raise ValueError("no address of the web")
    return (
        f"{scheme}://{parts.netloc.lower().removesuffix(_PORTS[scheme])}{_normal_path(parts.path)}"
    )


def _normal_path(path: str) -> str:
    def settled(escaped: re.Match[str]) -> str:
        plain = unquote(escaped[0])
        return plain if _UNRESERVED.fullmatch(plain) else escaped[0].upper()

    return _ESCAPED.sub(settled, path)
