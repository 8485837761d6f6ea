"""The keyring of the running service, as routes ask for it."""

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from shared.privacy import Keyring


async def _keyring_of(request: Request) -> Keyring:
    keyring: Keyring = request.app.state.keyring
    return keyring


ServiceKeys = Annotated[Keyring, Depends(_keyring_of)]
