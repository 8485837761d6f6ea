"""Real sign-in at the stack's Keycloak: a partner system by its key, a person by the login page.

It shows what a partner's own system has to do; see docs/sign-in.md.
"""

import base64
import hashlib
import html
import json
import re
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2 as httpx
from joserfc import jwt
from joserfc.jwk import ECKey

from deploy.local.errors import StackError
from deploy.local.keys import read_key
from deploy.local.realm import (
    PARTNERS,
    PEOPLE,
    PORTAL,
    client_key_file,
    password_of,
    redirect_url,
)
from deploy.local.stack import Stack

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_FORM = re.compile(r'<form[^>]*\baction="([^"]+)"')
_TIMEOUT_SECONDS = 60


class SignInRefused(StackError):
    """The identity provider gave no token; its own words are in the message."""


@dataclass(frozen=True)
class PartnerSystem:
    """A partner's system: what it proves itself with, and the key that its tokens are bound to."""

    issuer: str
    client: str
    key: ECKey
    proof_key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))

    def token(self, *, with_proof: bool = True, **changed: Any) -> str:
        """An access token by client credentials; raises SignInRefused."""
        url = f"{self.issuer}/protocol/openid-connect/token"
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": _ASSERTION,
            "client_assertion": self.assertion(**changed),
        }
        headers = {"DPoP": self.proof("POST", url)} if with_proof else {}
        with httpx.Client(timeout=_TIMEOUT_SECONDS, trust_env=False) as client:
            return _token_of(client.post(url, data=form, headers=headers))

    def assertion(self, **changed: Any) -> str:
        """Who is asking (RFC 7523), good for one use within a minute."""
        now = int(time.time())
        claims = {
            "iss": self.client,
            "sub": self.client,
            "aud": self.issuer,
            "jti": secrets.token_urlsafe(16),
            "iat": now,
            "exp": now + 60,
        }
        header = {"alg": "ES256", "typ": "JWT", "kid": self.key.kid}
        return jwt.encode(header, claims | changed, self.key)

    def proof(self, method: str, url: str, *, token: str | None = None) -> str:
        """A fresh proof for one request (RFC 9449)."""
        return make_proof(self.proof_key, method, url, token=token)

    def headers(self, method: str, url: str, token: str) -> dict[str, str]:
        """What a call with this token sends along."""
        proof = self.proof(method, url, token=token)
        return {"Authorization": f"DPoP {token}", "DPoP": proof}


def make_proof(
    key: ECKey, method: str, url: str, *, token: str | None = None, **changed: Any
) -> str:
    """A proof that the holder of this key makes this request, with this token."""
    claims: dict[str, Any] = {
        "jti": secrets.token_urlsafe(16),
        "htm": method,
        "htu": url.partition("?")[0],
        "iat": int(time.time()),
    }
    if token is not None:
        digest = hashlib.sha256(token.encode()).digest()
        claims["ath"] = _base64url(digest)
    public = {name: key.as_dict(private=False)[name] for name in ("kty", "crv", "x", "y")}
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": public}
    return jwt.encode(header, claims | changed, key)


def partner_system(stack: Stack, role: str) -> PartnerSystem:
    """The stack's partner system of that role."""
    client = PARTNERS[role]
    key = ECKey.import_key(read_key(stack, client_key_file(client)))
    return PartnerSystem(stack.issuer_url, client, key)


def sign_in_person(
    stack: Stack, person: str, *, password: str | None = None, verifier: str | None = None
) -> str:
    """A person's access token by authorisation code with PKCE, walking the login page.

    Raises SignInRefused. Another `verifier` than the one announced stands for a stolen code.
    """
    announced = secrets.token_urlsafe(48)
    with httpx.Client(timeout=_TIMEOUT_SECONDS, trust_env=False) as client:
        page = client.get(
            f"{stack.issuer_url}/protocol/openid-connect/auth",
            params={
                "response_type": "code",
                "client_id": PORTAL,
                "redirect_uri": redirect_url(stack),
                "scope": "openid",
                "state": secrets.token_urlsafe(16),
                "code_challenge_method": "S256",
                "code_challenge": _base64url(hashlib.sha256(announced.encode()).digest()),
            },
        )
        form = _FORM.search(page.text)
        if form is None:
            raise _refused(page)
        given = {"username": person, "password": password or password_of(stack, person)}
        # The cookies are marked Secure. A browser sends them to this machine all the same, a
        # library's jar does not.
        cookies = {"Cookie": "; ".join(one.split(";")[0] for one in _set_cookies(page))}
        sent = client.post(html.unescape(form[1]), data=given, headers=cookies)
        code = parse_qs(urlsplit(sent.headers.get("location", "")).query).get("code")
        if code is None:
            raise _refused(sent)
        return _token_of(
            client.post(
                f"{stack.issuer_url}/protocol/openid-connect/token",
                data={
                    "grant_type": "authorization_code",
                    "client_id": PORTAL,
                    "redirect_uri": redirect_url(stack),
                    "code": code[0],
                    "code_verifier": verifier or announced,
                },
            )
        )


def header_lines(stack: Stack, role: str, call: str | None) -> str:
    """The headers with which that role makes one call, a line each; raises StackError.

    A partner's proof is good for the one call that it names, such as `GET /v1/events`.
    """
    if role in PARTNERS:
        method, _, path = (call or "").partition(" ")
        if not path.startswith("/"):
            raise StackError(
                f"the token of {role} is bound to a key, so each call needs a proof of its own",
                "Name the call: CALL='GET /v1/events'",
            )
        system = partner_system(stack, role)
        given = system.headers(method, stack.gateway_url + path, system.token())
    elif role in PEOPLE:
        given = {"Authorization": f"Bearer {sign_in_person(stack, role)}"}
    else:
        raise StackError(
            f"there is no role {role!r}", f"Name one of: {', '.join([*PARTNERS, *PEOPLE])}"
        )
    return "\n".join(f"{name}: {value}" for name, value in given.items())


def _set_cookies(answer: httpx.Response) -> list[str]:
    return answer.headers.get_list("set-cookie")


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _token_of(answer: httpx.Response) -> str:
    if answer.status_code != httpx.codes.OK:
        raise _refused(answer)
    return str(answer.json()["access_token"])


def _refused(answer: httpx.Response) -> SignInRefused:
    try:
        told = answer.json()
        words = f"{told['error']}: {told.get('error_description', '')}"
    except (json.JSONDecodeError, KeyError, TypeError):
        words = "the login page came back"
    return SignInRefused(
        f"Keycloak answered {answer.status_code}: {words}",
        "Try again, or: make logs SERVICE=keycloak",
    )
