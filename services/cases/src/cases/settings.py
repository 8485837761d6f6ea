"""Every setting that cases reads."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="CASES_")

    sealing_jwk_file: Path = Field(
        description="The registry's public key (JWK), to which reported identities are sealed."
    )
