"""Runs the migrations of job-orders with the migrating role."""

from alembic import context

from job_orders import tables
from shared.migrations import run_migrations

run_migrations(context, service="job_orders", metadata=tables.JobOrdersTable.metadata)
