"""The realm of a local stack: the committed one, with keys of the partners and demo people.

What is secret (private keys, passwords) is made here on this machine and never leaves it.
"""

import json
import secrets
from pathlib import Path
from typing import Any

from deploy.local.keys import ensure_key_pair, read_key
from deploy.local.stack import ROOT, Stack, write_private
from deploy.local.tokens import PROFILES

REALM = "sinergi"
REALM_FILE = ROOT / "deploy" / "keycloak" / "sinergi-realm.json"
PORTAL = "sinergi-portal"
# Which partner system is whose; the realm knows it by the same names.
PARTNERS = {
    "system-siskop2mi": "siskop2mi",
    "system-peduliwni": "peduliwni",
    "placement-agency": "p3mi-001",
}
PEOPLE = tuple(role for role in PROFILES if not role.startswith("system-"))
# Manages the server itself, in a realm of its own; no gateway takes its tokens.
ADMIN = "admin"
_PASSWORDS = "people-passwords.json"


def client_key_file(client: str) -> str:
    return f"client-{client}-key.json"


def ensure_credentials(stack: Stack) -> None:
    """Make the keys of the partner systems and the passwords of the people that are missing."""
    for client in PARTNERS.values():
        ensure_key_pair(stack, client_key_file(client), _client_jwks_file(client))
    if not (stack.keys / _PASSWORDS).exists():
        passwords = {role: secrets.token_urlsafe(15) for role in (*PEOPLE, ADMIN)}
        write_private(stack.keys / _PASSWORDS, json.dumps(passwords, indent=1) + "\n")


def password_of(stack: Stack, person: str) -> str:
    """The password of the administrator, or of a demo person, each named as the role they hold."""
    return str(read_key(stack, _PASSWORDS)[person])


def redirect_url(stack: Stack) -> str:
    """Where the sign-in page sends people back to; no program need listen there to read a code."""
    return f"{stack.gateway_url}/signed-in"


def issuers_file(stack: Stack) -> Path:
    return stack.directory / "issuers.json"


def write_issuers(stack: Stack) -> None:
    """Write whom the gateway shall trust, as its settings name it."""
    provider = {
        "issuer": stack.issuer_url,
        "jwks_url": f"{stack.issuer_url}/protocol/openid-connect/certs",
        "bearer_clients": [PORTAL],
    }
    write_private(issuers_file(stack), json.dumps([provider], indent=1) + "\n")


def realm_for(stack: Stack) -> str:
    """The realm as this stack's server takes it in."""
    realm: dict[str, Any] = json.loads(REALM_FILE.read_text())
    for client in realm["clients"]:
        if client["clientId"] == PORTAL:
            client["redirectUris"] = [redirect_url(stack)]
        else:
            jwks = read_key(stack, _client_jwks_file(client["clientId"]))
            client["attributes"]["jwks.string"] = json.dumps(jwks)
    realm["users"] += [_person(stack, role) for role in PEOPLE]
    return json.dumps(realm)


def _client_jwks_file(client: str) -> str:
    return f"client-{client}-jwks.json"


def _person(stack: Stack, role: str) -> dict[str, Any]:
    profile = PROFILES[role]
    attributes = {"organisation": [profile.organisation], "purposes": list(profile.purposes)}
    if profile.mission:
        attributes["mission"] = [profile.mission]
    return {
        "username": role,
        "enabled": True,
        "firstName": "Contoh",
        "lastName": role,
        "realmRoles": [role],
        "attributes": attributes,
        "credentials": [{"type": "password", "value": password_of(stack, role)}],
    }
