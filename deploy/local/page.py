"""The short page that a start ends with: where things are, and what to try first."""

from deploy.local import extras
from deploy.local.processes import server_names
from deploy.local.realm import ADMIN, PEOPLE, password_of
from deploy.local.stack import ROOT, Stack
from deploy.local.tokens import variable, write_tokens

ROLES = ("kp2mi-analyst", "kemlu-desk", "mission-officer")


def show_page(stack: Stack) -> None:
    """Print the addresses, how to get a token, and three calls with what each of them shows."""
    tokens = write_tokens(stack, *ROLES)
    url = stack.gateway_url
    own = server_names(stack)
    postgres = f"127.0.0.1:{stack.ports['postgres']}" if "postgres" in own else "your own"
    beside = "".join(extra.told(stack) for extra in extras.chosen(stack))
    again = "" if stack.name == "dev" else f" SINERGI_STACK={stack.name}"
    print(f"""
Sinergi is running.

  gateway     {url}          (every endpoint: {url}/reference)
  registry    {stack.url("registry")}
  cases       {stack.url("cases")}
  job-orders  {stack.url("job-orders")}
  PostgreSQL  {postgres}    Kafka  {stack.kafka_bootstrap}
{beside}
Tokens of three roles, for twelve hours; for any other: make token ROLE=kp2mi-regulator{again}

  source {tokens.removeprefix(f"{ROOT}/")}

Three calls to try, and what they show:

{_calls(stack)}{_sign_in(stack, again) if stack.has_keycloak else ""}
  make status{again}   make logs SERVICE=cases{again}   make down{again}
""")


def _sign_in(stack: Stack, again: str) -> str:
    people = "\n".join(f"    {role:<17}{password_of(stack, role)}" for role in PEOPLE)
    call = f"make -s token KEYCLOAK=1 ROLE=system-siskop2mi CALL='GET /v1/events'{again}"
    return f"""
Sign-in by Keycloak: {stack.url("keycloak")}   (issuer {stack.issuer_url})

  A partner system's call: its key proves who asks, and each call has a proof of its own (DPoP).
    curl -s '{stack.gateway_url}/v1/events?limit=3' -H 'Purpose-Of-Use: STATISTICS' \\
      -H @<({call})

  Invented people and their passwords; a person's header:
    make token KEYCLOAK=1 ROLE=kemlu-desk{again}

{people}
    {ADMIN:<17}{password_of(stack, ADMIN)}  (of the server itself, at /admin/)
"""


def _calls(stack: Stack) -> str:
    url = stack.gateway_url
    nik = stack.read_facts().get("known_to_both") or "9900000000000000"
    analyst, desk, _ = (variable(role) for role in ROLES)
    return f"""\
  How many Indonesians are abroad, and how many of them which ministry knew.
    curl -s {url}/v1/population \\
      -H "Authorization: Bearer ${analyst}" -H 'Purpose-Of-Use: STATISTICS'

  One (invented) person made of both ministries' records: who said what, and which value lost.
    curl -s {url}/v1/persons/searches -H 'Content-Type: application/json' -d '{{"nik":"{nik}"}}' \\
      -H "Authorization: Bearer ${desk}" -H 'Purpose-Of-Use: PROTECTION_CASE'

  Everything that happened, in one order, with a cursor to follow it; and nobody's name in it.
    curl -s '{url}/v1/events?limit=3' \\
      -H "Authorization: Bearer ${analyst}" -H 'Purpose-Of-Use: STATISTICS'
"""
