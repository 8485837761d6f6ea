"""Writes, or compares, every generated document: `python -m deploy.documents write|check`."""

import sys
from collections.abc import Iterator
from pathlib import Path

from fastapi import FastAPI

import cases.handlers
import cases.main
import gateway.handlers
import gateway.main
import job_orders.handlers
import job_orders.main
import registry.handlers
import registry.main
from shared import documents
from shared.messages import catalogue

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = ROOT / "shared/src/shared/messages/schemas"


def generated() -> Iterator[tuple[Path, str]]:
    """Every generated file and what it must hold."""
    services: list[tuple[str, str, FastAPI, documents.Handlers]] = [
        ("registry", "registry", registry.main.described_app(), registry.handlers.HANDLERS),
        ("cases", "cases", cases.main.described_app(), cases.handlers.HANDLERS),
        ("job-orders", "job_orders", job_orders.main.described_app(), job_orders.handlers.HANDLERS),
        ("gateway", "gateway", gateway.main.described_app(), gateway.handlers.HANDLERS),
    ]
    for folder, package, app, handlers in services:
        yield ROOT / f"services/{folder}/openapi.json", documents.openapi_text(app)
        asyncapi = documents.asyncapi_text(package, handlers)
        yield ROOT / f"services/{folder}/asyncapi.yaml", asyncapi
    for entry in catalogue.CATALOGUE:
        yield SCHEMAS / f"{entry.event_type}.json", documents.schema_text(entry)
    yield ROOT / "deploy/kafka/topics.yaml", documents.topics_text()


def main() -> int:
    """Write all, or list those that differ; 0 when nothing does."""
    check = sys.argv[1:] == ["check"]
    stale = []
    for path, text in generated():
        if path.exists() and path.read_text() == text:
            continue
        stale.append(path.relative_to(ROOT))
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    wanted = {path for path, _ in generated() if path.parent == SCHEMAS}
    for extra in set(SCHEMAS.glob("*.json")) - wanted:
        stale.append(extra.relative_to(ROOT))
        if not check:
            extra.unlink()
    for path in stale:
        print(f"{'differs from the code' if check else 'written'}: {path}")
    if check and stale:
        print("Bring them up to date with: make docs")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
