"""Runs the migrations of the gateway with the migrating role."""

from alembic import context

from gateway import tables
from shared.migrations import run_migrations

run_migrations(context, service="gateway", metadata=tables.GatewayTable.metadata)
