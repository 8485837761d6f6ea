"""How processes ended: by the hand of a test, or by their own watchdog, and never by giving up."""

import re
from collections import Counter

from deploy.local import supervision
from deploy.local.processes import server_names
from deploy.local.stack import Stack
from tests.audit.reading import Check

_EXIT = re.compile(r"exited: (\S+) \((?:terminated by (\w+)|exit status (\d+))")
# Status 70 is the watchdog's: what hangs and cannot be ended leaves, and is started anew.
_WATCHDOG = "70"


def check_processes(stack: Stack, killed: Counter[str]) -> Check:
    """Each exit that supervisor saw must be one of ours; `killed` counts our kills by name.

    Servers are another matter: one that was killed may fail to start while its old children end.
    """
    servers = set(server_names(stack))
    exits = _exits(stack)
    found = [
        f"{name} is {one.state}"
        for name, one in supervision.states(stack).items()
        if one.state != "RUNNING"
    ]
    left = 0
    for (name, how), count in sorted(exits.items()):
        if how == "SIGKILL":
            if count > killed[name]:
                found.append(f"{name} was killed {count} times, {killed[name]} times by us")
        elif how == _WATCHDOG:
            left += count
        elif name not in servers:
            found.append(f"{name} ended by itself {count} times: {how}")
    compared = f"ends of processes, {left} of them by their own watchdog"
    return Check("no process gave up", compared, exits.total(), found)


def _exits(stack: Stack) -> Counter[tuple[str, str]]:
    exits: Counter[tuple[str, str]] = Counter()
    for path in sorted(stack.logs.glob("supervisord.log*")):
        for line in path.read_text(errors="replace").splitlines():
            if seen := _EXIT.search(line):
                name, terminated_by, status = seen.groups()
                exits[name, terminated_by or status] += 1
    return exits
