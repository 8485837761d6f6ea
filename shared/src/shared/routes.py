"""The base of every route: it cannot exist without an action of the policy, and it documents
the headers and the refusals that all routes share.
"""

import inspect
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from shared import errors, problems
from shared.admission import Admission
from shared.auth import caller_of
from shared.bodies import read_body
from shared.retries import retried

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

_TEXT = {"type": "string", "maxLength": 128}
_PURPOSE = {
    "name": "Purpose-Of-Use",
    "in": "header",
    "required": False,
    "description": "Why you ask; mandatory for personal data.",
    "schema": {"type": "string", "maxLength": 40},
}
_LANGUAGE = {
    "name": "Accept-Language",
    "in": "header",
    "required": False,
    "description": "Language of problem texts: `id` (default) or `en`.",
    "schema": {"type": "string", "maxLength": 100},
}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "Your own key for this request, 8 to 128 characters; a retry with the same key "
    "and body gets the same answer and no second effect. Remembered for 8 days.",
    "schema": _TEXT,
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": 'The ETag of your last read, such as `"v3"`.',
    "schema": {"type": "string", "maxLength": 16},
}


class DeclaredRoute(APIRoute):
    """A route that declares its action by `permit` and says in its document what it may answer.

    As it stands it is for reads, searches by POST included; `shared.writes` has those that write.
    """

    is_write = False

    def __init__(self, path: str, endpoint: Callable[..., Any], **settings: Any) -> None:
        has_body = self.is_write or "POST" in (settings.get("methods") or ())
        settings["responses"] = problems.merged(
            _refusals_of_all(is_write=self.is_write, has_body=has_body),
            settings.get("responses") or {},
        )
        super().__init__(path, endpoint, **settings)
        action = next((a for a in _actions(self.dependant) if a), None)
        if action is None:
            raise TypeError(f"route {path} declares no action of the policy")
        if slow := next(_threaded(self.dependant), None):
            raise TypeError(f"route {path} would run {slow} in a thread: make it async")
        extra = self.openapi_extra or {}
        parameters = [_PURPOSE, _LANGUAGE, *self._conditional_parameters()]
        self.openapi_extra = {
            **extra,
            "x-action": action,
            "parameters": [*extra.get("parameters", []), *parameters],
        }

    def bare_handler(self) -> Handler:
        """What FastAPI makes of the endpoint: validation, dependencies, call, rendering.

        A parameter that the route does not know is refused: a filter with a slip in its name
        would give a figure of something else.
        """
        handler = super().get_route_handler()
        dependants = (self.dependant, *_flat(self.dependant))
        known = {one.alias for each in dependants for one in each.query_params}

        async def handle(request: Request) -> Response:
            if request.scope["query_string"] and not request.query_params.keys() <= known:
                raise errors.ParameterUnknown(known=", ".join(sorted(known)) or "-")
            return await handler(request)

        return handle

    def get_route_handler(self) -> Handler:
        """A read is simply tried again when its connection turns out to be dead."""
        handler = self.bare_handler()

        async def handle(request: Request) -> Response:
            caller_of(request)
            if request.method == "POST":
                await read_body(request)
            async with admitted(request):
                return await retried(lambda: handler(request), is_repeatable=True)

        return handle

    def _conditional_parameters(self) -> Iterator[dict[str, Any]]:
        if self.is_write and "POST" in (self.methods or ()):
            yield _IDEMPOTENCY_KEY
        names = {d.call.__name__ for d in _flat(self.dependant) if d.call is not None}
        if "_expected_version" in names:
            yield _IF_MATCH


@asynccontextmanager
async def admitted(request: Request) -> AsyncIterator[None]:
    """Inside, the call is one of the few that the process works on at once.

    Raises ServiceBusy or ShareExceeded when its turn does not come in time.
    """
    admission: Admission = request.app.state.admission
    place = await admission.enter(caller_of(request).client)
    try:
        yield
    finally:
        place.leave()


def _refusals_of_all(*, is_write: bool, has_body: bool) -> dict[int | str, dict[str, Any]]:
    always = problems.responses(
        errors.TokenRefused,
        errors.ActionNotAllowed,
        errors.PurposeMissing,
        errors.PurposeNotAllowed,
        problems.MalformedRequest,
        errors.ParameterUnknown,
        errors.ServiceBusy,
        errors.ShareExceeded,
    )
    if has_body:
        always = problems.merged(
            always,
            problems.responses(
                errors.BodyTooLarge,
                errors.MediaTypeUnsupported,
                errors.ContentEncodingUnsupported,
                errors.TextNotStorable,
            ),
        )
    if not is_write:
        return always
    writing = problems.responses(
        errors.IdempotencyKeyMissing,
        errors.RequestInProgress,
        errors.VersionStale,
        errors.IdempotencyKeyReused,
        errors.IfMatchMissing,
        errors.WritesPaused,
    )
    return problems.merged(always, writing)


def _threaded(dependant: Dependant) -> Iterator[str]:
    """What FastAPI would hand to its thread pool, which forty slow calls fill for everybody."""
    for one in (dependant, *_flat(dependant)):
        call = one.call
        if not (inspect.iscoroutinefunction(call) or inspect.isasyncgenfunction(call)):
            yield getattr(call, "__qualname__", repr(call))


def _flat(dependant: Dependant) -> Iterator[Dependant]:
    for child in dependant.dependencies:
        yield child
        yield from _flat(child)


def _actions(dependant: Dependant) -> Iterator[str | None]:
    for child in _flat(dependant):
        yield getattr(child.call, "action", None)
