"""What the figures were measured on, said beside them."""

import os
import platform
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryFile

import psutil

from deploy.local import broker
from deploy.local.stack import LOCAL

_QUIET_LOAD = 0.5
_SYNCS = 50


def describe() -> dict[str, str]:
    """Processor, memory, system, disk and interpreter, and how busy the machine is already."""
    return {
        "processor": f"{os.cpu_count()} x {_processor()}",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{_system()}, Linux {platform.release()}",
        "disk": f"{_sync_ms():.2f} ms for one fdatasync of 8 kB",
        "python": platform.python_version(),
        "broker": f"Apache Kafka {broker.VERSION}",
        "load before": f"{os.getloadavg()[0]:.2f}",
    }


def is_busy() -> bool:
    """Whether others use this machine so much that absolute figures say little."""
    return os.getloadavg()[0] > _QUIET_LOAD


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _system() -> str:
    release = Path("/etc/os-release")
    if release.exists():
        for line in release.read_text().splitlines():
            if line.startswith("PRETTY_NAME="):
                return line.partition("=")[2].strip('"')
    return platform.system()


def _sync_ms() -> float:
    """What a commit must wait for at least, on the disk where the databases lie."""
    LOCAL.mkdir(exist_ok=True)
    times = []
    with TemporaryFile(dir=LOCAL) as file:
        for _ in range(_SYNCS):
            file.write(bytes(8192))
            file.flush()
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(1000 * (time.perf_counter() - began))
    return median(times)
