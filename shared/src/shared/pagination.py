"""Pages by sealed keyset cursors: stable under writes, useless to anybody else.

A cursor is encrypted and bound to the caller and the filters it was made for, so it neither leaks
a sort key nor opens another caller's page.
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field

from shared import clock
from shared.errors import CursorRefused
from shared.privacy import DoesNotOpen, Keyring, fingerprint
from shared.sensitivity import PARTNER

LARGEST_PAGE = 200
_LASTS = timedelta(hours=24)
Item = TypeVar("Item")

Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="Items on a page.")]
CursorText = Annotated[
    str | None,
    Query(max_length=1000, description="`next` of the page before; leave out for the first."),
]


class Page(BaseModel, Generic[Item]):
    """One page; `next` is null on the last."""

    items: Annotated[list[Item], PARTNER] = Field(max_length=LARGEST_PAGE)
    next: Annotated[str | None, PARTNER] = Field(default=None, max_length=1000)


@dataclass(frozen=True, slots=True)
class Paging:
    """Cursors of one list for one caller under one set of filters."""

    keyring: Keyring
    scope: str

    @classmethod
    def of(
        cls, keyring: Keyring, client: str, listing: str, filters: Mapping[str, Any] | None = None
    ) -> "Paging":
        told = json.dumps(filters or {}, sort_keys=True, default=str)
        return cls(keyring, fingerprint(client.encode(), listing.encode(), told.encode()).hex())

    def seal(self, after: Sequence[Any], *, lasts: timedelta | None = _LASTS) -> str:
        """The cursor for what comes after a row with these sort keys; None lasts for ever."""
        until = (clock.now() + lasts).timestamp() if lasts else None
        told = {"after": list(after), "until": until}
        sealed = self.keyring.seal("cursor", self.scope, json.dumps(told, default=str))
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def open(self, cursor: str | None) -> list[Any] | None:
        """The sort keys in a cursor, None for the first page; raises CursorRefused."""
        if cursor is None:
            return None
        try:
            sealed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            told = json.loads(self.keyring.open("cursor", self.scope, sealed))
        except (ValueError, DoesNotOpen):
            raise CursorRefused from None
        if told["until"] is not None and told["until"] < clock.now().timestamp():
            raise CursorRefused
        after: list[Any] = told["after"]
        return after

    def page(
        self,
        rows: Sequence[Any],
        limit: int,
        *,
        key: Callable[[Any], Sequence[Any]],
        show: Callable[[Any], Item],
    ) -> Page[Item]:
        """A page of `limit` from rows that were read one beyond it."""
        shown = rows[:limit]
        further = self.seal(key(shown[-1])) if len(rows) > limit else None
        return Page(items=[show(row) for row in shown], next=further)
