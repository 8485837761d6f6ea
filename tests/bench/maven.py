"""Rivals that come from Maven: made once, kept under `.local/bench`, made anew when they change."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from deploy.local.errors import StackError
from deploy.local.preflight import find_java, find_maven
from deploy.local.progress import step
from deploy.local.stack import LOCAL, file_lock
from tests.bench.programs import CannotMeasure

_SOURCES = Path(__file__).parent / "rivals"
_FOLDER_PROPERTY = {"package": "build.folder", "dependency:copy-dependencies": "outputDirectory"}


def java() -> str:
    """Java 17 or newer, installed first where that needs no question; else CannotMeasure."""
    try:
        return find_java()
    except StackError as failure:
        raise CannotMeasure(str(failure)) from None


def made(name: str, goal: str) -> Path:
    """The folder that Maven fills from `rivals/<name>/pom.xml`; CannotMeasure when it cannot."""
    source = _SOURCES / name
    folder = LOCAL / "bench" / f"{name}-{_digest(source)}"
    if folder.is_dir():
        return folder
    with file_lock(LOCAL / "bench" / f"{name}.lock", wait=True):
        if not folder.is_dir():
            with step(f"fetching the rival {name} from Maven (50 MB, once)", f"{name} is here"):
                _make(source, goal, folder)
    return folder


def _make(source: Path, goal: str, folder: Path) -> None:
    partial = folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    home = Path(java()).resolve().parents[1]
    if goal == "package" and not (home / "bin" / "javac").exists():
        raise CannotMeasure(f"{source.name} is compiled, and {home} has no javac (a JDK has)")
    try:
        maven = find_maven()
    except StackError as failure:
        raise CannotMeasure(str(failure)) from None
    line = [maven, "-B", "-q", "-f", str(source / "pom.xml"), goal]
    outcome = subprocess.run(
        [*line, f"-D{_FOLDER_PROPERTY[goal]}={partial}"],
        check=False,
        text=True,
        capture_output=True,
        env={**os.environ, "JAVA_HOME": str(home)},
    )
    if outcome.returncode != 0:
        said = [text for text in outcome.stdout.splitlines() if text.startswith("[ERROR]")]
        told = " ".join(said[:1]) or outcome.stderr.strip()
        raise CannotMeasure(f"Maven could not make {source.name}: {told[:300]}")
    partial.rename(folder)


def _digest(source: Path) -> str:
    """Of every file that it is made from, so that a change of one makes it anew."""
    running = hashlib.sha256()
    for path in sorted(source.rglob("*")):
        if path.is_file():
            running.update(path.relative_to(source).as_posix().encode() + path.read_bytes())
    return running.hexdigest()[:12]
