"""The whole system as it runs in earnest, with rows in it and somebody who collects its spans."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2 as httpx
import pytest

from deploy.local import running
from deploy.local.environments import environment
from deploy.local.stack import SERVICES, Stack, get_service, open_stack, stack_lock
from shared.documents import openapi
from shared.sensitivity import Purpose
from tests.architecture.apps import Served, described
from tests.readers.houses import AGENCY, MISSION, House, gateway_headers, settled
from tests.stands import own_name

NAME = own_name("readers")


@dataclass
class Collector:
    """Takes spans by OTLP over HTTP, and keeps them as they came."""

    bodies: list[bytes] = field(default_factory=list)
    url: str = ""

    @contextmanager
    def listening(self) -> Iterator["Collector"]:
        bodies = self.bodies

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                bodies.append(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_words: object) -> None:
                """A test says enough."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


@dataclass(frozen=True)
class Live:
    """A running stack and the spans that its processes export."""

    stack: Stack
    collector: Collector
    houses: dict[str, House] = field(default_factory=dict)

    def headers(self, role: str, purpose: Purpose | None = None) -> dict[str, str]:
        """What a partner with that role sends to the gateway."""
        return gateway_headers(self.stack, role, purpose, mission=MISSION, organisation=AGENCY)

    async def house(self, name: str) -> House:
        """The rows of a service, made once, at its own door."""
        if name not in self.houses:
            service = get_service(name)
            document = openapi(described(service))
            settings = environment(self.stack, name)
            async with httpx.AsyncClient(base_url=self.stack.url(name), timeout=60) as client:
                served = Served(service, client, document, settings)
                self.houses[name] = await settled(served, self.stack)
        return self.houses[name]

    def gateway(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.stack.gateway_url, timeout=60)


@contextmanager
def running_live() -> Iterator[Live]:
    """A stack of its own, empty at first, stopped and wiped afterwards."""
    _sweep()
    with Collector().listening() as collector:
        stack = open_stack(NAME)
        try:
            with stack_lock(stack, wait=True), pytest.MonkeyPatch.context() as patch:
                # For those processes alone: what exports in this one would do so to its end.
                for service in SERVICES:
                    patch.setenv(f"{service.prefix}OTLP_ENDPOINT", collector.url)
                running.start_servers(stack, whole=True)
                running.start_processes(stack)
            yield Live(stack, collector)
        finally:
            if not os.environ.get("KEEP_STACK"):
                _sweep()


def _sweep() -> None:
    stack = open_stack(NAME)
    with stack_lock(stack, wait=True):
        running.stop_everything(stack)
        running.wipe(stack)
