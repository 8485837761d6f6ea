"""The model by which this process decides, read and verified once, at the start of the process;
and others that lie ready, signed by the same key.
"""

import logging
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from registry.matching.linkage.model import Kind, Model, Weights
from registry.matching.linkage.reading import InputRefused
from registry.matching.linkage.signing import read_signed_model, signature_file
from registry.matching.linkage.weighing import bits_of
from registry.settings import MatchingSettings

MODELS = Path(__file__).parent / "models"
DEFAULT_MODEL = MODELS / "2026-11.json"
DEFAULT_KEY = MODELS / "signer.pem"
_ID_SIGNS, _NAME_SIGNS = 12, 24
log = logging.getLogger(__name__)


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

    link_from: float
    """From how many bits on a pair is linked, and from how many an officer is asked."""
    review_from: float

    @classmethod
    def of(cls, model: Model) -> "Served":
        weights = model.weights.get(Kind.ACROSS) or next(iter(model.weights.values()))
        return cls(
            model,
            f"{model.name[:_NAME_SIGNS] or 'unnamed'}-{model.id[:_ID_SIGNS]}",
            weights,
            bits_of(model.link_from),
            bits_of(model.review_from),
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


def known_models() -> dict[str, Served]:
    """The models by which this process could decide, by label: its own, and those of the folder
    that the settings name whose signature verifies. The others are passed over, and logged.
    """
    settings = MatchingSettings()
    own = served_model()
    found = {own.label: own}
    for file in sorted((settings.matching_models_directory or MODELS).glob("*.json")):
        key = settings.matching_public_key_file or DEFAULT_KEY
        stamps = tuple(_stamp(one) for one in (file, signature_file(file), key))
        served = _read_if_signed(file, key, stamps)
        if served is not None:
            found[served.label] = served
    return found


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        told = file.stat()
    except OSError:
        return None
    return told.st_mtime_ns, told.st_size


@lru_cache(maxsize=64)
def _read_if_signed(file: Path, key: Path, _stamps: tuple[object, ...]) -> Served | None:
    """Read once for as long as none of the files changes."""
    try:
        return Served.of(read_signed_model(file, key))
    except InputRefused as refusal:
        log.warning("model passed over", extra={"facts": {"why": str(refusal)}})
        return None
