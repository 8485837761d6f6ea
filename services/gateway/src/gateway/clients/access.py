"""The access token that a caller holds: verified once, remembered by its hash until it expires."""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, NamedTuple

from joserfc.errors import JoseError

from gateway.clients.issuers import IssuerKey
from gateway.clients.proofs import Binding, binding_of
from gateway.clients.rules import (
    ProofMissing,
    PurposeNotRegistered,
    PurposeUnknown,
    TokenNotBound,
)
from gateway.clients.signatures import header_of, signed_payload
from shared import clock
from shared.errors import TokenRefused
from shared.sensitivity import Purpose

SKEW_SECONDS = 30
_TYPES = frozenset({"at+jwt", "application/at+jwt"})
_SCHEMES = frozenset({b"bearer", b"dpop"})
_LONGEST_TOKEN = 8192
_LONGEST_CLAIM = 200
_PURPOSES = {purpose.value.encode(): purpose for purpose in Purpose}


class Minted(NamedTuple):
    token: str
    good_until: float


class Admitted(NamedTuple):
    """Who came in, and what for; the gateway's own routes find it in their scope."""

    access: "Access"
    purpose: Purpose | None


class KeyUnknown(TokenRefused):
    """The token names a key that is not known, or not yet."""


class Access:
    """What a verified access token says, and the transaction tokens minted from it."""

    __slots__ = (
        "binding",
        "client",
        "expires_at",
        "minted",
        "mission",
        "organisation",
        "purposes",
        "roles",
        "subject",
    )

    def __init__(self, claims: Mapping[str, Any], binding: Binding | None) -> None:
        self.binding = binding
        self.expires_at = _moment(claims, "exp")
        self.subject = _text(claims, "sub")
        self.client = _text(claims, "client_id")
        self.organisation = _text(claims, "organisation")
        self.mission = _text(claims, "mission") if claims.get("mission") is not None else None
        self.roles = _texts(claims, "roles")
        self.purposes = _texts(claims, "purposes")
        self.minted: dict[tuple[Purpose | None, str], Minted] = {}

    def purpose_stated(self, header: bytes | None) -> Purpose | None:
        """The purpose in a Purpose-Of-Use header; raises PurposeUnknown, PurposeNotRegistered."""
        if header is None:
            return None
        purpose = _PURPOSES.get(header)
        if purpose is None:
            raise PurposeUnknown(known_purposes=", ".join(Purpose))
        if purpose not in self.purposes:
            raise PurposeNotRegistered(registered_purposes=", ".join(self.purposes) or "-")
        return purpose


class AccessTokens:
    """Verifies access tokens against the issuers' keys."""

    def __init__(self, keys: Mapping[str, IssuerKey], *, remembered: int) -> None:
        self._keys = keys
        self._remembered = remembered
        self._known: OrderedDict[bytes, Access] = OrderedDict()

    def admit(self, authorization: bytes | None) -> Access:
        """Who stands behind an Authorization header; raises TokenRefused for all but a good one.

        A bound token is only half of what its sender must show: `binding` says what else.
        """
        if authorization is None or len(authorization) > _LONGEST_TOKEN:
            raise TokenRefused
        moment = clock.now().timestamp()
        digest = hashlib.sha256(authorization).digest()
        known = self._known.get(digest)
        if known is not None:
            if moment < known.expires_at:
                self._known.move_to_end(digest)
                return known
            del self._known[digest]
        scheme, _, token = authorization.partition(b" ")
        scheme = scheme.lower()
        if scheme not in _SCHEMES:
            raise TokenRefused
        access = self._verified(token, moment, is_bearer=scheme == b"bearer")
        if moment < access.expires_at:
            self._known[digest] = access
            if len(self._known) > self._remembered:
                self._known.popitem(last=False)
        return access

    def forget_all(self) -> None:
        """Verify every token anew, because a key that stood behind one may be gone."""
        self._known.clear()

    def _verified(self, token: bytes, moment: float, *, is_bearer: bool) -> Access:
        claims, trusted = self._checked(token, moment)
        try:
            binding = binding_of(claims, token)
        except (ValueError, TypeError):
            raise TokenRefused from None
        access = Access(claims, binding)
        if binding is not None and is_bearer:
            raise ProofMissing
        if binding is None and not (is_bearer and trusted.issuer.takes_bearer_from(access.client)):
            raise TokenNotBound
        return access

    def _checked(self, token: bytes, moment: float) -> tuple[Mapping[str, Any], IssuerKey]:
        try:
            header = header_of(token)
            trusted = self._keys.get(header["kid"])
            if trusted is None:
                raise KeyUnknown
            if header["alg"] not in trusted.algorithms or "crit" in header:
                raise TokenRefused
            claims = json.loads(signed_payload(token, trusted.key, trusted.algorithms))
        except (JoseError, ValueError, KeyError, TypeError, RecursionError):
            raise TokenRefused from None
        good = (
            str(header.get("typ")).lower() in _TYPES
            and isinstance(claims, dict)
            and claims.get("iss") == trusted.issuer.issuer
            and _is_for(trusted.issuer.audience, claims.get("aud"))
            and moment < _moment(claims, "exp") + SKEW_SECONDS
            and _moment(claims, "nbf", default=moment) <= moment + SKEW_SECONDS
            and _moment(claims, "iat", default=moment) <= moment + SKEW_SECONDS
        )
        if not good:
            raise TokenRefused
        return dict(claims), trusted


def _is_for(audience: str, named: object) -> bool:
    return named == audience or (isinstance(named, list) and audience in named)


def _moment(claims: Mapping[str, Any], name: str, *, default: float | None = None) -> float:
    value = claims.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenRefused
    return float(value)


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_CLAIM:
        raise TokenRefused
    return value


def _texts(claims: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = claims.get(name)
    if not isinstance(value, list) or any(not isinstance(one, str) for one in value):
        raise TokenRefused
    return tuple(value)
