"""Brings the tables of the four services to their newest revision, and drafts new revisions."""

import hashlib
import re
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from deploy.local.environments import migration_environment
from deploy.local.errors import StackError
from deploy.local.processes import supervisor_environment
from deploy.local.stack import ROOT, SERVICES, STARTED_BY, Service, Stack, get_service


def migrate(stack: Stack, names: Iterable[str]) -> None:
    """Apply every missing migration of these services, side by side.

    Raises StackError naming the first service whose migration failed, and why.
    """
    services = [get_service(name) for name in names]
    with ThreadPoolExecutor(max_workers=len(services) or 1) as pool:
        list(pool.map(lambda service: _alembic(stack, service, "upgrade", "head"), services))


def migrate_if_changed(stack: Stack) -> bool:
    """Migrate those services whose migrations differ from what this stack saw last."""
    seen = stack.read_facts().get("migrations", {})
    now = {service.name: _digest(service) for service in SERVICES}
    behind = [name for name, digest in now.items() if seen.get(name) != digest]
    # What somebody else's server holds, it may lose without our knowing.
    if stack.own_postgres_url:
        behind = list(now)
    if behind:
        migrate(stack, behind)
        stack.remember(migrations=now)
    return bool(behind)


def draft(stack: Stack, name: str, *, title: str) -> str:
    """Write a draft of the next migration from what tables.py says; return alembic's words."""
    service = get_service(name)
    if not re.fullmatch(r"[a-z][a-z0-9_]+", title):
        raise StackError(
            f"{title!r} cannot name a migration",
            "Name verb and object in snake case: NAME=add_severity_to_cases",
        )
    folder = ROOT / "services" / service.name / "migrations" / "versions"
    numbers = [int(path.name[:4]) for path in folder.glob("[0-9][0-9][0-9][0-9]_*.py")]
    number = f"{max(numbers, default=0) + 1:04}"
    arguments = ["revision", "--autogenerate", "--rev-id", number, "-m", title]
    return _alembic(stack, service, *arguments)


def _alembic(stack: Stack, service: Service, *arguments: str) -> str:
    settings = ROOT / "services" / service.name / "alembic.ini"
    if not settings.exists():
        raise StackError(
            f"services/{service.name}/alembic.ini is missing, so {service.name} has no tables",
            "This checkout is incomplete: get the whole of it",
        )
    base = supervisor_environment(stack)
    del base[STARTED_BY]  # A passing command, which `make down` must not look for.
    outcome = subprocess.run(
        [sys.executable, "-m", "alembic", "-c", str(settings), *arguments],
        check=False,
        cwd=ROOT,
        env=base | migration_environment(stack, service.name),
        text=True,
        capture_output=True,
    )
    if outcome.returncode != 0:
        log = stack.log(f"{service.name}-migration")
        log.parent.mkdir(exist_ok=True)
        log.write_text(outcome.stdout + outcome.stderr)
        told = (outcome.stderr or outcome.stdout).strip().splitlines()
        raise StackError(
            f"the migration of {service.name} failed: {told[-1][:300] if told else 'no message'}",
            f"See {log.relative_to(ROOT)}; mend it, then: make migrate SERVICE={service.name}",
        )
    return outcome.stdout + outcome.stderr


def _digest(service: Service) -> str:
    digest = hashlib.sha256()
    for path in sorted((ROOT / "services" / service.name / "migrations").rglob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()
