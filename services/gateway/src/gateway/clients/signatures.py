"""Keys and the one algorithm each is used with; what a compact JWS says once it is verified.

The key settles the algorithm, never the token.
"""

import warnings
from typing import Any

from joserfc import jws
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, OKPKey, RSAKey

VerifyingKey = ECKey | RSAKey | OKPKey

_SHORTEST_RSA_BITS = 2048
_LONGEST_HEADER = 2048


def pinned_algorithms(key: object) -> frozenset[str]:
    """The names of the one algorithm of this key; empty for a kind that is not accepted."""
    if isinstance(key, ECKey) and key.curve_name == "P-256":
        return frozenset({"ES256"})
    if isinstance(key, RSAKey) and key.raw_value.key_size >= _SHORTEST_RSA_BITS:
        return frozenset({"PS256"})
    if isinstance(key, OKPKey) and key.curve_name == "Ed25519":
        return frozenset({"EdDSA", "Ed25519"})
    return frozenset()


def signed_payload(token: bytes, key: VerifyingKey, algorithms: frozenset[str]) -> bytes:
    """The payload of a compact JWS; raises JoseError or ValueError unless this key signed it."""
    with warnings.catch_warnings():
        # The old name of Ed25519 is accepted: the key, not the header, settles what is meant.
        warnings.filterwarnings("ignore", "EdDSA is deprecated", SecurityWarning)
        return jws.deserialize_compact(token, key, registry=_roomy(algorithms)).payload


def header_of(token: bytes) -> dict[str, Any]:
    """What a compact JWS says of itself, unverified; raises JoseError or ValueError."""
    return jws.extract_compact(token, registry=_roomy(frozenset())).headers()


def _roomy(algorithms: frozenset[str]) -> jws.JWSRegistry:
    """The library's rules, with room for an RSA key in the header and for members unknown here."""
    registry = jws.JWSRegistry(algorithms=algorithms, strict_check_header=False)
    registry.max_header_length = _LONGEST_HEADER
    return registry
