"""Index where ids lead, so that those who lead to one are found."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("""
        CREATE INDEX ix_person_copies_survivor_id ON person_copies (survivor_id)
        WHERE survivor_id IS NOT NULL
    """)


def downgrade() -> None:
    op.execute("DROP INDEX ix_person_copies_survivor_id")
