"""${message}

The old code still runs while you migrate: add, backfill in batches, enforce, remove later. A column
is removed in two releases and renamed in three. Grants stand beside the table. Locks and statements
time out (see shared.migrations); build indexes concurrently on tables that are in use.
"""

from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    ${upgrades if upgrades else "raise RuntimeError('an empty migration is none')"}


def downgrade() -> None:
    ${downgrades if downgrades else "raise RuntimeError('say how to go back')"}
