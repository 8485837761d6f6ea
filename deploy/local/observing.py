"""`make up OBSERVE=1`: a collector that all processes tell, and Debian's Prometheus beside it."""

import http.client
import sys
from contextlib import suppress

from deploy.local.errors import StackError
from deploy.local.stack import LOOPBACK, Service, Stack
from deploy.observe import prometheus

SWITCH = "OBSERVE"
PORTS = {"collector": "collector", "prometheus": "prometheus"}
_READY = {"collector": "/metrics", "prometheus": "/-/ready"}


def prepare(stack: Stack) -> None:
    """Find or install Prometheus, and write its configuration; raises StackError without it."""
    if prometheus.find_prometheus() is None:
        raise StackError(
            "OBSERVE=1 needs Prometheus, and there is none",
            "Install it (Debian: prometheus), or start without: OBSERVE=0",
        )
    prometheus.write_configuration(
        stack.directory / "prometheus", collector=f"{LOOPBACK}:{stack.ports['collector']}"
    )


def command(stack: Stack, name: str) -> list[str]:
    """The command line of one of the two processes."""
    port = stack.ports[name]
    if name == "collector":
        return [sys.executable, "-m", "deploy.observe.collector", "--port", str(port)]
    program = prometheus.find_prometheus() or "prometheus"
    return prometheus.command(program, stack.directory / "prometheus", port=port)


def settings(stack: Stack, _service: Service) -> dict[str, str]:
    return {"OTLP_ENDPOINT": stack.url("collector")}


def is_ready(stack: Stack, name: str) -> bool:
    """Whether the process answers as it does when it is up."""
    connection = http.client.HTTPConnection(LOOPBACK, stack.ports[name], timeout=3)
    with suppress(OSError, http.client.HTTPException):
        try:
            connection.request("GET", _READY[name])
            return connection.getresponse().status == http.client.OK
        finally:
            connection.close()
    return False


def told(stack: Stack) -> str:
    """The lines of the page that a start ends with."""
    return (
        f"  Prometheus  {stack.url('prometheus')}          "
        f"(alarms: {stack.url('prometheus')}/alerts)\n"
        f"  traces      {stack.url('collector')}/traces   (one: /traces/ and a Request-Id)\n"
    )
