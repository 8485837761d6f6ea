"""Seal what matching compares, and keep each record's keys beside it.

What was known of records before is of no use to the matcher that compares more: the bulk process
remembers them again from their contents, and nobody is linked before that is done. The service is
stopped for this migration, or records of the meantime would be linked by what is taken away here.
"""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.execute("TRUNCATE match_keys")
    op.execute("DROP INDEX ix_match_keys_source_record_id")
    op.execute("""
        ALTER TABLE match_features
            DROP COLUMN nik_index, DROP COLUMN passport_indexes, DROP COLUMN names,
            DROP COLUMN birth_date, DROP COLUMN sex, DROP COLUMN birth_place,
            ADD COLUMN features bytea,
            ADD COLUMN keys bigint[] NOT NULL DEFAULT '{}'
    """)
    op.execute("ALTER TABLE match_features ALTER COLUMN keys DROP DEFAULT")
    op.execute("""
        CREATE INDEX ix_match_features_to_remember ON match_features (source_record_id)
        WHERE features IS NULL
    """)


def downgrade() -> None:
    op.execute("TRUNCATE match_keys, match_features")
    op.execute("DROP INDEX ix_match_features_to_remember")
    op.execute("""
        ALTER TABLE match_features
            DROP COLUMN features, DROP COLUMN keys,
            ADD COLUMN nik_index bytea, ADD COLUMN passport_indexes bytea[] NOT NULL,
            ADD COLUMN names text[] NOT NULL, ADD COLUMN birth_date date,
            ADD COLUMN sex text, ADD COLUMN birth_place text
    """)
    op.execute("CREATE INDEX ix_match_keys_source_record_id ON match_keys (source_record_id)")
