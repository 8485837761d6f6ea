"""Drop the sealed copies of identifiers: the contents that state them are kept for ever.

Any version of the code finds the number in the content of the first version that stated it.
"""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.execute("ALTER TABLE identifiers DROP COLUMN value")


def downgrade() -> None:
    # The sealed copies are gone; what stood before them reads an empty value as unknown.
    op.execute("ALTER TABLE identifiers ADD COLUMN value bytea NOT NULL DEFAULT ''")
    op.execute("ALTER TABLE identifiers ALTER COLUMN value DROP DEFAULT")
