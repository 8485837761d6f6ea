"""Remember when a split last said whose a placement is: splits of different persons may be late."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute("ALTER TABLE placements ADD COLUMN person_told_at timestamptz")


def downgrade() -> None:
    op.execute("ALTER TABLE placements DROP COLUMN person_told_at")
