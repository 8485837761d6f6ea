"""The one table of a stand-in service."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("CREATE TABLE leases (name text PRIMARY KEY, holder text, expires_at timestamptz)")
    op.execute(
        "DO $$ BEGIN EXECUTE format("
        "'GRANT ALL ON leases TO %I', replace(current_user, '_owner', '_app')); END $$"
    )
