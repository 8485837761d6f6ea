"""Identifiers: time-ordered ones for rows, random ones for anything a stranger may hold."""

import base64
import secrets
from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562): unique, and close in the index to its neighbours in time."""
    return uuid7()


def random_reference() -> str:
    """A 128-bit random reference in 22 characters; says nothing about when it was made."""
    return base64.urlsafe_b64encode(secrets.token_bytes(16)).rstrip(b"=").decode()


def short(identifier: UUID) -> str:
    """The 22-character base64url form of an id, as the disclosure header carries it."""
    return base64.urlsafe_b64encode(identifier.bytes).rstrip(b"=").decode()


def from_short(text: str) -> UUID:
    """The id behind its 22-character form; ValueError when it is none."""
    return UUID(bytes=base64.urlsafe_b64decode(text + "=="))
