"""The short page that a start ends with: where things are, and what to try first."""

from deploy.local.processes import server_names
from deploy.local.stack import ROOT, Stack
from deploy.local.tokens import variable, write_tokens

ROLES = ("kp2mi-analyst", "kemlu-desk", "mission-officer")


def show_page(stack: Stack) -> None:
    """Print the addresses, how to get a token, and three calls with what each of them shows."""
    tokens = write_tokens(stack, *ROLES)
    url = stack.gateway_url
    own = server_names(stack)
    postgres = f"127.0.0.1:{stack.ports['postgres']}" if "postgres" in own else "your own"
    analyst, desk, officer = (variable(role) for role in ROLES)
    again = "" if stack.name == "dev" else f" SINERGI_STACK={stack.name}"
    print(f"""
Sinergi is running.

  gateway     {url}          (documents: {url}/docs)
  registry    {stack.url("registry")}
  cases       {stack.url("cases")}
  job-orders  {stack.url("job-orders")}
  PostgreSQL  {postgres}    Kafka  {stack.kafka_bootstrap}

Tokens of three roles, for twelve hours; for any other: make token ROLE=kp2mi-regulator{again}

  source {tokens.removeprefix(f"{ROOT}/")}

Three calls to try, and what they show:

  Indonesians abroad by country: both ministries' records together, and how many each one knew.
    curl -s '{url}/v1/population/counts?group_by=country' \\
      -H "Authorization: Bearer ${analyst}" -H 'Purpose-Of-Use: STATISTICS'

  Protection cases with the most urgent first: who handles each, and which clock is running.
    curl -s '{url}/v1/cases' \\
      -H "Authorization: Bearer ${desk}" -H 'Purpose-Of-Use: PROTECTION_CASE'

  Job orders that wait for the mission in Kuala Lumpur.
    curl -s '{url}/v1/job-orders' \\
      -H "Authorization: Bearer ${officer}" -H 'Purpose-Of-Use: JOB_ORDER_VERIFICATION'

  make status{again}   make logs SERVICE=cases{again}   make down{again}
""")
