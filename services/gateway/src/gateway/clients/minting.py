"""Transaction tokens: what the gateway tells one service about the subject of a call.

Not bound to method or path, and kept for at most a minute for the same access token, purpose and
service, because signing is what would cost most on the way.
"""

import json
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey

from gateway.clients.access import SKEW_SECONDS, Access, Minted
from shared import clock
from shared.auth import TRANSACTION_ISSUER, TRANSACTION_TOKEN_TYPE
from shared.ids import random_reference
from shared.sensitivity import Purpose

LIFETIME_SECONDS = 120
KEPT_SECONDS = 60


class TransactionMint:
    """Signs transaction tokens with the gateway's key."""

    def __init__(self, key_file: Path) -> None:
        key = ECKey.import_key(json.loads(key_file.read_text()))
        if not key.kid or not key.is_private or key.curve_name != "P-256":
            raise ValueError("the transaction key must be a private P-256 key with a kid")
        self._key = key
        self._header = {"alg": "ES256", "kid": key.kid, "typ": TRANSACTION_TOKEN_TYPE}

    def token(self, access: Access, purpose: Purpose | None, service: str) -> str:
        """The token of this caller and purpose for one service."""
        moment = clock.now().timestamp()
        known = access.minted.get((purpose, service))
        if known is not None and moment < known.good_until:
            return known.token
        expires = min(moment + LIFETIME_SECONDS, access.expires_at + SKEW_SECONDS)
        claims: dict[str, Any] = {
            "iss": TRANSACTION_ISSUER,
            "aud": service,
            "txn": random_reference(),
            "sub": access.subject,
            "client_id": access.client,
            "organisation": access.organisation,
            "roles": list(access.roles),
            "iat": int(moment),
            "exp": int(expires),
        }
        if access.mission is not None:
            claims["mission"] = access.mission
        if purpose is not None:
            claims["purpose"] = purpose.value
        token = jwt.encode(self._header, claims, self._key, algorithms=["ES256"])
        good_until = min(moment + KEPT_SECONDS, access.expires_at)
        access.minted[purpose, service] = Minted(token, good_until)
        return token
