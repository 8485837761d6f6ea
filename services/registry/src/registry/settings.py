"""Every setting that the registry reads."""

from functools import cache
from pathlib import Path

from joserfc.jwk import ECKey
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.privacy import Keyring
from shared.sealing import load_key
from shared.settings import ServiceSettings


class MatchingSettings(BaseSettings):
    """What the matcher alone reads."""

    model_config = SettingsConfigDict(env_prefix="REGISTRY_")

    matching_model_file: Path | None = Field(
        default=None,
        description="Model that decides on links (JSON, its signature beside it as `.sig`); without"
        " it the one that comes with the service.",
    )
    matching_models_directory: Path | None = Field(
        default=None,
        description="Folder of signed models (JSON, each signature beside it as `.sig`) that may be"
        " rehearsed; without it the one that comes with the service.",
    )
    matching_public_key_file: Path | None = Field(
        default=None,
        description="Ed25519 public key (PEM) that the model's signature must verify against;"
        " without it the one that comes with the service.",
    )


class Settings(MatchingSettings, ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="REGISTRY_")

    sealing_key_file: Path = Field(
        description="Private key (JWK, P-256) that opens what cases seal to the registry."
    )


@cache
def keyring() -> Keyring:
    """The keyring of this process, for handlers and loops; routes get theirs from the app."""
    return Keyring.load(Settings().keys_file, "registry")


@cache
def sealing_key() -> ECKey:
    return load_key(Settings().sealing_key_file)
