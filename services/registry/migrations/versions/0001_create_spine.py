"""Create the tables of messages and writes."""

from alembic import op

from shared.spine import create_spine, drop_spine

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_spine(op.execute, running_role="registry_app")


def downgrade() -> None:
    drop_spine(op.execute)
