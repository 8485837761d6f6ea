"""The settings that each service of a local stack is started with, as environment variables."""

import os
from urllib.parse import urlsplit

from deploy.local import extras, keys, realm
from deploy.local.postgres import role_url
from deploy.local.stack import SERVICES, Service, Stack, get_service

# SQLAlchemy's name for the driver that the services use.
_SCHEME = "postgresql+asyncpg"


def environment(stack: Stack, service: str) -> dict[str, str]:
    """Every setting that a running process of the service needs, and no more.

    Settings of that service in our own environment (CASES_…) are handed on, except those that
    make the stack what it is.
    """
    chosen = get_service(service)
    own = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(chosen.prefix) and value
    }
    return own | {chosen.prefix + name: value for name, value in _settings(stack, chosen).items()}


def migration_environment(stack: Stack, service: str) -> dict[str, str]:
    """The same, and the address by which the owner of the tables migrates them."""
    chosen = get_service(service)
    url = role_url(stack, chosen.package, kind="owner", scheme=_SCHEME)
    return environment(stack, service) | {f"{chosen.prefix}MIGRATION_DATABASE_URL": url}


def _settings(stack: Stack, service: Service) -> dict[str, str]:
    def key(name: str) -> str:
        return str(stack.keys / name)

    settings = {
        "ENVIRONMENT": "local",
        "DATABASE_URL": _by_detour(
            role_url(stack, service.package, kind="app", scheme=_SCHEME), stack.postgres_detour
        ),
        "KAFKA_BOOTSTRAP": stack.kafka_detour or stack.kafka_bootstrap,
        "KEYS_FILE": key(keys.keyring_file(service.package)),
        "TRANSACTION_JWKS_FILE": key(keys.TRANSACTION_JWKS),
    }
    settings |= extras.settings(stack, service)
    match service.name:
        case "registry":
            settings["SEALING_KEY_FILE"] = key(keys.SEALING_KEY)
        case "cases":
            settings["SEALING_JWK_FILE"] = key(keys.SEALING_JWK)
        case "gateway":
            settings["TRANSACTION_KEY_FILE"] = key(keys.TRANSACTION_KEY)
            settings["LOCAL_JWKS_FILE"] = key(keys.TOKEN_JWKS)
            settings["PUBLIC_URL"] = stack.gateway_url
            if stack.has_keycloak:
                settings["ISSUERS_FILE"] = str(realm.issuers_file(stack))
            for upstream in SERVICES:
                if upstream != service:
                    settings[f"{upstream.prefix}URL"] = stack.url(upstream.name)
    return settings


def _by_detour(url: str, detour: str) -> str:
    """The same database through another host and port, if there is one."""
    if not detour:
        return url
    parts = urlsplit(url)
    login = parts.netloc.rpartition("@")[0]
    return parts._replace(netloc=f"{login}@{detour}").geturl()
