"""The registry's public key in the running service, as routes ask for it."""

from typing import Annotated

from fastapi import Depends
from joserfc.jwk import ECKey
from starlette.requests import Request


async def _sealing_key_of(request: Request) -> ECKey:
    key: ECKey = request.app.state.sealing_key
    return key


SealingKey = Annotated[ECKey, Depends(_sealing_key_of)]
