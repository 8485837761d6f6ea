"""The JWE of a case's reported identity: sealed by cases, opened by the registry alone.

RFC 7516 compact serialisation, ECDH-ES+A256KW with A256GCM.
"""

import json
from pathlib import Path
from typing import Any

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

_ALGORITHMS = ["ECDH-ES+A256KW", "A256GCM"]


class CannotUnseal(Exception):
    """Not sealed to this key, or damaged."""


def load_key(path: Path) -> ECKey:
    """A P-256 key from a JWK file: the public half seals, the private one opens."""
    return ECKey.import_key(json.loads(path.read_text()))


def seal(content: dict[str, Any], public_key: ECKey) -> str:
    header = {"alg": "ECDH-ES+A256KW", "enc": "A256GCM"}
    return jwe.encrypt_compact(header, json.dumps(content), public_key, algorithms=_ALGORITHMS)


def unseal(sealed: str, private_key: ECKey) -> dict[str, Any]:
    """What was sealed; raises CannotUnseal."""
    try:
        opened = jwe.decrypt_compact(sealed, private_key, algorithms=_ALGORITHMS)
        content: dict[str, Any] = json.loads(opened.plaintext or b"")
    except (JoseError, ValueError, TypeError):
        raise CannotUnseal from None
    return content
