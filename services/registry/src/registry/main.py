"""The HTTP process of the registry."""

from fastapi import FastAPI

from registry.intake import api as intake
from registry.links import api as links
from registry.links import review_api as reviews
from registry.matching.served_model import served_model
from registry.persons import api as persons
from registry.placements import api as placements
from registry.population import api as population
from registry.presence import api as presence
from registry.rematching import api as rematching
from registry.settings import Settings
from registry.sources import api as sources
from shared.app import About, build_app, describe_app

ABOUT = About(
    service="registry",
    title="Sinergi: registry",
    description="Source records, persons, presence, placements and the population ledger.",
)
ROUTERS = (
    intake.reads,
    intake.writes,
    sources.reads,
    persons.reads,
    presence.reads,
    presence.writes,
    placements.reads,
    placements.writes,
    links.reads,
    links.writes,
    reviews.reads,
    reviews.writes,
    population.reads,
    rematching.reads,
    rematching.writes,
)


def create_app(settings: Settings | None = None) -> FastAPI:
    """The app; settings come from the environment unless given.

    Raises InputRefused where nobody known has signed the model that decides on links.
    """
    served_model()
    return build_app(ABOUT, settings or Settings(), ROUTERS)


def described_app() -> FastAPI:
    """The app for its documents."""
    return describe_app(ABOUT, ROUTERS)
