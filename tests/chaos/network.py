"""The way between the eight processes and their servers, through toxiproxy, which can break it."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import httpx2 as httpx

from deploy.local.stack import FREE_PORTS, LOCAL, LOOPBACK, Stack, is_port_free

MODULE, VERSION = "github.com/Shopify/toxiproxy/v2/cmd/server", "2.12.0"
PROGRAM = LOCAL / f"toxiproxy-{VERSION}" / "server"
_GO = ("go", "/usr/local/go/bin/go")
_STARTING_SECONDS = 10.0
_DETOURS = {"kafka": "SINERGI_KAFKA_DETOUR", "postgres": "SINERGI_POSTGRES_DETOUR"}


class Trouble(StrEnum):
    """CUT refuses and closes; SLOW delays and narrows; SILENT swallows all and closes nothing."""

    CUT = "CUT"
    SLOW = "SLOW"
    SILENT = "SILENT"


TOXICS: dict[Trouble, list[dict[str, Any]]] = {
    Trouble.CUT: [],
    Trouble.SLOW: [
        {"type": "latency", "stream": "downstream", "attributes": {"latency": 250, "jitter": 250}},
        {"type": "bandwidth", "stream": "upstream", "attributes": {"rate": 100}},
    ],
    Trouble.SILENT: [
        {"type": "timeout", "stream": "upstream", "attributes": {"timeout": 0}},
        {"type": "timeout", "stream": "downstream", "attributes": {"timeout": 0}},
    ],
}


class CannotBreak(Exception):
    """Why there is no toxiproxy here, in one line."""


@dataclass(frozen=True, slots=True)
class Network:
    """A running toxiproxy before the servers of a stack."""

    api: str

    async def trouble(self, server: str, kind: Trouble, *, seconds: float) -> None:
        """Break the way to a server for so long, and mend it again whatever happens."""
        async with httpx.AsyncClient(base_url=self.api, timeout=10) as http:
            try:
                if kind is Trouble.CUT:
                    await self._post(http, f"/proxies/{server}", {"enabled": False})
                for toxic in TOXICS[kind]:
                    await self._post(http, f"/proxies/{server}/toxics", toxic)
                await asyncio.sleep(seconds)
            finally:
                for toxic in TOXICS[kind]:
                    name = f"{toxic['type']}_{toxic['stream']}"
                    await http.delete(f"/proxies/{server}/toxics/{name}")
                if kind is Trouble.CUT:
                    await self._post(http, f"/proxies/{server}", {"enabled": True})

    async def _post(self, http: httpx.AsyncClient, path: str, body: dict[str, Any]) -> None:
        answer = await http.post(path, json=body)
        answer.raise_for_status()


@contextmanager
def network(stack: Stack) -> Iterator[Network]:
    """Run toxiproxy, and let the stack's processes come by it when they are started inside.

    Raises CannotBreak where it cannot be had, or where the servers are not the stack's own.
    """
    if stack.own_postgres_url or stack.own_kafka_bootstrap:
        raise CannotBreak("the servers are somebody else's")
    program = _find_program()
    ports = iter([port for port in FREE_PORTS if is_port_free(port)][-3:])
    api = f"{LOOPBACK}:{next(ports)}"
    upstreams = {"kafka": stack.ports["kafka-detour"], "postgres": stack.ports["postgres"]}
    detours = {name: f"{LOOPBACK}:{next(ports)}" for name in upstreams}
    host, _, port = api.partition(":")
    with Path(LOCAL, "toxiproxy.log").open("wb") as log:
        process = subprocess.Popen(
            [program, "-host", host, "-port", port], stdout=log, stderr=subprocess.STDOUT
        )
    try:
        _make_proxies(
            f"http://{api}",
            [
                {"name": name, "listen": detours[name], "upstream": f"{LOOPBACK}:{behind}"}
                for name, behind in upstreams.items()
            ],
        )
        os.environ.update({_DETOURS[name]: detour for name, detour in detours.items()})
        yield Network(f"http://{api}")
    finally:
        for name in _DETOURS.values():
            os.environ.pop(name, None)
        process.terminate()
        process.wait()


def _make_proxies(api: str, proxies: list[dict[str, Any]]) -> None:
    transport = httpx.HTTPTransport(retries=5)
    with httpx.Client(base_url=api, timeout=_STARTING_SECONDS, transport=transport) as http:
        answer = http.post("/populate", json=[one | {"enabled": True} for one in proxies])
        answer.raise_for_status()


def _find_program() -> Path:
    """Built once by Go from the pinned module."""
    if PROGRAM.exists():
        return PROGRAM
    go = next((found for name in _GO if (found := shutil.which(name))), None)
    if go is None:
        raise CannotBreak("Go is not installed (Debian: golang), by which toxiproxy is built")
    outcome = subprocess.run(
        [go, "install", f"{MODULE}@v{VERSION}"],
        check=False,
        env=os.environ | {"GOBIN": str(PROGRAM.parent)},
        text=True,
        capture_output=True,
    )
    if outcome.returncode != 0 or not PROGRAM.exists():
        said = (outcome.stderr.strip().splitlines() or ["no message"])[-1]
        raise CannotBreak(f"Go could not build toxiproxy: {said[:200]}")
    return PROGRAM
