"""The command line: `python -m deploy.seed generate` writes files, `load` fills a running stack."""

import argparse
import asyncio
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from deploy.seed.envelopes import csv_lines, ndjson
from deploy.seed.gateway import LoadFailed, first_of
from deploy.seed.generator import records
from deploy.seed.lives import System
from deploy.seed.load import NAMES, PART_LINES, ROLES, Plan, load, load_organisations
from deploy.seed.progress import Display, display_for
from deploy.seed.truth import write_truth

COUNT: Final = 5_000
SEED: Final = 2026
GATEWAY: Final = "http://127.0.0.1:8080"
INTERRUPTED: Final = 130


def main(arguments: list[str]) -> int:
    """Run one command; every failure ends in one line and a status that is not zero."""
    options = _parser().parse_args(arguments)
    try:
        return _COMMANDS[options.command](options)
    except (LoadFailed, OSError) as failure:
        print(f"{options.command}: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{options.command}: interrupted; run it again to go on", file=sys.stderr)
        return INTERRUPTED


def _generate(options: argparse.Namespace) -> int:
    folder: Path = options.out
    folder.mkdir(parents=True, exist_ok=True)
    count, seed = options.count, options.seed
    for system in System:
        _write(folder / f"{NAMES[system]}.ndjson", ndjson(records(system, count, seed)))
    # SiskoP2MI withdraws records, which a CSV row cannot say; so only the other has both.
    reports = csv_lines(System.PEDULI_WNI, records(System.PEDULI_WNI, count, seed))
    _write(folder / f"{NAMES[System.PEDULI_WNI]}.csv", reports)
    write_truth(folder / "truth.csv", count, seed)
    print(f"{count:,} records and the truth about them are in {folder}")
    return 0


def _write(path: Path, texts: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(texts)


def _load(options: argparse.Namespace) -> int:
    display = display_for()
    plan = Plan(
        gateway=options.gateway.rstrip("/"),
        count=options.count,
        seed=options.seed,
        tokens=_tokens(options),
        part_lines=options.part_lines,
    )
    display.say(f"{plan.count:,} synthetic records (seed {plan.seed}) to {plan.gateway}")
    return _report(plan, display)


def _load_organisations(options: argparse.Namespace) -> int:
    gateway = options.gateway.rstrip("/")
    with first_of(LoadFailed):
        asyncio.run(load_organisations(gateway, _local_token, display_for()))
    return 0


def _report(plan: Plan, display: Display) -> int:
    tallies = asyncio.run(load(plan, display))
    refused = sum(tally.refused for tally in tallies)
    for tally in tallies:
        display.say(f"{tally.name}: {tally.sentence()}")
    if refused:
        display.say(f"{refused:,} lines were refused")
    return 1 if refused else 0


def _tokens(options: argparse.Namespace) -> dict[System, str]:
    """The tokens given, and for those not given what the local stack's key signs."""
    given = {
        System.SISKOP2MI: options.siskop2mi_token,
        System.PEDULI_WNI: options.peduliwni_token,
    }
    return {system: token or _local_token(ROLES[system]) for system, token in given.items()}


def _local_token(role: str, mission: str | None = None) -> str:
    # Only a checkout with a local stack has these modules' needs, and only without a given token.
    from deploy.local.errors import StackError  # noqa: PLC0415  # see above
    from deploy.local.stack import open_stack  # noqa: PLC0415  # see above
    from deploy.local.tokens import sign_token  # noqa: PLC0415  # see above

    try:
        return sign_token(open_stack(), role, mission=mission)
    except StackError as failure:
        raise LoadFailed(str(failure)) from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.seed", description=__doc__)
    words = parser.add_subparsers(dest="command", required=True)
    generate = words.add_parser("generate", help="write the exports and the truth to files")
    generate.add_argument("--out", type=Path, required=True, metavar="DIR")
    to_load = words.add_parser("load", help="send the records through a gateway's public API")
    to_load.add_argument("--gateway", default=GATEWAY, metavar="URL")
    for system in System:
        to_load.add_argument(f"--{NAMES[system]}-token", metavar="TOKEN")
    to_load.add_argument("--part-lines", type=_positive, default=PART_LINES, metavar="N")
    organisations = words.add_parser(
        "organisations", help="register the invented agencies and employers"
    )
    organisations.add_argument("--gateway", default=GATEWAY, metavar="URL")
    for command in (generate, to_load):
        command.add_argument("--count", type=_positive, default=COUNT, metavar="N")
        command.add_argument("--seed", type=int, default=SEED, metavar="S")
    return parser


_COMMANDS: Final = {
    "generate": _generate,
    "load": _load,
    "organisations": _load_organisations,
}


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
