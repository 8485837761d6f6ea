"""What a backup says of itself: moments, files with checksums, marks, revisions, names of keys.

Keys themselves are never in a backup. Of each a check value is kept, by which a wrong key of the
right name is told apart; it says nothing about the key.
"""

import base64
import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from deploy.local import keys
from deploy.local.errors import StackError
from deploy.local.levels import Marks
from deploy.local.stack import ROOT, SERVICES, Service, Stack, write_private

FORMAT = "sinergi-backup-1"
FILE = "manifest.json"
_CHUNK_BYTES = 1 << 20
_CHECK_DIGITS = 16


@dataclass(frozen=True)
class Saved:
    """One database of a backup."""

    file: str
    bytes: int
    sha256: str
    revision: str
    marks: Marks
    keys: dict[str, Any]


@dataclass(frozen=True)
class Manifest:
    stack: str
    paused_at: str
    taken_at: str
    resumed_at: str
    finished_at: str
    postgres: str
    sealing_key: str
    databases: dict[str, Saved]

    def write(self, folder: Path) -> None:
        write_private(folder / FILE, json.dumps({"format": FORMAT, **asdict(self)}, indent=1))


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a finished backup; raises StackError for anything else."""
    try:
        told = json.loads((folder / FILE).read_text())
        if told.pop("format") != FORMAT:
            raise StackError(
                f"{folder} was written in another form than {FORMAT}",
                "Restore it with the version of the code that made it",
            )
        saved = {
            name: Saved(**{**one, "marks": Marks.of(one["marks"])})
            for name, one in told.pop("databases").items()
        }
        return Manifest(**told, databases=saved)
    except FileNotFoundError:
        raise StackError(
            f"{folder} holds no finished backup: {FILE} is missing",
            "Name a folder that make backup has finished: make restore FROM=folder",
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StackError(
            f"{folder / FILE} cannot be read: {type(error).__name__}", "Take another copy of it"
        ) from None


def digest_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def refuse_damaged(folder: Path, manifest: Manifest) -> None:
    """Raises StackError naming the first file that is not what the manifest says."""
    for service in SERVICES:
        saved = manifest.databases.get(service.name)
        path = folder / (saved.file if saved else service.name)
        if saved is None or not path.is_file():
            raise StackError(f"{path} is missing", "Take another copy of the backup")
        if path.stat().st_size != saved.bytes or digest_of(path) != saved.sha256:
            raise StackError(
                f"{path} is not what its manifest says", "Take another copy of the backup"
            )


def refuse_newer(manifest: Manifest) -> None:
    """Raises StackError when this code does not know the tables of the backup."""
    for service in SERVICES:
        revision = manifest.databases[service.name].revision
        folder = ROOT / "services" / service.name / "migrations" / "versions"
        if not any(folder.glob(f"{revision}_*.py")):
            raise StackError(
                f"the tables of {service.name} have revision {revision}, unknown to this code",
                "Restore with the version of the code that made the backup, or a later one",
            )


def describe_keys(stack: Stack, service: Service) -> dict[str, Any]:
    """The names of a keyring's keys with their check values, and which is current."""
    rings = keys.read_key(stack, keys.keyring_file(service.package))
    return {
        use: {
            "current": ring["current"],
            "keys": {name: _check_value(text) for name, text in ring["keys"].items()},
        }
        for use, ring in rings.items()
    }


def sealing_key_id(stack: Stack) -> str:
    return str(keys.read_key(stack, keys.SEALING_KEY)["kid"])


def refuse_other_keys(stack: Stack, manifest: Manifest) -> None:
    """Raises StackError unless this stack holds every key that the backup was written under."""
    for service in SERVICES:
        held = _describe_held(stack, service)
        for use, ring in manifest.databases[service.name].keys.items():
            mine = held.get(use, {"current": None, "keys": {}})
            lacking = [
                name for name, check in ring["keys"].items() if mine["keys"].get(name) != check
            ]
            # What was indexed under one key is not found under another.
            if use == "index" and mine["current"] != ring["current"]:
                lacking.append(ring["current"])
            if lacking:
                raise StackError(
                    f"the keyring of {service.name} lacks the backup's {use} key {lacking[0]!r}",
                    f"Put back the keyrings of that time into {stack.keys}, then try again",
                )
    if (
        not (stack.keys / keys.SEALING_KEY).exists()
        or sealing_key_id(stack) != manifest.sealing_key
    ):
        raise StackError(
            f"this stack does not hold the backup's sealing key {manifest.sealing_key}",
            f"Put back {keys.SEALING_KEY} and {keys.SEALING_JWK} of that time into {stack.keys}",
        )


def _describe_held(stack: Stack, service: Service) -> dict[str, Any]:
    """The same of a stack that may have no keys yet."""
    if not (stack.keys / keys.keyring_file(service.package)).exists():
        return {}
    return describe_keys(stack, service)


def _check_value(key: str) -> str:
    raw = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))
    return hashlib.sha256(b"sinergi key check value" + raw).hexdigest()[:_CHECK_DIGITS]
