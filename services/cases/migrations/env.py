"""Runs the migrations of cases with the migrating role."""

from alembic import context

from cases import tables
from cases.handling import tables as handling
from cases.intake import tables as intake
from cases.placements import tables as placements
from shared.migrations import run_migrations

SLICES = (placements, handling, intake)

run_migrations(context, service="cases", metadata=tables.CasesTable.metadata)
