"""Every setting that the registry reads."""

from functools import cache
from pathlib import Path

from joserfc.jwk import ECKey
from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.privacy import Keyring
from shared.sealing import load_key
from shared.settings import ServiceSettings


class Settings(ServiceSettings):
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
