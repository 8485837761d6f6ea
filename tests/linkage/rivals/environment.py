"""The rivals' own environment: made on demand below .local, and no dependency of anything."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from deploy.local.stack import LOCAL

PINNED: Final[Mapping[str, str]] = {
    "splink": "5.0.0",
    "duckdb": "2.0.1",
    "pandas": "2.3.3",
    "recordlinkage": "0.16",
}
_FOLDER: Final = LOCAL / "linkage-lab"


class Rivals:
    """Where the rivals are installed."""

    @property
    def python(self) -> str:
        return str(_FOLDER / "bin/python")

    @property
    def packages(self) -> Path:
        (found,) = (_FOLDER / "lib").glob("python*/site-packages")
        return found

    def splink(self, levels: str) -> list[str]:
        """Splink under the contract's command line."""
        module = "tests.linkage.rivals.splink_rival"
        return [self.python, "-W", "ignore", "-m", module, "--levels", levels]

    def ecm(self) -> list[str]:
        """The toolkit recordlinkage with its ECM classifier, for FEBRL's sets."""
        return [self.python, "-W", "ignore", "-m", "tests.linkage.rivals.ecm_rival"]


def install() -> Rivals:
    """The environment with exactly the pinned versions; nothing is done when it has them."""
    wanted = "\n".join(f"{name}=={version}" for name, version in PINNED.items())
    told = _FOLDER / "pinned.txt"
    if not told.exists() or told.read_text() != wanted:
        uv = Path(sys.executable).parent / "uv"
        subprocess.run([uv, "venv", "--quiet", "--clear", _FOLDER], check=True)
        packages = wanted.split("\n")
        subprocess.run(
            [uv, "pip", "install", "--quiet", "--python", _FOLDER / "bin/python", *packages],
            check=True,
        )
        told.write_text(wanted)
    return Rivals()
