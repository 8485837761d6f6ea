"""Add the trace of the request that brought a batch, so that its events go on with it."""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.execute("ALTER TABLE operations ADD COLUMN traceparent text")


def downgrade() -> None:
    op.execute("ALTER TABLE operations DROP COLUMN traceparent")
