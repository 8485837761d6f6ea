"""The HTTP process of job-orders."""

from fastapi import FastAPI

from job_orders.agencies import api as agencies
from job_orders.employers import api as employers
from job_orders.orders import api as orders
from job_orders.organisations import api as organisations
from job_orders.settings import Settings
from job_orders.slots import api as slots
from shared.app import About, build_app, describe_app

ABOUT = About(
    service="job_orders",
    title="Sinergi: job orders",
    description="Employers, placement agencies, job orders and their slots.",
)
ROUTERS = (
    agencies.reads,
    agencies.writes,
    employers.reads,
    employers.writes,
    organisations.reads,
    organisations.writes,
    orders.reads,
    orders.writes,
    slots.reads,
    slots.writes,
)


def create_app(settings: Settings | None = None) -> FastAPI:
    """The app; settings come from the environment unless given."""
    return build_app(ABOUT, settings or Settings(), ROUTERS)


def described_app() -> FastAPI:
    """The app for its documents."""
    return describe_app(ABOUT, ROUTERS)
