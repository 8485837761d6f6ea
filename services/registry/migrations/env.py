"""Runs the migrations of registry with the migrating role."""

from alembic import context

from registry import tables
from registry.intake import tables as intake
from registry.links import tables as links
from registry.matching import tables as matching
from registry.persons import tables as persons
from registry.placements import tables as placements
from registry.population import tables as population
from registry.presence import tables as presence
from registry.rematching import tables as rematching
from registry.sources import tables as sources
from shared.migrations import run_migrations

SLICES = (
    *(sources, matching, persons, population, presence, placements, links, rematching),
    intake,
)

run_migrations(context, service="registry", metadata=tables.RegistryTable.metadata)
