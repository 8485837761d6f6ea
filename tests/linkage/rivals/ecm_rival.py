"""The toolkit recordlinkage with its ECM classifier, as its own guide uses it on FEBRL's sets."""

import argparse
import csv
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from tests.linkage.rivals.prepared import Table, read_schema, read_table

# The toolkit lives in an environment of its own, where this file runs; the project's has none.
toolkit: Any = importlib.import_module("recordlinkage")
pandas: Any = importlib.import_module("pandas")

_LEAST: Final = 0.01
_BLOCKS: Final = ("given_name", "surname", "birth_date", "national_id", "postcode")
_CLOSE: Final = ("given_name", "surname", "birth_date", "address", "city", "national_id")
_EXACT: Final = ("postcode", "region", "house_number")


def main(arguments: Sequence[str]) -> None:
    """Index, compare, let the classifier learn without labels, and write its probabilities."""
    options = _parser().parse_args(arguments)
    columns = read_schema(options.schema)
    left = _frame(read_table(options.left, columns, is_normalised=False))
    sides = [left]
    if options.mode == "link":
        sides.append(_frame(read_table(Path(options.right), columns, is_normalised=False)))
    index = toolkit.Index()
    for name in _BLOCKS:
        index.block(name)
    candidates = index.index(*sides)
    compare = toolkit.Compare()
    for name in _CLOSE:
        compare.string(name, name, method="jarowinkler", threshold=0.85, label=name)
    for name in _EXACT:
        compare.exact(name, name, label=name)
    features = compare.compute(candidates, *sides)
    classifier = toolkit.ECMClassifier(binarize=0.5)
    classifier.fit(features)
    with options.out.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["id_l", "id_r", "score"])
        for (one, other), score in classifier.prob(features).items():
            if score >= _LEAST:
                out.writerow([one, other, f"{score:.9f}"])


def _frame(table: Table) -> Any:
    return pandas.DataFrame(table).set_index("unique_id")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mode", choices=("link", "dedupe"), required=True)
    for name in ("left", "schema", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--right", required=True)
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
