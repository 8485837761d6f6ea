"""Every setting that the gateway reads."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from shared.settings import Environment, ServiceSettings


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="GATEWAY_", frozen=True)

    calls_at_once: int = Field(
        default=64, ge=1, description="Calls of its own routes that one process works on at once."
    )

    registry_url: str = Field(description="Base URL of the registry.")
    cases_url: str = Field(description="Base URL of cases.")
    job_orders_url: str = Field(description="Base URL of job-orders.")

    transaction_key_file: Path = Field(
        description="Private EC P-256 JWK with a `kid`; signs the transaction tokens."
    )
    local_jwks_file: Path | None = Field(
        default=None,
        description="Public JWKS of the local token key; refused unless the environment is local.",
    )
    issuers_file: Path | None = Field(
        default=None,
        description="JSON list of the identity providers that are trusted, see docs/sign-in.md.",
    )
    public_url: str = Field(
        default="",
        pattern=r"^(https?://[^/?#@]+(/[^?#]*)?)?$",
        description="Address of the gateway for the world; proofs of possession must name it.",
    )
    provider_keys_seconds: float = Field(
        default=300.0, gt=0, description="Time after which identity providers' keys are read anew."
    )
    provider_pause_seconds: float = Field(
        default=10.0, ge=0, description="Shortest time between two readings of those keys."
    )
    remembered_tokens: int = Field(
        default=20_000, ge=1, description="Verified access tokens that one process remembers."
    )

    rate_limit_requests: int = Field(
        default=60_000, ge=1, description="Requests that one client may make in the window."
    )
    rate_limit_window_seconds: int = Field(
        default=60, ge=1, description="Length of the window of the rate limit."
    )

    intake_limit_requests: int = Field(
        default=3_000, ge=1, description="Reports of cases that one client may send in the window."
    )

    deadline_seconds: float = Field(
        default=30.0, gt=0, description="Longest time for one call once its body is here."
    )
    body_patience_seconds: float = Field(
        default=5.0, gt=0, description="Time that any body has; a larger one has more."
    )
    body_bytes_per_second: int = Field(
        default=32_768, ge=1, description="Bytes for which a body has one more second."
    )
    bodies_bytes: int = Field(
        default=64 * 1024 * 1024,
        ge=1024 * 1024,
        description="Memory for all larger bodies at once that are not bulk.",
    )
    bulk_bytes_per_second: int = Field(
        default=256, ge=1, description="Bytes that a bulk upload brings at least."
    )
    view_deadline_seconds: float = Field(
        default=5.0, gt=0, description="Longest time for a view over several services."
    )
    bulk_idle_seconds: float = Field(
        default=60.0, gt=0, description="Longest silence in a bulk upload or download."
    )
    connect_timeout_seconds: float = Field(
        default=0.3, gt=0, description="Longest time to reach a service."
    )
    calls_per_service: int = Field(
        default=32, ge=1, description="Calls that one process has under way at one service."
    )
    bulk_calls_per_service: int = Field(
        default=16, ge=1, description="The same for bulk uploads, counted apart."
    )
    intake_calls_per_service: int = Field(
        default=32, ge=1, description="The same for reports of cases, which nothing else keeps out."
    )
    waiting_per_service: int = Field(
        default=128, ge=0, description="Calls that may wait for their turn at one service."
    )
    waiting_seconds: float = Field(
        default=2.0, gt=0, description="Longest wait for a turn at one service."
    )
    intake_waiting: int = Field(
        default=256, ge=0, description="Reports of cases that may wait for their turn."
    )
    intake_waiting_seconds: float = Field(
        default=10.0, gt=0, description="Longest wait of a report for its turn."
    )

    documents_directory: Path | None = Field(
        default=None,
        description="Folder with <service>/openapi.json; by default the repository's services.",
    )

    @property
    def is_local(self) -> bool:
        return self.environment is Environment.LOCAL

    @model_validator(mode="after")
    def _local_key_is_local(self) -> Self:
        if self.local_jwks_file is not None and not self.is_local:
            raise ValueError("the local token key is for GATEWAY_ENVIRONMENT=local only")
        if self.local_jwks_file is None and self.issuers_file is None:
            raise ValueError("name GATEWAY_ISSUERS_FILE, or GATEWAY_LOCAL_JWKS_FILE when local")
        if self.issuers_file is not None and not self.public_url:
            raise ValueError(
                "GATEWAY_ISSUERS_FILE needs GATEWAY_PUBLIC_URL, which proofs must name"
            )
        return self
