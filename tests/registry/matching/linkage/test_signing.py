"""A model decides only with a signature of somebody known."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from registry.matching.linkage.command import main
from registry.matching.linkage.model import read_model, write_model
from registry.matching.linkage.reading import InputRefused
from registry.matching.linkage.signing import SUFFIX, read_signed_model
from registry.matching.served_model import DEFAULT_KEY, DEFAULT_MODEL, load_model


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A copy of the model that comes with the service, unsigned, and a pair of keys beside it."""
    path = tmp_path / "model.json"
    path.write_bytes(DEFAULT_MODEL.read_bytes())
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "private.pem").write_bytes(private)
    (tmp_path / "public.pem").write_bytes(public)
    return path


def sign(model: Path, key: str = "private.pem") -> int:
    return main(["sign", "--model", str(model), "--key", str(model.with_name(key))])


def verify(model: Path, key: str = "public.pem") -> int:
    return main(["verify", "--model", str(model), "--public-key", str(model.with_name(key))])


def test_a_signed_model_verifies_and_is_read(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sign(model) == 0
    assert verify(model) == 0
    assert capsys.readouterr().out.splitlines() == [f"{model}{SUFFIX}", read_model(model).id]


def test_the_model_that_comes_with_the_service_is_signed_and_small() -> None:
    served = load_model(None, None)
    assert served.model.id == read_signed_model(DEFAULT_MODEL, DEFAULT_KEY).id
    assert served.label == f"2026-11-{served.model.id[:12]}"
    assert DEFAULT_MODEL.stat().st_size < 300_000


@pytest.mark.parametrize("fault", ["unsigned", "changed", "of another key", "no signature"])
def test_what_nobody_known_has_signed_does_not_decide(
    model: Path, fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    key = DEFAULT_KEY if fault == "of another key" else model.with_name("public.pem")
    if fault != "unsigned":
        sign(model)
    if fault == "changed":
        write_model(load_model(None, None).model, model)
        told = json.loads(model.read_text())
        model.write_text(json.dumps(told))
    if fault == "no signature":
        model.with_name(model.name + SUFFIX).write_text("none\n")
    capsys.readouterr()
    with pytest.raises(InputRefused, match="does not verify"):
        read_signed_model(model, key)
    assert main(["verify", "--model", str(model), "--public-key", str(key)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("arguments", [["sign"], ["verify"], ["sign", "--model", "none.json"]])
def test_what_is_missing_is_told_in_one_line(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_only_ed25519_keys_sign_and_verify(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sign(model, "public.pem") == 2
    assert "openssl genpkey" in capsys.readouterr().err
    sign(model)
    assert verify(model, "private.pem") == 2


@pytest.mark.parametrize("program", ["registry.main", "registry.messenger", "registry.bulk"])
def test_a_process_refuses_to_start_with_a_model_that_does_not_verify(
    model: Path, program: str
) -> None:
    run = [sys.executable, "-m", program]
    if program == "registry.main":
        run = [sys.executable, "-c", "from registry.main import create_app; create_app()"]
    done = subprocess.run(
        run,
        env={"REGISTRY_MATCHING_MODEL_FILE": str(model)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode != 0
    assert "does not verify" in done.stderr
