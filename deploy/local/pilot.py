"""Loads the pilot data of deploy/seed through the gateway, once per stack."""

import os
import subprocess
import sys

from deploy.local.progress import say, warn
from deploy.local.stack import ROOT, Stack

# Far enough into the pilot data to meet somebody whom both ministries know.
_LOOKED_AT = 300


def load_pilot_data_once(stack: Stack) -> bool:
    """Whether the pilot data is in: now, or since an earlier start."""
    return bool(stack.read_facts().get("seeded")) or load_pilot_data(stack)


def load_pilot_data(stack: Stack, *, count: int | None = None) -> bool:
    """Load it, or so many records, also when it was loaded before; whether that went well."""
    if not (ROOT / "deploy" / "seed" / "__main__.py").exists():
        warn("no pilot data: deploy/seed has no loader in this checkout")
        return True
    say("loading pilot data through the gateway …")
    # Organisations first: records name them by code.
    chosen = ["--count", str(count)] if count else []
    if not (_run(stack, "organisations") and _run(stack, "load", *chosen)):
        warn("the pilot data is not loaded; the stack runs without it. Try again: make seed")
        return False
    stack.remember(seeded=True, known_to_both=_find_known_to_both())
    return True


def _run(stack: Stack, *words: str) -> bool:
    line = [sys.executable, "-m", "deploy.seed", *words, "--gateway", stack.gateway_url]
    named = os.environ | {"SINERGI_STACK": stack.name}
    return subprocess.run(line, check=False, cwd=ROOT, env=named).returncode == 0


def _find_known_to_both() -> str | None:
    """The (synthetic) NIK of somebody in both ministries' records, for the page to ask about."""
    from deploy.seed.__main__ import COUNT, SEED  # noqa: PLC0415  # Only where there is a loader.
    from deploy.seed.generator import records  # noqa: PLC0415
    from deploy.seed.lives import System  # noqa: PLC0415

    niks = {
        one["content"].get("nik") for one in records(System.SISKOP2MI, COUNT, SEED, most=_LOOKED_AT)
    } - {None}
    candidates = records(System.PEDULI_WNI, COUNT, SEED, most=_LOOKED_AT)
    return next((nik for one in candidates if (nik := one["content"].get("nik")) in niks), None)
