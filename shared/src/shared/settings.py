"""Settings that every service reads; each service adds its own under its prefix."""

from enum import StrEnum
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings


class Environment(StrEnum):
    LOCAL = "local"
    PRODUCTION = "production"


class ServiceSettings(BaseSettings):
    """Common settings. Every field has a sentence here and in `.env.example`."""

    environment: Environment = Field(
        default=Environment.PRODUCTION,
        description="`local` opens what only a developer's machine may have.",
    )
    database_url: str = Field(description="PostgreSQL of this service, running role, asyncpg URL.")
    database_pool_size: int = Field(
        default=10, ge=1, le=200, description="Connections that one process may hold."
    )
    calls_at_once: int = Field(
        default=8, ge=1, description="Calls that one process works on at once, at most."
    )
    calls_waiting: int = Field(
        default=64, ge=0, description="Calls that may wait for their turn in one process."
    )
    calls_patience_seconds: float = Field(
        default=5.0, gt=0, description="Longest wait for such a turn."
    )
    kafka_bootstrap: str = Field(description="host:port of the Kafka brokers, comma separated.")
    topic_prefix: str = Field(
        default="", description="Put before each topic name; for several systems on one broker."
    )
    messenger_instance: str = Field(
        default="0", description="Name of this messenger among its replicas; keep it over restarts."
    )
    keys_file: Path = Field(description="Keyring for encrypted columns and blind indexes (JSON).")
    transaction_jwks_file: Path = Field(
        description="Public keys (JWKS) of the transaction tokens that the gateway mints."
    )
    otlp_endpoint: str = Field(
        default="", description="Base URL of an OTLP/HTTP collector; empty switches export off."
    )
    trace_sample_ratio: float = Field(
        default=1.0, ge=0, le=1, description="Share of new traces whose spans are exported."
    )
    metrics_interval_seconds: float = Field(
        default=15.0, gt=0, description="Seconds between two measurements, and two exports of them."
    )
    log_level: str = Field(default="INFO", description="Lowest level that is logged.")
