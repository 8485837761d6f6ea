"""Becomes one process of a service: reads its command and environment from a private file.

So no secret stands in a command line or in supervisor's configuration, whose quoting is fragile.
The second argument is a digest of that file and of the code; it makes supervisor see a change.
"""

import json
import os
import resource
import sys
from pathlib import Path

if __name__ == "__main__":
    # As many open files as the system lets us have: each connection is one.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    wanted = json.loads(Path(sys.argv[1]).read_text())
    os.nice(wanted["niceness"])
    os.execve(wanted["command"][0], wanted["command"], os.environ | wanted["environment"])  # noqa: S606  # That is its purpose.
