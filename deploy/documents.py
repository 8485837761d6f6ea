"""Writes, or compares, every generated document: `python -m deploy.documents write|check`."""

import sys
from collections.abc import Iterator
from pathlib import Path

from fastapi import FastAPI

import cases.handlers
import cases.main
import cases.policy
import cases.settings
import gateway.handlers
import gateway.main
import gateway.policy
import gateway.settings
import job_orders.handlers
import job_orders.main
import job_orders.policy
import job_orders.settings
import registry.handlers
import registry.main
import registry.policy
import registry.settings
from deploy import readers
from deploy.observe.grafana import dashboards
from deploy.observe.metrics_page import metrics_page
from deploy.settings_example import settings_example
from shared import documents
from shared.inbox import Handlers
from shared.messages import catalogue
from shared.settings import ServiceSettings

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = Path("shared/src/shared/messages/schemas")
ROUTERS = {
    "registry": registry.main.ROUTERS,
    "cases": cases.main.ROUTERS,
    "job-orders": job_orders.main.ROUTERS,
    "gateway": gateway.main.ROUTERS,
}
POLICIES = {
    "registry": registry.policy.POLICY,
    "cases": cases.policy.POLICY,
    "job-orders": job_orders.policy.POLICY,
    "gateway": gateway.policy.POLICY,
}


def matrix(service: str) -> list[readers.Entry]:
    """What each role may do by each route of a service."""
    roles = readers.roles_of(POLICIES.values())
    return list(readers.matrix(ROUTERS[service], POLICIES[service], roles=roles))


def generated() -> Iterator[tuple[Path, str]]:
    """Every generated file, from the root of the repository, and what it must hold."""
    services: list[tuple[str, str, FastAPI, Handlers]] = [
        ("registry", "registry", registry.main.described_app(), registry.handlers.HANDLERS),
        ("cases", "cases", cases.main.described_app(), cases.handlers.HANDLERS),
        ("job-orders", "job_orders", job_orders.main.described_app(), job_orders.handlers.HANDLERS),
        ("gateway", "gateway", gateway.main.described_app(), gateway.handlers.HANDLERS),
    ]
    for folder, package, app, handlers in services:
        yield Path(f"services/{folder}/openapi.json"), documents.openapi_text(app)
        asyncapi = documents.asyncapi_text(package, handlers)
        yield Path(f"services/{folder}/asyncapi.yaml"), asyncapi
    for service, routers in ROUTERS.items():
        told = readers.page(service, matrix(service), open_to_all=list(readers.undeclared(routers)))
        yield Path(f"docs/readers/{service}.md"), told
    for entry in catalogue.CATALOGUE:
        yield SCHEMAS / f"{entry.event_type}.json", documents.schema_text(entry)
    yield Path("deploy/kafka/topics.yaml"), documents.topics_text()
    yield Path("docs/operations/metrics.md"), metrics_page()
    for name, text in dashboards().items():
        yield Path(f"deploy/observe/dashboards/{name}.json"), text
    settings: dict[str, type[ServiceSettings]] = {
        "registry": registry.settings.Settings,
        "cases": cases.settings.Settings,
        "job-orders": job_orders.settings.Settings,
        "gateway": gateway.settings.Settings,
    }
    yield Path(".env.example"), settings_example(settings)


def stale(root: Path = ROOT) -> dict[Path, str | None]:
    """The files below `root` that differ from the code, and what they should hold; None: nothing.

    A schema of a type that no longer exists is one of them.
    """
    wanted = dict(generated())
    differing: dict[Path, str | None] = {
        path: text
        for path, text in wanted.items()
        if not (root / path).exists() or (root / path).read_text() != text
    }
    known = {path.relative_to(root) for path in (root / SCHEMAS).glob("*.json")}
    return differing | dict.fromkeys(sorted(known - wanted.keys()))


def write(root: Path, path: Path, text: str | None) -> None:
    if text is None:
        (root / path).unlink()
        return
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def main() -> int:
    """Write all that differ, or list them; 0 when nothing does."""
    check = sys.argv[1:] == ["check"]
    differing = stale()
    for path, text in differing.items():
        if not check:
            write(ROOT, path, text)
        print(f"{'differs from the code' if check else 'written'}: {path}")
    if check and differing:
        print("Bring them up to date with: make docs")
    return 1 if check and differing else 0


if __name__ == "__main__":
    sys.exit(main())
