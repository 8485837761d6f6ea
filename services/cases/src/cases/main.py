"""The HTTP process of cases."""

from fastapi import FastAPI

from cases.handling import api as handling
from cases.intake import api as intake
from cases.settings import Settings
from cases.tracking import api as tracking
from shared.app import About, build_app, describe_app
from shared.sealing import load_key

ABOUT = About(
    service="cases",
    title="Sinergi: cases",
    description="Protection cases: reports, participants, handling, and what a reporter may ask.",
)
ROUTERS = (intake.writes, handling.reads, handling.writes, handling.of_persons, tracking.reads)


def create_app(settings: Settings | None = None) -> FastAPI:
    """The app; settings come from the environment unless given."""
    settings = settings or Settings()
    app = build_app(ABOUT, settings, ROUTERS, reserved_connections=settings.intake_connections)
    app.state.sealing_key = load_key(settings.sealing_jwk_file)
    return app


def described_app() -> FastAPI:
    """The app for its documents."""
    return describe_app(ABOUT, ROUTERS)
