"""The processes of a stack as supervisor sees them: its configuration file, written anew.

How supervisor itself is started, asked and stopped is in supervision.py.
"""

import hashlib
import json
import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import gettempdir

from deploy.local import broker, extras, identity, postgres
from deploy.local.environments import environment
from deploy.local.stack import LOOPBACK, ROOT, SERVICES, STARTED_BY, Service, Stack, write_private

# A path to a Unix socket may hold 107 bytes, and supervisor adds its pid to ours at first.
_LONGEST_SOCKET_PATH = 90

# Connections that wait to be accepted: whoever finds no room there tries again after 1, 3, 7 s.
_BACKLOG = 4096

# Which class of connections an HTTP process has, where it is one of its own.
_CONNECTIONS = {"gateway": "gateway.connections:CallerConnection"}

# On a machine that has too much to do, whoever reports a case goes before the rest: all other
# processes of ours are so much nicer (man 2 nice).
_REPORTS_GO_THROUGH = ("gateway", "cases")
_NICENESS = 5

# Nothing of the starting shell but this reaches the processes, so each start is the same.
_INHERITED = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TMPDIR", "TZ")


def server_names(stack: Stack) -> list[str]:
    """The servers that this stack runs itself."""
    own = {"postgres": stack.own_postgres_url, "kafka": stack.own_kafka_bootstrap}
    servers = [name for name, elsewhere in own.items() if not elsewhere]
    return [*servers, "keycloak"] if stack.has_keycloak else servers


def service_names() -> list[str]:
    """The eight processes of ours: each service's HTTP process and its messenger."""
    return [name for service in SERVICES for name in (service.name, service.messenger)]


def configuration_file(stack: Stack) -> Path:
    return stack.directory / "supervisord.conf"


def pid_file(stack: Stack) -> Path:
    return stack.directory / "supervisord.pid"


def control_socket(stack: Stack) -> Path:
    """Where supervisor takes orders: a Unix socket that only its owner may use."""
    path = stack.directory / "supervisor.sock"
    if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
        return path
    place = hashlib.sha256(os.fsencode(stack.directory)).hexdigest()[:16]
    folder = Path(gettempdir(), f"sinergi-{os.geteuid()}-{place}")
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / "supervisor.sock"


def supervisor_environment(stack: Stack) -> dict[str, str]:
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return inherited | {STARTED_BY: str(stack.directory), "PYTHONUNBUFFERED": "1"}


def write_configuration(stack: Stack) -> None:
    """Write what supervisor shall run; nothing starts by itself, we say when."""
    stack.logs.mkdir(exist_ok=True)
    sections = [_supervisord(stack), *_servers(stack), *_extras(stack), *_services(stack)]
    write_private(configuration_file(stack), "\n".join(sections))


def _supervisord(stack: Stack) -> str:
    head = {
        "logfile": stack.log("supervisord"),
        "logfile_maxbytes": "5MB",
        "logfile_backups": 1,
        "pidfile": pid_file(stack),
        "childlogdir": stack.logs,
        "directory": ROOT,
        "identifier": f"sinergi-{stack.name}",
        # Said aloud, or supervisor warns at every start.
        **({"user": "root"} if os.geteuid() == 0 else {}),
    }
    factory = "supervisor.rpcinterface:make_main_rpcinterface"
    return (
        _section("supervisord", head)
        + _section("unix_http_server", {"file": control_socket(stack), "chmod": "0700"})
        + _section("rpcinterface:supervisor", {"supervisor.rpcinterface_factory": factory})
    )


def _servers(stack: Stack) -> Iterator[str]:
    if not stack.own_postgres_url:
        user = postgres.system_user()
        # INT is PostgreSQL's fast shutdown: it ends sessions instead of waiting for them.
        stop = {"stopsignal": "INT", "startsecs": "1", **({"user": user} if user else {})}
        yield _program(stack, "postgres", command=postgres.command(stack), directory="/", **stop)
    if not stack.own_kafka_bootstrap:
        yield _program(stack, "kafka", command=broker.command(stack))
    if stack.has_keycloak:
        yield _launched(
            stack,
            "keycloak",
            command=identity.command(stack),
            settings=identity.settings(stack),
        )


def _extras(stack: Stack) -> Iterator[str]:
    for extra in extras.chosen(stack):
        for name in extra.ports:
            yield _program(stack, name, command=extra.command(stack, name))


def _services(stack: Stack) -> Iterator[str]:
    shared_code = _digest_of(ROOT / "shared" / "src", ROOT / "requirements")
    for service in SERVICES:
        settings = environment(stack, service.name)
        code = shared_code + _digest_of(ROOT / "services" / service.name / "src")
        yield _launched(
            stack, service.name, command=http_command(stack, service), settings=settings, code=code
        )
        messenger = [sys.executable, "-m", f"{service.package}.messenger"]
        yield _launched(stack, service.messenger, command=messenger, settings=settings, code=code)


def http_command(stack: Stack, service: Service, *more: str) -> list[str]:
    place = ["--host", LOOPBACK, "--port", str(stack.ports[service.name]), "--no-access-log"]
    place += ["--timeout-graceful-shutdown", "5", "--no-proxy-headers", "--no-server-header"]
    place += ["--backlog", str(_BACKLOG)]
    place += ["--http", _CONNECTIONS.get(service.name, "shared.connections:Connection")]
    application = f"{service.package}.main:create_app"
    return [sys.executable, "-m", "uvicorn", application, "--factory", *place, *more]


def _launched(
    stack: Stack, name: str, *, command: list[str], settings: dict[str, str], code: str = ""
) -> str:
    folder = stack.directory / "run"
    folder.mkdir(mode=0o700, exist_ok=True)
    niceness = 0 if name in _REPORTS_GO_THROUGH else _NICENESS
    wanted = {"command": command, "environment": settings, "niceness": niceness}
    content = json.dumps(wanted, indent=1)
    write_private(folder / f"{name}.json", content)
    digest = hashlib.sha256((content + code).encode()).hexdigest()[:12]
    launch = Path(__file__).with_name("launch.py")
    line = [sys.executable, "-I", str(launch), str(folder / f"{name}.json"), digest]
    # A messenger has children that compute; none may outlive it.
    return _program(stack, name, command=line, killasgroup="true")


def _program(stack: Stack, name: str, *, command: list[str], **more: str) -> str:
    return _section(
        f"program:{name}",
        {
            "command": shlex.join(command),
            "directory": ROOT,
            "autostart": "false",
            "autorestart": "true",
            # Who dies sooner has failed to start, and waits a second longer each time.
            "startsecs": 5,
            # Never gives up: a process that waits for another may fail for a while.
            "startretries": 1_000_000,
            "stopwaitsecs": 30,
            "redirect_stderr": "true",
            "stdout_logfile": stack.log(name),
            "stdout_logfile_maxbytes": "20MB",
            "stdout_logfile_backups": 1,
            **more,
        },
    )


def _section(name: str, content: dict[str, object]) -> str:
    lines = [f"{key}={str(value).replace('%', '%%')}" for key, value in content.items()]
    return "\n".join([f"[{name}]", *lines, ""])


def _digest_of(*folders: Path) -> str:
    """Changes when a file below comes, goes or says something else."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                content = path.read_bytes()
                digest.update(f"{path.relative_to(folder)}:{len(content)}:".encode() + content)
    return digest.hexdigest()
