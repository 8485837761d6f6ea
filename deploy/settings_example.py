"""Writes `.env.example`: every setting of every service, each with its sentence.

Sentences and defaults come from the settings classes; examples of what must be set are those of
the local stack `dev`.
"""

import re
from collections.abc import Iterator
from enum import Enum
from typing import Any

from deploy.local.stack import DEV_PORTS, LOOPBACK, SERVICES, Service
from shared.documents import GENERATED
from shared.settings import ServiceSettings

_KEYS = ".local/dev/keys"
_POSTGRES = f"{LOOPBACK}:{DEV_PORTS['postgres']}"
_EXAMPLES = {
    "environment": "local",
    "database_url": f"postgresql+asyncpg://{{package}}_app:password@{_POSTGRES}/{{package}}",
    "kafka_bootstrap": f"{LOOPBACK}:{DEV_PORTS['kafka']}",
    "keys_file": f"{_KEYS}/{{name}}-keyring.json",
    "transaction_jwks_file": f"{_KEYS}/transaction-jwks.json",
    "transaction_key_file": f"{_KEYS}/transaction-key.json",
    "local_jwks_file": f"{_KEYS}/token-jwks.json",
    "sealing_key_file": f"{_KEYS}/sealing-key.json",
    "sealing_jwk_file": f"{_KEYS}/sealing-jwk.json",
    "registry_url": f"http://{LOOPBACK}:{DEV_PORTS['registry']}",
    "cases_url": f"http://{LOOPBACK}:{DEV_PORTS['cases']}",
    "job_orders_url": f"http://{LOOPBACK}:{DEV_PORTS['job-orders']}",
}
_MIGRATION_URL = f"postgresql+asyncpg://{{package}}_owner:password@{_POSTGRES}/{{package}}"
_HEAD = """\
# Every setting of every service, as environment variables. `make up` needs none of them: it sets
# what makes the local stack (addresses, keys) and hands on the others from your environment.
# A line with `#` before its name shows the default, or that there is none.
"""
_STACK = """
# The stack on one machine (make up)

# Name of the stack; `dev` has fixed ports, any other takes free ones and keeps them.
# SINERGI_STACK=dev

# Superuser address of a PostgreSQL of your own, instead of ours.
# SINERGI_POSTGRES_URL=

# Address of a Kafka of your own, instead of ours.
# SINERGI_KAFKA_BOOTSTRAP=

# host:port of something between the eight processes and our PostgreSQL, such as a proxy.
# SINERGI_POSTGRES_DETOUR=

# The same for our Kafka.
# SINERGI_KAFKA_DETOUR=

# 1 adds a collector and Prometheus to the stack, which remembers it; 0 takes them away.
# OBSERVE=
"""


def settings_example(classes: dict[str, type[ServiceSettings]]) -> str:
    """The whole file, from the settings class of each service by folder name.

    Raises KeyError for a setting that must be set and has no example here.
    """
    parts = [GENERATED, _HEAD]
    for service in SERVICES:
        parts.append(f"\n# {service.name}\n")
        parts.extend(_of_service(service, classes[service.name]))
    parts.append(_STACK)
    return "".join(parts)


def _of_service(service: Service, settings: type[ServiceSettings]) -> Iterator[str]:
    named = {"package": service.package, "name": service.name}
    for name, field in settings.model_fields.items():
        if field.is_required() or name in _EXAMPLES:
            line = f"{service.prefix}{name.upper()}={_EXAMPLES[name].format(**named)}"
        else:
            line = f"# {service.prefix}{name.upper()}={_text(field.default)}"
        yield f"\n# {_sentence(field.description)}\n{line}\n"
    yield (
        "\n# The same database for `make migrate` alone: the role that owns the tables.\n"
        f"{service.prefix}MIGRATION_DATABASE_URL={_MIGRATION_URL.format(**named)}\n"
    )


def _sentence(description: str | None) -> str:
    return re.sub(r"\s+", " ", description or "").strip()


def _text(value: Any) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    return "" if value is None else str(value)
