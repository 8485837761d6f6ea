"""Who may import whom: the contracts hold, and each of them can be broken.

The contracts stand in pyproject.toml. Each breach is planted in a copy of the packages, where
lint-imports must name it.
"""

import itertools
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deploy.local.stack import SERVICES
from tests.architecture.house import ROOT, SHARED, package_folder

PACKAGES = [service.package for service in SERVICES]
CONTRACTS: dict[str, dict[str, Any]] = {
    contract["id"]: contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
}
FILES = ["api", "operations", "queries", "tables", "rules"]
IMPURE = [name for name in CONTRACTS["rules-are-pure"]["forbidden_modules"] if name != "shared"]


@dataclass(frozen=True, slots=True)
class Breach:
    """One forbidden import: what is planted where, and what lint-imports must say of it."""

    contract: str
    importer: str
    imported: str
    told: str = ""

    @property
    def message(self) -> str:
        return self.told or f"{self.importer} is not allowed to import {self.imported}"


def _slices(package: str) -> list[Breach]:
    """Each layer of a service imports the one above it."""
    contract = f"slices-of-{package.replace('_', '-')}"
    layers = [
        [name.strip(" ()") for name in layer.split(":")] for layer in CONTRACTS[contract]["layers"]
    ]
    return [
        Breach(contract, f"{package}.{lower}", f"{package}.{upper}")
        for uppers, lowers in itertools.pairwise(layers)
        for lower in lowers
        for upper in uppers
    ]


def _files(package: str) -> list[Breach]:
    """Within a slice each file imports those above it."""
    planted = f"{package}.planted"
    return [
        Breach("files-point-one-way", f"{planted}.{lower}", f"{planted}.{upper}")
        for place, lower in enumerate(FILES)
        for upper in FILES[:place]
    ]


BREACHES = [
    *(
        Breach(
            "services-are-strangers",
            f"{one}.planted",
            other,
            f"{one} is not allowed to import {other}",
        )
        for one in PACKAGES
        for other in PACKAGES
        if one != other
    ),
    *(
        Breach(
            "services-do-not-call",
            f"{package}.planted",
            client,
            f"{package} is not allowed to import {client}",
        )
        for package in ("registry", "cases", "job_orders", "shared")
        for client in CONTRACTS["services-do-not-call"]["forbidden_modules"]
    ),
    *(
        Breach(
            "shared-knows-no-service",
            "shared.planted",
            package,
            f"shared is not allowed to import {package}",
        )
        for package in PACKAGES
    ),
    Breach("messages-are-plain", "shared.messages.planted", "fastapi"),
    Breach("messages-are-plain", "shared.messages.planted", "shared.errors"),
    Breach("reference-is-plain", "shared.reference.planted", "shared.db"),
    Breach("reference-is-plain", "shared.reference.planted", "pydantic"),
    Breach("sensitivity-is-plain", "shared.sensitivity", "pydantic"),
    *(breach for package in PACKAGES for breach in _slices(package)),
    *(breach for package in PACKAGES for breach in _files(package)),
    *(
        Breach("api-does-not-touch-tables", f"{package}.planted.api", f"{package}.planted.tables")
        for package in PACKAGES
    ),
    *(
        Breach("rules-are-pure", f"{package}.planted.rules", foreign)
        for package in PACKAGES
        for foreign in IMPURE
    ),
    *(
        Breach(
            "rules-are-pure",
            f"{package}.planted.rules",
            foreign,
            f"{package}.planted.rules is not allowed to import shared:",
        )
        for package in PACKAGES
        for foreign in ("shared.db", "shared.reference", "shared.messages.base")
    ),
]


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the packages, as deep as imports go and no further."""
    for original in (SHARED, *(package_folder(service) for service in SERVICES)):
        shutil.copytree(
            original,
            tmp_path / original.name,
            ignore=shutil.ignore_patterns("__pycache__", "*.csv", "*.json"),
        )
    return tmp_path


@pytest.fixture
def lint(house: Path) -> Callable[[str], subprocess.CompletedProcess[str]]:
    """Runs lint-imports with one contract over the copy."""

    def run(contract: str) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
        return subprocess.run(
            [*command, "--config", str(ROOT / "pyproject.toml"), "--contract", contract],
            cwd=house,
            env=os.environ | {"PYTHONPATH": f"{house}:{ROOT}", "COLUMNS": "400"},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def plant(house: Path, importer: str, imported: str) -> None:
    """Let a module of the copy, made where it does not exist, import another one."""
    _module(house, importer)
    if imported.partition(".")[0] in {*PACKAGES, "shared"}:
        _module(house, imported)
    path = _module(house, importer)
    path.write_text(f"{path.read_text()}\nimport {imported}\n")


def _module(house: Path, name: str) -> Path:
    *folders, last = name.split(".")
    folder = house
    for part in folders:
        folder /= part
        folder.mkdir(exist_ok=True)
        (folder / "__init__.py").touch()
    path = folder / last / "__init__.py" if (folder / last).is_dir() else folder / f"{last}.py"
    path.touch()
    return path


@pytest.mark.parametrize("contract", CONTRACTS)
def test_the_contract_holds(
    contract: str, lint: Callable[[str], subprocess.CompletedProcess[str]]
) -> None:
    result = lint(contract)
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"{CONTRACTS[contract]['name']} KEPT" in result.stdout


@pytest.mark.parametrize("contract", CONTRACTS)
def test_the_contract_names_each_planted_breach(
    contract: str, house: Path, lint: Callable[[str], subprocess.CompletedProcess[str]]
) -> None:
    breaches = [breach for breach in BREACHES if breach.contract == contract]
    assert breaches, "a contract that nobody can break guards nothing"
    for breach in breaches:
        plant(house, breach.importer, breach.imported)
    result = lint(contract)
    assert result.returncode == 1, result.stdout + result.stderr
    assert f"{CONTRACTS[contract]['name']} BROKEN" in result.stdout
    silent = [breach.message for breach in breaches if breach.message not in result.stdout]
    assert silent == []


def test_rules_may_not_reach_the_world_through_another_module(
    house: Path, lint: Callable[[str], subprocess.CompletedProcess[str]]
) -> None:
    plant(house, "cases.planted.rules", "cases.planted.calendar")
    plant(house, "cases.planted.calendar", "sqlmodel")
    assert "cases.planted.rules is not allowed to import sqlmodel" in lint("rules-are-pure").stdout


@pytest.mark.parametrize("package", PACKAGES)
def test_a_slice_must_be_declared_before_it_is_built(
    package: str, house: Path, lint: Callable[[str], subprocess.CompletedProcess[str]]
) -> None:
    _module(house, f"{package}.planted")
    result = lint(f"slices-of-{package.replace('_', '-')}")
    assert result.returncode == 1
    assert f"- {package}.planted" in result.stdout
