"""The model as a versioned file that a person can read: m and u of levels, priors, rarities."""

import hashlib
import json
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from registry.matching.linkage.arrays import Floats
from registry.matching.linkage.levels import FIELDS, LEVELS, UNKNOWN, WIDEST, Field
from registry.matching.linkage.rarity import RarityTables
from registry.matching.linkage.reading import InputRefused

VERSION = 2
LINK_FROM = 0.99
REVIEW_FROM = 0.1


class Kind(StrEnum):
    """Where the two records of a pair lie; each kind has its own weights."""

    ACROSS = "ACROSS"
    LEFT = "LEFT"
    RIGHT = "RIGHT"


@dataclass(frozen=True, slots=True)
class Weights:
    """m, u and the usual rarity in bits of every level, by field and level; and the prior."""

    m: Floats
    u: Floats
    kin: Floats
    usual_bits: Floats
    matches: float
    kin_pairs: float
    pairs: float
    persons: float
    """Records of the smaller side, which bound how many matches there can be."""

    def at_size(self, pairs: float, persons: float) -> "Weights":
        """The same for other numbers of records: matches grow with records, pairs faster."""
        share = persons / max(self.persons, 1.0)
        return replace(
            self,
            matches=self.matches * share,
            kin_pairs=self.kin_pairs * share,
            pairs=pairs,
            persons=persons,
        )

    @property
    def prior(self) -> float:
        """The log odds in bits that a pair taken at random is of one person."""
        return _log_odds(self.matches, self.pairs)

    @property
    def kin_prior(self) -> float:
        """The same that it is of two people of one household."""
        return _log_odds(self.kin_pairs, self.pairs)

    @property
    def table(self) -> Floats:
        """The weight in bits of every level; an unknown one weighs nothing."""
        return _bits(self.m, self.u)

    @property
    def kin_table(self) -> Floats:
        """What every level says for two people of one household against two strangers."""
        return _bits(self.kin, self.u)


def _log_odds(some: float, total: float) -> float:
    share = min(max(some / max(total, 1.0), 1e-18), 0.5)
    return float(np.log2(share / (1.0 - share)))


def _bits(share: Floats, among_others: Floats) -> Floats:
    bits: Floats = np.log2(share) - np.log2(among_others)
    bits[:, UNKNOWN] = 0.0
    return bits


BY_RARITY = np.zeros((len(FIELDS), WIDEST), dtype=np.bool_)
EXPECTED = np.ones((len(FIELDS), WIDEST), dtype=np.float64)
AMONG_KIN = np.ones_like(EXPECTED)
GROUPS = np.zeros((len(FIELDS), WIDEST), dtype=np.int64)
STATED = np.zeros((len(FIELDS), WIDEST), dtype=np.bool_)
for _row, _field in enumerate(FIELDS):
    for _place, _level in enumerate(LEVELS[_field], start=1):
        BY_RARITY[_row, _place] = _level.by_rarity
        EXPECTED[_row, _place] = _level.expected
        STATED[_row, _place] = True
        AMONG_KIN[_row, _place] = _level.among_kin
        GROUPS[_row, _place] = 1 if _level.birth_date_agrees is False else 0


@dataclass(frozen=True, slots=True)
class Model:
    """Weights for each kind of pair that was learned, with the rarities that go with them."""

    weights: dict[Kind, Weights]
    rarities: RarityTables
    link_from: float = LINK_FROM
    review_from: float = REVIEW_FROM
    name: str = ""
    """What people call it, as 2026-11; the id tells two of one name apart."""

    def content(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            "name": self.name,
            "thresholds": {"link_from": self.link_from, "review_from": self.review_from},
            "weights": {kind.value: _told(weights) for kind, weights in self.weights.items()},
            "rarities": {"shares": self.rarities.shares, "unlisted": self.rarities.unlisted},
        }

    @property
    def id(self) -> str:
        """The sha256 of the content: two models of one id decide alike."""
        text = json.dumps(self.content(), sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()


def write_model(model: Model, path: Path) -> None:
    told = {"sha256": model.id, **model.content()}
    path.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_model(path: Path) -> Model:
    """The model of a file; refuses one that was changed or is of another version."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        if told["version"] != VERSION:
            raise InputRefused(
                f"model {path}: version {told['version']}, this command reads {VERSION}; train anew"
            )
        model = Model(
            weights={Kind(kind): _heard(one) for kind, one in told["weights"].items()},
            rarities=RarityTables(told["rarities"]["shares"], told["rarities"]["unlisted"]),
            link_from=told["thresholds"]["link_from"],
            review_from=told["thresholds"]["review_from"],
            name=told["name"],
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputRefused(
            f"model {path}: not readable ({type(error).__name__}); train one with"
            " registry-match train"
        ) from None
    if model.id != told.get("sha256"):
        raise InputRefused(f"model {path}: its content does not match its sha256; train anew")
    return model


def _told(weights: Weights) -> dict[str, Any]:
    return {
        "matches": weights.matches,
        "kin_pairs": weights.kin_pairs,
        "pairs": weights.pairs,
        "persons": weights.persons,
        "fields": {
            field.value: {
                level.name: {
                    "m": float(weights.m[row, place]),
                    "u": float(weights.u[row, place]),
                    "kin": float(weights.kin[row, place]),
                    "usual_bits": float(weights.usual_bits[row, place]),
                }
                for place, level in enumerate(LEVELS[field], start=1)
            }
            for row, field in enumerate(FIELDS)
        },
    }


def _heard(told: dict[str, Any]) -> Weights:
    m, u = np.ones_like(EXPECTED), np.ones_like(EXPECTED)
    kin, usual = np.ones_like(EXPECTED), np.zeros_like(EXPECTED)
    for row, field in enumerate(FIELDS):
        for place, level in enumerate(LEVELS[Field(field)], start=1):
            one = told["fields"][field.value][level.name]
            m[row, place], u[row, place] = one["m"], one["u"]
            kin[row, place], usual[row, place] = one["kin"], one["usual_bits"]
    counts = (float(told[name]) for name in ("matches", "kin_pairs", "pairs", "persons"))
    return Weights(m, u, kin, usual, *counts)
