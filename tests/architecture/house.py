"""Where the code of the house lies, for guards that read it: packages, files, syntax trees."""

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

from deploy.local.stack import SERVICES, Service

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT / "shared/src/shared"
NAMES = [service.name for service in SERVICES]


def package_folder(service: Service) -> Path:
    return ROOT / "services" / service.name / "src" / service.package


def source_files(*folders: Path) -> list[Path]:
    """Every Python file below these folders; a folder without any is a mistake of the asker."""
    found = sorted(path for folder in folders for path in folder.rglob("*.py"))
    assert found, f"no source below {folders}"
    return found


def all_sources() -> list[Path]:
    """What runs in production: the packages of all services, and shared."""
    return source_files(SHARED, *(package_folder(service) for service in SERVICES))


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def modules_of(package: str) -> list[ModuleType]:
    """Every module of an installed package, imported."""
    top = importlib.import_module(package)
    return [top, *_below(top)]


def _below(top: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(top.__path__, f"{top.__name__}."):
        yield importlib.import_module(found.name)
