"""The WWW-Authenticate header of a 401: by which scheme to come again, and what was wrong."""

from gateway.clients.rules import ProofMissing, ProofRefused, TokenNotBound
from shared.errors import TokenRefused

_ALGORITHMS = "ES256 PS256 Ed25519 EdDSA"


def challenge(refusal: TokenRefused, authorization: bytes) -> str:
    """The challenge for this refusal (RFC 6750 section 3, RFC 9449 section 7.1)."""
    if isinstance(refusal, (ProofMissing, TokenNotBound)):
        return _dpop("invalid_token", refusal)
    if isinstance(refusal, ProofRefused):
        return _dpop("invalid_dpop_proof", refusal)
    if authorization[:5].lower() == b"dpop ":
        return _dpop("invalid_token", refusal)
    return "Bearer"


def _dpop(error: str, refusal: TokenRefused) -> str:
    return f'DPoP error="{error}", error_description="{refusal.title.en}", algs="{_ALGORITHMS}"'
