"""Keycloak of a local stack: its distribution from Maven, its home folder, how it is started.

What realm it serves, with which people and keys, is said in realm.py.
"""

import http.client
import os
import shutil
import subprocess
import time
from pathlib import Path

from deploy.local.errors import StackError
from deploy.local.postgres import first_line
from deploy.local.preflight import find_java, find_maven
from deploy.local.progress import step
from deploy.local.realm import ADMIN, REALM, password_of, realm_for
from deploy.local.stack import LOCAL, LOOPBACK, Stack, file_lock, write_private

VERSION = "26.5.6"
FILES = Path(__file__).parent / "keycloak"
DISTRIBUTION = LOCAL / f"keycloak-{VERSION}"
START_TIMEOUT_SECONDS = 300
# Written last, so that what an interrupted start left behind is never taken for whole.
_BUILT = ".built"
_SHARED_FOLDERS = ("conf", "lib", "providers", "themes")
_THREADS = "io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory"
_JVM = (
    "-Xms64m",
    "-Xmx320m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:MaxMetaspaceSize=256m",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
    f"-Djava.util.concurrent.ForkJoinPool.common.threadFactory={_THREADS}",
    "-Djava.net.preferIPv4Stack=true",
    "-Dfile.encoding=UTF-8",
    "-Duser.language=en",
    *(
        word
        for package in ("java.util", "java.util.concurrent", "java.security")
        for word in ("--add-opens", f"java.base/{package}=ALL-UNNAMED")
    ),
)


def ensure_distribution() -> None:
    """Fetch and build the server unless an earlier start did; raises StackError on failure."""
    if (DISTRIBUTION / _BUILT).exists():
        return
    with file_lock(LOCAL / "keycloak.lock", wait=True):
        if (DISTRIBUTION / _BUILT).exists():
            return
        with step(f"fetching Keycloak {VERSION} (166 MB, once)", "Keycloak is here"):
            _fetch()
        with step("building Keycloak (once)", "Keycloak is built"):
            _build()
        (DISTRIBUTION / _BUILT).touch()


def prepare_home(stack: Stack) -> None:
    """Make the folder that the server calls its home, with the realm that it takes in at first.

    A realm that its database already holds is left as it is.
    """
    home = _home(stack)
    taken_in = home / "data" / "import"
    taken_in.mkdir(parents=True, exist_ok=True)
    home.chmod(0o700)
    for name in _SHARED_FOLDERS:
        link = home / name
        if not link.is_symlink():
            link.symlink_to(DISTRIBUTION / name)
    write_private(taken_in / f"{REALM}-realm.json", realm_for(stack))


def command(stack: Stack) -> list[str]:
    """The server without its start script, so that a signal meets the process itself."""
    return [
        find_java(),
        *_JVM,
        f"-Dkc.home.dir={_home(stack)}",
        f"-Djboss.server.config.dir={_home(stack) / 'conf'}",
        "-cp",
        str(DISTRIBUTION / "lib" / "quarkus-run.jar"),
        "io.quarkus.bootstrap.runner.QuarkusEntryPoint",
        "start",
        "--optimized",
        "--import-realm",
        "--cache=local",
        "--http-enabled=true",
        f"--http-host={LOOPBACK}",
        f"--http-port={stack.ports['keycloak']}",
        f"--hostname={stack.url('keycloak')}",
    ]


def settings(stack: Stack) -> dict[str, str]:
    """What the server is told by its environment, where nobody else can read it."""
    return {
        "KC_BOOTSTRAP_ADMIN_USERNAME": ADMIN,
        "KC_BOOTSTRAP_ADMIN_PASSWORD": password_of(stack, ADMIN),
    }


def wait_until_ready(stack: Stack) -> None:
    """Return once the realm is served; raises StackError when it does not come."""
    give_up = time.monotonic() + START_TIMEOUT_SECONDS
    while not answers(stack):
        if time.monotonic() > give_up:
            raise StackError(
                f"Keycloak does not serve its realm at {stack.issuer_url}",
                "See why: make logs SERVICE=keycloak",
            )
        time.sleep(0.2)


def answers(stack: Stack) -> bool:
    """Whether the realm publishes its keys."""
    connection = http.client.HTTPConnection(LOOPBACK, stack.ports["keycloak"], timeout=5)
    try:
        connection.request("GET", f"/realms/{REALM}/protocol/openid-connect/certs")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _home(stack: Stack) -> Path:
    return stack.directory / "keycloak"


def _fetch() -> None:
    unpacked = DISTRIBUTION.with_name(f"{DISTRIBUTION.name}.partial")
    for old in (unpacked, DISTRIBUTION):
        shutil.rmtree(old, ignore_errors=True)
    goal = ["dependency:unpack", f"-DoutputDirectory={unpacked}"]
    line = [find_maven(), "-B", "-q", "-f", str(FILES / "pom.xml"), *goal]
    outcome = _run(line)
    if outcome.returncode != 0:
        said = [text for text in outcome.stdout.splitlines() if text.startswith("[ERROR]")]
        raise StackError(
            f"Maven could not fetch Keycloak: {first_line(' '.join(said[:1])).strip()[:300]}",
            "Check that this machine reaches its Maven repository, then try again",
        )
    (unpacked / DISTRIBUTION.name).rename(DISTRIBUTION)
    shutil.rmtree(unpacked)


def _build() -> None:
    script = DISTRIBUTION / "bin" / "kc.sh"
    outcome = _run(["sh", str(script), "build", "--db=dev-file"])
    if outcome.returncode != 0:
        raise StackError(
            f"Keycloak could not be built: {first_line(outcome.stderr + outcome.stdout)[:300]}",
            f"Remove {DISTRIBUTION} and try again",
        )


def _run(line: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "JAVA_HOME": str(Path(find_java()).resolve().parents[1])}
    return subprocess.run(line, check=False, text=True, capture_output=True, env=environment)
