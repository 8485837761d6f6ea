"""Signed models for tests: one decides, one asks for less, one for more than most pairs have."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from registry.matching.linkage.model import Model, read_model, write_model
from registry.matching.linkage.signing import sign_model, signature_file
from registry.matching.served_model import DEFAULT_MODEL, Served, served_model

IN_USE = (1 - 1e-5, 0.1)
"""A name and a birth date are not enough, a number is."""
LAX = (0.99, 0.1)
STRICT = (1 - 1e-8, 1 - 1e-7)


@dataclass(frozen=True)
class Models:
    """A folder of models, and their labels."""

    directory: Path
    in_use: str
    lax: str
    strict: str
    key: Path

    def sign(self, name: str, thresholds: tuple[float, float]) -> str:
        """Another model of the folder."""
        return _write(self.directory, name, thresholds, self.key)

    def remove(self, name: str) -> None:
        model = self.directory / f"{name}.json"
        model.unlink()
        signature_file(model).unlink()


@contextmanager
def serving_models(directory: Path) -> Iterator[Models]:
    """The settings name these models for as long as it lasts."""
    directory.mkdir()
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (directory / "private.pem").write_bytes(private)
    (directory / "public.pem").write_bytes(public)
    labels = {
        name: _write(directory, name, thresholds, directory / "private.pem")
        for name, thresholds in {"in_use": IN_USE, "lax": LAX, "strict": STRICT}.items()
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REGISTRY_MATCHING_MODEL_FILE", os.fspath(directory / "in_use.json"))
        patch.setenv("REGISTRY_MATCHING_PUBLIC_KEY_FILE", os.fspath(directory / "public.pem"))
        patch.setenv("REGISTRY_MATCHING_MODELS_DIRECTORY", os.fspath(directory))
        served_model.cache_clear()
        yield Models(directory, **labels, key=directory / "private.pem")
    served_model.cache_clear()


def _write(directory: Path, name: str, thresholds: tuple[float, float], key: Path) -> str:
    link_from, review_from = thresholds
    model: Model = replace(
        read_model(DEFAULT_MODEL), name=name, link_from=link_from, review_from=review_from
    )
    path = directory / f"{name}.json"
    write_model(model, path)
    sign_model(path, key)
    return Served.of(model).label
