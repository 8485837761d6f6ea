"""The command registry-match: two files and a schema in, scored pairs out; models and reasons."""

import argparse
import csv
import gc
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from registry.matching.linkage.explaining import explain, find_pair, table_of
from registry.matching.linkage.linking import Linked, Mode, candidates_of, link, told
from registry.matching.linkage.model import Model, read_model, write_model
from registry.matching.linkage.rarity import MOST_KEPT
from registry.matching.linkage.reading import InputRefused, Table, read_schema, read_table
from registry.matching.linkage.records import Records, records_of
from registry.matching.linkage.scoring import Scored
from registry.matching.linkage.signing import read_signed_model, sign_model
from registry.matching.linkage.training import train
from registry.matching.linkage.waterfall import draw
from registry.matching.linkage.weighing import probabilities

NO_FILE = "-"
_PLACES = 7
_REFUSED = 2
_FILES = ("left", "schema")
_NEEDED = {
    "match": (*_FILES, "out"),
    "train": (*_FILES, "out"),
    "explain": (*_FILES, "pair"),
    "sign": ("model", "key"),
    "verify": ("model", "public_key"),
}


class Counting(Protocol):
    """What makes counts of an answer; it lies in a higher slice, and is handed in."""

    def __init__(self, tables: Sequence[Table]) -> None: ...

    def write(self, path: Path, *, records: Records, answer: Scored, mode: Mode) -> None: ...


def main(arguments: Sequence[str] | None = None, *, counting: type[Counting] | None = None) -> int:
    """Runs the command; gives 0, or 2 after one line that says what is wrong."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="registry-match: %(message)s")
    was_collecting = gc.isenabled()
    # Millions of rows are made and none lies in a circle: looking for those takes half of reading.
    gc.disable()
    try:
        _run(options, counting)
    except InputRefused as refusal:
        sys.stderr.write(f"registry-match: {refusal}\n")
        return _REFUSED
    finally:
        if was_collecting:
            gc.enable()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="registry-match", description="Finds the pairs of records that are of one person."
    )
    parser.add_argument("action", nargs="?", choices=tuple(_NEEDED), default="match")
    parser.add_argument("--mode", type=Mode, choices=tuple(Mode), default=Mode.LINK)
    parser.add_argument("--left", type=Path, help="CSV with a header")
    parser.add_argument("--right", type=Path, default=Path(NO_FILE), help="CSV, or - for none")
    parser.add_argument("--schema", type=Path, help="JSON: column to meaning")
    parser.add_argument("--out", type=Path, help="CSV of pairs to write, or the model")
    parser.add_argument("--model", type=Path, help="a trained model; without, one is learned")
    parser.add_argument("--counts", type=Path, help="CSV of estimated counts by country")
    parser.add_argument("--pair", help="explain: two ids with a comma between")
    parser.add_argument("--svg", type=Path, help="explain: a picture to write")
    parser.add_argument("--name", default="", help="train: what people call the model")
    parser.add_argument(
        "--most-values",
        type=int,
        default=MOST_KEPT,
        help="train: how many values of a kind are told apart by rarity, the commonest",
    )
    parser.add_argument("--key", type=Path, help="sign: Ed25519 private key, PEM")
    parser.add_argument("--public-key", type=Path, help="verify: Ed25519 public key, PEM")
    return parser


def _run(options: argparse.Namespace, counting: type[Counting] | None) -> None:
    for needed in _NEEDED[options.action]:
        if getattr(options, needed) is None:
            flag = needed.replace("_", "-")
            raise InputRefused(f"--{flag}: is missing; {options.action} needs it")
    if options.action == "sign":
        sys.stdout.write(f"{sign_model(options.model, options.key)}\n")
        return
    if options.action == "verify":
        sys.stdout.write(f"{read_signed_model(options.model, options.public_key).id}\n")
        return
    tables = read_tables(options)
    if options.counts and counting is None:
        raise InputRefused("--counts: linkage alone estimates nothing; run the installed command")
    # Only what counts need of the tables is kept while pairs are sought.
    counts = counting(tables) if counting and options.counts else None
    records = records_of(tables)
    del tables
    model = read_model(options.model) if options.model else None
    if options.action == "train":
        trained = train(
            records,
            candidates_of(records, options.mode),
            name=options.name,
            most_kept=options.most_values,
        )
        _write_model(trained, options.out)
        return
    linked = link(records, options.mode, model=model)
    if options.action == "explain":
        _explain(linked, records, options)
        return
    answer = told(linked.scored, records, options.mode)
    write_pairs(answer, records, options.out)
    if counts:
        counts.write(options.counts, records=records, answer=answer, mode=options.mode)


def read_tables(options: argparse.Namespace) -> list[Table]:
    """The files that the mode needs."""
    schema = read_schema(options.schema)
    tables = [read_table(options.left, schema)]
    if options.mode is Mode.DEDUPE:
        return tables
    if str(options.right) == NO_FILE:
        raise InputRefused(f"--right: mode {options.mode} needs a second file; name it")
    tables.append(read_table(options.right, schema))
    return tables


def write_pairs(answer: Scored, records: Records, out: Path) -> None:
    """The pairs of an answer as the contract writes them."""
    ids = records.ids
    chances = np.round(probabilities(answer.weights), _PLACES).tolist()
    rows = zip(answer.pairs.ours.tolist(), answer.pairs.theirs.tolist(), chances, strict=True)
    try:
        with out.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("id_l", "id_r", "score"))
            writer.writerows((ids[ours], ids[theirs], chance) for ours, theirs, chance in rows)
    except OSError as error:
        raise InputRefused(f"--out {out}: cannot be written ({error.strerror})") from None


def _explain(linked: Linked, records: Records, options: argparse.Namespace) -> None:
    explanation = explain(linked, records, *find_pair(records, options.pair))
    sys.stdout.write(table_of(explanation))
    if options.svg:
        try:
            options.svg.write_text(draw(explanation), encoding="utf-8")
        except OSError as error:
            raise InputRefused(
                f"--svg {options.svg}: cannot be written ({error.strerror})"
            ) from None


def _write_model(model: Model, out: Path) -> None:
    try:
        write_model(model, out)
    except OSError as error:
        raise InputRefused(f"--out {out}: cannot be written ({error.strerror})") from None
