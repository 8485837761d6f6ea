"""Every setting that job-orders reads."""

from functools import cache

from pydantic_settings import SettingsConfigDict

from shared.privacy import Keyring
from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="JOB_ORDERS_")


@cache
def keyring() -> Keyring:
    """The keyring of this process, for loops; routes get theirs from the app."""
    return Keyring.load(Settings().keys_file, "job_orders")
