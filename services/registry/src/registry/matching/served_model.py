"""The model by which this process decides: read and verified once, at the start of the process."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from registry.matching.linkage.model import Kind, Model, Weights
from registry.matching.linkage.signing import read_signed_model
from registry.settings import MatchingSettings

MODELS = Path(__file__).parent / "models"
DEFAULT_MODEL = MODELS / "2026-11.json"
DEFAULT_KEY = MODELS / "signer.pem"
_ID_SIGNS, _NAME_SIGNS = 12, 24


@dataclass(frozen=True, slots=True)
class Served:
    """A model as decisions use it."""

    model: Model
    label: str
    """How decisions name the model: for people, and beyond doubt."""
    weights: Weights
    """What a record of either register says of another: the weights across both.

    The prior is the model's own: the matches that it expects among all pairs of the two registers
    that it was trained on, so that a pair scores the same however full the database is. A model is
    trained on registers about as large as those that it decides for.
    """

    @classmethod
    def of(cls, model: Model) -> "Served":
        weights = model.weights.get(Kind.ACROSS) or next(iter(model.weights.values()))
        return cls(
            model, f"{model.name[:_NAME_SIGNS] or 'unnamed'}-{model.id[:_ID_SIGNS]}", weights
        )


@cache
def load_model(model: Path | None, public_key: Path | None) -> Served:
    """The model that the settings name; raises InputRefused where its signature does not verify."""
    return Served.of(read_signed_model(model or DEFAULT_MODEL, public_key or DEFAULT_KEY))


@cache
def served_model() -> Served:
    """The model of this process; a process that could not decide asks at its start, and stops with
    the InputRefused that this raises.
    """
    settings = MatchingSettings()
    return load_model(settings.matching_model_file, settings.matching_public_key_file)
