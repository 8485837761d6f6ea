"""What may come in as a request's body, and how much of it; what it says is read elsewhere."""

from collections.abc import Collection

from starlette.requests import Request

from shared.errors import BodyTooLarge, ContentEncodingUnsupported, MediaTypeUnsupported

LARGEST_BODY_BYTES = 1024 * 1024
JSON = ("application/json",)


def media_type(request: Request) -> str:
    """The type that a Content-Type header states, in small letters and without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def check_encoding(request: Request) -> None:
    """Bodies come as they are: one that says it is packed raises ContentEncodingUnsupported."""
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if coding not in {"", "identity"}:
        raise ContentEncodingUnsupported


async def read_body(request: Request, accepted: Collection[str] = JSON) -> bytes:
    """The whole body, which stays with the request for whoever reads it next.

    Raises BodyTooLarge, MediaTypeUnsupported, ContentEncodingUnsupported.
    """
    check_encoding(request)
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > LARGEST_BODY_BYTES:
            raise BodyTooLarge(limit_bytes=LARGEST_BODY_BYTES)
        chunks.append(chunk)
    body = b"".join(chunks)
    if body and media_type(request) not in accepted:
        raise MediaTypeUnsupported(accepted=", ".join(accepted))
    request._body = body  # noqa: SLF001 - Starlette's own place for a body that was read.
    return body
