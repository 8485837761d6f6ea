"""The whole audit: every check there is, in the order in which an event travels."""

from deploy.local.stack import Stack
from tests.audit.changes import check_changes
from tests.audit.copies import check_copies
from tests.audit.population import check_population
from tests.audit.reading import Check
from tests.audit.seats import check_seats
from tests.audit.spine import check_spine


async def audit(stack: Stack) -> list[Check]:
    """Look at a quiet system; see `tests.audit.quiet`."""
    return [
        *await check_changes(stack),
        *await check_spine(stack),
        *await check_copies(stack),
        *await check_seats(stack),
        *await check_population(stack),
    ]


async def findings(stack: Stack) -> list[str]:
    """One line for each thing that is not as it was promised; none in a system that is well."""
    return [
        f"{check.promise}: {finding}" for check in await audit(stack) for finding in check.findings
    ]
