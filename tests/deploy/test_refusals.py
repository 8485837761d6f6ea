"""Whatever hinders a start is told in one line that names cause and cure."""

import os
import shutil
import socket
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from deploy.local import preflight, stack
from deploy.local.errors import StackError
from tests.deploy.conftest import Checkout


def _ports(checkout: Checkout) -> Any:
    checkout.run("status")
    return checkout.facts["ports"]


def test_a_taken_port_is_named_with_its_holder(checkout: Checkout) -> None:
    port = _ports(checkout)["registry"]
    with socket.create_server(("127.0.0.1", port)):
        line = checkout.refuses("up")
    assert f"port {port}, meant for registry, is taken" in line
    assert f"process {os.getpid()}" in line
    assert "SINERGI_STACK=" in line


def test_signing_in_needs_an_identity_provider(checkout: Checkout) -> None:
    line = checkout.refuses("sign_in", "kemlu-desk")
    assert "has no Keycloak" in line
    assert "make up KEYCLOAK=1" in line


def test_a_missing_java_is_named(checkout: Checkout, tmp_path: Path) -> None:
    line = checkout.refuses("up", PATH=str(tmp_path), JAVA_HOME="")
    assert "needs Java" in line
    assert "Install" in line


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may install")
def test_root_on_debian_gets_a_missing_java_without_a_question(
    checkout: Checkout, tmp_path: Path
) -> None:
    java = shutil.which("java")
    apt = tmp_path / "apt-get"
    apt.write_text(f"#!/bin/sh\necho $* >> {tmp_path}/asked\n/bin/ln -sf {java} {tmp_path}/java\n")
    apt.chmod(0o755)
    try:
        assert "installing openjdk-17-jre-headless" in checkout.must("servers", PATH=str(tmp_path))
        asked = (tmp_path / "asked").read_text()
        assert "install -y --no-install-recommends openjdk-17-jre-headless" in asked
    finally:
        checkout.run("down")


def test_a_java_that_is_too_old_is_named(checkout: Checkout, tmp_path: Path) -> None:
    old = tmp_path / "java"
    old.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    old.chmod(0o755)
    line = checkout.refuses("up", PATH=f"{tmp_path}:/bin", JAVA_HOME="")
    assert "is version 11" in line


def test_a_missing_maven_is_named(checkout: Checkout, tmp_path: Path) -> None:
    jars = next((checkout.root / ".local").glob("kafka-*"))
    target = jars.readlink()
    jars.unlink()
    java = shutil.which("java")
    assert java
    (tmp_path / "java").symlink_to(java)
    try:
        line = checkout.refuses("up", PATH=str(tmp_path))
        assert "Maven" in line
        assert "SINERGI_KAFKA_BOOTSTRAP" in line
    finally:
        jars.symlink_to(target)
        checkout.run("down")


def test_a_full_disk_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage(NamedTuple):
        free: int

    stack.LOCAL.mkdir(exist_ok=True)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(preflight.LEAST_FREE_BYTES - 1))
    with pytest.raises(StackError, match="1023 MiB are free"):
        preflight.check_machine()


def test_a_second_start_at_the_same_time_is_refused(checkout: Checkout) -> None:
    checkout.run("status")
    with stack.file_lock(checkout.root / ".local" / f"{checkout.name}.lock", wait=False):
        line = checkout.refuses("up")
    assert f"process {os.getpid()}" in line
    assert "Wait" in line


def test_a_process_that_keeps_dying_is_named_with_its_last_words(checkout: Checkout) -> None:
    main = checkout.root / "cases" / "main.py"
    sound = main.read_text()
    main.write_text("raise RuntimeError('no such ministry')\n")
    try:
        line = checkout.refuses("up")
        assert "cases keeps dying" in line
        assert "no such ministry" in line
    finally:
        main.write_text(sound)
        checkout.run("down")


def test_a_migration_that_fails_is_named_with_its_reason(checkout: Checkout) -> None:
    broken = checkout.root / "services" / "cases" / "migrations" / "versions" / "0002_break.py"
    broken.write_text(
        "from alembic import op\nrevision = '0002'\ndown_revision = '0001'\n"
        "def upgrade():\n    op.execute('SELECT no_such_column')\n"
    )
    try:
        line = checkout.refuses("up")
        assert "the migration of cases failed" in line
        assert "make migrate SERVICE=cases" in line
    finally:
        broken.unlink()
        checkout.run("down")


@pytest.mark.parametrize("name", ["Dev", "../dev", "kafka-4.3.1"])
def test_a_stack_needs_a_name_that_can_be_a_folder(checkout: Checkout, name: str) -> None:
    assert "cannot name a stack" in checkout.refuses("status", SINERGI_STACK=name)
