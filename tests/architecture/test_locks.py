"""Locks: every version with its hashes, one version of a package everywhere, and no address."""

import re
from pathlib import Path

import pytest

from deploy.local.stack import SERVICES
from deploy.pages import files
from tests.architecture.house import ROOT, shown

REQUIREMENTS = ROOT / "requirements"
LOCKS = [REQUIREMENTS / f"{name}.lock" for name in ("dev", *(s.name for s in SERVICES))]
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[a-z,-]+\])?==(\S+)(?: ; .+)?$")
HASH = re.compile(r"^--hash=sha256:[0-9a-f]{64}$")
ADDRESS = re.compile(r"https?://|index-url|find-links|git\+|file:", re.IGNORECASE)


def pins(text: str) -> dict[str, str]:
    """Package and version of each entry; raises AssertionError where one is not exact or bare."""
    found = {}
    for entry in re.split(r"\n(?=\S)", text.strip()):
        first, *hashes = [line.strip(" \\") for line in entry.splitlines()]
        match = PIN.match(first)
        assert match, f"not an exact version: {first}"
        assert hashes, f"no hash: {first}"
        assert all(HASH.match(line) for line in hashes), f"not a hash below {first}"
        found[match[1]] = match[2]
    return found


def addresses(text: str) -> list[str]:
    return ADDRESS.findall(text)


@pytest.mark.parametrize("lock", LOCKS, ids=shown)
def test_a_lock_holds_exact_versions_with_hashes_and_no_address(lock: Path) -> None:
    assert pins(lock.read_text())
    assert addresses(lock.read_text()) == []


@pytest.mark.parametrize("lock", LOCKS[1:], ids=shown)
def test_a_service_runs_with_the_versions_that_were_tested(lock: Path) -> None:
    tested = pins(LOCKS[0].read_text())
    assert {name: tested.get(name) for name in pins(lock.read_text())} == pins(lock.read_text())


@pytest.mark.parametrize("lock", LOCKS, ids=shown)
def test_a_lock_holds_nothing_of_our_own(lock: Path) -> None:
    ours = {"shared", *(service.name for service in SERVICES)}
    assert ours & pins(lock.read_text()).keys() == set()


def test_no_other_lock_is_kept() -> None:
    ignored = set((ROOT / ".gitignore").read_text().splitlines())
    kept = [path for path in files(ROOT) if path.name in {"uv.lock", "poetry.lock"}]
    assert [shown(path) for path in kept if path.name not in ignored] == []
    for lock in (path for path in files(ROOT) if path.name == "package-lock.json"):
        assert '"resolved"' not in lock.read_text()


@pytest.mark.parametrize(
    "planted",
    [
        "fastapi>=0.1 \\\n    --hash=sha256:" + "0" * 64,
        "fastapi==0.1",
        "fastapi==0.1 \\\n    --hash=md5:00",
    ],
)
def test_a_planted_loose_entry_is_found(planted: str) -> None:
    with pytest.raises(AssertionError):
        pins(planted)


@pytest.mark.parametrize("planted", ["--index-url x", "a @ https://example.org/a.whl"])
def test_a_planted_address_is_found(planted: str) -> None:
    assert addresses(planted)
