"""The committed realm: no secrets, and no way in beside those that are meant."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from deploy.local import realm
from deploy.local.stack import LOCAL, Stack
from deploy.local.tokens import AUDIENCE, PROFILES

REALM: dict[str, Any] = json.loads(realm.REALM_FILE.read_text())
CLIENTS = {client["clientId"]: client for client in REALM["clients"]}
PORTAL = CLIENTS[realm.PORTAL]
SYSTEMS = {name: client for name, client in CLIENTS.items() if client is not PORTAL}
SECRET = re.compile(
    r"secret|password(?!Policy)|credential|private|certificate|^jwks\.string|^salt|^value$|hash",
    re.IGNORECASE,
)


def members(content: Any) -> Iterator[tuple[str, Any]]:
    """Every name in the file with what stands behind it, however deep."""
    if isinstance(content, dict):
        for name, value in content.items():
            yield name, value
            yield from members(value)
    elif isinstance(content, list):
        for one in content:
            yield from members(one)


def secrets_in(content: Any) -> list[str]:
    return [
        name
        for name, value in members(content)
        if SECRET.search(name) and not isinstance(value, bool)
    ]


def test_the_realm_holds_no_secret() -> None:
    assert secrets_in(REALM) == []


@pytest.mark.parametrize(
    "planted",
    [
        {"clients": [{"clientId": "x", "secret": "s"}]},
        {"users": [{"credentials": [{"type": "password", "value": "s"}]}]},
        {"components": {"keys": [{"config": {"privateKey": ["s"]}}]}},
        {"clients": [{"attributes": {"jwks.string": "{}"}}]},
    ],
)
def test_a_secret_would_be_found(planted: dict[str, Any]) -> None:
    assert secrets_in(planted)


def test_each_role_of_a_token_is_a_role_of_the_realm() -> None:
    assert {role["name"] for role in REALM["roles"]["realm"]} == set(PROFILES)


@pytest.mark.parametrize("client", SYSTEMS.values(), ids=SYSTEMS)
def test_a_partner_system_proves_itself_by_a_key_and_gets_bound_tokens(
    client: dict[str, Any],
) -> None:
    attributes = client["attributes"]
    assert client["clientAuthenticatorType"] == "client-jwt"
    assert not client["publicClient"]
    assert attributes["token.endpoint.auth.signing.alg"] == "ES256"
    assert attributes["dpop.bound.access.tokens"] == "true"
    assert client["serviceAccountsEnabled"]
    assert not client["standardFlowEnabled"]


def test_people_sign_in_by_code_and_pkce_alone() -> None:
    assert PORTAL["publicClient"]
    assert PORTAL["standardFlowEnabled"]
    assert PORTAL["attributes"]["pkce.code.challenge.method"] == "S256"
    assert not PORTAL["serviceAccountsEnabled"]
    assert PORTAL["redirectUris"] == []


@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)
def test_no_client_may_ask_for_more_than_is_meant(client: dict[str, Any]) -> None:
    assert not client["fullScopeAllowed"]
    assert not client["implicitFlowEnabled"]
    assert not client["directAccessGrantsEnabled"]
    assert client["attributes"]["access.token.header.type.rfc9068"] == "true"
    assert client["attributes"]["access.token.signed.response.alg"] == "ES256"


def test_a_partner_may_hold_its_own_role_alone() -> None:
    scoped = {one["client"]: one["roles"] for one in REALM["scopeMappings"]}
    for role, client in realm.PARTNERS.items():
        assert scoped[client] == [role]
        [user] = [one for one in REALM["users"] if one["serviceAccountClientId"] == client]
        assert user["realmRoles"] == [role]
        assert user["attributes"]["organisation"] == [PROFILES[role].organisation]
        assert tuple(user["attributes"]["purposes"]) == PROFILES[role].purposes
    assert not [role for role in scoped[realm.PORTAL] if role.startswith("system-")]


def test_nobody_may_change_what_their_own_token_says() -> None:
    [profile] = REALM["components"]["org.keycloak.userprofile.UserProfileProvider"]
    declared = json.loads(profile["config"]["kc.user.profile.config"][0])
    assert "unmanagedAttributePolicy" not in declared
    told = {one["name"]: one["permissions"]["edit"] for one in declared["attributes"]}
    assert {"organisation", "mission", "purposes"} <= told.keys()
    assert all(editors == ["admin"] for editors in told.values())


def test_tokens_are_for_the_gateway_and_short() -> None:
    [scope] = REALM["clientScopes"]
    [audience] = [one for one in scope["protocolMappers"] if one["name"] == "audience"]
    assert audience["config"]["included.custom.audience"] == AUDIENCE
    assert REALM["accessTokenLifespan"] <= 300
    assert REALM["defaultDefaultClientScopes"] == []


def test_a_stack_adds_public_halves_and_people_and_no_private_key(stack: Stack) -> None:
    realm.ensure_credentials(stack)
    made = json.loads(realm.realm_for(stack))
    for client in made["clients"]:
        if client["clientId"] != realm.PORTAL:
            [key] = json.loads(client["attributes"]["jwks.string"])["keys"]
            assert "d" not in key
            assert key["kid"]
    people = [user for user in made["users"] if "serviceAccountClientId" not in user]
    assert {user["username"] for user in people} == set(realm.PEOPLE)
    passwords = [user["credentials"][0]["value"] for user in people]
    assert len(set(passwords)) == len(people)
    assert min(map(len, passwords)) >= 14
    assert stack.keys.is_relative_to(LOCAL)
