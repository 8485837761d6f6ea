"""Every setting that cases reads."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="CASES_")

    intake_connections: int = Field(
        default=10, ge=1, le=50, description="Database connections kept for reports of cases."
    )
    sealing_jwk_file: Path = Field(
        description="The registry's public key (JWK), to which reported identities are sealed."
    )
