"""Encrypted columns, blind indexes and the keyring behind them.

AES-256-GCM-SIV (RFC 8452) with a random nonce; the associated data binds a ciphertext to its
service, column and row, so that one moved elsewhere does not open. Blind indexes are HMAC-SHA-256
(RFC 2104) under a key of their own that is never in the database.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from pydantic import BaseModel

from shared.sensitivity import Sensitive

_FORMAT = b"\x01"
_NONCE_BYTES = 12
_NONCES_AT_ONCE = 256
_HEAD_BYTES = 2
_KEY_BYTES = 32


class DoesNotOpen(Exception):
    """A sealed value was moved, cut, or sealed under a key that this ring does not hold."""


class Nonces:
    """Random nonces, drawn from the system many at a time: asking costs more than encrypting."""

    def __init__(self) -> None:
        self._drawn: list[bytes] = []

    def draw(self) -> bytes:
        """Twelve bytes that no other call was given."""
        try:
            return self._drawn.pop()
        except IndexError:
            pool = secrets.token_bytes(_NONCE_BYTES * _NONCES_AT_ONCE)
            starts = range(_NONCE_BYTES, len(pool), _NONCE_BYTES)
            self._drawn = [pool[start : start + _NONCE_BYTES] for start in starts]
            return pool[:_NONCE_BYTES]

    def forget(self) -> None:
        self._drawn = []


_nonces = Nonces()
# A child of this process would draw the same ones.
os.register_at_fork(after_in_child=_nonces.forget)


class Keyring:
    """The keys of one service: `encryption` for columns, `index` for blind indexes."""

    def __init__(self, service: str, encryption: "Keys", index: "Keys") -> None:
        self._service = service
        self._encryption = encryption
        self._index = index

    @classmethod
    def load(cls, path: Path, service: str) -> "Keyring":
        """Read a keyring file; ValueError names what is wrong with it, never a key."""
        try:
            rings = json.loads(path.read_text())
            return cls(service, Keys(rings["encryption"]), Keys(rings["index"]))
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"keyring {path.name} cannot be used: {type(error).__name__}"
            ) from None

    def seal(self, column: str, row: UUID | str, value: bytes | str) -> bytes:
        """Encrypt one value of `table.column` for one row."""
        key_id, cipher = self._encryption.current_cipher
        nonce = _nonces.draw()
        plain = value.encode() if isinstance(value, str) else value
        sealed = cipher.encrypt(nonce, plain, self._bound_to(column, row, key_id))
        name = key_id.encode()
        return b"".join((_FORMAT, bytes([len(name)]), name, nonce, sealed))

    def open(self, column: str, row: UUID | str, sealed: bytes) -> bytes:
        """Decrypt what `seal` made for the same column and row; raises DoesNotOpen."""
        if len(sealed) < _HEAD_BYTES or sealed[:1] != _FORMAT:
            raise DoesNotOpen(column)
        start = _HEAD_BYTES + sealed[1]
        key_id = sealed[2:start].decode(errors="replace")
        nonce, body = sealed[start : start + _NONCE_BYTES], sealed[start + _NONCE_BYTES :]
        cipher = self._encryption.cipher(key_id)
        if cipher is None or len(nonce) < _NONCE_BYTES:
            raise DoesNotOpen(column)
        try:
            return cipher.decrypt(nonce, body, self._bound_to(column, row, key_id))
        except (InvalidTag, ValueError):
            raise DoesNotOpen(column) from None

    def open_text(self, column: str, row: UUID | str, sealed: bytes | None) -> str | None:
        """The text of an encrypted column, None for an empty one."""
        return None if sealed is None else self.open(column, row, sealed).decode()

    def blind_index(self, field: str, normalised: str) -> bytes:
        """A 32-byte keyed hash by which equal values of one kind of field can be found."""
        return hmac.digest(self._index.current, f"{field}|{normalised}".encode(), "sha256")

    def _bound_to(self, column: str, row: UUID | str, key_id: str) -> bytes:
        return f"{self._service}|{column}|{row}|{key_id}".encode()


class Keys:
    """Named 256-bit keys of one use, one of them current."""

    def __init__(self, ring: Mapping[str, Any]) -> None:
        raw = {name: _decoded(text) for name, text in ring["keys"].items()}
        self._raw = raw
        self._ciphers = {name: AESGCMSIV(key) for name, key in raw.items()}
        self._name: str = ring["current"]
        self.current = raw[self._name]

    @property
    def current_cipher(self) -> tuple[str, AESGCMSIV]:
        return self._name, self._ciphers[self._name]

    def cipher(self, name: str) -> AESGCMSIV | None:
        return self._ciphers.get(name)


def new_keyring() -> dict[str, Any]:
    """Fresh random keys in the form that `Keyring.load` reads."""

    def ring() -> dict[str, Any]:
        key = base64.urlsafe_b64encode(secrets.token_bytes(_KEY_BYTES)).decode()
        return {"current": "k1", "keys": {"k1": key}}

    return {"encryption": ring(), "index": ring()}


def fingerprint(*parts: bytes) -> bytes:
    """SHA-256 over length-prefixed parts; for equality only, never of personal data alone."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()


def sensitivity_of(model: type[BaseModel], field: str) -> Sensitive | None:
    """The annotation of a field, None where it has none (a guard test refuses that)."""
    for note in model.model_fields[field].metadata:
        if isinstance(note, Sensitive):
            return note
    return None


def _decoded(text: str) -> bytes:
    key = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if len(key) != _KEY_BYTES:
        raise ValueError("a key must have 256 bits")
    return key
