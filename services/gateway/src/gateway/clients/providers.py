"""The keys that identity providers publish: fetched, kept while a provider is away, exchanged.

Fetching is never on the way of a call, but for a token whose key is not known yet.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key

from gateway.clients.issuers import Issuer, IssuerKey
from gateway.clients.signatures import VerifyingKey, pinned_algorithms

_FETCH_SECONDS = 5
_LARGEST_SET_BYTES = 256 * 1024
log = logging.getLogger(__name__)


class ProviderUnreadable(Exception):
    """A provider gave no set of keys."""


class Providers:
    """Keeps the keys of the issuers that have a `jwks_url` in the mapping that tokens use."""

    def __init__(
        self,
        issuers: Sequence[Issuer],
        keys: MutableMapping[str, IssuerKey],
        *,
        refreshed_seconds: float,
        pause_seconds: float,
        on_loss: Callable[[], None] = lambda: None,
    ) -> None:
        self._issuers = [issuer for issuer in issuers if issuer.jwks_url is not None]
        self._keys = keys
        self._refreshed_seconds = refreshed_seconds
        self._pause = pause_seconds
        self._on_loss = on_loss
        self._session: ClientSession | None = None
        self._turn = asyncio.Lock()
        self._looked_at = float("-inf")
        self._is_whole = False

    def open(self, session: ClientSession) -> None:
        """Use this session, which stays its owner's to close."""
        self._session = session

    async def keep_fresh(self) -> None:
        """Fetch all keys now and again and again; never ends by itself."""
        while self._issuers:
            try:
                await self.look_again()
            except Exception:
                # Whatever a provider publishes, the keys that are known go on.
                log.exception("keys not read")
            await asyncio.sleep(self._refreshed_seconds if self._is_whole else self._pause)

    async def look_again(self) -> None:
        """Fetch all keys unless that was done a moment ago; a provider that is away keeps its own.

        Who comes while another one fetches waits for its end, and so finds the same keys.
        """
        clock = asyncio.get_running_loop().time
        came = clock()
        async with self._turn:
            if (
                not self._issuers
                or self._looked_at > came
                or clock() - self._looked_at < self._pause
            ):
                return
            try:
                outcomes = [await self._fetch(issuer) for issuer in self._issuers]
            finally:
                self._looked_at = clock()
            self._is_whole = all(outcomes)

    async def _fetch(self, issuer: Issuer) -> bool:
        try:
            async with asyncio.timeout(_FETCH_SECONDS):
                found = _usable(await self._published(str(issuer.jwks_url)))
        except (ProviderUnreadable, ClientError, OSError, TimeoutError, ValueError):
            log.warning("keys not fetched", extra={"facts": {"issuer": issuer.issuer}})
            return False
        mine = {kid for kid, key in self._keys.items() if key.issuer == issuer}
        for kid, (algorithms, key) in found.items():
            # A key of one issuer never takes the place of another's.
            if kid in mine or kid not in self._keys:
                self._keys[kid] = IssuerKey(issuer, algorithms, key)
        lost = mine - found.keys()
        for kid in lost:
            del self._keys[kid]
        if lost:
            self._on_loss()
        return True

    async def _published(self, url: str) -> Any:
        assert self._session is not None  # noqa: S101 - opened before the first request.
        timeout = ClientTimeout(total=_FETCH_SECONDS)
        async with self._session.get(
            url, allow_redirects=False, timeout=timeout, headers={"Accept": "application/json"}
        ) as answer:
            body = await answer.content.read(_LARGEST_SET_BYTES)
            if answer.status != 200 or not answer.content.at_eof():  # noqa: PLR2004 - HTTP's OK.
                raise ProviderUnreadable
        return json.loads(body)


def _usable(published: Any) -> dict[str, tuple[frozenset[str], VerifyingKey]]:
    """The keys of a published set that may verify a token here; raises ProviderUnreadable."""
    if not isinstance(published, dict) or not isinstance(published.get("keys"), list):
        raise ProviderUnreadable
    usable = {}
    for one in published["keys"]:
        if not isinstance(one, dict) or one.get("use", "sig") != "sig":
            continue
        key = _imported(one)
        algorithms = pinned_algorithms(key)
        if (
            key is None
            or not key.kid
            or one.get("alg", next(iter(algorithms), "")) not in algorithms
        ):
            continue
        usable[key.kid] = (algorithms, key)
    return usable


def _imported(one: Mapping[str, Any]) -> VerifyingKey | None:
    if one.get("kty") not in {"EC", "RSA", "OKP"} or "d" in one:
        return None
    try:
        key = import_key(dict(one))
    except (JoseError, ValueError, KeyError, TypeError):
        return None
    return key if isinstance(key, ECKey | RSAKey | OKPKey) else None
