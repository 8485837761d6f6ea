"""Who is calling, and what for: transaction tokens verified by the service itself.

Transaction Tokens draft-11 (`txntoken+jwt`), ES256, audience = one service. A header set by the
gateway is never trusted by itself.
"""

import json
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from starlette.requests import Request

from shared.errors import TokenRefused
from shared.sensitivity import Purpose

TRANSACTION_TOKEN_HEADER = "txn-token"  # noqa: S105 - the name of a header, not a token.
TRANSACTION_TOKEN_TYPE = "txntoken+jwt"  # noqa: S105 - the media type of the token.
TRANSACTION_ISSUER = "urn:sinergi:gateway"
_REMEMBERED = 4096
_SKEW_SECONDS = 30
_LONGEST_SECONDS = 120
_LONGEST_TOKEN = 8192


@dataclass(frozen=True, slots=True)
class Caller:
    """The originating subject of a call, as the gateway vouches for it."""

    subject: str
    client: str
    organisation: str
    mission: str | None
    roles: frozenset[str]
    purpose: Purpose | None
    transaction: str


class TransactionTokens:
    """Verifies transaction tokens of one audience; remembers good ones until they expire."""

    def __init__(self, jwks_file: Path, audience: str) -> None:
        self._keys = KeySet.import_key_set(json.loads(jwks_file.read_text()))
        self._audience = audience
        self._seen: OrderedDict[str, tuple[float, Caller]] = OrderedDict()

    def verify(self, token: str) -> Caller:
        """The caller in a token; raises TokenRefused for anything but a good one."""
        moment = time.time()
        known = self._seen.get(token)
        if known is not None and known[0] > moment:
            return known[1]
        claims = self._checked(token, moment)
        caller = _caller(claims)
        self._seen[token] = (float(claims["exp"]), caller)
        while len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return caller

    def _checked(self, token: str, moment: float) -> Mapping[str, Any]:
        if len(token) > _LONGEST_TOKEN:
            raise TokenRefused
        try:
            decoded = jwt.decode(token, self._keys, algorithms=["ES256"])
        except (JoseError, ValueError, KeyError, TypeError):
            raise TokenRefused from None
        claims = decoded.claims
        good = (
            decoded.header.get("typ") == TRANSACTION_TOKEN_TYPE
            and claims.get("iss") == TRANSACTION_ISSUER
            and claims.get("aud") == self._audience
            and isinstance(claims.get("exp"), int)
            and isinstance(claims.get("iat"), int)
            and claims["iat"] - _SKEW_SECONDS <= moment < claims["exp"]
            and _begins(claims) - _SKEW_SECONDS <= moment
            and claims["exp"] - claims["iat"] <= _LONGEST_SECONDS
            and isinstance(claims.get("sub"), str)
        )
        if not good:
            raise TokenRefused
        return claims


def _begins(claims: Mapping[str, Any]) -> int:
    moment = claims.get("nbf", claims["iat"])
    if not isinstance(moment, int):
        raise TokenRefused
    return moment


def _roles(claims: Mapping[str, Any]) -> frozenset[str]:
    roles = claims["roles"]
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise TokenRefused
    return frozenset(roles)


def _caller(claims: Mapping[str, Any]) -> Caller:
    try:
        purpose, mission = claims.get("purpose"), claims.get("mission")
        return Caller(
            subject=claims["sub"],
            client=str(claims["client_id"]),
            organisation=str(claims["organisation"]),
            mission=str(mission) if mission is not None else None,
            roles=_roles(claims),
            purpose=Purpose(purpose) if purpose else None,
            transaction=str(claims["txn"]),
        )
    except (KeyError, TypeError, ValueError):
        raise TokenRefused from None


def caller_of(request: Request) -> Caller:
    """The verified caller of a request; raises TokenRefused. The service's app holds the keys."""
    known = request.scope.get("sinergi.caller")
    if isinstance(known, Caller):
        return known
    token = request.headers.get(TRANSACTION_TOKEN_HEADER)
    if not token:
        raise TokenRefused
    tokens: TransactionTokens = request.app.state.transaction_tokens
    caller = tokens.verify(token)
    request.scope["sinergi.caller"] = caller
    return caller
