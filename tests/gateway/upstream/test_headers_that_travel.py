"""Header hygiene: what a caller may say to a service, and what a service may say to a caller."""

import asyncio

import pytest
from starlette.types import Receive, Send

from shared.telemetry import parse_traceparent
from tests.gateway.conftest import System
from tests.gateway.servers import Seen, say

SMUGGLED = [
    "Txn-Token",
    "txn-token",
    "TXN-TOKEN",
    "Txn_Token",
    "Client-Cert",
    "Client_Cert",
    "Client-Cert-Chain",
    "Forwarded",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Forwarded-Prefix",
    "X-Real-Ip",
    "X-Original-Url",
    "X-Http-Method-Override",
    "X-Road-Client",
    "X-Road-Userid",
    "tracestate",
    "baggage",
    "Cookie",
    "Proxy-Authorization",
    "Proxy-Connection",
    "TE",
    "Trailer",
    "Keep-Alive",
    "Upgrade-Insecure-Requests",
    "Request-Id",
    "Request-Timeout-Ms",
    "Disclosure",
    "Sinergi-Caller",
]


@pytest.mark.parametrize("name", SMUGGLED)
async def test_what_only_the_gateway_may_say_is_dropped(system: System, name: str) -> None:
    answer = await system.ask("/v1/persons/1", headers={name: "smuggled"})
    assert answer.status == 200
    seen = system.registry.seen[-1]
    assert all("smuggled" not in value for _, value in seen.headers)
    assert [sent for sent, _ in seen.headers].count("txn-token") == 1
    assert system.caller("registry").subject == "officer-17"


async def test_a_service_hears_nothing_but_what_it_needs(system: System) -> None:
    await system.ask("/v1/persons/1")
    names = {name for name, _ in system.registry.seen[-1].headers}
    assert names == {
        "host",
        "accept",
        "accept-encoding",
        "txn-token",
        "traceparent",
        "request-timeout-ms",
    }


async def test_what_a_caller_may_say_travels_unchanged(system: System) -> None:
    said = {
        "Accept": "application/x-ndjson",
        "Accept-Language": "en",
        "Content-Type": "application/merge-patch+json",
        "Idempotency-Key": '"a-key-of-mine"',
        "If-Match": '"v3"',
        "If-None-Match": '"v2"',
        "Prefer": "return=minimal",
        "Case-Reference": "K-1",
    }
    await system.ask("/v1/persons/1", method="PATCH", headers=said, data=b'{"phone":null}')
    seen = system.registry.seen[-1]
    assert {name: seen.header(name.lower()) for name in said} == said
    assert seen.body == b'{"phone":null}'
    assert seen.header("content-length") == "14"


async def test_no_content_type_is_made_up(system: System) -> None:
    await system.ask("/v1/persons/1", method="POST", data=b"{}", skip_auto_headers=["Content-Type"])
    assert system.registry.seen[-1].header("content-type") is None


async def test_headers_named_by_connection_end_here(system: System) -> None:
    await system.ask(
        "/v1/persons/1", headers={"Connection": "keep-alive, Case-Reference", "Case-Reference": "1"}
    )
    assert system.registry.seen[-1].header("case-reference") is None


async def test_a_new_trace_begins_at_the_entrance(system: System) -> None:
    theirs = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    answer = await system.ask("/v1/persons/1", headers={"traceparent": theirs})
    ours = parse_traceparent(system.registry.seen[-1].header("traceparent"))
    assert ours is not None
    assert ours.trace_id != parse_traceparent(theirs).trace_id  # type: ignore[union-attr]
    assert answer.headers.getall("Request-Id") == [ours.trace_id]


@pytest.mark.parametrize(
    "name", ["Authorization", "Purpose-Of-Use", "Idempotency-Key", "If-Match", "Content-Type"]
)
async def test_a_header_with_one_meaning_is_refused_twice(system: System, name: str) -> None:
    raw = await _raw(
        system,
        b"GET /v1/persons/1 HTTP/1.1\r\nHost: a\r\n"
        + (f"{name}: one\r\n{name}: two\r\n" + _authorization(system)).encode()
        + b"Connection: close\r\n\r\n",
    )
    assert raw.startswith(b"HTTP/1.1 400")
    assert not system.registry.seen


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Content-Length: +5\r\n",
        b"Content-Length : 5\r\n",
        b"X-Folded: a\r\n b\r\n",
    ],
)
async def test_a_request_of_two_lengths_reaches_no_service(system: System, head: bytes) -> None:
    smuggled = b"GET /v1/cases/1 HTTP/1.1\r\nHost: a\r\n\r\n"
    raw = await _raw(
        system,
        b"POST /v1/persons/searches HTTP/1.1\r\nHost: a\r\n"
        + _authorization(system).encode()
        + head
        + b"\r\n0\r\n\r\n"
        + smuggled,
    )
    assert raw.startswith((b"HTTP/1.1 400", b"HTTP/1.1 200"))
    assert raw.count(b"HTTP/1.1 ") == 1
    assert not system.cases.seen


async def test_a_header_that_is_not_ascii_is_refused(system: System) -> None:
    raw = await _raw(
        system,
        b"GET /v1/persons/1 HTTP/1.1\r\nHost: a\r\n"
        + _authorization(system).encode()
        + b"Case-Reference: \xc3\xa9\r\nConnection: close\r\n\r\n",
    )
    assert raw.startswith(b"HTTP/1.1 400")
    assert b"request-unreadable" in raw


async def test_internal_answer_headers_stay_inside(system: System) -> None:
    async def answer(_seen: Seen, _receive: Receive, send: Send) -> None:
        headers = [
            (b"content-type", b"application/json"),
            (b"Disclosure", b"AAAAAAAAAAAAAAAAAAAAAA;c=RESTRICTED"),
            (b"disclosure-export", b"x"),
            (b"set-cookie", b"a=b"),
            (b"traceparent", b"x"),
            (b"etag", b'"v3"'),
            (b"link", b'</v1/a>; rel="next"'),
            (b"link", b'</v1/b>; rel="deprecation"'),
            (b"retry-after", b"3"),
            (b"location", system.registry.url.encode() + b"/v1/persons/2"),
            (b"request-id", b"theirs"),
        ]
        await say(send, status=409, headers=headers)

    system.registry.answer = answer
    given = await system.ask("/v1/persons/1")
    assert given.status == 409
    assert not [name for name in given.headers if name.lower().startswith("disclosure")]
    assert "Set-Cookie" not in given.headers
    assert "traceparent" not in given.headers
    assert given.headers["ETag"] == '"v3"'
    assert len(given.headers.getall("Link")) == 2
    assert given.headers["Retry-After"] == "3"
    assert given.headers["Location"] == "/v1/persons/2"
    assert len(given.headers.getall("Request-Id")) == 1
    assert len(given.headers.getall("Server")) == 1
    assert len(given.headers.getall("Date")) == 1


async def test_a_redirect_is_passed_on_and_not_followed(system: System) -> None:
    async def answer(_seen: Seen, _receive: Receive, send: Send) -> None:
        await say(send, b"", status=308, headers=[(b"location", b"/v1/persons/2")])

    system.registry.answer = answer
    given = await system.ask("/v1/persons/1")
    assert (given.status, given.headers["Location"]) == (308, "/v1/persons/2")
    assert len(system.registry.seen) == 1


def _authorization(system: System) -> str:
    return f"Authorization: {system.bearer['Authorization']}\r\n"


async def _raw(system: System, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", system.port)
    try:
        writer.write(request)
        async with asyncio.timeout(3):
            answer = await reader.read(65_536)
            with_more = answer
            while with_more and not reader.at_eof():
                try:
                    async with asyncio.timeout(0.3):
                        with_more = await reader.read(65_536)
                except TimeoutError:
                    break
                answer += with_more
        return answer
    finally:
        writer.close()
