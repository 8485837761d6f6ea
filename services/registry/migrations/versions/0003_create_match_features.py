"""Create the matcher's features and candidate keys."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE match_features (
            source_record_id uuid NOT NULL,
            nik_index bytea,
            passport_indexes bytea[] NOT NULL,
            names text[] NOT NULL,
            birth_date date,
            sex text,
            birth_place text,
            CONSTRAINT pk_match_features PRIMARY KEY (source_record_id)
        )
    """)
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON match_features TO registry_app")
    op.execute("""
        CREATE TABLE match_keys (
            key_hash bigint NOT NULL,
            source_record_id uuid NOT NULL,
            CONSTRAINT pk_match_keys PRIMARY KEY (key_hash, source_record_id)
        )
    """)
    op.execute("CREATE INDEX ix_match_keys_source_record_id ON match_keys (source_record_id)")
    op.execute("GRANT SELECT, INSERT, DELETE ON match_keys TO registry_app")


def downgrade() -> None:
    op.execute("DROP TABLE match_keys")
    op.execute("DROP TABLE match_features")
