"""Create the append-only list of what a recount found."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE discrepancies (
            id uuid NOT NULL,
            kind text NOT NULL,
            subject text NOT NULL,
            counted integer NOT NULL,
            recounted integer NOT NULL,
            found_at timestamptz NOT NULL,
            CONSTRAINT pk_discrepancies PRIMARY KEY (id),
            CONSTRAINT ck_discrepancies_kind CHECK (kind IN ('LEDGER', 'SUMS'))
        )
    """)
    op.execute("GRANT SELECT, INSERT ON discrepancies TO registry_app")


def downgrade() -> None:
    op.execute("DROP TABLE discrepancies")
