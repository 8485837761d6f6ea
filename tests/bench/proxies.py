"""The gateways that ours is measured against: how each is had, set up and started.

nginx looks at no token; HAProxy and Spring Cloud Gateway check the same one as ours.
"""

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field

from joserfc.jwk import ECKey

from deploy.local import keys
from deploy.local.stack import LOCAL
from deploy.local.tokens import AUDIENCE, ISSUER
from tests.bench import maven, wrk
from tests.bench.programs import CannotMeasure
from tests.bench.stand import Stand


@dataclass(frozen=True, slots=True)
class Start:
    """How one is started: its command line, and what it finds in its environment."""

    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rival:
    """A gateway that passes everything on to job-orders.

    `port` is one of the stack's that nothing else holds while the gateway is measured; `prepare`
    gives the start for it, and raises CannotMeasure where the rival cannot be had.
    """

    key: str
    name: str
    port: str
    checks_token: bool
    prepare: Callable[[Stand, int], Start]


def _nginx(stand: Stand, port: int) -> Start:
    program = wrk.find("nginx")
    settings = _filled_in("nginx.conf", stand, port=port)
    _try_settings([program, "-t", "-q", "-c", settings])
    return Start([program, "-c", settings])


def _haproxy(stand: Stand, port: int) -> Start:
    program = wrk.find("haproxy")
    key_file = LOCAL / "bench" / "haproxy" / "token-key.pem"
    key_file.parent.mkdir(parents=True, exist_ok=True)
    [public] = keys.read_key(stand.stack, keys.TOKEN_JWKS)["keys"]
    key_file.write_bytes(ECKey.import_key(public).as_pem(private=False))
    settings = _filled_in(
        "haproxy.cfg",
        stand,
        port=port,
        key_file=key_file,
        issuer=ISSUER,
        audience=AUDIENCE,
    )
    _try_settings([program, "-c", "-q", "-f", settings])
    return Start([program, "-db", "-f", settings])


def _spring(stand: Stand, port: int) -> Start:
    """As its documentation starts it: `java -jar`, with the heap and the collector of Java."""
    jar = maven.made("spring", "package") / "gateway.jar"
    given = {
        "PORT": port,
        "SERVICE_PORT": stand.stack.ports["job-orders"],
        "JWKS_FILE": stand.stack.keys / keys.TOKEN_JWKS,
        "ISSUER": ISSUER,
        "AUDIENCE": AUDIENCE,
    }
    command = [maven.java(), "-jar", str(jar)]
    return Start(command, {name: str(value) for name, value in given.items()})


NGINX = Rival("nginx", "nginx", "registry", checks_token=False, prepare=_nginx)
HAPROXY = Rival("haproxy", "HAProxy", "cases", checks_token=True, prepare=_haproxy)
SPRING = Rival("spring", "Spring Cloud Gateway", "keycloak", checks_token=True, prepare=_spring)
ALL = (NGINX, HAPROXY, SPRING)


def _filled_in(name: str, stand: Stand, **values: object) -> str:
    """The path of that file of settings with everything in it that changes."""
    folder = LOCAL / "bench" / name.partition(".")[0]
    folder.mkdir(parents=True, exist_ok=True)
    text = (wrk.RIVALS / name).read_text()
    service_port = stand.stack.ports["job-orders"]
    for word, value in {"folder": folder, "service_port": service_port, **values}.items():
        text = text.replace(f"{{{word}}}", str(value))
    settings = folder / name
    settings.write_text(text)
    return str(settings)


def _try_settings(command: list[str]) -> None:
    outcome = subprocess.run(command, check=False, text=True, capture_output=True)
    if outcome.returncode != 0:
        complaint = json.dumps((outcome.stderr or outcome.stdout).strip()[:300])
        raise CannotMeasure(f"{command[0]} does not take its settings: {complaint}")
