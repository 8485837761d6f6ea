"""The internal header by which the gateway learns whose data an answer holds, and of what class."""

from collections.abc import Iterable
from uuid import UUID

from starlette.responses import Response

from shared.ids import short
from shared.sensitivity import Level

HEADER = "Disclosure"


def disclose(response: Response, person_ids: Iterable[UUID], level: Level) -> None:
    """Name the persons whose data leave with this answer, at most one page of them."""
    told = ",".join(short(person_id) for person_id in dict.fromkeys(person_ids))
    if told:
        response.headers[HEADER] = f"level={level.value}; persons={told}"
