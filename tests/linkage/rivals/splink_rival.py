"""Splink under the contract's command line: columns as delivered, or normalised with own levels."""

import argparse
import csv
import importlib
import logging
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from tests.linkage.rivals.prepared import Table, read_schema, read_table

# Splink lives in an environment of its own, where this file runs; the project's has none.
splink: Any = importlib.import_module("splink")
cl: Any = importlib.import_module("splink.comparison_library")
pandas: Any = importlib.import_module("pandas")

_LEAST: Final = 0.01
_SAMPLED_PAIRS: Final = 5e6
_PART: Final = (
    "contains(sound_name_l, sound_name_r) OR contains(sound_name_r, sound_name_l)"
    " OR (first_sound_l = first_sound_r AND last_sound_l = last_sound_r)"
)
LINK_TYPES: Final = {"link": "link_only", "dedupe": "dedupe_only", "unify": "link_and_dedupe"}


def main(arguments: Sequence[str]) -> None:
    """Train on the files alone, predict, and write the pairs."""
    options = _parser().parse_args(arguments)
    logging.getLogger("splink").setLevel(logging.ERROR)
    columns = read_schema(options.schema)
    paths = [options.left] if options.mode == "dedupe" else [options.left, Path(options.right)]
    tables = [read_table(path, columns, is_normalised=options.levels == "own") for path in paths]
    shared = set.intersection(*(set(table) for table in tables))
    plan = Plan(tables, shared, is_own=options.levels == "own")
    database = splink.DuckDBAPI()
    frames = [
        database.register(
            pandas.DataFrame({name: table[name] for name in sorted(shared)}),
            dataset_display_name=f"side_{number}",
        )
        for number, table in enumerate(tables)
    ]
    linker = _trained(frames, plan, LINK_TYPES[options.mode])
    found = linker.inference.predict(threshold_match_probability=_LEAST)
    with options.out.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["id_l", "id_r", "score"])
        left = set(tables[0]["unique_id"])
        for row in found.as_pandas_dataframe().itertuples():
            one, other = row.unique_id_l, row.unique_id_r
            if options.mode == "link" and one not in left:
                one, other = other, one
            out.writerow([one, other, f"{min(1.0, max(0.0, row.match_probability)):.9f}"])


class Plan:
    """Which comparisons and blocking rules the columns at hand allow."""

    def __init__(self, tables: list[Table], shared: set[str], *, is_own: bool) -> None:
        self._tables = tables
        self._shared = {name for name in shared if _is_filled(tables, name)}
        self._is_own = is_own

    def has(self, *names: str) -> bool:
        return self._shared.issuperset(names)

    def comparisons(self) -> list[Any]:
        return list(self._own() if self._is_own and self.has("sound_name") else self._delivered())

    def _delivered(self) -> Iterator[Any]:
        for name in ("full_name", "given_name", "surname"):
            if self.has(name):
                levels = cl.JaroWinklerAtThresholds(name, [0.92, 0.88, 0.7])
                yield levels.configure(term_frequency_adjustments=True)
        if self.has("birth_date"):
            yield cl.DamerauLevenshteinAtThresholds("birth_date", [1, 2])
        yield from self._common()

    def _common(self) -> Iterator[Any]:
        for name in ("passport", "national_id", "phone"):
            if self.has(name):
                yield cl.DamerauLevenshteinAtThresholds(name, [1, 2])
        if self.has("email"):
            yield cl.EmailComparison("email")
        for name in ("sex", "region", "country"):
            if self.has(name):
                yield cl.ExactMatch(name)
        for name in ("birth_place", "city", "occupation", "postcode"):
            if self.has(name):
                levels = cl.JaroWinklerAtThresholds(name, [0.9])
                yield levels.configure(term_frequency_adjustments=name != "postcode")
        for name in ("address", "house_number"):
            if self.has(name):
                yield cl.JaroWinklerAtThresholds(name, [0.88])

    def _own(self) -> Iterator[Any]:
        yield {
            "output_column_name": "name",
            "comparison_levels": [
                _null("sound_name"),
                _level("sound_name_l = sound_name_r", "same sounds", term="sound_name"),
                _level("glued_name_l = glued_name_r", "glued"),
                _level("jaro_winkler_similarity(sound_name_l, sound_name_r) >= 0.95", "95"),
                _level("jaro_winkler_similarity(glued_name_l, glued_name_r) >= 0.92", "glued 92"),
                _level(_PART, "part"),
                _level("first_sound_l = first_sound_r OR last_sound_l = last_sound_r", "one word"),
                _level("jaro_winkler_similarity(sound_name_l, sound_name_r) >= 0.8", "80"),
                _else(),
            ],
        }  # fmt: skip
        yield {
            "output_column_name": "birth",
            "comparison_levels": [
                _null("birth_date"),
                _level("birth_date_l = birth_date_r", "same"),
                _level("birth_date_l = nik_date_r OR nik_date_l = birth_date_r", "of the NIK"),
                _level("day_month_l = day_month_r", "exchanged"),
                _level("substr(birth_date_l, 6) = substr(birth_date_r, 6)", "other year"),
                _level("damerau_levenshtein(birth_date_l, birth_date_r) <= 1", "keystroke"),
                _level("birth_year_l = birth_year_r", "year alone"),
                _else(),
            ],
        }
        yield from self._common()

    def blocking(self) -> list[Any]:
        wanted = [
            ("national_id",), ("passport",), ("email",), ("mailbox",), ("phone", "birth_year"),
            ("birth_date", "sex") if not self._is_own else ("birth_date", "first_sound"),
            ("full_name", "birth_year"), ("sound_name", "birth_year"), ("glued_name", "birth_year"),
            ("day_month", "last_sound"), ("nik_date", "first_sound"), ("nik_date", "last_sound"),
            ("surname", "birth_date"), ("given_name", "birth_date"), ("given_name", "surname"),
            ("surname", "postcode"), ("given_name", "postcode"), ("birth_date", "postcode"),
            ("surname", "birth_place", "birth_year"), ("birth_date", "birth_place"),
            ("surname_sound", "birth_year"), ("address", "house_number"),
        ]  # fmt: skip
        rules = [splink.block_on(*names) for names in wanted if self.has(*names)]
        if not self.has("surname") and self.has("passport"):
            return rules
        return rules + [splink.block_on(name) for name in ("postcode",) if self.has(name)]

    def sure(self) -> list[Any]:
        """Rules that are nearly always right, for the prior."""
        wanted = (
            ("national_id",), ("passport",), ("full_name", "birth_date"),
            ("given_name", "surname", "birth_date"),
        )  # fmt: skip
        return [splink.block_on(*names) for names in wanted if self.has(*names)]

    def trainings(self) -> list[Any]:
        """Two ways to hold some columns fast while the others are learned."""
        wanted = (
            ("passport",), ("full_name", "birth_date"), ("sound_name", "birth_date"),
            ("given_name", "surname"), ("birth_date", "postcode"), ("birth_date",),
        )  # fmt: skip
        return [splink.block_on(*names) for names in wanted if self.has(*names)]


def _trained(frames: list[Any], plan: Plan, link_type: str) -> Any:
    settings = splink.SettingsCreator(
        link_type=link_type,
        comparisons=plan.comparisons(),
        blocking_rules_to_generate_predictions=plan.blocking(),
        retain_matching_columns=False,
    )
    linker = splink.Linker(frames if len(frames) > 1 else frames[0], settings)
    training = linker.training
    training.estimate_probability_two_random_records_match(plan.sure(), recall=0.8)
    training.estimate_u_using_random_sampling(max_pairs=_SAMPLED_PAIRS, seed=1)
    for rule in plan.trainings():
        training.estimate_parameters_using_expectation_maximisation(rule)
    return linker


def _is_filled(tables: list[Table], name: str) -> bool:
    return all(any(value is not None for value in table[name]) for table in tables)


def _null(name: str) -> dict[str, Any]:
    return {
        "sql_condition": f"{name}_l IS NULL OR {name}_r IS NULL",
        "label_for_charts": "missing",
        "is_null_level": True,
    }


def _level(condition: str, label: str, *, term: str = "") -> dict[str, Any]:
    level: dict[str, Any] = {"sql_condition": condition, "label_for_charts": label}
    return level | ({"tf_adjustment_column": term, "tf_adjustment_weight": 1.0} if term else {})


def _else() -> dict[str, Any]:
    return {"sql_condition": "ELSE", "label_for_charts": "else"}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mode", choices=list(LINK_TYPES), required=True)
    for name in ("left", "schema", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--right", required=True)
    parser.add_argument("--counts", help="Splink estimates none")
    parser.add_argument("--levels", choices=("delivered", "own"), default="delivered")
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
