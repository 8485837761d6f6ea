"""The command line of the local stack: `python -m deploy.local up`; see `make help`."""

import argparse
import io
import os
import sys
import traceback
from collections.abc import Callable

from deploy.local import commands
from deploy.local.errors import StackError
from deploy.local.stack import LOCAL, Stack, open_stack

_PLAIN: dict[str, Callable[[Stack], int]] = {
    "servers": commands.servers,
    "down": commands.down,
    "reset": commands.reset,
    "status": commands.show_status,
}


def main(arguments: list[str]) -> int:
    """Run one command; every failure ends in one line that names cause and cure."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    options = _parser().parse_args(arguments)
    try:
        return _run(options, open_stack())
    except StackError as failure:
        return _fail(options.command, str(failure))
    except KeyboardInterrupt:
        return _fail(options.command, "interrupted. Go on with make up, or end it with make down")
    except BrokenPipeError:
        # Whoever reads us (head, less) has seen enough; nothing more can be said to them.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as surprise:  # noqa: BLE001  # The last word must be a line, not a traceback.
        LOCAL.mkdir(exist_ok=True)
        (LOCAL / "last-failure.log").write_text(traceback.format_exc())
        where = "The whole story is in .local/last-failure.log"
        return _fail(options.command, f"{type(surprise).__name__}: {surprise}. {where}")


def _run(options: argparse.Namespace, stack: Stack) -> int:
    given = {name: value for name, value in vars(options).items() if name != "command"}
    if options.command in _PLAIN:
        return _PLAIN[options.command](stack)
    command: Callable[..., int] = getattr(commands, options.command)
    return command(stack, **given)


def _fail(command: str, line: str) -> int:
    sys.stdout.flush()
    print(f"{command}: {' '.join(line.split())}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description=__doc__)
    words = parser.add_subparsers(dest="command", required=True)
    for name, function in _PLAIN.items():
        words.add_parser(name, help=function.__doc__)
    up = words.add_parser("up", help=commands.up.__doc__)
    up.add_argument("--keycloak", action=argparse.BooleanOptionalAction)
    logs = words.add_parser("logs", help=commands.logs.__doc__)
    logs.add_argument("service", nargs="?")
    token = words.add_parser("token", help=commands.token.__doc__)
    token.add_argument("role")
    for name in ("organisation", "mission", "subject"):
        token.add_argument(f"--{name}")
    token.add_argument("--purposes", nargs="+", metavar="PURPOSE")
    sign_in = words.add_parser("sign_in", help=commands.sign_in.__doc__)
    sign_in.add_argument("role")
    sign_in.add_argument("--call")
    migrate = words.add_parser("migrate", help=commands.migrate.__doc__)
    migrate.add_argument("service", nargs="?")
    migration = words.add_parser("migration", help=commands.migration.__doc__)
    migration.add_argument("service")
    migration.add_argument("name")
    dev = words.add_parser("dev", help=commands.dev.__doc__)
    dev.add_argument("service")
    seed = words.add_parser("seed", help=commands.seed.__doc__)
    seed.add_argument("--count", type=int)
    backup = words.add_parser("backup", help=commands.backup.__doc__)
    backup.add_argument("--to", metavar="FOLDER")
    backup.add_argument("--within", type=float, default=60.0, metavar="SECONDS")
    restore = words.add_parser("restore", help=commands.restore.__doc__)
    restore.add_argument("folder")
    for name in ("confirm", "stop"):
        restore.add_argument(f"--{name}", action="store_true")
    messenger = words.add_parser("messenger", help=commands.messenger.__doc__)
    messenger.add_argument("--service")
    messenger.add_argument("words", nargs=argparse.REMAINDER)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
