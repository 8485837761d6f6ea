"""Create the memory of proofs of possession that came already."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE used_proofs (
            digest bytea NOT NULL,
            expires_at timestamptz NOT NULL,
            CONSTRAINT pk_used_proofs PRIMARY KEY (digest)
        )
    """)
    op.execute("CREATE INDEX ix_used_proofs_expires_at ON used_proofs (expires_at)")
    op.execute("GRANT SELECT, INSERT, DELETE ON used_proofs TO gateway_app")


def downgrade() -> None:
    op.execute("DROP TABLE used_proofs")
